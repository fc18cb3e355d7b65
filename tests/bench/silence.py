"""How soon a feed's silence is told after it is cut, and how often one is told that nobody cut. One JSON line per group.

`python -m tests.bench.silence --seeds 1-20 --accounts 30,300`: 42 days of each feed of a practice tenant (`silence_arrivals`),
of which twelve are learnt first. In the thirty days after, whole feeds are cut at random instants (`--cuts` per tenant and
delivery); time runs from the cut to the minute in which the watch would tell, at most a week. The uncut month gives the
notices that are told anyway: `false`, or `outages` where the vendor held records back meanwhile. Seeds up to 100 are for
design.
"""

from __future__ import annotations

import argparse
import random
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from streams.collectors.live.expected_silence import ArrivalModel
from streams.collectors.live.watch import SILENCE_NATS
from tests.bench.silence_arrivals import (
    DAY_MS,
    DAYS,
    DELIVERIES,
    HOUR_MS,
    MINUTE_MS,
    START_MS,
    Feed,
    feeds,
)

LEARNT_DAYS = 12
LIMIT_MS = 7 * DAY_MS
_FROM_MS, _TO_MS = START_MS + LEARNT_DAYS * DAY_MS, START_MS + DAYS * DAY_MS
NEVER = float("inf")


@dataclass(slots=True)
class Group:
    """What happened to feeds of one kind: notices of uncut months, minutes from cuts to notices by class of hour."""

    months: float = 0.0
    false: int = 0
    outages: int = 0
    early: int = 0  # false notices in the days before
    minutes: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def figures(self) -> dict[str, Any]:
        """As told."""
        told = {
            hours: {
                "cuts": len(found),
                "median": _rank(found, 0.5),
                "p90": _rank(found, 0.9),
                "in_60": round(sum(one <= 60 for one in found) / len(found), 3),
            }
            for hours, found in sorted(self.minutes.items())
        }
        return {
            "feed_months": round(self.months, 1),
            "false": self.false,
            "per_month": round(self.false / max(self.months, 1e-9), 4),
            "outages": self.outages,
            "first_days": self.early,
            "minutes": told,
        }


def _rank(found: list[float], share: float) -> float | str:
    value = sorted(found)[min(len(found) - 1, int(share * len(found)))]
    return "never" if value == NEVER else round(value, 1)


def hours_of(time_ms: int) -> str:
    """Class of an instant: office hours are Monday to Friday, 7 to 16 UTC."""
    day, hour = (time_ms - START_MS) // DAY_MS % 7, time_ms // HOUR_MS % 24
    if day >= 5:
        return "weekend"
    return "office" if 7 <= hour < 16 else "evening and night"


def speed_of(feed: Feed) -> str:
    """Class of a feed: five-minute bins with news per office hour."""
    bins = {at // (5 * MINUTE_MS) for at in feed.news if hours_of(at) == "office"}
    hours = DAYS / 7 * 5 * 9
    rate = len(bins) / hours
    return "busy (8 of 12)" if rate >= 8 else "middling (2 of 12)" if rate >= 2 else "slow"


class Uncut:
    """A feed's model as it goes through the news, and what it would have told."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.model = ArrivalModel()
        self.told: list[int] = []  # ends of silences that were told
        self._next = 0

    def until(self, time_ms: int) -> None:
        """Take in the news up to a moment."""
        news = self.feed.news
        while self._next < len(news) and news[self._next] <= time_ms:
            at = news[self._next]
            told = self.model.improbability(at) >= SILENCE_NATS
            if told:
                self.told.append(self._next)
            self.model.arrived(at, not told)
            self._next += 1


def minutes_to_notice(model: ArrivalModel, cut_ms: int) -> float:
    """Minutes from a cut to the notice; silence only becomes less probable, so that it may be bisected."""
    limit = LIMIT_MS // MINUTE_MS
    minute = bisect_left(
        range(limit), True, key=lambda one: model.improbability(cut_ms + one * MINUTE_MS) >= SILENCE_NATS
    )
    return float(minute) if minute < limit else NEVER


def cut(found: list[Feed], cuts: int, chance: random.Random, groups: dict[str, Group]) -> None:
    """All feeds of a tenant, uncut and cut."""
    instants = defaultdict(list)
    for _ in range(cuts):
        instants[chance.randrange(len(found))].append(chance.randrange(_FROM_MS, _TO_MS))
    for number, feed in enumerate(found):
        uncut, group = Uncut(feed), groups[speed_of(feed)]
        for at in sorted(instants[number]):
            uncut.until(at)
            begun = uncut.model.last_ms
            if uncut.model.improbability(at) >= SILENCE_NATS or feed.in_outage(begun, at + 1):
                continue
            group.minutes[hours_of(at)].append(minutes_to_notice(uncut.model, at))
        uncut.until(_TO_MS)
        _count(uncut, group)


def _count(uncut: Uncut, group: Group) -> None:
    group.months += (_TO_MS - _FROM_MS) / (30 * DAY_MS)
    news = uncut.feed.news
    for index in uncut.told:
        begin, end = news[index - 1], news[index]
        if uncut.feed.in_outage(begin, end):
            group.outages += end >= _FROM_MS
        elif end >= _FROM_MS:
            group.false += 1
        else:
            group.early += 1


def numbers(text: str) -> list[int]:
    """`1-3,7` as numbers."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-5")
    parser.add_argument("--accounts", default="30")
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--cache", type=Path, default=Path("silence-cache"))
    options = parser.parse_args()
    for accounts in numbers(options.accounts):
        for delivery in DELIVERIES:
            groups: dict[str, Group] = defaultdict(Group)
            for seed in numbers(options.seeds):
                cut(feeds(seed, accounts, delivery, options.cache), options.cuts, random.Random(seed), groups)
            for speed, group in sorted(groups.items()):
                about = {"accounts": accounts, "delivery": delivery.name, "feeds": speed}
                print(orjson.dumps(about | group.figures()).decode(), flush=True)


if __name__ == "__main__":
    main()
