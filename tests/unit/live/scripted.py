"""Feeds that do as they are told, and a tenant's collector over them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from schemas.contracts.collected import Batch, Tally
from streams.collectors.feed import next_clock
from streams.collectors.live.activity import ActivityFeed
from streams.collectors.live.counted_journal import CountedJournal
from streams.collectors.live.feed_status import FeedState, FeedStatus, Unobserved
from streams.collectors.live.schedule import TenantCollector
from streams.collectors.live.seam import LiveFeed, Window
from tests.unit.collectors.conftest import management
from tests.unit.live.fakes import DAY, HOUR, MINUTE, NOW, Blobs, FakeClock, FakeCloud, FakeJournal

KINDS = ("Audit.Exchange", "Audit.SharePoint")


SIX = next_clock(NOW) - DAY  # of today


class ScriptedFeed:
    """A feed that keeps its windows and raises what it is told to."""

    def __init__(self, name: str, poll_seconds: float = 180.0) -> None:
        self.name = name
        self.poll_seconds = poll_seconds
        self.overlap_ms = 6 * HOUR
        self.reach_ms = 7 * DAY - 5 * MINUTE
        self.windows: list[Window] = []
        self.prepared = 0
        self.trouble: Callable[[Window], Exception | None] = lambda window: None

    def prepare(self) -> None:
        self.prepared += 1

    def collect(self, window: Window) -> None:
        error = self.trouble(window)
        if error is not None:
            raise error
        self.windows.append(window)


class Lines(Unobserved):
    """Keeps what was said, and the states in which feeds were."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.states: list[tuple[str, FeedState]] = []
        self.batches = 0

    def feed_changed(self, tenant: str, status: FeedStatus) -> None:
        self.states.append((status.name, status.state))

    def batch_stored(self, tenant: str, batch: Batch, tally: Tally) -> None:
        self.batches += 1

    def said(self, tenant: str, feed: str, text: str) -> None:
        self.lines.append(text)


class Run:
    """A collector over a journal that outlives it."""

    def __init__(self, feeds: Sequence[LiveFeed] | None = None, **more: Any) -> None:
        self.clock = FakeClock()
        self.journal = FakeJournal()
        self.observer = Lines()
        self.feeds: Sequence[LiveFeed] = feeds if feeds is not None else [ScriptedFeed("a"), ScriptedFeed("b")]
        self.more = more
        self.collector: TenantCollector | None = None

    def start(self, until: int, counted: CountedJournal | None = None) -> TenantCollector:
        """Run until the clock shows this."""
        stop = threading.Event()
        self.clock.on_wait = lambda: stop.set() if self.clock.now >= until else None
        counted = counted or CountedJournal(self.journal)
        self.collector = TenantCollector(
            "t", self.feeds, counted, self.clock, self.clock.now_ms, observer=self.observer, **self.more
        )
        self.collector.run(stop)
        return self.collector

    def scripted(self, number: int) -> ScriptedFeed:
        feed = self.feeds[number]
        assert isinstance(feed, ScriptedFeed)
        return feed


class Tenant:
    """Two activity feeds over one service, in a run."""

    def __init__(self) -> None:
        self.run = Run([])
        self.service = Blobs(self.run.clock)
        self.service.status = {KINDS[0]: "enabled"}
        self.names: list[str] = []
        for number in range(12):
            kind = KINDS[number % 2]
            created = NOW - 7 * DAY + HOUR + number * 14 * HOUR
            records = [management(f"r{number}"), management(f"r{number + 1}")]
            self.service.add(f"{number}$b", records, created, created + number % 3 * 4 * HOUR, kind)
        self.service.gone["5$b"] = "AF20051"
        self.service.rows = lambda row: row
        self.names = sorted(f"r{number}" for number in range(13))

    def start(self, until: int) -> None:
        journal = CountedJournal(self.run.journal)
        cloud = FakeCloud(self.service, self.run.clock)
        self.run.feeds = [ActivityFeed(cloud, journal, kind, poll_seconds=3600.0) for kind in KINDS]
        self.run.start(until, journal)


END = NOW + 20 * HOUR
