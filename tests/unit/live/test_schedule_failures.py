"""A tenant's collector over feeds that fail in every way: what is told, left out, tried again."""

from __future__ import annotations

import orjson
import pytest

from schemas.contracts.collected import Batch, GapKind
from streams.cloud.seam import NoToken, Refused, Throttled, Unreachable
from streams.collectors.feed import next_clock
from streams.collectors.live.activity import ActivityFeed
from streams.collectors.live.collector_state import state_from_json
from streams.collectors.live.counted_journal import CountedJournal
from streams.collectors.live.seam import Unavailable, Window
from tests.unit.collectors.conftest import management
from tests.unit.live.fakes import DAY, HOUR, MINUTE, NOW, Blobs, FakeCloud
from tests.unit.live.scripted import KINDS, Run, ScriptedFeed

EXPIRED = NoToken("AADSTS7000222", "The client secret has expired.", "Renew the secret.")


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


def test_what_was_told_of_a_feed_that_is_no_longer_collected_is_over() -> None:
    run = Run(back_fill_ms=0)
    run.start(NOW + HOUR)
    run.scripted(1).trouble = lambda window: EXPIRED
    run.start(NOW + 2 * HOUR)
    run.feeds = [run.feeds[0]]
    run.start(NOW + 3 * HOUR)
    run.start(NOW + 4 * HOUR)
    assert [(gap.feed, gap.over) for gap in run.journal.gaps] == [("b", False), ("b", True)]
