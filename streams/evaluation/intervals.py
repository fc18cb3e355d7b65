"""Intervals for shares and rates, and the middle and tail of a sample. Layer: streams."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Z95 = 1.959963984540054


@dataclass(slots=True, frozen=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


@dataclass(slots=True, frozen=True)
class Share:
    """`hits` of `total`, with Wilson's interval; nothing is claimed of an empty sample."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        """The share, or None when there was nothing to count."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval."""
        return wilson(self.hits, self.total)


@dataclass(slots=True, frozen=True)
class Spread:
    """Median and 90th percentile of `number` values."""

    number: int
    median: float | None
    p90: float | None


@dataclass(slots=True, frozen=True)
class Cluster:
    """The accounts of one labelled set: how many, and the counts of those that have any."""

    accounts: int
    counts: tuple[int, ...]


def wilson(hits: int, total: int) -> Interval:
    """Wilson's 95 % score interval of a share; everything is possible when nothing was tried."""
    if not 0 <= hits <= total:
        raise ValueError(f"{hits} of {total} is no share")
    if total == 0:
        return Interval(0.0, 1.0)
    share, square = hits / total, Z95 * Z95
    middle = share + square / (2 * total)
    half = Z95 * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    scale = 1 + square / total
    low = 0.0 if hits == 0 else (middle - half) / scale
    high = 1.0 if hits == total else (middle + half) / scale
    return Interval(low, high)


def poisson_upper_when_none() -> float:
    """Exact one-sided 95 % upper bound of a Poisson mean when none was seen: exp(-bound) = 0.05."""
    return -math.log(0.05)


def bootstrap_total(clusters: Sequence[Cluster], seed: int, draws: int) -> Interval:
    """95 % percentile interval of the total count, drawing accounts with replacement within each set.

    Only accounts with a count matter to the total, so their multiplicities are drawn, not the accounts one by one.
    """
    random = np.random.default_rng(seed)
    totals = np.zeros(draws, dtype=np.int64)
    for cluster in clusters:
        counts = np.asarray(cluster.counts, dtype=np.int64)
        size = max(cluster.accounts, counts.size)
        if counts.size == 0:
            continue
        chances = np.full(counts.size + 1, 1 / size)
        chances[-1] = max(0.0, 1 - counts.size / size)
        drawn = random.multinomial(size, chances, size=draws)
        totals += drawn[:, :-1] @ counts
    low, high = np.percentile(totals, (2.5, 97.5))
    return Interval(float(low), float(high))


def spread(values: Sequence[float]) -> Spread:
    """Median and 90th percentile, linear between neighbours."""
    if not values:
        return Spread(0, None, None)
    median, p90 = np.percentile(np.asarray(values, dtype=float), (50, 90))
    return Spread(len(values), float(median), float(p90))
