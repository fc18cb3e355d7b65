"""What a live feed hands to its journal: records with their place of origin, and how far the feed has come. Layer: schemas.

A batch is the unit of a transaction: its records, its content rows and the feed's checkpoint are stored together or not at
all. Content is what a feed lists before it fetches: a blob of the Management Activity API, a time window of a Graph feed,
a range of offsets of a topic. Contents are fetched in any order and each exactly once, whatever was killed in between.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ContentState(StrEnum):
    """What became of a listed content."""

    LISTED = "listed"
    FETCHED = "fetched"
    EXPIRED = "expired"  # it could be listed and no longer fetched: lost, told as a gap
    MISSING = "missing"  # the service does not know it (any more)


@dataclass(frozen=True, slots=True)
class Content:
    """A listed content. Times are UTC milliseconds; `created_ms` is when the vendor made it available, `locator` where."""

    id: str
    created_ms: int
    expires_ms: int = 0
    locator: str = ""
    state: ContentState = ContentState.LISTED


@dataclass(slots=True)
class Batch:
    """One transaction of one feed.

    `records` are the vendor's JSON objects as received; they belong to `content` (None: the batch only lists, or moves the
    checkpoint). `partial`: more records of this content follow, its row stays listed. `listed` are contents met for the
    first time. `checkpoint` is all that the feed needs to resume (JSON object); `complete_ms`: every content created before
    it is listed and fetched. `unreadable` are pieces of an answer that are no JSON object: bytes and the reason. `collected_ms`
    is the service's time; `skew_ms` how far it was ahead of ours then (service minus ours). `straggler`: historical, but its
    tenant is in the present, and should not wait for those who look back.
    """

    feed: str
    records: list[bytes] = field(default_factory=list)
    content: Content | None = None
    partial: bool = False
    listed: list[Content] = field(default_factory=list)
    checkpoint: dict[str, Any] | None = None
    complete_ms: int | None = None
    collected_ms: int = 0
    historical: bool = False
    unreadable: list[tuple[bytes, str]] = field(default_factory=list)
    skew_ms: int = 0
    straggler: bool = False


@dataclass(slots=True)
class Tally:
    """What became of the records of a batch: read = produced + duplicates + dead (+ revisions, which are produced).

    `unread_types`: of those produced, how many no detector can look into, by the vendor's record type where there is one.
    """

    read: int = 0
    produced: int = 0
    duplicates: int = 0
    dead: int = 0
    unread_types: dict[str, int] = field(default_factory=dict, compare=False)

    def add(self, other: Tally) -> None:
        """Count what became of further records."""
        self.read += other.read
        self.produced += other.produced
        self.duplicates += other.duplicates
        self.dead += other.dead
        for name, count in other.unread_types.items():
            self.unread_types[name] = self.unread_types.get(name, 0) + count


class GapKind(StrEnum):
    """Why something could not be seen."""

    EXPIRED = "expired"  # content expired before it was fetched
    FAILING = "failing"  # a feed has failed for long; after six hours the clock goes on without it
    SILENT = "silent"  # a feed says nothing where it always says something
    DISABLED = "disabled"  # the tenant switched the subscription or auditing off
    UNLICENSED = "unlicensed"  # no licence or permission for the endpoint: lived with, told as a blind spot
    BYPASS = "bypass"  # mailboxes that are exempt from auditing, or without an audit licence
    THROTTLED = "throttled"  # the vendor dropped records of a mailbox (MailItemsAccessed IsThrottled)
    UNKNOWN = "unknown"  # record types that nobody reads are rising
    SKEW = "skew"  # this machine's clock is wrong
    CANARY = "canary"  # our own sign-ins do not come back


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be seen (value of a `gap` entry). `over` ends it; days between the times are not learnt where
    a feed was missing (expired, failing, silent, disabled); the other kinds leave days whole.

    `text` is one true sentence in plain words; `remedy` what to do. `nats` is how improbable the silence is, where that is
    known. Times are UTC milliseconds.
    """

    feed: str
    kind: GapKind
    from_ms: int
    to_ms: int
    text: str
    remedy: str = ""
    over: bool = False
    nats: float = 0.0
