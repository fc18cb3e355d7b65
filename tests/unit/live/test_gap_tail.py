"""The tail of a feed's own pauses."""

from __future__ import annotations

import math
import random

import orjson
import pytest

from streams.collectors.live.gap_tail import PEAK, GapTail


def tail_of(scale: float, pauses: int = 4000, seed: int = 1) -> GapTail:
    """Pauses whose surprise is exponential, one bin each."""
    chance, tail = random.Random(seed), GapTail()
    for _ in range(pauses):
        tail.learn(chance.expovariate(1.0 / scale), 1.0)
    return tail


@pytest.mark.parametrize("surprise", [3.0, 6.0, 9.0])
def test_where_rates_are_all_there_is_the_surprise_is_right(surprise: float) -> None:
    assert tail_of(1.0).improbability(surprise) == pytest.approx(surprise, rel=0.15)


def test_longer_pauses_of_the_past_make_long_pauses_probable() -> None:
    nats = [tail_of(scale).improbability(12.0) for scale in (0.7, 1.0, 2.0, 4.0)]
    assert nats == sorted(nats, reverse=True)
    assert nats[2] == pytest.approx(12.0 / 2.0, abs=1.0)


def test_more_surprise_is_never_more_probable() -> None:
    for tail in (GapTail(), tail_of(1.0), tail_of(3.0)):
        nats = [tail.improbability(step / 10) for step in range(400)]
        assert nats == sorted(nats) and nats[0] == 0.0
        below, above = tail.improbability(PEAK), tail.improbability(PEAK + 1e-9)
        assert below == pytest.approx(above, abs=1e-6)


def test_a_told_silence_weighs_the_same_however_long_it_was() -> None:
    short, long, none = tail_of(1.0), tail_of(1.0), tail_of(1.0)
    short.learn(20.0, 100.0, whole=False)
    long.learn(2_000.0, 100.0, whole=False)
    assert short.dump() == long.dump()
    assert 0.0 < none.improbability(12.0) - short.improbability(12.0) < 2.0


def test_what_is_long_ago_fades() -> None:
    tail = tail_of(4.0, 500)
    chance = random.Random(2)
    for _ in range(100_000):
        tail.learn(chance.expovariate(1.0), 1.0)
    assert tail.improbability(9.0) == pytest.approx(9.0, abs=1.0)


def test_it_comes_back_from_json() -> None:
    tail = tail_of(2.0)
    again = GapTail.load(orjson.loads(orjson.dumps(tail.dump())))
    assert again.improbability(9.0) == pytest.approx(tail.improbability(9.0), abs=0.05)
    other_grid = GapTail.load([100.0, 3.0, [0.0]])
    assert math.isfinite(other_grid.improbability(9.0))
