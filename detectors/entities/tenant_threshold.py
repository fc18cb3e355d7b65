"""The tenant's review threshold, from the highest scores of its accounts' days. Layer: detectors.

Source: detection-science 2.2; design 4: one review per 1,000 account-days, nominal 10.1 nats, kept within [8, 14], the
tenant's own quantile with weight n / (n + 10,000).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

BIN_NATS = 0.25
NOMINAL_NATS = 10.1
LOWEST_NATS, HIGHEST_NATS = 8.0, 14.0
BUDGET = 1e-3  # incidents per account-day
TAIL_FROM_NATS = 5.0  # above it the excess of daily maxima is taken as exponential
EXCESS_PRIOR, EXCESS_WEIGHT = 1.0, 10.0  # nats: honest p-values have a mean excess of 1
SCORE_MAX_NATS = 16.0  # one incident may not draw the tail
FULL_WEIGHT = 10_000.0  # account-days at which the tenant's own quantile counts half


@dataclass(slots=True)
class Maxima:
    """Account-days, how many of them exceeded the tail's beginning, and by how many nats together. All decayed."""

    account_days: float = 0.0
    over: float = 0.0
    excess: float = 0.0

    def add(self, account_days: int, histograms: Iterable[dict[str, int]]) -> None:
        """Add a day: histograms of the accounts' maxima in bins of 0.25 nats.

        The day is summed first, exactly, so that it does not matter how many histograms it came in.
        """
        over, excess = 0, 0.0
        for histogram in histograms:
            for name, count in histogram.items():
                above = min((int(name) + 0.5) * BIN_NATS, SCORE_MAX_NATS) - TAIL_FROM_NATS
                if above > 0:
                    over += count
                    excess += count * above
        self.account_days += account_days
        self.over += over
        self.excess += excess

    def decay(self, keep: float) -> None:
        """Fade all counts."""
        self.account_days *= keep
        self.over *= keep
        self.excess *= keep


def review_threshold(maxima: Maxima) -> float:
    """Nats at which one account-day in a thousand is reviewed."""
    n = maxima.account_days
    if n <= 0.0:
        return NOMINAL_NATS
    mean = (maxima.excess + EXCESS_PRIOR * EXCESS_WEIGHT) / (maxima.over + EXCESS_WEIGHT)
    share = max(maxima.over, 0.5) / n
    own = TAIL_FROM_NATS + mean * max(0.0, math.log(share / BUDGET))
    weight = n / (n + FULL_WEIGHT)
    blended = weight * min(max(own, LOWEST_NATS), HIGHEST_NATS) + (1.0 - weight) * NOMINAL_NATS
    return round(min(max(blended, LOWEST_NATS), HIGHEST_NATS), 2)
