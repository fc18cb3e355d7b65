"""A burst that grows every working day: how much leaves before the first review, by way of learning and history."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.models.surge_prior import SurgePrior
from tests.bench.sealing_volume import LEARNINGS, NOMINAL_NATS, YOUNG_HOURS, YOUNG_NATS, Baseline, Learning
from tests.bench.sending_habits import Sender, is_weekend, senders

HISTORIES = (42, 14, 7, 3, 0)  # days before the ramp
RAMP_DAYS = 150
GROWTHS = (2.0, 1.6, 1.3, 1.2, 1.1)
FIRST_BURST, BURST_MAX, BURST_HOUR = 10.0, 9_000.0, 15
VICTIMS = 60
Surcharge = tuple[str, int, float]  # name, active hours below which it holds, nats
NEVER_YOUNG, ALWAYS_YOUNG = 0, 1_000_000
SURCHARGES: tuple[Surcharge, ...] = (
    ("none", NEVER_YOUNG, 0.0),
    ("below 20 active hours", YOUNG_HOURS, YOUNG_NATS),
    ("always", ALWAYS_YOUNG, YOUNG_NATS),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`earlier`: recipients of the bursts before the one found; `inside`: with those of that one up to the alert."""

    earlier: int
    inside: int
    found: bool


def victims(accounts: int, seed: int) -> list[Sender]:
    """Ordinary people with 5 to 40 recipients a day."""
    everyone = senders(accounts, max(HISTORIES) + RAMP_DAYS, seed)
    return [one for one in everyone if one.kind == "user" and one.start == 0 and 5 < one.rate < 40][:VICTIMS]


def histories(sender: Sender, prior: SurgePrior) -> Iterator[tuple[int, Learning, Baseline]]:
    """(days, way of learning, baseline after them) for every history."""
    for learning in LEARNINGS:
        baseline = Baseline(learning, prior)
        for day in range(max(HISTORIES) + 1):
            if day in HISTORIES:
                yield day, learning, baseline.copy(prior)
            for hour, count in enumerate(sender.counts[day].tolist()):
                baseline.begin_hour(hour)
                baseline.end_hour(day, hour, count)


def ramp(baseline: Baseline, sender: Sender, first: int, growth: float) -> list[Outcome]:
    """What left before each surcharge's first review; learns on, as nobody was told."""
    burst, sent = FIRST_BURST, 0
    outcomes: dict[str, Outcome] = {}
    for day in range(first, first + RAMP_DAYS):
        for hour, count in enumerate(sender.counts[day].tolist()):
            baseline.begin_hour(hour)
            extra = int(burst) if hour == BURST_HOUR and not is_weekend(day) else 0
            if extra:
                for name, below, nats in SURCHARGES:
                    threshold = NOMINAL_NATS + (nats if baseline.active_hours < below else 0.0)
                    if name not in outcomes and baseline.score(day, hour, count + extra) >= threshold:
                        outcomes[name] = Outcome(
                            sent, sent + needed(baseline, day, hour, count, extra, threshold), True
                        )
                sent += extra
            baseline.end_hour(day, hour, count + extra)
        if len(outcomes) == len(SURCHARGES):
            break
        if not is_weekend(day):
            burst = min(burst * growth, BURST_MAX)
    return [outcomes.get(name, Outcome(sent, sent, False)) for name, _, _ in SURCHARGES]


def needed(baseline: Baseline, day: int, hour: int, count: int, extra: int, threshold: float) -> int:
    """Recipients of a burst up to the alert, by bisection: the score grows with the count."""
    low, high = 0, extra
    while low < high:
        middle = (low + high) // 2
        if baseline.score(day, hour, count + middle) >= threshold:
            high = middle
        else:
            low = middle + 1
    return low


def rows(accounts: int, seed: int) -> Iterator[dict[str, Any]]:
    """One row per history, way of learning, growth and surcharge."""
    prior = SurgePrior.shipped("external")
    tenant = victims(accounts, seed)
    outcomes: dict[tuple[int, Learning, float, str], list[Outcome]] = {}
    for sender in tenant:
        for history, learning, baseline in histories(sender, prior):
            for growth in GROWTHS:
                found = ramp(baseline.copy(prior), sender, history, growth)
                for (name, _, _), outcome in zip(SURCHARGES, found, strict=True):
                    outcomes.setdefault((history, learning, growth, name), []).append(outcome)
    for (history, learning, growth, name), results in sorted(outcomes.items(), key=_order):
        row = {"measure": "sealing.ramp", "seed": seed, "victims": len(tenant), "history_days": history}
        row |= {"learning": learning, "growth": growth, "surcharge": name, "threshold": NOMINAL_NATS}
        yield row | summary(results)


def _order(item: tuple[tuple[int, Learning, float, str], Sequence[Outcome]]) -> tuple[float, ...]:
    history, learning, growth, name = item[0]
    names = [one for one, _, _ in SURCHARGES]
    return (-history, -growth, names.index(name), LEARNINGS.index(learning))


def summary(results: Sequence[Outcome]) -> dict[str, float | None]:
    """Quantiles of the recipients, null where that victim was never found, and the share that never was."""
    return {
        "median_earlier_bursts": _quantile([one.earlier if one.found else math.inf for one in results], 0.5),
        "median_before_review": _quantile([one.inside if one.found else math.inf for one in results], 0.5),
        "p90_before_review": _quantile([one.inside if one.found else math.inf for one in results], 0.9),
        "never": round(sum(not one.found for one in results) / len(results), 3),
    }


def _quantile(values: Sequence[float], share: float) -> float | None:
    found = float(np.quantile(values, share, method="inverted_cdf"))
    return found if math.isfinite(found) else None
