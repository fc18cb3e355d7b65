"""What was done from one strange address adds up in full. Layer: detectors.

Stages pay a floor (`score.py`) because any two of them may meet by chance within a day: a trip and, at the office, a rule.
A rule made from the very address whose strangeness is the evidence has not met it by chance. There the log-likelihood ratios
of the two add up as those of independent features do, and what an account's youth takes off each of them (the same
ignorance, twice) is taken off once.

Volume is left out: who travels also mails otherwise, so that a new place and a surge from it are one cause, seen twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Protocol

from detectors.incidents.score import Scored, above_floor, by_stage, faded, score_at
from schemas.contracts.incident import Stage


class Placed(Scored, Protocol):
    """Evidence that knows where it was done from."""

    @property
    def place(self) -> str:
        """`place_of` the address; empty when its records name none."""
        ...

    @property
    def surcharge(self) -> float:
        """Nats that the account's youth took off."""
        ...


def place_of(ip: str) -> str:
    """An IPv4 address as it is; of an IPv6 address its /64, since hosts change the rest by themselves."""
    return ip if ":" not in ip else str(ip_network((ip, 64), strict=False))


@dataclass(slots=True, frozen=True)
class Together:
    """Acts from one strange place, by stage, and what stands beside them; all in nats."""

    place: str
    stages: dict[Stage, float]
    beside: dict[Stage, float]  # other stages; they pay the floor
    charged_again: float  # what the account's youth took off more than once

    @property
    def nats(self) -> float:
        """What they come to."""
        return sum(self.stages.values()) + self.charged_again + above_floor(self.beside)


def score_with_places(items: Sequence[Placed]) -> float:
    """`score`, or more where acts come from one strange place; nats."""
    return max((max(score_at(items, item.time_ms), _linked_at(items, item.time_ms)) for item in items), default=0.0)


def _linked_at(items: Sequence[Placed], time_ms: int) -> float:
    counted = [(item, faded(item, time_ms)) for item in items if item.time_ms <= time_ms]
    return max((together.nats for together in acts_together(counted)), default=0.0)


def acts_together(counted: Sequence[tuple[Placed, float]]) -> Iterator[Together]:
    """The strange places from which more than one stage came, in the places' order; evidence with its faded nats."""
    strange = {item.place for item, nats in counted if item.stage is Stage.ACCESS and item.place and nats > 0.0}
    for place in sorted(strange):
        there = [(item, nats) for item, nats in counted if _done_at(item, place)]
        stages = by_stage(there)
        if len(stages) > 1:
            others = by_stage([(item, nats) for item, nats in counted if not _done_at(item, place)])
            beside = {stage: nats for stage, nats in others.items() if stage not in stages}
            yield Together(place, stages, beside, _charged_again(there))


def _done_at(item: Placed, place: str) -> bool:
    return item.place == place and item.stage is not Stage.IMPACT


def _charged_again(there: Sequence[tuple[Placed, float]]) -> float:
    """What the account's youth took off more than once: of each stage's best evidence, the greatest is paid."""
    best: dict[Stage, tuple[float, float]] = {}
    for item, nats in there:
        best[item.stage] = max(best.get(item.stage, (0.0, 0.0)), (nats, item.surcharge))
    charges = sorted(surcharge for _, surcharge in best.values())
    return sum(charges[:-1])
