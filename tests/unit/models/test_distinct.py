"""Distinct accounts in a window."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.models.distinct import DistinctSurge

counts = st.lists(st.integers(0, 100_000), max_size=60)


def learnt(history: list[int]) -> DistinctSurge:
    model = DistinctSurge()
    for count in history:
        model.learn_one({"distinct": count})
    return model


@pytest.mark.parametrize(("distinct", "nats"), [(4, 3), (6, 5), (10, 8), (20, 12)])
def test_cold(distinct: int, nats: float) -> None:
    assert DistinctSurge().score_one({"distinct": distinct}) == pytest.approx(nats, abs=1.1)


def test_cold_ends() -> None:
    model = DistinctSurge()
    assert model.score_one({"distinct": 0}) == 0.0 and model.score_one({"distinct": 10_000}) == 30.0
    variance = model.mean + model.mean**2 / model.size
    assert (model.mean, variance) == pytest.approx((0.4, 1.1))


def test_a_network_where_many_mistype_learns_that() -> None:
    chance = random.Random(3)
    busy = learnt([min(int(chance.gammavariate(4.0, 1.5)), 15) for _ in range(24 * 14)])
    assert busy.mean == pytest.approx(5.5, abs=0.8)
    assert busy.score_one({"distinct": 8}) < 2.5 < DistinctSurge().score_one({"distinct": 8})
    assert busy.score_one({"distinct": 60}) > 8.0


def test_a_quiet_network_becomes_stricter() -> None:
    assert learnt([0] * 24 * 14).score_one({"distinct": 4}) > DistinctSurge().score_one({"distinct": 4}) + 1.0


def test_an_attack_teaches_little() -> None:
    quiet = learnt([0, 1, 0, 0, 2, 0] * 30)
    before = quiet.score_one({"distinct": 50})
    for _ in range(3):
        quiet.learn_one({"distinct": 50_000})
    assert quiet.score_one({"distinct": 50}) > 0.6 * before > 6.0


@given(counts)
def test_round_trip_finite_monotone(history: list[int]) -> None:
    model = learnt(history)
    packed = model.pack()
    copy = DistinctSurge.unpack(packed)
    assert copy.pack() == packed and len(packed) <= 24
    scores = [model.score_one({"distinct": count}) for count in range(40)]
    assert scores == [copy.score_one({"distinct": count}) for count in range(40)]  # a restart changes nothing
    assert scores[0] == 0.0 and all(math.isfinite(nats) and 0.0 <= nats <= 30.0 for nats in scores)
    assert all(after >= before - 1e-7 for before, after in itertools.pairwise(scores))
    model.learn_one({"distinct": 3})
    copy.learn_one({"distinct": 3})
    assert model.pack() == copy.pack()


@pytest.mark.parametrize("data", [b"", b"x" * 15, b"x" * 17])
def test_damaged_bytes(data: bytes) -> None:
    with pytest.raises(ValueError, match="no distinct model"):
        DistinctSurge.unpack(data)
