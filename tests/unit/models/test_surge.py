"""Counts of one account: calibration on day one, a learnt newsletter, bytes."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.models.surge import SurgeAnchored, SurgePrior

SERIES = ("messages", "external", "new_external")
NIGHT, MORNING, SUNDAY = 2, 10, 24 + 10
WINDOWS = (1 / 12, 1.0, 24.0)
days = st.lists(st.tuples(st.lists(st.integers(0, 3000), min_size=24, max_size=24), st.booleans()), max_size=8)


def office_account(series: str, weeks: int, bulk: int = 0, seed: int = 1) -> SurgeAnchored:
    """An account that keeps office hours and sends `bulk` every second day of the week at ten."""
    chance, model = random.Random(seed), SurgeAnchored(SurgePrior.shipped(series))
    for day in range(weeks * 7):
        weekend = day % 7 > 4
        counts = [0] * 24
        for hour in range(24):
            mean = model.prior.rate * model.prior.season[24 * weekend + hour] * (84 if weekend else 33.6)
            while chance.random() < mean / (1 + mean):
                counts[hour] += 1
        if day % 7 == 1:
            counts[MORNING] += bulk
        model.learn_day(counts, weekend)
    return model


@pytest.mark.parametrize("cell", [NIGHT, MORNING, SUNDAY])
@pytest.mark.parametrize(
    ("series", "count", "nats", "within"),
    [
        ("messages", 160, 13.0, 0.7),
        ("messages", 40, 8.0, 0.7),
        ("external", 160, 12.6, 0.5),
        ("external", 400, 14.9, 0.5),
        ("new_external", 160, 12.6, 0.5),
    ],
)
def test_cold_account(series: str, count: int, nats: float, within: float, cell: int) -> None:
    model = SurgeAnchored(SurgePrior.shipped(series))
    assert model.score_window(count, 1.0, cell) == pytest.approx(nats, abs=within)


@pytest.mark.parametrize("series", SERIES)
def test_weekly_newsletter_becomes_ordinary(series: str) -> None:
    first = office_account(series, 1).score_window(2500, 1.0, MORNING)
    assert first > 12.0
    for weeks in (3, 4):
        assert office_account(series, weeks, bulk=2500).score_window(2500, 1.0, MORNING) < 6.0


@pytest.mark.parametrize("series", SERIES)
def test_newsletter_does_not_excuse_a_far_greater_burst(series: str) -> None:
    assert office_account(series, 8, bulk=2500).score_window(9000, 1.0, MORNING) > 10.0


def test_ramp_by_a_third_a_day_is_seen() -> None:
    model, size = office_account("external", 6), 10.0
    for _ in range(40):
        if model.score_window(int(size), 1.0, MORNING) > 10.1:
            break
        counts = [0] * 24
        counts[MORNING] = int(size)
        model.learn_day(counts, False)
        size *= 1.3
    assert size < 3000


def test_night_after_office_history_is_more_surprising_than_day() -> None:
    model = office_account("messages", 6)
    assert model.score_window(60, 1.0, NIGHT) > model.score_window(60, 1.0, MORNING) + 0.5


def test_a_day_is_its_hours() -> None:
    by_day, by_hour = office_account("messages", 2), office_account("messages", 2)
    counts = [0] * 8 + [3, 0, 70, 1] + [0] * 12
    by_day.learn_day(counts, False)
    for hour, count in enumerate(counts):
        by_hour.learn_one({"cell": hour, "count": count})
    assert by_day.pack() == by_hour.pack()


def test_from_table_overrides_and_ignores_unknown() -> None:
    season = tuple([1 / 48] * 48)
    prior = SurgePrior.from_table("messages", {"rate": 2.0, "colour": 1.0}, season)
    assert prior.rate == 2.0 and prior.season == season
    assert prior.burst_odds == SurgePrior.shipped("messages").burst_odds


def test_expected_of_a_workday_is_the_sum_of_its_hours() -> None:
    model = office_account("messages", 4)
    hours = sum(model.expected(1.0, cell) for cell in range(24))
    assert model.expected(24.0, 5) == pytest.approx(hours, rel=1e-6)


@pytest.mark.parametrize("top", [3000, 2**31])
def test_account_that_bursts_at_most_hours_can_still_be_learnt(top: int) -> None:
    chance, model = random.Random(9), SurgeAnchored(SurgePrior.shipped("new_external"))
    for day in range(20):
        model.learn_day([chance.choice((0, 0, chance.randint(0, top))) for _ in range(24)], day % 7 > 4)
        assert all(0.0 < model._burst(cell)[0] <= 0.5 for cell in range(48))
    assert math.isfinite(model.score_window(5000, 1.0, MORNING))


def test_a_huge_hour_can_be_packed() -> None:
    model = SurgeAnchored(SurgePrior.shipped("messages"))
    for power in range(18):
        model.learn_day([0] * 10 + [3**power] * 3 + [0] * 11, False)
    assert SurgeAnchored.unpack(model.pack(), model.prior).pack() == model.pack()


@settings(max_examples=60, deadline=None)
@given(history=days, series=st.sampled_from(SERIES), cell=st.integers(0, 47), loose=st.integers(0, 23))
def test_round_trip_scores_monotone(history: list[tuple[list[int], bool]], series: str, cell: int, loose: int) -> None:
    model = SurgeAnchored(SurgePrior.shipped(series))
    for counts, weekend in history:
        model.learn_day(counts, weekend)
    packed = model.pack()
    copy = SurgeAnchored.unpack(packed, model.prior)
    assert copy.pack() == packed and len(packed) <= 160
    for hours in WINDOWS:
        scores = [model.score_window(count, hours, cell) for count in range(12)]
        scores += [model.score_window(2**power, hours, cell) for power in range(4, 24)]
        assert scores[0] == 0.0 and all(math.isfinite(nats) and 0.0 <= nats <= 60.0 for nats in scores)
        assert all(after >= before - 1e-7 for before, after in itertools.pairwise(scores))
        assert copy.score_window(7, hours, cell) == model.score_window(7, hours, cell)  # a restart changes nothing
        assert copy.expected(hours, cell) == model.expected(hours, cell) > 0.0
    for hour in range(loose):
        model.learn_one({"cell": hour, "count": hour})
    packed = model.pack()
    assert SurgeAnchored.unpack(packed, model.prior).pack() == packed and len(packed) <= 160


@pytest.mark.parametrize("data", [b"", b"x" * 30, b"\x00" * 40])
def test_damaged_bytes(data: bytes) -> None:
    with pytest.raises(ValueError, match="surge"):
        SurgeAnchored.unpack(data, SurgePrior.shipped("messages"))
