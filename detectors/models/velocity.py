"""How surprising the speed between two positions of one account is. Layer: detectors."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

from river import base

EARTH_KM = 6371.0088  # mean radius (IUGG)
GRACE_SECONDS = 900.0
SCORE_MAX_NATS = 4.0


def great_circle_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Distance in km along the sphere between two positions in degrees (haversine)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_phi, half_lambda = (phi2 - phi1) / 2.0, math.radians(lon2 - lon1) / 2.0
    h = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2.0 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


class GeoVelocity(base.AnomalyDetector):
    """Logistic in ln(speed): half of 4 nats at `half_kmh`, the speed of an airliner; nothing is learnt.

    `score_one({"km": d, "seconds": dt, "accuracy_km": a})`: v = max(0, d - a) / (|dt| + 15 min), a the sum of both
    accuracy radii; score = 4 / (1 + (half_kmh / v)**(1 / scale)) nats (detection-science 1.4c).
    """

    def __init__(self, half_kmh: float = 900.0, scale: float = 0.4) -> None:
        self.half_kmh = half_kmh
        self.scale = scale

    def score_one(self, x: dict[Hashable, Any]) -> float:
        """Nats in 0..4; 0 within the accuracy of the positions."""
        apart = float(x.get("km", 0.0)) - max(0.0, float(x.get("accuracy_km", 0.0)))
        if not apart > 0.0:
            return 0.0
        kmh = apart / (abs(float(x.get("seconds", 0.0))) + GRACE_SECONDS) * 3600.0
        if not kmh > 0.0:
            return 0.0
        return SCORE_MAX_NATS / (1.0 + math.exp(min((math.log(self.half_kmh) - math.log(kmh)) / self.scale, 700.0)))

    def learn_one(self, x: dict[Hashable, Any]) -> None:
        """Nothing to learn: the speed of aircraft is the same for every account."""
