"""What the models cost beside River's building blocks: `python -m tests.bench.models [--rounds N]`.

One JSON line per model: CPU microseconds of one `score_one` and one `learn_one` (best of the rounds), bytes packed after
the history, and the same of the block a plain design would take in its place (bytes there: pickled).
"""

from __future__ import annotations

import argparse
import math
import pickle
import random
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from river import anomaly, proba, stats

from detectors.models.bigram import NameRandomness
from detectors.models.categories import DAY_MS, CategoryNovelty, hash32
from detectors.models.name_words import NAME_WORDS
from detectors.models.occurrence import RareOccurrence
from detectors.models.surge import SurgeAnchored
from detectors.models.surge_prior import SurgePrior
from detectors.models.velocity import GeoVelocity

Sample = dict[Hashable, Any]
SAMPLES = 2_400  # a hundred days of hours


class Scorer(Protocol):
    """The two calls that are measured."""

    def score_one(self, x: Sample) -> float:
        """Anomaly score."""
        ...

    def learn_one(self, x: Sample) -> None:
        """Learn a sample."""
        ...


class VarianceScore:
    """|x - mean| / standard deviation of one number, by River's running variance."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._var = stats.Var()

    def score_one(self, x: Sample) -> float:
        """Standard deviations from the mean."""
        spread = self._var.get()
        return abs(x[self.key] - self._var.mean.get()) / math.sqrt(spread) if spread else 0.0

    def learn_one(self, x: Sample) -> None:
        """Learn the number."""
        self._var.update(x[self.key])


class MultinomialScore:
    """-ln of the share of a value, by River's counts."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._counts = proba.Multinomial()

    def score_one(self, x: Sample) -> float:
        """Nats."""
        return -math.log(self._counts(x[self.key]) or 1e-4)

    def learn_one(self, x: Sample) -> None:
        """Count the value."""
        self._counts.update(x[self.key])


class HalfSpaceScore:
    """River's half-space trees with their defaults, on one number of this magnitude."""

    def __init__(self, key: str, top: float) -> None:
        self.key = key
        self._trees = anomaly.HalfSpaceTrees(seed=1, limits={key: (0.0, top)})

    def score_one(self, x: Sample) -> float:
        """0..1."""
        return float(self._trees.score_one({self.key: x[self.key]}))

    def learn_one(self, x: Sample) -> None:
        """Learn the number."""
        self._trees.learn_one({self.key: x[self.key]})


@dataclass(slots=True, frozen=True)
class Case:
    """A model, its samples, and the blocks beside it."""

    build: Callable[[], Scorer]
    samples: Sequence[Sample]
    beside: Sequence[Callable[[], Scorer]]


def cases() -> dict[str, Case]:
    """Every model with samples of its kind."""
    chance = random.Random(7)
    hours: list[Sample] = [
        {"cell": at % 24, "count": int(chance.expovariate(0.8)), "hours": 1.0} for at in range(SAMPLES)
    ]
    hours[::500] = [{**hour, "count": 300} for hour in hours[::500]]
    values: list[Sample] = [{"value": hash32(str(int(chance.paretovariate(0.7))))} for _ in range(SAMPLES)]
    values = [{**x, "time_ms": 20_000 * DAY_MS + at * 3_600_000, "population": 0.01} for at, x in enumerate(values)]
    days: list[Sample] = [{"day": 20_000 + at, "count": int(chance.random() < 0.02)} for at in range(SAMPLES)]
    names: list[Sample] = [{"name": " ".join(chance.sample(NAME_WORDS, chance.randint(1, 3)))} for _ in range(SAMPLES)]
    moves: list[Sample] = [
        {"km": chance.uniform(0, 9000), "seconds": chance.uniform(0, 86_400), "accuracy_km": 100.0}
        for _ in range(SAMPLES)
    ]
    return {
        "surge": Case(lambda: SurgeAnchored(SurgePrior.shipped("messages")), hours, plain("count", 1000.0)),
        "categories": Case(CategoryNovelty, values, [lambda: MultinomialScore("value")]),
        "occurrence": Case(RareOccurrence, days, plain("count", 10.0)),
        "bigram": Case(NameRandomness, names, [lambda: MultinomialScore("name")]),
        "velocity": Case(GeoVelocity, moves, plain("km", 20_000.0)),
    }


def plain(key: str, top: float) -> list[Callable[[], Scorer]]:
    """The blocks for one number."""
    return [lambda: VarianceScore(key), lambda: HalfSpaceScore(key, top)]


def cost(build: Callable[[], Scorer], samples: Sequence[Sample], rounds: int) -> dict[str, float | int | None]:
    """Best CPU microseconds per call, and bytes after the samples."""
    learn = score = math.inf
    for _ in range(rounds):
        model = build()
        learn = min(learn, timed(model.learn_one, samples))
        score = min(score, timed(model.score_one, samples))
    return {"us_score": round(score, 2), "us_learn": round(learn, 2), "bytes": size(model)}


def timed(call: Callable[[Sample], object], samples: Sequence[Sample]) -> float:
    """CPU microseconds per call."""
    began = time.process_time()
    for sample in samples:
        call(sample)
    return (time.process_time() - began) / len(samples) * 1e6


def size(model: Any) -> int:
    """Bytes of the state per account; 0 for models that all accounts share."""
    if hasattr(model, "pack"):
        return len(model.pack())
    return 0 if isinstance(model, NameRandomness | GeoVelocity) else len(pickle.dumps(model))


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.models")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    for name, case in cases().items():
        line: dict[str, Any] = {"measure": "model", "model": name, **cost(case.build, case.samples, rounds)}
        line["beside"] = {type(build()).__name__: cost(build, case.samples, rounds) for build in case.beside}
        print(orjson.dumps(line).decode(), flush=True)


if __name__ == "__main__":
    main()
