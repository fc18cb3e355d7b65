"""Records in time order to the entries of the accounts' logs: one copy per account, and the clock. Layer: streams.

The same entries for every driver: `scan` folds them, `collect --from` writes them to Kafka.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from schemas.contracts.log import EntryKind, LogEntry, clock_bytes
from schemas.contracts.profile import Profile, encode_profile
from schemas.identity.concerns import learn_and_concern
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from schemas.records.event import AuditEvent, Source, TraceRow
from streams.collectors.copies import copies, enriches, is_undecided, unread
from streams.collectors.spool import SpooledRecord

DAY_MS = 86_400_000
CLOCK_HOUR_MS = 6 * 3_600_000  # a day is sealed at 06:00 UTC of the next
GAP_DAYS_MAX = 400  # a longer silence is passed in one step
LOCAL_TENANT = "local"
_TENANT_OF = attrgetter("tenant")
_DIAGNOSTIC = Source.DIAGNOSTIC
_NO_PERSON = ("app:", "net:")


@dataclass(slots=True)
class FeedCounts:
    """What went through. `skipped` are records that no detector can read, and revisions that add nothing.

    `accounts` counts people and mailboxes by key.
    """

    records: int = 0
    skipped: int = 0
    keys: set[str] = field(default_factory=set)

    @property
    def accounts(self) -> int:
        """People and mailboxes that records concern."""
        return sum(not key.startswith(_NO_PERSON) for key in self.keys)


class TenantVote:
    """The tenant of a run: the most common tenant id of pass one."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def learn(self, event: AuditEvent) -> None:
        """Take in one record of pass one."""
        self._counts[event.tenant] += 1

    def learn_all(self, events: Iterable[AuditEvent]) -> None:
        """Take in records of pass one."""
        self._counts.update(map(_TENANT_OF, events))

    def winner(self) -> str:
        """Lower-case tenant id, ties to the smaller; `local` when no record names one."""
        named = {tenant: count for tenant, count in self._counts.items() if tenant}
        best = min(named, key=lambda tenant: (-named[tenant], tenant), default=LOCAL_TENANT)
        return best.strip().lower() or LOCAL_TENANT


def feed(
    records: Iterable[SpooledRecord],
    tenant: str,
    identity_map: IdentityMap,
    home_domains: Sequence[str],
    counts: FeedCounts | None = None,
) -> Iterator[LogEntry]:
    """The bootstrap profile, then every record once per account that it concerns, with a clock at each 06:00 UTC passed.

    The last entry is a clock just after the last record: so far the export is complete, and what waits for that goes on.

    A record that comes again with other content teaches the identity map. It is delivered again where that adds something
    (a sign-in's risk, what became of a pending message) and not where it would be counted twice.
    """
    counts = FeedCounts() if counts is None else counts
    keys = counts.keys
    yield bootstrap(tenant, home_domains)
    clock_at: int | None = None
    time_ms = 0
    undecided = ""  # id of the trace row just before, while nobody counts it
    for time_ms, raw, revision, event in records:
        if event is None:
            event = decode(raw)
        if clock_at is None:
            clock_at = next_clock(time_ms)
        elif time_ms >= clock_at:
            for passed in clocks_passed(clock_at, time_ms):
                yield clock(tenant, passed)
            clock_at = next_clock(time_ms)
        found = learn_and_concern(event, identity_map)
        counts.records += 1
        repeated = revision and not enriches(event) and event.record_id != undecided
        undecided = event.record_id if type(event.detail) is TraceRow and is_undecided(event) and not repeated else ""
        if repeated or ((event.ip is None or not found) and unread(event, found)):
            counts.skipped += 1
        if repeated or event.source is _DIAGNOSTIC:
            continue
        for entry in copies(event, raw, tenant, found):
            keys.add(entry.account)
            yield entry
    if clock_at is not None:
        yield clock(tenant, time_ms + 1)


def bootstrap(tenant: str, home_domains: Sequence[str]) -> LogEntry:
    """The profile before the first day: it knows the home domains and nothing else."""
    value = encode_profile(Profile(tenant, day=-1, home_domains=tuple(home_domains)))
    return LogEntry(EntryKind.PROFILE, tenant, "", value, "profile", "bootstrap")


def clock(tenant: str, time_ms: int) -> LogEntry:
    """A clock entry."""
    return LogEntry(EntryKind.CLOCK, tenant, "", clock_bytes(time_ms), "clock", str(time_ms))


def next_clock(time_ms: int) -> int:
    """The first 06:00 UTC after this time."""
    return ((time_ms - CLOCK_HOUR_MS) // DAY_MS + 1) * DAY_MS + CLOCK_HOUR_MS


def clocks_passed(first: int, time_ms: int) -> Iterator[int]:
    """Every 06:00 from `first` that is not later than the time; only the first and the last when they are years apart."""
    last = next_clock(time_ms) - DAY_MS
    if last - first > GAP_DAYS_MAX * DAY_MS:
        yield first
        yield last
        return
    yield from range(first, last + 1, DAY_MS)
