"""Raw records of a batch to the entries of the accounts' logs, each record once. Layer: streams.

The same rules as for sorted exports (`streams.collectors.feed`), for records that arrive in any order: a record is the same
when source and id agree; the same content again is a duplicate; other content is a revision, delivered where that adds
something (a sign-in's risk, what became of a pending message) and not where it would be counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from schemas.contracts.collected import Batch, Tally
from schemas.contracts.log import ARCHIVED, EntryKind, LogEntry
from schemas.identity.concerns import Concern, concerns
from schemas.identity.identity_map import IdentityMap
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, Source
from streams.collectors.copies import copies, enriches, is_undecided, out_of_scope, unread
from streams.collectors.feed import bootstrap
from streams.collectors.files.outcomes import outcomes_of

DIGEST_BYTES = 16
_DECIDED_SOURCE = "trace#decided"  # in the index: trace rows whose outcome was delivered
_DECIDED = b"\0" * DIGEST_BYTES


class RecordIndex(Protocol):
    """Which records were seen, exactly. What it remembers is stored in the transaction of the batch or not at all."""

    def contents(self, source: str, record_id: str, digest: bytes) -> int:
        """Remember a record by source, id and the 16-byte digest of its canonical JSON.

        Gives 0 when identity and content are known, else 1 + the number of contents known of this identity.
        """
        ...


class DeadLetter(NamedTuple):
    """A piece that is no vendor record: its bytes and the reason, one plain line without content."""

    raw: bytes
    reason: str


@dataclass(slots=True)
class Taken:
    """What became of a batch.

    `revisions` are part of `tally.produced`. Those that add nothing, and what is out of scope, are `archived`, for a journal
    that keeps records as entries only. `skipped`, too: no detector can look into them.
    """

    entries: list[LogEntry] = field(default_factory=list)
    archived: list[LogEntry] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    revisions: int = 0
    skipped: int = 0


class Intake:
    """Makes entries for one tenant. The identity map learns on the way; the index decides what is new."""

    def __init__(
        self, tenant: str, identity_map: IdentityMap, index: RecordIndex, home_domains: Iterable[str] = ()
    ) -> None:
        self.tenant = tenant
        self.identity_map = identity_map
        self.home_domains = tuple(sorted(home_domains))
        self._index = index

    def bootstrap(self) -> LogEntry:
        """The first entry of the tenant's log: the profile that knows the home domains and nothing else."""
        return bootstrap(self.tenant, self.home_domains)

    def take(self, batch: Batch) -> Taken:
        """Entries of every record that was never delivered, in the order of the batch. Never raises for a bad record."""
        taken = Taken()
        for raw, reason in batch.unreadable:
            _bury(taken, raw, reason)
        for raw in batch.records:
            for outcome in outcomes_of(raw):
                if isinstance(outcome, UnreadableRecord):
                    _bury(taken, raw, outcome.reason)
                else:
                    taken.tally.read += 1
                    self._take(taken, batch, *outcome)
        return taken

    def recall(self, raw: bytes) -> None:
        """Remember a record that the archive holds: it was delivered. For a journal whose index does not outlive it.

        The identity map learns nothing: what it knew is restored, and the archive is not read in the order of arrival.
        """
        for outcome in outcomes_of(raw):
            if not isinstance(outcome, UnreadableRecord):
                event, _, digest = outcome
                self._adds(event, self._index.contents(event.source._value_, event.record_id, digest))

    def _take(self, taken: Taken, batch: Batch, event: AuditEvent, raw: bytes, digest: bytes) -> None:
        contents = self._index.contents(event.source._value_, event.record_id, digest)
        if not contents:
            taken.tally.duplicates += 1
            return
        taken.tally.produced += 1
        taken.revisions += contents > 1
        self.identity_map.learn(event)
        repeated = not self._adds(event, contents)
        found = concerns(event, self.identity_map)
        if repeated or unread(event, found):
            taken.skipped += 1
        if event.detail is None and event.record_type is not None:
            name = str(event.record_type)
            taken.tally.unread_types[name] = taken.tally.unread_types.get(name, 0) + 1
        if repeated or out_of_scope(event):
            taken.archived.append(self._archived(event, raw, found, batch))
        else:
            taken.entries += copies(event, raw, self.tenant, found, batch.collected_ms, batch.historical)

    def _archived(self, event: AuditEvent, raw: bytes, found: list[Concern], batch: Batch) -> LogEntry:
        source, record_id, account = event.source._value_, event.record_id, found[0][0]
        collected_ms, historical = batch.collected_ms, batch.historical
        return LogEntry(
            EntryKind.RECORD, self.tenant, account, raw, source, record_id, ARCHIVED, collected_ms, historical
        )

    def _adds(self, event: AuditEvent, contents: int) -> bool:
        """Whether this content is to be delivered. A trace row counts once, in its first final state."""
        if event.source is Source.TRACE and not is_undecided(event):
            return self._index.contents(_DECIDED_SOURCE, event.record_id, _DECIDED) > 0
        return contents == 1 or enriches(event)


def _bury(taken: Taken, raw: bytes, reason: str) -> None:
    taken.tally.read += 1
    taken.tally.dead += 1
    taken.dead.append(DeadLetter(raw, reason))
