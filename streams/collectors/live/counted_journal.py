"""A journal for several threads that counts what goes through it, and takes nothing more when the collector is to end.

Layer: streams.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from schemas.contracts.collected import Batch, Content, ContentState, Gap, Tally
from streams.collectors.live.feed_status import FeedStatus
from streams.collectors.live.group import commit_all
from streams.collectors.live.seam import Journal, JournalLost

OnBatch = Callable[[Batch, Tally], None]
OnGap = Callable[[Gap], None]


class Stopping(Exception):
    """The collector is to end; what was not stored comes again at the next start."""


class CountedJournal:
    """Wraps the tenant's journal; feeds and schedule share it. One call at a time, `lock` held.

    `on_batch` is called for each stored batch, `on_gap` for each gap, within the lock.
    After `stop` is set, or a write was lost, nothing is written. `skew_ms` gives the service's time minus ours, which each
    batch is stored with; `present` whether the tenant no longer looks back: since one call waits for the other, what is live
    would wait for as long as what is historical does.
    """

    def __init__(self, journal: Journal) -> None:
        self.tenant = journal.tenant
        self.lock = threading.RLock()
        self.statuses: dict[str, FeedStatus] = {}
        self.on_batch: list[OnBatch] = []
        self.on_gap: list[OnGap] = []
        self.stop = threading.Event()
        self.skew_ms: Callable[[], int] = lambda: 0
        self.present: Callable[[], bool] = lambda: False
        self._journal = journal
        self._complete: dict[str, int] = {}  # asked for at every turn of the schedule
        self._lost: JournalLost | None = None

    def status(self, feed: str) -> FeedStatus:
        """The counts of a feed, made at first."""
        return self.statuses.setdefault(feed, FeedStatus(feed))

    def checkpoint(self, feed: str) -> dict[str, Any]:
        """The feed's last checkpoint; empty at first."""
        with self.lock:
            return self._journal.checkpoint(feed)

    def complete_ms(self, feed: str) -> int:
        """Content time up to which the feed is complete; 0 at first."""
        found = self._complete.get(feed)
        if found is None:
            with self.lock:
                found = self._complete[feed] = self._journal.complete_ms(feed)
        return found

    def unseen(self, feed: str, contents: Sequence[Content]) -> list[Content]:
        """Those that were never listed before, in their order."""
        with self.lock:
            return self._journal.unseen(feed, contents)

    def pending(self, feed: str) -> list[Content]:
        """Listed and not yet fetched, oldest first."""
        with self.lock:
            return self._journal.pending(feed)

    def commit(self, batch: Batch) -> Tally:
        """Store a batch; `Stopping` instead when the collector is to end."""
        return self.commit_all([batch])[0]

    def commit_all(self, batches: Sequence[Batch]) -> list[Tally]:
        """Store batches together; `Stopping` instead when the collector is to end."""
        skew_ms, present = self.skew_ms(), self.present()
        for batch in batches:
            batch.straggler = batch.historical and present
            batch.skew_ms = batch.skew_ms or skew_ms
        with self._writing():
            tallies = commit_all(self._journal, batches)
            for batch, tally in zip(batches, tallies, strict=True):
                self._count(batch, tally)
                for listener in self.on_batch:
                    listener(batch, tally)
            return tallies

    def clock(self, time_ms: int, historical: bool = False) -> None:
        """Write the tenant's clock."""
        with self._writing():
            self._journal.clock(time_ms, historical)

    def gap(self, gap: Gap) -> None:
        """Write a gap."""
        with self._writing():
            self._journal.gap(gap)
            for listener in self.on_gap:
                listener(gap)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self.lock:
            if self._lost is not None:
                raise self._lost
            if self.stop.is_set():
                raise Stopping
            try:
                yield
            except JournalLost as error:
                self._lost = error
                raise

    def _count(self, batch: Batch, tally: Tally) -> None:
        if batch.complete_ms is not None:
            self._complete[batch.feed] = max(self._complete.get(batch.feed, 0), batch.complete_ms)
        status = self.status(batch.feed)
        status.listed += len(batch.listed)
        if batch.content is not None:
            status.fetched += batch.content.state is ContentState.FETCHED
            status.expired += batch.content.state is ContentState.EXPIRED
        status.read += tally.read
        status.produced += tally.produced
        status.duplicates += tally.duplicates
        status.dead += tally.dead
