"""How each feed is doing: for doctor, metrics, the live view. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from schemas.contracts.collected import Batch, Gap, Tally


class FeedState(StrEnum):
    """What a feed is doing."""

    STARTING = "starting"  # was never complete
    BACK_FILL = "back-fill"
    LIVE = "live"
    THROTTLED = "throttled"
    FAILING = "failing"
    UNAVAILABLE = "unavailable"  # no licence, no permission, switched off


@dataclass(slots=True)
class FeedStatus:
    """One feed of one tenant. Times are UTC milliseconds, 0 where there is none.

    Counts are since the start of the process: contents `listed`, `fetched` and `expired`, records `read` = `produced` +
    `duplicates` + `dead`. `pending` contents are listed and not fetched, the oldest created at `oldest_pending_ms`.
    `left_out`: the tenant's clock does not wait for this feed. `polls` are attempts, `poll_ms` how long the last one took.
    """

    name: str
    state: FeedState = FeedState.STARTING
    complete_ms: int = 0
    last_success_ms: int = 0
    failing_since_ms: int = 0
    last_error: str = ""
    remedy: str = ""
    blind_spot: str = ""
    left_out: bool = False
    next_ms: int = 0
    polls: int = 0
    poll_ms: int = 0
    pending: int = 0
    oldest_pending_ms: int = 0
    listed: int = 0
    fetched: int = 0
    expired: int = 0
    read: int = 0
    produced: int = 0
    duplicates: int = 0
    dead: int = 0


class Observer(Protocol):
    """Who wants to know. Called by one of the tenant's threads at a time: quick, and never raising."""

    def feed_changed(self, tenant: str, status: FeedStatus) -> None:
        """After each attempt. The status is the live object: read it now, do not keep it."""
        ...

    def batch_stored(self, tenant: str, batch: Batch, tally: Tally) -> None:
        """A batch is in the journal."""
        ...

    def clock_written(self, tenant: str, time_ms: int, historical: bool) -> None:
        """The tenant's clock has passed this time."""
        ...

    def gap(self, tenant: str, gap: Gap) -> None:
        """That something cannot be seen, or can be again, is in the journal."""
        ...

    def said(self, tenant: str, feed: str, text: str) -> None:
        """A line for people, said once until it is over: without secrets, safe to print."""
        ...


class Unobserved:
    """Nobody wants to know."""

    def feed_changed(self, tenant: str, status: FeedStatus) -> None:
        """Nothing."""

    def batch_stored(self, tenant: str, batch: Batch, tally: Tally) -> None:
        """Nothing."""

    def clock_written(self, tenant: str, time_ms: int, historical: bool) -> None:
        """Nothing."""

    def gap(self, tenant: str, gap: Gap) -> None:
        """Nothing."""

    def said(self, tenant: str, feed: str, text: str) -> None:
        """Nothing."""
