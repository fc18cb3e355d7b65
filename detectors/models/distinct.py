"""How surprising the number of distinct accounts in a window is. Layer: detectors."""

from __future__ import annotations

import math
import struct
from collections.abc import Hashable
from typing import Any

from river import base

from detectors.models.rounding import single
from detectors.models.tails import negative_binomial

SCORE_MAX_NATS = 30.0
_STATE = struct.Struct("<4f")
_CLIP_SD = 4.0
_ALPHA_MAX = 20.0


class DistinctSurge(base.AnomalyDetector):
    """Counts per window (hour or day) of distinct accounts, as one network or tenant shows them.

    The count is negative binomial; mean and dispersion alpha = (variance - mean) / mean**2 are those of the prior,
    worth `prior_windows` windows, updated by discounted moments (half-life `half_life` windows). A learnt count is
    clipped at mean + 4 standard deviations, so that an attack teaches little. score = -ln P(X >= distinct), nats.
    Each sealed window is learnt once, those without any account as 0.

    The default prior is that of accounts that fail from one network within an hour: 4 are worth 3.7 nats, 6 4.8,
    10 7.0, 20 12.
    """

    def __init__(
        self, prior_mean: float = 0.4, prior_var: float = 1.1, prior_windows: float = 24.0, half_life: float = 336.0
    ) -> None:
        self.prior_mean = prior_mean
        self.prior_var = prior_var
        self.prior_windows = prior_windows
        self.half_life = half_life
        self._windows = self._total = 0.0  # discounted
        self._excess = self._excess_weight = 0.0  # discounted moments of the dispersion

    @property
    def mean(self) -> float:
        """Expected distinct accounts in a window."""
        return (self._total + self.prior_mean * self.prior_windows) / (self._windows + self.prior_windows)

    @property
    def size(self) -> float:
        """Of the negative binomial: 1 / dispersion."""
        prior = max((self.prior_var - self.prior_mean) / self.prior_mean**2, 1e-3)
        alpha = (self._excess + prior * self.prior_windows) / (self._excess_weight + self.prior_windows)
        return 1.0 / min(max(alpha, 1e-3), _ALPHA_MAX)

    def score_one(self, x: dict[Hashable, Any]) -> float:
        """Nats of `distinct` accounts in a window (still open or sealed), at most 30."""
        return min(negative_binomial(float(x.get("distinct", 0)), self.mean, self.size), SCORE_MAX_NATS)

    def learn_one(self, x: dict[Hashable, Any]) -> None:
        """Learn a sealed window."""
        mean, size = self.mean, self.size
        count = max(0.0, min(float(x.get("distinct", 0)), mean + _CLIP_SD * math.sqrt(mean + mean * mean / size)))
        keep, weight = 0.5 ** (1.0 / self.half_life), min(mean, 1.0)
        self._windows = single(self._windows * keep + 1.0)
        self._total = single(self._total * keep + count)
        excess = self._excess * keep + weight * ((count - mean) ** 2 - mean) / (mean * mean)
        self._excess = single(max(excess, 0.0))
        self._excess_weight = single(self._excess_weight * keep + weight)

    def pack(self) -> bytes:
        """State, 16 bytes."""
        return _STATE.pack(self._windows, self._total, self._excess, self._excess_weight)

    @classmethod
    def unpack(
        cls,
        data: bytes,
        prior_mean: float = 0.4,
        prior_var: float = 1.1,
        prior_windows: float = 24.0,
        half_life: float = 336.0,
    ) -> DistinctSurge:
        """State from bytes; ValueError when they are damaged."""
        model = cls(prior_mean, prior_var, prior_windows, half_life)
        try:
            model._windows, model._total, model._excess, model._excess_weight = _STATE.unpack(data)
        except struct.error as error:
            raise ValueError("the bytes are no distinct model") from error
        return model
