"""A tenant's collector over feeds that fail in every way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import orjson
import pytest

from schemas.contracts.collected import Batch, Gap, GapKind, Tally
from streams.clock import PracticeClock, WallClock
from streams.cloud.seam import NoToken, Refused, Throttled, Unreachable
from streams.collectors.feed import next_clock
from streams.collectors.live.activity import ActivityFeed
from streams.collectors.live.collector_state import state_from_json
from streams.collectors.live.counted_journal import CountedJournal
from streams.collectors.live.feed_status import FeedState, FeedStatus, Unobserved
from streams.collectors.live.schedule import STATE, TenantCollector
from streams.collectors.live.seam import JournalLost, LiveFeed, Unavailable, Window
from streams.collectors.live.traits import Look
from streams.collectors.live.watch import Watch
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


def test_a_throttled_feed_comes_back_when_told_and_blocks_nobody() -> None:
    run = Run(back_fill_ms=0)
    tried: list[int] = []

    def trouble(window: Window) -> Exception | None:
        tried.append(run.clock.now)
        return Throttled(NOW + 20 * MINUTE) if run.clock.now < NOW + 20 * MINUTE else None

    run.scripted(0).trouble = trouble
    run.start(NOW + 30 * MINUTE)
    assert len([at for at in tried if at < NOW + 20 * MINUTE]) == 1
    assert min(at for at in tried if at > NOW) < NOW + 20 * MINUTE + 40_000
    assert len(run.scripted(1).windows) >= 9


def test_a_feed_that_fails_for_six_hours_is_left_out_until_it_works() -> None:
    run = Run(back_fill_ms=0)
    collector_calls = run.scripted(0)
    run.start(NOW + 5 * MINUTE)
    collector_calls.trouble = lambda window: Unreachable("no route") if run.clock.now < NOW + 8 * HOUR else None
    run.start(NOW + 5 * HOUR)
    assert [(gap.feed, gap.kind, gap.over) for gap in run.journal.gaps] == [("a", GapKind.FAILING, False)]
    stuck = run.journal.clocks[-1][0]
    run.start(NOW + 7 * HOUR)
    assert [(gap.feed, gap.kind, gap.over) for gap in run.journal.gaps] == [("a", GapKind.FAILING, False)]
    assert stuck < NOW + 10 * MINUTE < NOW + 6 * HOUR < run.journal.clocks[-1][0]
    run.start(NOW + 9 * HOUR)
    assert [(gap.kind, gap.over) for gap in run.journal.gaps] == [(GapKind.FAILING, False), (GapKind.FAILING, True)]
    assert run.journal.gaps[0].from_ms == run.journal.gaps[1].from_ms
    assert run.journal.clocks[-1][0] > NOW + 9 * HOUR - 10 * MINUTE


def test_a_feed_that_fails_does_not_keep_the_others_in_the_past() -> None:
    run = Run()
    run.scripted(0).trouble = lambda window: Unreachable("no route")
    run.start(NOW + HOUR)
    assert [gap.kind for gap in run.journal.gaps] == [GapKind.FAILING]
    assert run.scripted(1).windows[-1].to_ms > NOW + 50 * MINUTE


def test_a_slow_feed_that_is_throttled_over_and_over_is_not_failing() -> None:
    run = Run(back_fill_ms=0)
    counted = CountedJournal(run.journal)

    def trouble(window: Window) -> Exception | None:
        counted.commit(Batch("a", [b'{"x":%d}' % run.clock.now]))
        return Throttled(run.clock.now + HOUR)

    run.scripted(0).trouble = trouble
    run.start(NOW + 15 * HOUR, counted)
    assert run.journal.gaps == []


def test_an_unlicensed_feed_is_said_once_and_probed_until_it_is_there() -> None:
    run = Run(back_fill_ms=0)
    run.scripted(0).trouble = lambda window: (
        Unavailable("sign-ins are not seen", "Buy P1.") if run.clock.now < NOW + 3 * DAY else None
    )
    run.start(NOW + DAY)
    run.start(NOW + 2 * DAY)
    assert [(gap.kind, gap.over) for gap in run.journal.gaps] == [(GapKind.UNLICENSED, False)]
    assert len([line for line in run.observer.lines if "Buy P1." in line]) == 1
    assert run.journal.clocks[-1][0] > NOW + 2 * DAY - HOUR
    run.start(NOW + 5 * DAY)
    assert [(gap.kind, gap.over) for gap in run.journal.gaps] == [
        (GapKind.UNLICENSED, False),
        (GapKind.UNLICENSED, True),
    ]
    assert run.scripted(0).windows


def test_missing_credentials_are_stated_once_for_all_feeds_and_tried_again() -> None:
    run = Run(back_fill_ms=0)
    for feed in run.feeds:
        assert isinstance(feed, ScriptedFeed)
        feed.trouble = lambda window: (
            NoToken("AADSTS7000222", "The secret has expired.", "Make a new one.")
            if run.clock.now < NOW + HOUR
            else None
        )
    collector = run.start(NOW + 30 * MINUTE)
    assert [line for line in run.observer.lines if "expired" in line] == ["The secret has expired. Make a new one."]
    assert collector.statuses[0].remedy == "Make a new one."
    run.start(NOW + 2 * HOUR)
    assert all(feed.windows for feed in run.feeds if isinstance(feed, ScriptedFeed))


def test_a_defect_of_one_feed_ends_nothing_and_shows_no_content() -> None:
    run = Run(back_fill_ms=0)
    run.scripted(0).trouble = lambda window: KeyError("secret subject of a mail")
    collector = run.start(NOW + HOUR)
    assert len(run.scripted(1).windows) > 10
    assert "KeyError" in collector.statuses[0].last_error
    assert not any("secret subject" in line for line in run.observer.lines)


def test_a_refusal_prepares_the_feed_again() -> None:
    run = Run(back_fill_ms=0)
    run.scripted(0).trouble = lambda window: (
        Refused(403, "Forbidden", "no") if run.clock.now < NOW + 5 * MINUTE else None
    )
    run.start(NOW + HOUR)
    assert run.scripted(0).prepared > 1
    assert run.scripted(1).prepared == 1


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


def test_after_a_long_stop_the_days_are_closed_one_by_one_and_what_is_lost_is_told() -> None:
    run = Run(back_fill_ms=0)
    run.start(NOW + HOUR)
    clocks = len(run.journal.clocks)
    back = NOW + 9 * DAY
    run.clock.now = back
    run.start(back + MINUTE)
    lost = [(gap.feed, gap.kind, gap.over) for gap in run.journal.gaps]
    assert lost == [(name, GapKind.EXPIRED, over) for name in ("a", "b") for over in (False, True)]
    assert run.journal.gaps[0].to_ms == back - 7 * DAY + 5 * MINUTE
    passed = [time_ms for time_ms, _ in run.journal.clocks[clocks:]]
    sixes = [time_ms for time_ms in passed if next_clock(time_ms - 1) == time_ms]
    assert len(sixes) == 7
    assert not any(historical for _, historical in run.journal.clocks[clocks:])


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


@pytest.mark.parametrize("trouble", [Unreachable("HTTP 500"), Refused(403, "", "no"), Refused(500, "AF50000", "no")])
def test_one_content_that_never_comes_stops_neither_the_feed_nor_the_clock(trouble: Exception) -> None:
    run = Run([])
    blobs = Blobs(run.clock)
    counted = CountedJournal(run.journal)
    run.feeds = [ActivityFeed(FakeCloud(blobs, run.clock), counted, KINDS[0]), ScriptedFeed("b")]
    for number in range(48):
        created = NOW + number * 15 * MINUTE
        blobs.add(f"blob {number}", [management(f"record {number}", created)], created)
    blobs.faults["blob 3"] = [trouble] * 10_000
    run.start(NOW + 12 * HOUR, counted)
    assert len(run.journal.ids) == 47
    assert [(gap.kind, gap.over) for gap in run.journal.gaps] == [(GapKind.FAILING, False)]
    assert run.journal.clocks[-1][0] > run.clock.now - 10 * MINUTE
    blobs.faults.clear()
    run.start(NOW + 13 * HOUR, counted)
    assert len(run.journal.ids) == 48
    assert run.journal.gaps[-1].over


def test_a_feed_that_is_taken_away_is_more_than_one_that_never_was_there() -> None:
    run = Run()
    gone = Unavailable("sign-ins are not seen", "Buy the licence.")
    run.scripted(0).trouble = lambda window: gone if window.to_ms > NOW + HOUR else None
    run.scripted(1).trouble = lambda window: gone
    run.start(NOW + 2 * HOUR)
    assert {(gap.feed, gap.kind, gap.over) for gap in run.journal.gaps} == {
        ("a", GapKind.DISABLED, False),
        ("b", GapKind.UNLICENSED, False),
    }


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


def test_a_refusal_is_said_once_though_each_has_an_id_of_its_own() -> None:
    run = Run()
    refusals = iter(range(1_000))

    def trouble(window: Window) -> Exception:
        return NoToken(
            "secret", f"The secret is wrong. (trace 199c1bdb-9048-e937-4f97-{next(refusals):012d})", "Renew it."
        )

    run.scripted(0).trouble = run.scripted(1).trouble = trouble
    run.start(NOW + HOUR)
    assert len(run.observer.lines) == 1 and next(refusals) > 10


EXPIRED = NoToken("AADSTS7000222", "The client secret has expired.", "Renew the secret.")


@pytest.mark.parametrize(
    ("trouble", "minutes"),
    [
        (EXPIRED, 15),
        (NoToken("temporarily_unavailable", "Entra does not answer.", "Wait.", fatal=False), 60),
        (Unreachable("reset"), 60),
        (Throttled(0), 60),
    ],
)
def test_a_feed_that_fails_is_told_long_before_it_is_left_out(trouble: Exception, minutes: int) -> None:
    run = Run(back_fill_ms=0)
    run.start(NOW + HOUR)
    run.scripted(1).trouble = lambda window: trouble
    began = run.clock.now
    run.start(began + (minutes - 1) * MINUTE)
    assert run.journal.gaps == []
    run.start(began + (minutes + 15) * MINUTE)
    assert [(gap.feed, gap.kind, gap.over) for gap in run.journal.gaps] == [("b", GapKind.FAILING, False)]
    assert run.collector is not None and not run.collector.statuses[1].left_out
    assert run.journal.clocks[-1][0] <= run.journal.complete["b"]


def test_that_a_feed_fails_is_told_once_whatever_comes_after_it() -> None:
    run = Run(back_fill_ms=0)
    run.start(NOW + HOUR)
    run.scripted(1).trouble = lambda window: EXPIRED
    for hours in (2, 3, 6, 9):  # told, restarted, left out, restarted
        run.start(NOW + hours * HOUR)
    assert run.collector is not None and run.collector.statuses[1].left_out
    assert run.journal.clocks[-1][0] > NOW + 8 * HOUR
    run.scripted(1).trouble = lambda window: None
    run.start(NOW + 10 * HOUR)
    assert [(gap.kind, gap.over) for gap in run.journal.gaps] == [(GapKind.FAILING, False), (GapKind.FAILING, True)]
    assert run.journal.gaps[0].remedy == "Renew the secret."


def test_the_day_into_which_a_failure_lasts_is_of_the_gap_before_the_clock_passes_it() -> None:
    run = Run(back_fill_ms=0)
    run.start(NOW + 10 * HOUR)
    run.scripted(1).trouble = lambda window: EXPIRED
    run.start(NOW + 17 * HOUR)
    told, longer = run.journal.gaps
    assert longer.to_ms // DAY == told.to_ms // DAY + 1
    assert (longer.from_ms, longer.text, longer.over) == (told.from_ms, told.text, False)


def test_a_throttled_feed_that_still_brings_records_is_not_told() -> None:
    run = Run([])
    counted = CountedJournal(run.journal)

    class Slow(ScriptedFeed):
        def collect(self, window: Window) -> None:
            counted.commit(Batch(self.name, [orjson.dumps(management(f"r{run.clock.now}", run.clock.now))]))
            raise Throttled(run.clock.now + 10 * MINUTE)

    run.feeds = [Slow("a"), ScriptedFeed("b")]
    run.start(NOW + 5 * HOUR, counted)
    assert run.journal.gaps == [] and len(run.journal.ids) > 20


def test_a_state_of_a_version_that_told_with_leaving_out_is_read_as_left_out() -> None:
    gap = ["a", "failing", 1, 2, "a fails", ""]
    held = {"version": 1, "start": 1, "until": 2, "clock": 3, "failing": {}, "relisted": {}, "watch": {}}
    assert state_from_json(held | {"gaps": [gap]}).left_out == ["a"]
    assert state_from_json(held | {"gaps": [gap], "left_out": []}).left_out == []


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


def test_what_was_told_of_a_feed_that_is_no_longer_collected_is_over() -> None:
    run = Run(back_fill_ms=0)
    run.start(NOW + HOUR)
    run.scripted(1).trouble = lambda window: EXPIRED
    run.start(NOW + 2 * HOUR)
    run.feeds = [run.feeds[0]]
    run.start(NOW + 3 * HOUR)
    run.start(NOW + 4 * HOUR)
    assert [(gap.feed, gap.over) for gap in run.journal.gaps] == [("b", False), ("b", True)]
