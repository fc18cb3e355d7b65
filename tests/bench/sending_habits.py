"""Hourly external recipients of synthetic accounts, by the list of detection-science 4.1; knows no model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from schemas.contracts.profile import OFFICE_DAY

Kind = Literal["user", "newsletter", "shared", "merge"]
Counts = NDArray[np.int64]
KINDS: tuple[Kind, ...] = ("user", "newsletter", "shared", "merge")
KIND_SHARES = (0.92, 0.03, 0.03, 0.02)
WEEKEND_FACTORS, WEEKEND_SHARES = (0.02, 0.05, 0.2, 0.8), (0.5, 0.3, 0.15, 0.05)
MEDIAN_A_DAY, SIGMA_LOG = 12.0, 1.2
PER_MESSAGE = 0.625  # geometric: 1.6 recipients a message
JOINERS, LEAVERS_FOR_HOLIDAY, OTHER_ZONE = 0.06, 0.3, 0.08
NEWSLETTER_DAY, NEWSLETTER_HOUR = 1, 10
BURST_ODDS, BURST_MEDIAN, BURST_SIGMA = 1 / 90, 45.0, 0.7
MERGE_ODDS = 0.04


@dataclass(frozen=True, slots=True)
class Sender:
    """An account; `counts` are recipients, shape (days, 24), zero before day `start`; `rate` the mean of a working day."""

    kind: Kind
    start: int
    rate: float
    counts: Counts


def senders(accounts: int, days: int, seed: int) -> Iterator[Sender]:
    """The accounts of one tenant, day 0 a Monday; the same for the same arguments."""
    for chance in np.random.default_rng(seed).spawn(accounts):
        yield _sender(chance, days)


def is_weekend(day: int) -> bool:
    """Saturday or Sunday."""
    return day % 7 >= 5


def cell(day: int, hour: int) -> int:
    """Cell 0-47 of the season."""
    return hour + 24 * is_weekend(day)


def _sender(chance: Generator, days: int) -> Sender:
    kind = KINDS[chance.choice(len(KINDS), p=KIND_SHARES)]
    rate = float(np.exp(chance.normal(np.log(MEDIAN_A_DAY), SIGMA_LOG))) * (4.0 if kind == "shared" else 1.0)
    start = int(chance.integers(7, 60)) if chance.random() < JOINERS else 0
    factors = _day_factors(chance, days)
    mean = rate * factors[:, None] * _diurnal(chance)[None, :]
    mean = mean * chance.gamma(2.0, 0.5, (days, 1)) * chance.gamma(0.6, 1 / 0.6, (days, 24))
    messages = chance.poisson(mean * PER_MESSAGE)
    counts = messages + np.where(messages > 0, chance.negative_binomial(np.maximum(messages, 1), PER_MESSAGE), 0)
    counts += _bulk(chance, kind, factors)
    counts[:start] = 0
    return Sender(kind, start, rate, counts)


def _diurnal(chance: Generator) -> NDArray[np.float64]:
    """Shares of the hours of a day, sum 1, with a personal shift."""
    shift = int(chance.integers(-2, 3)) + (int(chance.integers(5, 10)) if chance.random() < OTHER_ZONE else 0)
    day = np.array(OFFICE_DAY, dtype=np.float64)
    return np.roll(day / day.sum(), shift)


def _day_factors(chance: Generator, days: int) -> NDArray[np.float64]:
    """Activity of each day: weekends, two public holidays, a leave."""
    quiet = chance.choice(WEEKEND_FACTORS, p=WEEKEND_SHARES)
    factors = np.array([quiet if is_weekend(day) else 1.0 for day in range(days)])
    factors[50:52] *= 0.05
    if chance.random() < LEAVERS_FOR_HOLIDAY:
        first = int(chance.integers(20, 60))
        factors[first : first + int(chance.integers(5, 12))] *= 0.03
    return factors


def _bulk(chance: Generator, kind: Kind, factors: NDArray[np.float64]) -> Counts:
    """Newsletters (weekly), mail merges (one day in 25), one-off bursts (one active day in 90)."""
    extra = np.zeros((len(factors), 24), dtype=np.int64)
    for day, factor in enumerate(factors):
        hour = int(chance.integers(9, 17))
        if kind == "newsletter" and day % 7 == NEWSLETTER_DAY:
            extra[day, NEWSLETTER_HOUR] += int(chance.normal(2_500, 120))
        elif kind == "merge" and chance.random() < MERGE_ODDS:
            extra[day, hour] += int(chance.integers(80, 900))
        elif kind == "user" and factor > 0.5 and chance.random() < BURST_ODDS:
            extra[day, hour] += int(np.exp(chance.normal(np.log(BURST_MEDIAN), BURST_SIGMA)))
    return extra
