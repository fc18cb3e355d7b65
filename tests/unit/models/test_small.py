"""Categories and rare occurrences."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.models.categories import DAY_MS, CategoryNovelty, hash32
from detectors.models.occurrence import RareOccurrence

HOUR_MS = 3_600_000
NOW = 20_000 * DAY_MS
steps = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5 * 24)), max_size=60)


def met(model: CategoryNovelty, text: str, time_ms: int) -> None:
    model.learn_one({"value": hash32(text), "time_ms": time_ms})


def test_hash_is_crc32() -> None:
    assert hash32("123456789") == 0xCBF43926  # the published check value
    assert 0 <= hash32("\ud800 lone surrogate") < 2**32


def test_known_needs_twenty_hours() -> None:
    model = CategoryNovelty(4)
    met(model, "app", NOW)
    met(model, "app", NOW + 19 * HOUR_MS)
    assert model.seen(hash32("app")) and not model.known(hash32("app"))
    met(model, "app", NOW + 20 * HOUR_MS)
    assert model.known(hash32("app")) and not model.seen(hash32("other"))


def test_score_is_the_dirichlet_posterior() -> None:
    model = CategoryNovelty(4)
    for _ in range(3):
        met(model, "app", NOW)
    known = model.score_one({"value": hash32("app"), "population": 0.5})
    fresh = model.score_one({"value": hash32("new"), "population": 0.01})
    assert known == pytest.approx(-math.log(3.5 / 4)) and fresh == pytest.approx(-math.log(0.01 / 4))


def test_weights_halve_in_sixty_days() -> None:
    model = CategoryNovelty(4)
    met(model, "a", NOW)
    met(model, "b", NOW + 60 * DAY_MS)
    assert model.count(hash32("a")) == 0.5 and model.total == pytest.approx(1.5)


def test_lightest_then_oldest_goes() -> None:
    model = CategoryNovelty(2)
    for text, minute in (("twice", 0), ("twice", 1), ("old", 2), ("new", 3)):
        met(model, text, NOW + minute * 60_000)
    assert model.seen(hash32("twice")) and model.seen(hash32("new")) and not model.seen(hash32("old"))


def test_novelty_counts_after_five_active_days() -> None:
    model = CategoryNovelty(64)
    for day in range(15):
        met(model, f"value {day}", NOW + day * DAY_MS)
    assert model.novelty() == model.novelty(10) == pytest.approx(10.5 / 15)
    assert CategoryNovelty(4).novelty(-3) == pytest.approx(0.1)


@settings(max_examples=80, deadline=None)
@given(history=steps, k=st.integers(1, 8), share=st.floats(0.0, 1.0))
def test_categories_round_trip(history: list[tuple[int, int]], k: int, share: float) -> None:
    model, time_ms = CategoryNovelty(k), NOW
    for value, hours in history:
        time_ms += hours * HOUR_MS
        model.learn_one({"value": value, "time_ms": time_ms})
    packed = model.pack()
    copy = CategoryNovelty.unpack(packed, k)
    assert copy.pack() == packed and len(packed) <= 14 + 14 * min(k, 13)
    for value in range(14):
        x = {"value": value, "population": share}
        assert copy.score_one(x) == model.score_one(x) and math.isfinite(model.score_one(x))
        assert copy.known(value) == model.known(value)
    assert copy.novelty() == model.novelty()


def test_silence_makes_an_act_more_surprising() -> None:
    model = RareOccurrence(prior_rate=0.01)
    cold = model.score_one({"day": 100})
    assert cold == pytest.approx(-math.log(1 - math.exp(-0.01)))
    model.learn_one({"day": 0, "count": 0})
    model.learn_one({"day": 199, "count": 0})
    assert model.days == 200 and model.score_one({"day": 200}) > cold + 1.0
    for day in range(200, 230):
        model.learn_one({"day": day, "count": 2})
    assert model.score_one({"day": 230}) < 2.0


@given(history=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=20), rate=st.floats(1e-4, 1.0))
def test_occurrence_round_trip(history: list[tuple[int, int]], rate: float) -> None:
    model, day = RareOccurrence(rate), 20_000
    for step, count in history:
        day += step
        model.learn_one({"day": day, "count": count})
    packed = model.pack()
    copy = RareOccurrence.unpack(packed, rate)
    assert copy.pack() == packed and len(packed) == 16 and copy.days == model.days
    scores = [model.score_one({"day": day + silent}) for silent in range(0, 400, 20)]
    assert scores == [copy.score_one({"day": day + silent}) for silent in range(0, 400, 20)]
    assert scores == sorted(scores) and all(math.isfinite(nats) for nats in scores)


@pytest.mark.parametrize("data", [b"", b"x" * 15, b"x" * 31])
def test_damaged_bytes(data: bytes) -> None:
    with pytest.raises(ValueError, match="the bytes are no"):
        CategoryNovelty.unpack(data)
    with pytest.raises(ValueError, match="the bytes are no"):
        RareOccurrence.unpack(data)
