"""Send volume learnt at once, or when the day is sealed: false alerts, and recall of an injected hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.random import Generator

from detectors.models.surge import SurgeAnchored
from detectors.models.surge_prior import SurgePrior
from tests.bench.alert_budget import per_thousand, share, threshold_for
from tests.bench.sending_habits import Sender, cell, is_weekend, senders

Learning = Literal["at_once", "sealed"]
LEARNINGS: tuple[Learning, ...] = ("at_once", "sealed")
SEAL_HOUR = 6  # of the next day
DAYS, CALIBRATE, TEST = 60, 20, 40  # thresholds from days 20-39, tested on 40-59
TARGETS: tuple[float, ...] = (1.0, 3.0)
NOMINAL_NATS = 10.1
SIZES = (100, 300, 1_000, 9_000)
DAY_HOURS, NIGHT_HOURS, LATE_HOURS = range(9, 17), (0, 1, 2, 3, 4, 22, 23), (22, 23)
INJECTIONS = 4  # an account, by day and as many by night
FIRST_DAYS = 3
YOUNG_HOURS, YOUNG_NATS = 20, 2.0  # the engine asks for so much more below so many active hours
Place = tuple[str, int]  # when, size


class Baseline:
    """One account's model, learnt hour by hour at once or day by day at 06:00 of the next."""

    def __init__(self, learning: Learning, prior: SurgePrior, model: SurgeAnchored | None = None) -> None:
        self.learning = learning
        self.model = model if model is not None else SurgeAnchored(prior)
        self.active_hours = 0  # learnt, with mail
        self._open: list[int] = []
        self._closed: tuple[list[int], bool] | None = None

    def copy(self, prior: SurgePrior) -> Baseline:
        """The same, to be lived on by itself; between two days only."""
        other = Baseline(self.learning, prior, SurgeAnchored.unpack(self.model.pack(), prior))
        other.active_hours, other._closed = self.active_hours, self._closed
        return other

    def begin_hour(self, hour: int) -> None:
        """Seal what is due before this hour is scored."""
        if hour == SEAL_HOUR and self._closed is not None:
            counts, weekend = self._closed
            self.model.learn_day(counts, weekend)
            self.active_hours += sum(count > 0 for count in counts)
            self._closed = None

    def end_hour(self, day: int, hour: int, count: int) -> None:
        """Learn an hour, or keep it until its day is sealed. Hours come in order."""
        if self.learning == "at_once":
            self.model.learn_one({"cell": cell(day, hour), "count": count})
            self.active_hours += count > 0
            return
        self._open.append(count)
        if hour == 23:
            self._closed, self._open = (self._open, is_weekend(day)), []

    @property
    def surcharge(self) -> float:
        """Nats that the engine takes off while the account is young."""
        return YOUNG_NATS if self.active_hours < YOUNG_HOURS else 0.0

    def score(self, day: int, hour: int, count: int) -> float:
        """Nats of a count in this hour."""
        return self.model.score_window(count, 1.0, cell(day, hour))


@dataclass(slots=True)
class Scores:
    """Daily maxima of the benign life by period, and the scores of injected hours by (when, size)."""

    calibrate: list[float] = field(default_factory=list)
    test: list[float] = field(default_factory=list)
    first_days: list[float] = field(default_factory=list)
    first_days_young: list[float] = field(default_factory=list)  # with the surcharge
    injected: dict[Place, list[float]] = field(default_factory=lambda: defaultdict(list))


def injections(chance: Generator, start: int) -> dict[tuple[int, int], str]:
    """(day, hour) -> when: so many hours of the test period by day and by night, and two of each on the first day."""
    places: dict[tuple[int, int], str] = {}
    first = max(TEST, start + 1)
    for when, hours in (("day", tuple(DAY_HOURS)), ("night", NIGHT_HOURS)):
        while first < DAYS and sum(held == when for held in places.values()) < INJECTIONS:
            places[int(chance.integers(first, DAYS)), int(chance.choice(hours))] = when
    for hour in chance.choice(tuple(DAY_HOURS), 2, replace=False):
        places[start, int(hour)] = "first_day"
    return places | {(start, hour): "first_night" for hour in LATE_HOURS}


def run_account(sender: Sender, learning: Learning, prior: SurgePrior, chance: Generator, scores: Scores) -> None:
    """Live one account through its days."""
    baseline, places = Baseline(learning, prior), injections(chance, sender.start)
    for day in range(sender.start, DAYS):
        top = young = 0.0
        for hour, count in enumerate(sender.counts[day].tolist()):
            baseline.begin_hour(hour)
            when = places.get((day, hour))
            if when is not None:
                for size in SIZES:
                    nats = baseline.score(day, hour, count + size)
                    scores.injected[when, size].append(nats)
                    if when == "first_day":
                        scores.injected["first_day_young", size].append(nats - baseline.surcharge)
            if day >= CALIBRATE or day < sender.start + FIRST_DAYS:
                nats = baseline.score(day, hour, count)
                top, young = max(top, nats), max(young, nats - baseline.surcharge)
            baseline.end_hour(day, hour, count)
        if day >= CALIBRATE:
            (scores.calibrate if day < TEST else scores.test).append(top)
        if day < sender.start + FIRST_DAYS:
            scores.first_days.append(top)
            scores.first_days_young.append(young)


def run_tenant(tenant: Iterable[Sender], learning: Learning, seed: int) -> Scores:
    """Scores of every account; the injected hours are the same for both ways of learning."""
    scores, prior = Scores(), SurgePrior.shipped("external")
    members = list(tenant)
    for sender, chance in zip(members, np.random.default_rng(seed + 1_000).spawn(len(members)), strict=True):
        run_account(sender, learning, prior, chance, scores)
    return scores


def rows(accounts: int, seed: int) -> Iterator[dict[str, Any]]:
    """One row per way of learning and target; the last of each has the nominal threshold."""
    tenant = list(senders(accounts, DAYS, seed))
    for learning in LEARNINGS:
        scores = run_tenant(tenant, learning, seed)
        for target in (*TARGETS, None):
            threshold = NOMINAL_NATS if target is None else threshold_for(scores.calibrate, target)
            yield {"measure": "sealing.sends", "seed": seed, "accounts": accounts, "learning": learning} | _row(
                scores, target, threshold
            )


def _row(scores: Scores, target: float | None, threshold: float) -> dict[str, Any]:
    recall = {
        when: {str(size): share(scores.injected[when, size], threshold) for size in SIZES}
        for when in ("day", "night", "first_day", "first_day_young", "first_night")
    }
    return {
        "target": target if target is not None else "nominal",
        "threshold": round(threshold, 2),
        "false_alerts": round(per_thousand(scores.test, threshold), 2),
        "account_days": len(scores.test),
        "false_alerts_first_days": round(per_thousand(scores.first_days, threshold), 2),
        "false_alerts_first_days_young": round(per_thousand(scores.first_days_young, threshold), 2),
        "injections": {when: len(scores.injected[when, SIZES[0]]) for when in recall},
        "recall": recall,
    }
