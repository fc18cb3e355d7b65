"""What the HTML report is made of: story and advice, what was unusual, addresses, timeline, zones."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.contracts.incident import Reason, Resource, Stage, Tier
from schemas.contracts.ocsf import to_ocsf
from streams.sinks.report_groups import addresses, sessions, unusual
from streams.sinks.report_model import HarmClock, Record
from streams.sinks.report_overview import overview
from streams.sinks.report_reading import read_incident
from streams.sinks.report_story import advice_steps, story_steps
from streams.sinks.report_timeline import Axis, axis_over, draw, ticks
from streams.sinks.report_times import Zone, duration, iso_utc
from tests.unit.sinks.conftest import incident

START_MS = 1_772_614_438_000  # 2026-03-04 08:53:58 UTC
HOUR_MS = 3_600_000


def record(number: int = 1, time_ms: int | None = START_MS, *reasons: Reason, **more: Any) -> Record:
    """A record of the access stage."""
    fields: dict[str, Any] = {
        "uid": f"r{number}",
        "detector": "send-surge",
        "operation": "Send",
        "ip": "203.0.113.9",
        "session": "s1",
        "stage": "access",
        "nats": 5.0,
    }
    return Record(number=number, time_ms=time_ms, reasons=reasons, **(fields | more))


class TestStory:
    """Lines become steps with a time, a sentence, its reasons and the stage of the record behind them."""

    def test_a_timed_line_is_taken_apart(self) -> None:
        records = (record(1, START_MS, Reason("rule name", "'-' looks hidden", "words", 3.0), stage="evasion"),)
        line = "2026-03-04 08:53 UTC: A rule was made. (2 records) Because: rule name '-' looks hidden, usual: words (+3.0)."
        (step,) = story_steps(line, records)
        assert step.time_ms == START_MS // 60_000 * 60_000
        assert step.sentence == "A rule was made. (2 records)"
        assert step.because == "rule name '-' looks hidden, usual: words (+3.0)."
        assert step.stage == "evasion"

    def test_a_record_of_another_minute_or_reason_gives_no_stage(self) -> None:
        line = "2026-03-04 08:53 UTC: A rule was made. Because: rule name x (+3.0)."
        later = record(1, START_MS + 60_000, Reason("rule name", "x", "", 3.0))
        other = record(2, START_MS, Reason("rule name", "y", "", 3.0))
        timeless = record(3, None, Reason("rule name", "x", "", 3.0))
        assert story_steps(line, (later, other, timeless))[0].stage == ""

    @pytest.mark.parametrize(
        "line", ["Together 17.7 nats.", "2026-13-04 08:53 UTC: no such month", "2026-03-04 08:53: no zone"]
    )
    def test_any_other_line_stays_whole(self, line: str) -> None:
        assert [(step.sentence, step.time_ms) for step in story_steps(line, ())] == [(line, None)]

    def test_a_sentence_that_names_a_cause_itself_keeps_it(self) -> None:
        line = '2026-03-04 08:53 UTC: A rule "x Because: y" was made. Because: rule name (+3.0).'
        (step,) = story_steps(line, ())
        assert (step.sentence, step.because) == ('A rule "x Because: y" was made.', "rule name (+3.0).")

    @pytest.mark.parametrize("desc", [None, 3, [], "", "\n \n"])
    def test_no_story_is_no_step(self, desc: object) -> None:
        assert story_steps(desc, ()) == ()
        assert advice_steps(desc) == ()

    def test_advice_is_one_step_per_sentence_each_once(self) -> None:
        desc = "Reset it now. Remove the rule (Get-InboxRule -IncludeHidden) and restore it.\nReset it now. Ask e.g. the owner!"
        assert advice_steps(desc) == (
            "Reset it now.",
            "Remove the rule (Get-InboxRule -IncludeHidden) and restore it.",
            "Ask e.g. the owner!",
        )


class TestUnusual:
    """Observed beside expected: each kind of reason once."""

    def test_the_heaviest_of_a_kind_stands_for_all(self) -> None:
        rows = unusual(
            record(place, START_MS + place, Reason("messages", f"{count} in one hour", "about 5.0", nats))
            for place, (count, nats) in enumerate([(43, 8.2), (100, 9.9), (60, 9.0)])
        )
        (row,) = rows
        assert (row.reason.observed, row.records, row.time_ms) == ("100 in one hour", 3, START_MS + 1)
        assert (row.observed_percent, row.normal_percent, row.times) == (100.0, 5.0, "20 times the normal")

    def test_words_have_no_scale(self) -> None:
        (row,) = unusual([record(1, START_MS, Reason("inbox rule made", "today", "one in 81 days", 4.4))])
        assert (row.observed_percent, row.normal_percent, row.times) == (None, None, "")

    @pytest.mark.parametrize("observed", ["10062 km in 39 minutes", "203.0.113.9 (RU), not known", "9:15"])
    def test_a_figure_without_a_usual_figure_is_no_ratio(self, observed: str) -> None:
        (row,) = unusual([record(1, START_MS, Reason("velocity", observed, "below an aeroplane's", 4.0))])
        assert row.times == "" and row.observed_percent is None

    @pytest.mark.parametrize(
        ("usual", "times"), [("about 0.0", ""), ("about 40", ""), ("about 10", "4.3 times the normal")]
    )
    def test_a_ratio_is_told_where_there_is_one(self, usual: str, times: str) -> None:
        (row,) = unusual([record(1, START_MS, Reason("messages", "43 in one hour", usual, 4.0))])
        assert row.times == times

    def test_nothing_observed_and_nothing_usual_divides_by_nothing(self) -> None:
        (row,) = unusual([record(1, START_MS, Reason("messages", "0 in one hour", "about 0", 0.0))])
        assert (row.observed_percent, row.normal_percent) == (0.0, 0.0)

    def test_kinds_differ_by_detector_feature_and_words_and_what_speaks_against_is_last(self) -> None:
        reasons = (
            Reason("session", "changed its browser", "one browser", 3.0),
            Reason("session", "continued from another network", "stays at one", 1.9),
            Reason("network", "one of the account's own", "", -10.9),
        )
        rows = unusual([record(1, START_MS, *reasons), record(2, START_MS, reasons[0], detector="other")])
        assert [round(row.reason.nats, 1) for row in rows] == [3.0, 3.0, 1.9, -10.9]


class TestShared:
    """Addresses and sessions with what was done there."""

    def test_addresses_tell_place_stages_operations_and_times(self) -> None:
        place = Reason("network", "203.0.113.9 (AS64867, Saint Petersburg, RU), not known", "", 3.5)
        rows = addresses(
            [
                record(1, START_MS, place),
                record(2, START_MS + 5, stage="impact", operation="MessageTrace", session=""),
                record(3, None, ip="198.51.100.1"),
                record(4, START_MS, ip=""),
            ]
        )
        first, second = rows
        assert (first.name, first.detail, first.records) == ("203.0.113.9", "AS64867, Saint Petersburg, RU", 2)
        assert (first.first_ms, first.last_ms) == (START_MS, START_MS + 5)
        assert (first.stages, first.operations, first.others) == (
            ("access", "impact"),
            ("Send", "MessageTrace"),
            ("s1",),
        )
        assert (second.name, second.first_ms, second.detail) == ("198.51.100.1", None, "")

    def test_sessions_tell_their_addresses(self) -> None:
        (row,) = sessions([record(1), record(2, ip="198.51.100.1"), record(3, session="")])
        assert (row.name, row.others, row.records) == ("s1", ("203.0.113.9", "198.51.100.1"), 2)

    def test_an_address_is_no_pattern(self) -> None:
        assert addresses([record(1, START_MS, Reason("network", "x", "", 1.0), ip="((.*")])[0].detail == ""


class TestTimeline:
    """Where things stand."""

    def test_records_stand_in_the_lane_of_their_stage_in_order_of_time(self) -> None:
        drawing = draw(read_incident(_message()), Zone())
        assert drawing is not None
        assert [lane.stage for lane in drawing.lanes] == ["access", "impact"]
        places = [point.x_percent for lane in drawing.lanes for point in lane.points]
        assert places == sorted(places) and places[0] >= 0 and places[-1] <= 100
        assert [mark.label for mark in drawing.marks] == ["reported", "act"]
        assert drawing.height_px > 2 * drawing.lanes[0].height_px

    def test_records_of_one_moment_do_not_hide_each_other(self) -> None:
        message = _message()
        message["evidences"] = [message["evidences"][0] | {"uid": str(place)} for place in range(64)]
        drawing = draw(read_incident(message), Zone())
        assert drawing is not None
        (lane,) = drawing.lanes
        assert len({point.y_px for point in lane.points}) == 5
        assert all(lane.top_px < point.y_px < lane.top_px + lane.height_px for point in lane.points)

    def test_reported_and_act_at_once_is_one_mark(self) -> None:
        message = _message()
        message["unmapped"]["tier_times"]["act"] = message["finding_info"]["created_time"]
        drawing = draw(read_incident(message), Zone())
        assert drawing is not None and [mark.label for mark in drawing.marks] == ["reported, act"]

    def test_without_a_time_there_is_no_drawing(self) -> None:
        message = _message()
        for item in message["evidences"]:
            item["data"]["time"] = None
        assert draw(read_incident(message), Zone()) is None
        assert axis_over([None]) is None

    @pytest.mark.parametrize("span_ms", [0, 1, 61_000, HOUR_MS, 86_400_000, 40 * 86_400_000, 10**12, 10**17])
    @pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
    def test_ticks_are_few_and_inside(self, span_ms: int, zone: str) -> None:
        axis = axis_over([START_MS, START_MS + span_ms])
        assert axis is not None
        found = ticks(axis, Zone(zone))
        assert len(found) <= 7
        assert all(axis.first_ms <= tick.time_ms <= axis.last_ms for tick in found)

    def test_ticks_are_round_in_the_zone(self) -> None:
        found = ticks(Axis(START_MS, START_MS + 5 * HOUR_MS), Zone("Asia/Kolkata"))
        assert [Zone("Asia/Kolkata").parts(tick.time_ms)[0][11:] for tick in found] == [
            "15:00",
            "16:00",
            "17:00",
            "18:00",
            "19:00",
        ]


class TestZones:
    """Times as they are written."""

    @pytest.mark.parametrize(
        ("zone", "shown"),
        [
            ("UTC", ("2026-03-04 08:53", "UTC")),
            ("utc", ("2026-03-04 08:53", "UTC")),
            ("Europe/London", ("2026-03-04 08:53", "UTC")),
            ("America/St_Johns", ("2026-03-04 05:23", "-03:30")),
            ("Pacific/Chatham", ("2026-03-04 22:38", "+13:45")),
        ],
    )
    def test_a_time_comes_with_its_offset(self, zone: str, shown: tuple[str, str]) -> None:
        assert Zone(zone).parts(START_MS) == shown

    def test_the_hour_that_comes_twice_is_told_apart(self) -> None:
        berlin, first_ms = Zone("Europe/Berlin"), 1_792_886_400_000  # 2026-10-25 00:00 UTC
        assert berlin.parts(first_ms) == ("2026-10-25 02:00", "+02:00")
        assert berlin.parts(first_ms + HOUR_MS) == ("2026-10-25 02:00", "+01:00")

    @pytest.mark.parametrize("time_ms", [10**18, -(10**18), 10**30])
    def test_a_time_beyond_the_calendar_is_its_number(self, time_ms: int) -> None:
        assert Zone("Asia/Tokyo").parts(time_ms) == (f"{time_ms} ms", "UTC")
        assert iso_utc(time_ms) == ""
        assert Zone("Asia/Tokyo").offset_ms(time_ms) == 0

    @pytest.mark.parametrize(
        ("milliseconds", "words"),
        [
            (0, "0 ms"), (-5, "0 ms"), (820, "820 ms"), (20_000, "20 s"), (243_000, "4 min 3 s"), (240_000, "4 min"),
            (27_000_000, "7 h 30 min"), (86_400_000, "1 d"), (86_460_000, "1 d"), (90_000_000, "1 d 1 h"),
        ],
    )  # fmt: skip
    def test_durations_are_the_two_largest_units(self, milliseconds: int, words: str) -> None:
        assert duration(milliseconds) == words


class TestReading:
    """From a message to values."""

    def test_the_title_does_not_repeat_the_account(self) -> None:
        told = incident(title="net:192.0.2.1: sprayed", resources=(Resource("Network", "net:192.0.2.1", "192.0.2.1"),))
        assert read_incident(to_ocsf(told)).title == "sprayed"

    def test_an_unknown_stage_has_a_lane_of_its_own(self) -> None:
        message = _message()
        message["evidences"][0]["data"]["stage"] = "lateral <b>"
        assert read_incident(message).stages == ("access", "impact", "other")

    def test_records_are_numbered_in_order_of_time(self) -> None:
        message = _message()
        message["evidences"].reverse()
        records = read_incident(message).records
        assert [record.number for record in records] == list(range(1, len(records) + 1))
        assert [record.time_ms for record in records] == sorted(record.time_ms or 0 for record in records)

    @pytest.mark.parametrize(
        "harm", [{}, {"acts_before": 1}, {"acts_before": -1, "acts_after": 2}, {"acts_before": "1", "acts_after": 2}]
    )
    def test_a_harm_clock_that_is_none_is_left_out(self, harm: dict[str, Any]) -> None:
        message = _message()
        message["unmapped"]["harm_clock"] = harm
        assert read_incident(message).harm is None

    @pytest.mark.parametrize(("before", "after", "percent"), [(0, 0, 0), (1, 0, 0), (0, 3, 100), (1, 999_999, 99)])
    def test_all_is_ahead_only_when_all_is(self, before: int, after: int, percent: int) -> None:
        assert HarmClock(None, before, after).ahead_percent == percent


@pytest.mark.parametrize(
    ("tiers", "headline"),
    [
        ([], "Nothing found"),
        ([Tier.ACT], "1 incident to act on"),
        ([Tier.REVIEW, Tier.REVIEW], "2 incidents to review"),
        ([Tier.ACT, Tier.REVIEW], "2 incidents: 1 to act on, 1 to review"),
    ],
)
def test_the_headline_is_the_news(tiers: list[Tier], headline: str) -> None:
    assert (
        overview(
            [read_incident(to_ocsf(incident(uid=str(place), tier=tier))) for place, tier in enumerate(tiers)]
        ).headline
        == headline
    )


def _message() -> dict[str, Any]:
    first = incident().evidence[0]
    evidence = tuple(
        type(first)(str(place), "d", START_MS + place * HOUR_MS, "op", None, None, stage, 5.0, ())
        for place, stage in enumerate((Stage.ACCESS, Stage.ACCESS, Stage.IMPACT, Stage.IMPACT))
    )
    told = incident(
        evidence=evidence,
        stages=(Stage.ACCESS, Stage.IMPACT),
        created_ms=START_MS + HOUR_MS,
        tier=Tier.ACT,
        tier_times={"review": START_MS + HOUR_MS, "act": START_MS + 2 * HOUR_MS},
    )
    return to_ocsf(told)
