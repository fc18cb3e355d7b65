"""What a live feed is, and where its records go. Layer: streams.

A feed lists and fetches; the journal of the tenant (SQLite in `run`, Kafka in `collect`) makes entries of the accounts'
logs from the records and stores them with the feed's checkpoint in one transaction. A feed keeps nothing that the journal
does not: killed anywhere and started again it goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from schemas.contracts.collected import Batch, Content, Gap, GapKind, Tally


@dataclass(frozen=True, slots=True)
class Window:
    """Content time from (inclusive) to (exclusive), UTC milliseconds.

    `historical`: the window is part of the back-fill. `historical_before_ms`: what was created before this time is history
    whichever window it comes in (listed late, or left over from the back-fill).
    """

    from_ms: int
    to_ms: int
    historical: bool = False
    historical_before_ms: int = 0

    def is_historical(self, created_ms: int) -> bool:
        """Whether content that was created then is history."""
        return self.historical or created_ms < self.historical_before_ms


class Unavailable(Exception):
    """The tenant has no licence or permission for this feed: found, said once, lived with.

    `blind_spot` is what cannot be seen therefore, in words for an incident; `remedy` what would change it. `kind` is
    UNLICENSED, or DISABLED where somebody switched it off.
    """

    def __init__(self, blind_spot: str, remedy: str, kind: GapKind = GapKind.UNLICENSED) -> None:
        super().__init__(blind_spot)
        self.blind_spot = blind_spot
        self.remedy = remedy
        self.kind = kind


class Journal(Protocol):
    """One tenant's archive, ledger and checkpoints. Every method that writes is one transaction; `JournalLost` else."""

    tenant: str

    def checkpoint(self, feed: str) -> dict[str, Any]:
        """The feed's last checkpoint; empty at first."""
        ...

    def complete_ms(self, feed: str) -> int:
        """Content time up to which the feed is complete; 0 at first."""
        ...

    def unseen(self, feed: str, contents: Sequence[Content]) -> list[Content]:
        """Those that were never listed before, in their order."""
        ...

    def pending(self, feed: str) -> list[Content]:
        """Listed and not yet fetched, oldest first."""
        ...

    def commit(self, batch: Batch) -> Tally:
        """Store a batch."""
        ...

    def clock(self, time_ms: int, historical: bool = False) -> None:
        """Write the tenant's clock: every enabled feed is complete up to this time. Ignored when not later than the last."""
        ...

    def gap(self, gap: Gap) -> None:
        """Write that something could not be seen, or can be again."""
        ...


class JournalLost(RuntimeError):
    """The journal no longer takes our writes (fenced, disk full, broker gone): the process must end. One line."""


class LiveFeed(Protocol):
    """One endpoint of one tenant. Not thread-safe; its tenant's collector calls it from one thread at a time.

    What it may say of itself beyond this is in `streams.collectors.live.traits`.
    """

    name: str  # "activity/Audit.Exchange", "graph/signIns/nonInteractiveUser": durable, label of metrics
    poll_seconds: float
    overlap_ms: int  # how far back each poll looks again
    reach_ms: int  # how far back the vendor lists at all

    def prepare(self) -> None:
        """Subscriptions, probes; `Unavailable`, any `CloudError`. Repeated after a failure and once a day."""
        ...

    def collect(self, window: Window) -> None:
        """List the window and fetch what was never fetched, committing as it goes; any `CloudError`.

        When it returns everything created in the window is in the journal. It may be called for any window again.
        """
        ...
