"""What the watch tells, and when it is over."""

from __future__ import annotations

import orjson

from schemas.contracts.collected import Batch, Content, Gap, GapKind, Tally
from streams.collectors.live.expected_silence import BIN_MS, DAY_MS, HOUR_MS, MINUTE_MS
from streams.collectors.live.watch import CANARY_FEED, Watch

START = 1_785_715_200_000
FEED = "activity/Audit.Exchange"
CLIENT = "0c2d7b7e-1111-4222-8333-abcdefabcdef"


def feed(watch: Watch, from_ms: int, to_ms: int, name: str = FEED, every: int = BIN_MS) -> None:
    for at in range(from_ms, to_ms, every):
        watch.stored(Batch(name, [b"{}"]), Tally(1, 1), at)


def tick(watch: Watch, now: int, complete: dict[str, int] | None = None, cloud: int | None = None) -> list[Gap]:
    return watch.tick(now, now if cloud is None else cloud, {FEED: now} if complete is None else complete)


def test_a_silence_is_told_once_and_is_over_when_the_feed_speaks() -> None:
    watch = Watch()
    end = START + 9 * DAY_MS
    feed(watch, START, end)
    told = [gap for minute in range(600) for gap in tick(watch, end + minute * MINUTE_MS)]
    assert [(gap.feed, gap.kind, gap.over) for gap in told] == [(FEED, GapKind.SILENT, False)]
    assert told[0].nats >= 9 and told[0].from_ms >= end - BIN_MS
    feed(watch, end + 600 * MINUTE_MS, end + 601 * MINUTE_MS)
    over = tick(watch, end + 601 * MINUTE_MS)
    assert [(gap.kind, gap.over, gap.from_ms) for gap in over] == [(GapKind.SILENT, True, told[0].from_ms)]


def test_a_feed_that_is_not_heard_is_not_called_silent() -> None:
    watch = Watch()
    end = START + 9 * DAY_MS
    feed(watch, START, end)
    assert tick(watch, end + 10 * HOUR_MS, {}) == []
    assert tick(watch, end + 10 * HOUR_MS, {FEED: end}) == []


def test_a_silence_does_not_end_by_not_being_heard() -> None:
    watch = Watch()
    end = START + 9 * DAY_MS
    feed(watch, START, end)
    assert len(tick(watch, end + 10 * HOUR_MS)) == 1
    assert tick(watch, end + 11 * HOUR_MS, {}) == []


def test_history_and_repeats_are_no_arrivals() -> None:
    watch = Watch()
    for at in range(START, START + 9 * DAY_MS, BIN_MS):
        watch.stored(Batch(FEED, [b"{}"], historical=True), Tally(1, 1), at)
        watch.stored(Batch(FEED, [b"{}"]), Tally(1, 0, 1), at)
    assert tick(watch, START + 12 * DAY_MS) == []


def look_back(watch: Watch, name: str, hours: range) -> None:
    for at in range(START + hours.start * HOUR_MS, START + hours.stop * HOUR_MS, BIN_MS):
        watch.stored(Batch(name, [b"{}"], Content(str(at), at), historical=True), Tally(1, 1), START + 9 * DAY_MS)


def test_blobs_of_the_look_back_teach_when_a_feed_speaks_and_graphs_windows_do_not() -> None:
    watch, end = Watch(), START + 7 * DAY_MS
    for name in (FEED, "graph/directoryAudits"):
        look_back(watch, name, range(7 * 24))
    asked = {FEED: end, "graph/directoryAudits": end}
    assert tick(watch, end, asked) == []
    later = end + 3 * HOUR_MS
    told = tick(watch, later, dict.fromkeys(asked, later))
    assert [(gap.feed, gap.kind) for gap in told] == [(FEED, GapKind.SILENT)]


def test_an_outage_within_the_look_back_is_not_what_to_expect() -> None:
    broken, whole = Watch(), Watch()
    look_back(broken, FEED, range(5 * 24))
    look_back(broken, FEED, range(5 * 24 + 12, 7 * 24))
    look_back(whole, FEED, range(7 * 24))
    later = START + 7 * DAY_MS + 3 * HOUR_MS
    assert len(tick(broken, later)) == len(tick(whole, later)) == 1


def test_a_wrong_clock_is_told_and_over() -> None:
    watch = Watch()
    assert tick(watch, START, cloud=START + 4 * MINUTE_MS) == []
    told = tick(watch, START, cloud=START + 6 * MINUTE_MS)
    assert [(gap.kind, gap.over) for gap in told] == [(GapKind.SKEW, False)]
    assert tick(watch, START + MINUTE_MS, cloud=START + 9 * MINUTE_MS) == []
    assert [gap.over for gap in tick(watch, START + 2 * MINUTE_MS)] == [True]


def throttled(owner: str, value: object = "True") -> bytes:
    return orjson.dumps(
        {
            "MailboxOwnerUPN": owner,
            "OperationProperties": [{"Name": "IsThrottled", "Value": value}, {"Name": "x", "Value": "True"}],
        }
    )


def test_mailboxes_whose_records_are_dropped_are_named_for_a_day() -> None:
    watch = Watch()
    watch.stored(
        Batch(FEED, [throttled("Ann@corp.example"), throttled("bob@corp.example", "False")]), Tally(2, 2), START
    )
    told = tick(watch, START + 1)
    assert [(gap.kind, gap.over) for gap in told] == [(GapKind.THROTTLED, False)]
    assert "ann@corp.example" in told[0].text and "bob" not in told[0].text
    watch.stored(Batch(FEED, [throttled("Eve\x1b[31m@corp.example")]), Tally(1, 1), START + 2)
    more = tick(watch, START + 3)
    assert len(more) == 1 and "eve" in more[0].text and "\x1b" not in more[0].text
    assert more[0].from_ms == told[0].from_ms
    assert [gap.over for gap in tick(watch, START + DAY_MS + HOUR_MS)] == [True]


