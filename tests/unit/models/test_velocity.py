"""Speed between two positions."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.models.velocity import GeoVelocity, great_circle_km

latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)
HOUR = 3600.0


def nats(km: float, hours: float, accuracy_km: float = 0.0) -> float:
    return GeoVelocity().score_one({"km": km, "seconds": hours * HOUR, "accuracy_km": accuracy_km})


@pytest.mark.parametrize(
    ("place", "other", "km"),
    [
        ((51.4775, -0.4614), (40.6398, -73.7789), 5540),  # Heathrow to Kennedy, published great-circle distance
        ((0.0, 0.0), (0.0, 180.0), 20015),
        ((0.0, 0.0), (0.0, 90.0), 10007.5),
        ((90.0, 0.0), (-90.0, 77.0), 20015),
        ((10.0, 179.9), (10.0, -179.9), 21.9),
        ((52.5, 13.4), (52.5, 13.4), 0.0),
    ],
)
def test_distance(place: tuple[float, float], other: tuple[float, float], km: float) -> None:
    assert great_circle_km(*place, *other) == pytest.approx(km, rel=2e-3, abs=1e-6)
    assert great_circle_km(*other, *place) == pytest.approx(great_circle_km(*place, *other))


@given(latitudes, longitudes, latitudes, longitudes)
def test_distance_stays_on_the_globe(lat1: float, lon1: float, lat2: float, lon2: float) -> None:
    assert 0.0 <= great_circle_km(lat1, lon1, lat2, lon2) <= 20015.2


def test_half_at_the_speed_of_an_airliner() -> None:
    assert nats(900.0, 0.75) == pytest.approx(2.0)  # 45 min and 15 min of grace
    assert nats(900.0 + 150.0, 0.75, 150.0) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("km", "hours", "accuracy_km", "low", "high"),
    [
        (40.0, 0.0, 100.0, 0.0, 0.0),  # within the accuracy
        (30.0, 0.5, 0.0, 0.0, 0.01),  # the way to work
        (300.0, 1.5, 0.0, 0.0, 0.1),  # a fast train
        (5540.0, 8.0, 100.0, 0.8, 1.8),  # a flight
        (5540.0, 0.1, 100.0, 3.9, 4.0),  # two continents in six minutes
    ],
)
def test_journeys(km: float, hours: float, accuracy_km: float, low: float, high: float) -> None:
    assert low <= nats(km, hours, accuracy_km) <= high


@given(st.floats(0, 21_000), st.floats(-1e9, 1e9), st.floats(0, 2000))
def test_bounded_and_the_same_backwards(km: float, seconds: float, accuracy_km: float) -> None:
    score = GeoVelocity().score_one({"km": km, "seconds": seconds, "accuracy_km": accuracy_km})
    assert 0.0 <= score <= 4.0
    assert score == GeoVelocity().score_one({"km": km, "seconds": -seconds, "accuracy_km": accuracy_km})


def test_grows_with_distance_and_falls_with_time() -> None:
    by_km = [nats(km, 1.0) for km in range(100, 20_000, 100)]
    by_time = [nats(2000.0, hours / 4) for hours in range(200)]
    assert all(after > before for before, after in itertools.pairwise(by_km))
    assert all(after < before for before, after in itertools.pairwise(by_time))


def test_nonsense_is_no_evidence() -> None:
    assert GeoVelocity().score_one({}) == 0.0
    assert nats(float("nan"), 1.0) == 0.0
    assert nats(100.0, float("nan")) == 0.0
    assert nats(100.0, float("inf")) == 0.0
    assert nats(5e-324, 1e300) == 0.0
