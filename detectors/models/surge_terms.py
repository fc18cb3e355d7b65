"""What all scores of one window have in common, and the chance that it reaches a count. Layer: detectors."""

from __future__ import annotations

import math
from typing import NamedTuple

from detectors.models.tails import log_logistic, negative_binomial


class WindowTerms(NamedTuple):
    """Parameters of a window: mean and size of the body, odds of a burst in it and its log size, anchor of its kind."""

    mean: float
    size: float
    odds: float
    burst_mean: float
    burst_var: float
    anchor_mean: float
    anchor_var: float


def mixture(count: int, terms: WindowTerms) -> float:
    """-ln of the chance that body or burst reach a count."""
    body = negative_binomial(count, terms.mean, terms.size)
    burst = log_logistic(math.log(count), terms.burst_mean, terms.burst_var)
    odds = terms.odds
    return -math.log((1.0 - odds) * math.exp(-min(body, 700.0)) + odds * math.exp(-min(burst, 700.0)) + 1e-300)
