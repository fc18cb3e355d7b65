"""What all scores of one window have in common, and the chance that it reaches a count. Layer: detectors."""

from __future__ import annotations

import math
from typing import NamedTuple

from detectors.models.tails import LOGISTIC_SCALE, negative_binomial, softplus


class Tail(NamedTuple):
    """A log-logistic size: mean and standard deviation of its logarithm."""

    mean: float
    deviation: float

    def nats(self, log_count: float) -> float:
        """-ln of the chance that the size reaches a count, as `tails.log_logistic`."""
        return softplus(LOGISTIC_SCALE * (log_count - self.mean) / self.deviation)


class WindowTerms(NamedTuple):
    """Parameters of a window: mean and size of the body, odds of a burst in it and its size, anchor of its kind."""

    mean: float
    size: float
    odds: float
    burst: Tail
    anchor: Tail


def mixture(count: int, burst_nats: float, terms: WindowTerms) -> float:
    """-ln of the chance that body or burst reach a count; `burst_nats` is the burst's tail there."""
    body = negative_binomial(count, terms.mean, terms.size)
    odds = terms.odds
    return -math.log((1.0 - odds) * math.exp(-min(body, 700.0)) + odds * math.exp(-min(burst_nats, 700.0)) + 1e-300)


def mixture_most(burst_nats: float, terms: WindowTerms) -> float:
    """No less than `mixture`: what it is when the body never reaches the count."""
    return burst_nats - math.log(terms.odds) if terms.odds > 0.0 else math.inf
