"""A tenant's collector: days of the past, pace of the present, clock, stops."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from schemas.contracts.collected import Gap, GapKind
from streams.clock import PracticeClock, WallClock
from streams.cloud.seam import Unreachable
from streams.collectors.live.activity import ActivityFeed
from streams.collectors.live.counted_journal import CountedJournal
from streams.collectors.live.feed_status import FeedState
from streams.collectors.live.schedule import STATE, TenantCollector
from streams.collectors.live.seam import JournalLost, Window
from streams.collectors.live.traits import Look
from streams.collectors.live.watch import Watch
from tests.unit.collectors.conftest import management
from tests.unit.live.fakes import DAY, HOUR, MINUTE, NOW, Blobs, FakeCloud, FakeJournal
from tests.unit.live.scripted import END, KINDS, SIX, Run, ScriptedFeed, Tenant


def test_the_first_start_goes_day_by_day_and_all_feeds_together() -> None:
    run = Run()
    run.start(NOW + MINUTE)
    history = [window for window in run.scripted(0).windows if window.historical]
    assert history == [window for window in run.scripted(1).windows if window.historical]
    assert history[0].from_ms == NOW - 7 * DAY + 5 * MINUTE
    assert [window.to_ms for window in history] == [*(SIX - day * DAY for day in reversed(range(7))), NOW]
    assert all(before.to_ms == after.from_ms for before, after in pairwise(history))
    assert run.journal.clocks[:8] == [(window.to_ms, True) for window in history]
    assert not any(historical for _, historical in run.journal.clocks[8:])
    live = run.scripted(0).windows[8:]
    assert live and all(window.historical_before_ms == NOW and window.from_ms == NOW - 6 * HOUR for window in live)


def test_a_day_is_not_closed_before_every_feed_has_it() -> None:
    run = Run()
    failures = [2]

    def trouble(window: Window) -> Exception | None:
        if window.to_ms == SIX - 3 * DAY and failures[0]:
            failures[0] -= 1
            return Unreachable("reset")
        return None

    run.scripted(1).trouble = trouble
    run.start(NOW + 10 * MINUTE)
    assert [window.to_ms for window in run.scripted(1).windows][:8] == [time_ms for time_ms, _ in run.journal.clocks][
        :8
    ]


def test_a_restart_in_mid_back_fill_goes_on_where_it_was() -> None:
    run = Run()
    run.scripted(0).trouble = lambda window: JournalLost("gone") if window.to_ms > SIX - 4 * DAY else None
    with pytest.raises(JournalLost):
        run.start(NOW + MINUTE)
    run.scripted(0).trouble = lambda window: None
    before = len(run.scripted(0).windows)
    run.clock.now += HOUR
    run.start(run.clock.now + MINUTE)
    assert run.scripted(0).windows[before].from_ms == SIX - 4 * DAY
    assert [time_ms for time_ms, historical in run.journal.clocks if historical][-1] == NOW


def test_each_feed_is_polled_at_its_own_pace() -> None:
    run = Run([ScriptedFeed("quick", 60.0), ScriptedFeed("slow", 600.0)], back_fill_ms=0)
    run.start(NOW + HOUR)
    assert 58 <= len(run.scripted(0).windows) <= 63
    assert 6 <= len(run.scripted(1).windows) <= 9


def test_the_clock_is_the_minimum_and_is_written_at_most_once_a_minute() -> None:
    run = Run([ScriptedFeed("quick", 1.0), ScriptedFeed("slow", 300.0)], back_fill_ms=0)
    run.start(NOW + 30 * MINUTE)
    times = [time_ms for time_ms, _ in run.journal.clocks]
    assert times == sorted(set(times))
    assert 4 <= len(times) <= 31
    assert times[-1] == min(run.journal.complete["quick"], run.journal.complete["slow"])


def test_a_lost_journal_ends_the_collector() -> None:
    run = Run()
    run.journal.crash_at = 5
    with pytest.raises(JournalLost):
        run.start(NOW + HOUR)


def test_polls_look_back_a_little_and_now_and_then_the_whole_overlap() -> None:
    feed = ScriptedFeed("a", 60.0)
    feed.looks = (Look(0, 20 * MINUTE), Look(30 * MINUTE, 6 * HOUR))  # type: ignore[attr-defined]
    run = Run([feed], back_fill_ms=0)
    run.start(NOW + 2 * HOUR)
    widths = [window.to_ms - window.from_ms for window in feed.windows if not window.historical]
    assert 3 <= len([width for width in widths if width >= 6 * HOUR]) <= 5
    assert all(width <= 22 * MINUTE for width in widths if width < 6 * HOUR)


def test_a_feed_that_cannot_back_fill_begins_with_the_present_as_history() -> None:
    feed = ScriptedFeed("files")
    feed.back_fills = False  # type: ignore[attr-defined]
    run = Run([ScriptedFeed("a"), feed])
    run.start(NOW + 10 * MINUTE)
    assert feed.windows[0].historical and feed.windows[0].to_ms >= NOW
    assert not feed.windows[1].historical


def test_a_declared_lateness_holds_the_clock_back() -> None:
    feed = ScriptedFeed("topic", 60.0)
    feed.lateness_ms = 15 * MINUTE  # type: ignore[attr-defined]
    run = Run([feed], back_fill_ms=0)
    run.start(NOW + 2 * HOUR)
    assert NOW + HOUR < run.journal.clocks[-1][0] <= NOW + 2 * HOUR - 15 * MINUTE


def test_a_feed_that_takes_long_holds_up_nobody_but_its_group() -> None:
    slow, mate, other = ScriptedFeed("slow"), ScriptedFeed("mate"), ScriptedFeed("other", 10.0)
    slow.group = mate.group = "budget"  # type: ignore[attr-defined]
    stop, polled = threading.Event(), threading.Event()
    mates: list[int] = []

    def wait(window: Window) -> Exception | None:
        if not window.historical:
            before = len(mate.windows)
            assert polled.wait(20)
            mates.append(len(mate.windows) - before)
            stop.set()
        return None

    def count(window: Window) -> Exception | None:
        if len([window for window in other.windows if not window.historical]) >= 3:
            polled.set()
        return None

    slow.trouble, other.trouble = wait, count
    clock = PracticeClock(NOW, WallClock().now_ms(), 200.0)
    journal = CountedJournal(FakeJournal())
    TenantCollector("t", [slow, mate, other], journal, clock, clock.now_ms, back_fill_ms=0).run(stop)
    assert polled.is_set()
    assert mates == [0] and mate.windows


def test_it_stops_at_the_next_write() -> None:
    run = Run()
    stop = threading.Event()

    def trouble(window: Window) -> Exception | None:
        stop.set()
        return None

    run.scripted(0).trouble = trouble
    TenantCollector("t", run.feeds, CountedJournal(run.journal), run.clock, run.clock.now_ms).run(stop)
    assert list(run.journal.checkpoints) == [STATE]
    assert run.journal.complete == {}


def test_what_the_end_itself_breaks_off_is_not_told() -> None:
    run = Run()
    stop = threading.Event()

    def trouble(window: Window) -> Exception | None:
        stop.set()
        return Unreachable("stopped while reading")

    run.scripted(0).trouble = trouble
    journal = CountedJournal(run.journal)
    TenantCollector("t", run.feeds, journal, run.clock, run.clock.now_ms, observer=run.observer).run(stop)
    assert run.scripted(0).prepared == 1
    assert run.observer.lines == []


def test_killed_at_any_write_the_collector_loses_nothing_and_brings_nothing_twice() -> None:
    undisturbed = Tenant()
    undisturbed.start(END)
    journal = undisturbed.run.journal
    assert sorted(journal.ids) == undisturbed.names
    assert journal.writes > 100
    for write in [*range(50), *range(50, journal.writes, 11)]:
        tenant = Tenant()
        tenant.run.journal.crash_at = write
        with pytest.raises(JournalLost):
            tenant.start(END)
        tenant.run.journal.survive()
        tenant.start(END)
        found = tenant.run.journal
        assert sorted(found.ids) == tenant.names
        assert {feed: found.states(feed) for feed in found.rows} == {
            feed: journal.states(feed) for feed in journal.rows
        }
        clocks = [time_ms for time_ms, _ in found.clocks]
        assert clocks == sorted(clocks)
        assert {time_ms for time_ms, historical in journal.clocks if historical} <= set(clocks)
        assert {(gap.kind, gap.over) for gap in found.gaps} == {(GapKind.EXPIRED, False), (GapKind.EXPIRED, True)}


def test_a_blob_listed_days_late_is_found_in_the_night() -> None:
    tenant = Tenant()
    tenant.service.add("late$b", [management("late")], NOW - 3 * DAY, NOW + HOUR, KINDS[0])
    tenant.start(NOW + 10 * HOUR)
    assert "late" not in tenant.run.journal.ids
    tenant.start(NOW + 16 * HOUR)
    assert tenant.run.journal.ids.count("late") == 1
    assert len(tenant.service.fetches) == len(set(tenant.service.fetches)) == 12


def test_the_nights_second_listing_goes_on_where_it_was_refused() -> None:
    run = Run()
    feed = run.scripted(0)
    feed.relist_ms = 7 * DAY  # type: ignore[attr-defined]
    refused: list[Window] = []

    def trouble(window: Window) -> Exception | None:
        listed = [found for found in feed.windows if _is_relisted(found)]
        if _is_relisted(window) and len(refused) <= len(listed) // 2:
            refused.append(window)
            return Unreachable("reset")
        return None

    feed.trouble = trouble
    run.start(NOW + DAY)
    listed = [window for window in feed.windows if _is_relisted(window)]
    assert len(listed) == 7 and len(refused) >= 3
    assert all(before.to_ms == after.from_ms for before, after in pairwise(listed))
    assert 7 * DAY - 6 * HOUR < listed[-1].to_ms - listed[0].from_ms <= 7 * DAY


def _is_relisted(window: Window) -> bool:
    return not window.historical and window.from_ms < NOW and window.to_ms - window.from_ms > 6 * HOUR + 10 * MINUTE


def test_statuses_count_what_went_through() -> None:
    tenant = Tenant()
    tenant.start(NOW + HOUR)
    assert tenant.run.collector is not None
    status = tenant.run.collector.statuses[0]
    assert status.state is FeedState.LIVE
    assert (status.listed, status.fetched, status.expired, status.pending) == (6, 6, 0, 0)
    assert status.read == status.produced + status.duplicates + status.dead == 12
    assert status.last_success_ms > NOW and status.last_error == "" and status.complete_ms > NOW
    assert tenant.run.collector.statuses[1].expired == 1


@pytest.mark.parametrize("skew_ms", [0, -20 * MINUTE, 20 * MINUTE])
def test_the_watch_listens_to_a_late_source_whatever_our_clock_says(skew_ms: int) -> None:
    heard: list[dict[str, int]] = []

    class Listening(Watch):
        def tick(self, now_ms: int, cloud_ms: int, asked: dict[str, int]) -> list[Gap]:
            heard.append({feed: cloud_ms - time_ms for feed, time_ms in asked.items()})
            return []

    class Late(ScriptedFeed):
        lateness_ms = 15 * MINUTE
        back_fills = False

    run = Run([Late("a", 5.0)])
    collector = TenantCollector(
        "t", run.feeds, CountedJournal(run.journal), run.clock, lambda: run.clock.now + skew_ms, watch=Listening()
    )
    stop = threading.Event()
    run.clock.on_wait = lambda: stop.set() if run.clock.now > NOW + HOUR else None
    collector.run(stop)
    assert len(heard) > 30 and all(late["a"] <= 2 * MINUTE for late in heard[2:])


@pytest.mark.parametrize("skew_ms", [0, -10 * MINUTE, 10 * MINUTE])
def test_batches_say_how_far_our_clock_is_from_that_by_which_they_were_collected(skew_ms: int) -> None:
    run = Run([])
    blobs, counted = Blobs(run.clock), CountedJournal(run.journal)
    cloud = FakeCloud(blobs, run.clock)
    cloud.skew_ms = skew_ms
    blobs.add("blob", [management("r")], NOW - HOUR)
    run.feeds = [ActivityFeed(cloud, counted, KINDS[0])]
    stop = threading.Event()
    run.clock.on_wait = lambda: stop.set() if run.clock.now > NOW + 5 * MINUTE else None
    TenantCollector("t", run.feeds, counted, run.clock, cloud.now_ms).run(stop)
    (batch,) = [batch for batch in run.journal.batches if batch.records]
    assert NOW <= batch.collected_ms - batch.skew_ms <= run.clock.now and batch.skew_ms == skew_ms


def test_what_comes_late_of_the_past_does_not_wait_for_those_who_look_back() -> None:
    run = Run([])
    blobs, counted = Blobs(run.clock), CountedJournal(run.journal)
    blobs.add("prompt", [management("a")], NOW - HOUR)
    blobs.add("late", [management("b")], NOW - HOUR, NOW + 10 * MINUTE)
    run.feeds = [ActivityFeed(FakeCloud(blobs, run.clock), counted, KINDS[0])]
    run.start(NOW + HOUR, counted)
    held = [batch for batch in run.journal.batches if batch.records]
    assert [(batch.historical, batch.straggler) for batch in held] == [(True, False), (True, True)]
    assert not any(batch.straggler for batch in run.journal.batches if not batch.historical)
