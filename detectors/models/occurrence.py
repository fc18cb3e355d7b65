"""How surprising it is that a rare act happens at all on a day. Layer: detectors."""

from __future__ import annotations

import math
import struct
from collections.abc import Hashable, Iterator
from typing import Any

from river import base

_STATE = struct.Struct("<ffii")
_SCORE_MAX_NATS = 30.0


class RareOccurrence(base.AnomalyDetector):
    """Gamma-Poisson rate per day of a rare act (a new rule, a consent, a delegation).

    rate = (prior_rate * weight_days + acts) / (weight_days + days), days since the first learnt day; silence is learnt
    by the difference of days. score = -ln P(at least one on a day) = -ln(1 - exp(-rate)), in nats.
    Source: conjugate Gamma-Poisson, the prior worth `weight_days` days (detection-science 1.2).
    """

    def __init__(self, prior_rate: float = 0.01, weight_days: float = 60.0) -> None:
        self.prior_rate = prior_rate
        self.weight_days = weight_days
        self.days = 0  # observed, the first learnt day to the last
        self._acts = 0.0
        self._first = self._last = -1

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"prior_rate": 0.01}

    def rate(self, day: int = -1) -> float:
        """Acts per day, with the silence until `day` counted."""
        days = self.days
        if self._last >= 0 and day > self._last:
            days += day - self._last - 1
        return max((self.prior_rate * self.weight_days + self._acts) / (self.weight_days + days), 1e-12)

    def score_one(self, x: dict[Hashable, Any]) -> float:
        """Nats of an act on this day; `day` in days since 1970-01-01."""
        return min(max(0.0, -math.log(-math.expm1(-self.rate(int(x.get("day", -1)))))), _SCORE_MAX_NATS)

    def learn_one(self, x: dict[Hashable, Any]) -> None:
        """Learn a sealed day's acts (0 allowed); days between two calls were silent."""
        day, count = int(x.get("day", -1)), int(x.get("count", 1))
        if self._first < 0 and day >= 0:
            self._first = self._last = day
        elif day > self._last:
            self._last = day
        self._acts = min(self._acts + count, 16_000_000.0)
        self.days = self._last - self._first + 1 if self._first >= 0 else 0

    def pack(self) -> bytes:
        """State, 16 bytes."""
        return _STATE.pack(self._acts, 0.0, self._first, self._last)

    @classmethod
    def unpack(cls, data: bytes, prior_rate: float = 0.01, weight_days: float = 60.0) -> RareOccurrence:
        """State from bytes; ValueError when they are damaged."""
        model = cls(prior_rate, weight_days)
        try:
            model._acts, _, model._first, model._last = _STATE.unpack(data)
        except struct.error as error:
            raise ValueError("the bytes are no occurrence model") from error
        if not 0.0 <= model._acts < math.inf or model._last < model._first or model._first < -1:
            raise ValueError("the bytes are no occurrence model")
        model.days = model._last - model._first + 1 if model._first >= 0 else 0
        return model
