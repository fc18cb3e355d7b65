"""Every model keeps River's conventions: its own checks, run on data of each model's kind."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from river import base, checks

from detectors.models.bigram import NameRandomness
from detectors.models.categories import DAY_MS, CategoryNovelty, hash32
from detectors.models.occurrence import RareOccurrence
from detectors.models.surge import SurgeAnchored
from detectors.models.surge_prior import SurgePrior
from detectors.models.velocity import GeoVelocity

Sample = tuple[dict[str, Any], int]

SAMPLES = 400
ODD = 0.05  # share of anomalies

# (model, check): why it cannot hold.
SKIPPED: dict[tuple[str, str], str] = {
    ("RareOccurrence", "check_roc_auc"): "it scores that the act happens at all; no field of a sample makes it odder",
}


def surge(chance: random.Random, odd: bool, at: int) -> dict[str, Any]:
    return {"cell": at % 24, "count": chance.randint(200, 900) if odd else chance.randint(0, 2), "hours": 1.0}


def category(chance: random.Random, odd: bool, at: int) -> dict[str, Any]:
    value = f"new {at}" if odd else chance.choice(("outlook", "browser", "phone"))
    return {"value": hash32(value), "time_ms": 20_000 * DAY_MS + at * 3_600_000, "population": 0.01}


def occurrence(chance: random.Random, odd: bool, at: int) -> dict[str, Any]:
    return {"day": 20_000 + at, "count": int(odd)}


def name(chance: random.Random, odd: bool, at: int) -> dict[str, Any]:
    if odd:
        return {"name": "".join(chance.choices("bcdfghjklmnpqrstvwxz", k=9))}
    return {"name": chance.choice(("Newsletters", "Invoices", "From Anna", "Travel"))}


def velocity(chance: random.Random, odd: bool, at: int) -> dict[str, Any]:
    km = chance.uniform(3000, 9000) if odd else chance.uniform(0, 60)
    return {"km": km, "seconds": chance.uniform(60, 3600), "accuracy_km": 20.0}


MODELS: tuple[tuple[Callable[[], base.AnomalyDetector], Callable[[random.Random, bool, int], dict[str, Any]]], ...] = (
    (lambda: SurgeAnchored(SurgePrior.shipped("messages")), surge),
    (lambda: CategoryNovelty(8), category),
    (RareOccurrence, occurrence),
    (NameRandomness, name),
    (GeoVelocity, velocity),
)


def samples(make: Callable[[random.Random, bool, int], dict[str, Any]], count: int) -> list[Sample]:
    chance = random.Random(7)
    odd = [chance.random() < ODD for _ in range(count)]
    return [(make(chance, is_odd, at), int(is_odd)) for at, is_odd in enumerate(odd)]


def cases() -> Iterator[Any]:
    """One test per model and check; River's own data set is not of our kind (and needs a download)."""
    own = checks._yield_datasets
    try:
        for build, make in MODELS:
            checks._yield_datasets = lambda model, scale=1, make=make: iter([samples(make, SAMPLES * scale)])
            model = build()
            for check in checks.yield_checks(model):
                yield pytest.param(build, check, id=f"{type(model).__name__}-{check.__name__}")
    finally:
        checks._yield_datasets = own


@pytest.mark.parametrize(("build", "check"), list(cases()))
def test_check(build: Callable[[], base.AnomalyDetector], check: Callable[[base.AnomalyDetector], None]) -> None:
    model = build()
    reason = SKIPPED.get((type(model).__name__, check.__name__))
    if reason:
        pytest.skip(reason)
    check(model)


def test_every_skip_names_a_check() -> None:
    names = {(type(build()).__name__, check.__name__) for build, _ in MODELS for check in checks.yield_checks(build())}
    assert set(SKIPPED) <= names