def test_unreadable_records_that_rise_are_told() -> None:
    watch = Watch()
    for day in range(6):
        watch.stored(Batch(FEED, [b"{}"]), Tally(1000, 990, 0, 10), START + day * DAY_MS)
        assert not [gap for gap in tick(watch, START + day * DAY_MS + 1) if gap.kind is GapKind.UNKNOWN]
    watch.stored(Batch(FEED, [b"{}"]), Tally(1000, 800, 0, 200), START + 6 * DAY_MS)
    assert [gap.kind for gap in tick(watch, START + 6 * DAY_MS + 1)] == [GapKind.UNKNOWN]


def test_a_type_that_nobody_reads_and_that_appears_is_named() -> None:
    watch = Watch()
    for day in range(20):
        types = {"25": 300} | ({"400": 3} if day == 10 else {"401": 80} if day in (12, 13) else {})
        watch.stored(Batch(FEED, [b"{}"]), Tally(1000, 1000, unread_types=types), START + day * DAY_MS)
        again = Watch()
        again.load(orjson.loads(orjson.dumps(watch.dump())), START + day * DAY_MS)
        watch = again
        told = [gap for gap in tick(watch, START + day * DAY_MS + 1) if gap.kind is GapKind.UNKNOWN]
        assert [gap.over for gap in told] == ([False] if day == 12 else [True] if day == 14 else [])
        assert all("401" in gap.text and "25" not in gap.text for gap in told)


def test_the_canary() -> None:
    watch = Watch(CLIENT)
    row = orjson.dumps({"appId": CLIENT.upper()})
    complete = {CANARY_FEED: START}
    for hour in range(40):
        now = START + hour * HOUR_MS
        if hour < 20:
            watch.stored(Batch(CANARY_FEED, [row]), Tally(1, 1), now)
        complete[CANARY_FEED] = now
        told = tick(watch, now, complete)
        assert [gap.kind for gap in told] == ([GapKind.CANARY] if hour == 31 else [])
    watch.stored(Batch(CANARY_FEED, [row]), Tally(1, 1), START + 40 * HOUR_MS)
    assert [gap.over for gap in tick(watch, START + 40 * HOUR_MS, complete)] == [True]


def test_no_canary_without_its_feed_or_our_name() -> None:
    assert tick(Watch(CLIENT), START + DAY_MS, {FEED: START + DAY_MS}) == []
    nameless = Watch()
    for hour in range(40):
        assert tick(nameless, START + hour * HOUR_MS, {CANARY_FEED: START + hour * HOUR_MS}) == []


def test_what_is_open_stays_open_over_a_restart_and_nothing_is_told_twice() -> None:
    watch = Watch()
    end = START + 9 * DAY_MS
    feed(watch, START, end)
    watch.stored(Batch(FEED, [throttled("ann@corp.example")]), Tally(1, 1), end)
    assert len(tick(watch, end + 10 * HOUR_MS)) == 2
    again = Watch()
    again.load(orjson.loads(orjson.dumps(watch.dump())), end + 10 * HOUR_MS)
    assert {gap.kind for gap in tick(again, end + 10 * HOUR_MS + MINUTE_MS)} <= {GapKind.SILENT}
    feed(again, end + 11 * HOUR_MS, end + 11 * HOUR_MS + 1)
    assert tick(again, end + 11 * HOUR_MS + MINUTE_MS) == []


def test_a_machine_whose_clock_is_wrong_still_hears_silence() -> None:
    for skew in (-20 * MINUTE_MS, 20 * MINUTE_MS):
        watch = Watch()
        end = START + 9 * DAY_MS
        feed(watch, START, end)
        now = end + 10 * HOUR_MS
        told = tick(watch, now, {FEED: now + skew}, now + skew)
        assert {gap.kind for gap in told} == {GapKind.SILENT, GapKind.SKEW}


def test_a_clock_about_the_limit_is_one_incident_that_ends_well_below_it() -> None:
    watch, seconds = Watch(), [299, 300, 301, 298, 303, 240, 299, 302, 239, 299, 300]
    for ahead in (-1, 1):
        told = [tick(watch, START, cloud=START + ahead * skew * 1000) for skew in seconds]
        assert [len(gaps) for gaps in told] == [0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0]
        assert [(gap.kind, gap.over) for gaps in told for gap in gaps] == [(GapKind.SKEW, False), (GapKind.SKEW, True)]


def test_a_wrong_clock_that_was_told_before_a_restart_is_over_below_the_same_limit() -> None:
    before, after = Watch(), Watch()
    assert len(tick(before, START, cloud=START + 6 * MINUTE_MS)) == 1
    after.load(orjson.loads(orjson.dumps(before.dump())), START)
    assert tick(after, START, cloud=START + 270_000) == []
    assert [gap.over for gap in tick(after, START, cloud=START + 230_000)] == [True]


def test_a_silence_of_a_feed_that_is_no_longer_collected_is_over() -> None:
    watch, end = Watch(), START + 9 * DAY_MS
    feed(watch, START, end)
    feed(watch, START, end, "other")
    asked = {FEED: end + 10 * HOUR_MS, "other": end + 10 * HOUR_MS}
    assert len(tick(watch, end + 10 * HOUR_MS, asked)) == 2
    assert [(gap.feed, gap.kind) for gap in watch.retire({FEED})] == [("other", GapKind.SILENT)]
    assert watch.retire({FEED}) == [] and tick(watch, end + 10 * HOUR_MS, asked) == []
