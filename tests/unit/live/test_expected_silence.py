"""How improbable a silence is."""

from __future__ import annotations

import random

import orjson
import pytest

from streams.collectors.live.expected_silence import BIN_MS, DAY_MS, HOUR_MS, MINUTE_MS, ArrivalModel
from streams.collectors.live.watch import SILENCE_NATS

MONDAY = 1_785_715_200_000  # 2026-08-03 00:00 UTC
NOTICED = SILENCE_NATS


def office(
    weeks: float, model: ArrivalModel | None = None, per_hour: float = 11.0, start: int = MONDAY
) -> ArrivalModel:
    """Busy bins on working days from 7 to 17, a few at other times."""
    chance = random.Random(7)
    model = model or ArrivalModel()
    for at in range(start, start + int(weeks * 7 * DAY_MS), BIN_MS):
        hour, day = (at // HOUR_MS) % 24, (at - MONDAY) // DAY_MS % 7
        rate = per_hour if day < 5 and 7 <= hour < 17 else per_hour / 40
        if chance.random() < rate / 12:
            model.arrived(at + chance.randrange(BIN_MS))
    return model


def minutes_until(model: ArrivalModel, start: int, limit: int = 3 * DAY_MS) -> float:
    """Minutes of silence from `start` on until it is noticed; infinity when it is not within the limit."""
    model.resumed(start)
    for at in range(start, start + limit, MINUTE_MS):
        if model.improbability(at) >= NOTICED:
            return (at - start) / MINUTE_MS
    return float("inf")


def test_silence_in_office_hours_is_noticed_and_at_night_much_later() -> None:
    tuesday_ten, tuesday_six = MONDAY + 22 * DAY_MS + 10 * HOUR_MS, MONDAY + 22 * DAY_MS + 18 * HOUR_MS
    assert minutes_until(office((tuesday_ten - MONDAY) / DAY_MS / 7), tuesday_ten) <= 60
    assert minutes_until(office((tuesday_six - MONDAY) / DAY_MS / 7), tuesday_six) > 12 * 60


def test_after_a_long_absence_the_day_is_not_known_and_silence_is_noticed_later() -> None:
    model = office(3)
    assert 60 < minutes_until(model, MONDAY + 22 * DAY_MS + 10 * HOUR_MS) <= 150


def test_the_more_a_feed_says_the_sooner_it_is_missed() -> None:
    at = MONDAY + 22 * DAY_MS + 9 * HOUR_MS
    times = [minutes_until(office(3, per_hour=rate), at) for rate in (11.9, 6.0, 3.0)]
    assert times == sorted(times)
    assert times[0] < times[-1]


def test_a_quiet_weekend_is_expected() -> None:
    model = office(3)
    saturday = MONDAY + 26 * DAY_MS
    assert minutes_until(model, saturday, DAY_MS) == float("inf")


@pytest.mark.parametrize("weeks", [0.02, 0.14])
def test_a_young_feed_is_not_expected(weeks: float) -> None:
    assert minutes_until(office(weeks), MONDAY + 8 * HOUR_MS + int(weeks * 7 * DAY_MS), DAY_MS) == float("inf")


def test_a_feed_that_hardly_speaks_is_never_expected() -> None:
    model = ArrivalModel()
    for week in range(8):
        model.arrived(MONDAY + week * 7 * DAY_MS + 10 * HOUR_MS)
    assert minutes_until(model, MONDAY + 56 * DAY_MS) == float("inf")


def test_a_feed_that_never_spoke_is_not_expected() -> None:
    assert ArrivalModel().improbability(MONDAY) == 0.0


def test_an_outage_is_not_learnt_and_a_change_of_habit_is() -> None:
    at = MONDAY + 21 * DAY_MS + 3 * DAY_MS
    taught, untaught = office(3), office(3)
    for model, learn in ((taught, True), (untaught, False)):
        model.arrived(at, learn)
    monday_ten = MONDAY + 28 * DAY_MS + 10 * HOUR_MS
    assert untaught.expected(monday_ten, monday_ten + HOUR_MS) > taught.expected(monday_ten, monday_ten + HOUR_MS)
    for week in range(8):
        office(1, taught, 1.0, MONDAY + (4 + week) * 7 * DAY_MS)
    later = MONDAY + 84 * DAY_MS + 10 * HOUR_MS
    assert taught.expected(later, later + HOUR_MS) < 4


def test_a_thousand_records_at_once_are_one_arrival() -> None:
    model, many = ArrivalModel(), ArrivalModel()
    for at in range(MONDAY, MONDAY + 3 * DAY_MS, HOUR_MS):
        model.arrived(at)
        for second in range(50):
            many.arrived(at + second)
    assert many.improbability(MONDAY + 4 * DAY_MS) == pytest.approx(model.improbability(MONDAY + 4 * DAY_MS), rel=0.01)


def test_silence_is_less_probable_the_longer_it_lasts() -> None:
    model = office(3)
    begun = MONDAY + 22 * DAY_MS + 15 * HOUR_MS
    model.resumed(begun)
    nats = [model.improbability(begun + minute * MINUTE_MS) for minute in range(0, 9 * 24 * 60, 61)]
    assert nats == sorted(nats) and nats[0] == 0.0 and nats[-1] > NOTICED


def test_a_feed_that_pauses_is_given_the_time_of_its_pauses() -> None:
    chance, steady, bursts = random.Random(5), office(4, per_hour=11.9), ArrivalModel()
    at, day = MONDAY, 0
    while at < MONDAY + 28 * DAY_MS:  # the same hours, in batches
        hour, day = (at // HOUR_MS) % 24, (at - MONDAY) // DAY_MS % 7
        if day < 5 and 7 <= hour < 17:
            bursts.arrived(at)
        at += int(12 * MINUTE_MS * chance.lognormvariate(0.0, 0.9))
    tuesday_ten = MONDAY + 29 * DAY_MS + 10 * HOUR_MS
    assert minutes_until(bursts, tuesday_ten) > 2 * minutes_until(steady, tuesday_ten)


def test_a_day_that_began_quietly_is_expected_to_go_on_like_that() -> None:
    usual, holiday = office(3, per_hour=8.0), office(3, per_hour=8.0)
    tuesday = MONDAY + 22 * DAY_MS
    office(1 / 7, usual, 8.0, tuesday - DAY_MS)
    office(1 / 7, holiday, 8.0, tuesday - DAY_MS)
    for minute in range(0, 5 * 60, 5):
        usual.arrived(tuesday + 7 * HOUR_MS + minute * MINUTE_MS)
    for minute in range(0, 5 * 60, 60):
        holiday.arrived(tuesday + 7 * HOUR_MS + minute * MINUTE_MS)
    noon, after_an_absence = tuesday + 12 * HOUR_MS, tuesday + 2 * DAY_MS + 12 * HOUR_MS
    quiet_minutes = minutes_until(holiday, noon)
    assert quiet_minutes > 2 * minutes_until(usual, noon)
    assert quiet_minutes > minutes_until(holiday, after_an_absence)


def test_after_a_silence_that_was_told_the_next_is_told_no_sooner() -> None:
    once, never = office(3), office(3)
    tuesday_ten = MONDAY + 22 * DAY_MS + 10 * HOUR_MS
    for model in (once, never):
        model.resumed(tuesday_ten)
    once.arrived(tuesday_ten + 4 * HOUR_MS, learn=False)
    never.resumed(tuesday_ten + 4 * HOUR_MS)
    assert minutes_until(once, tuesday_ten + DAY_MS) >= minutes_until(never, tuesday_ten + DAY_MS)


def test_states_of_other_versions_are_read() -> None:
    model, at = office(3), MONDAY + 22 * DAY_MS + 10 * HOUR_MS
    held = orjson.loads(orjson.dumps(model.dump()))
    older, newer = ArrivalModel.load(held[:4]), ArrivalModel.load([*held, {"later": 1}])
    assert older.expected(at, at + HOUR_MS) == pytest.approx(model.expected(at, at + HOUR_MS), rel=1e-3)
    assert minutes_until(older, at) <= 180
    assert newer.dump() == held


def test_the_state_is_small() -> None:
    assert len(orjson.dumps(office(8).dump())) < 4096


def test_it_comes_back_from_json_and_goes_on() -> None:
    model = office(2)
    again = ArrivalModel.load(orjson.loads(orjson.dumps(model.dump())))
    at = MONDAY + 15 * DAY_MS
    assert again.improbability(at) == pytest.approx(model.improbability(at), rel=1e-3)


def test_false_alarms_are_rare_over_half_a_year() -> None:
    chance = random.Random(3)
    model, alarms = ArrivalModel(), 0
    for at in range(MONDAY, MONDAY + 26 * 7 * DAY_MS, BIN_MS):
        hour, day = (at // HOUR_MS) % 24, (at - MONDAY) // DAY_MS % 7
        rate = 6.0 if day < 5 and 7 <= hour < 17 else 0.5
        alarms += model.improbability(at) >= NOTICED if at % (6 * BIN_MS) == 0 else 0
        if chance.random() < rate / 12:
            model.arrived(at)
    assert alarms <= 1
