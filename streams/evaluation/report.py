"""The figures of an evaluation, for people and for machines. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from schemas.contracts.incident import Tier
from streams.evaluation.intervals import Interval, Share, Spread, spread

ALL = "all"


@dataclass(slots=True, frozen=True)
class Finding:
    """An attack found at one tier: by which incident, when, and what had happened by then."""

    incident: str
    time_ms: int
    seconds: float  # event time since the attack began, never below 0
    recipients: int | None  # external recipients mailed by then; None when the attack mails nobody
    harm_after: float  # share of the attack's records that were still to come


@dataclass(slots=True, frozen=True)
class AttackResult:
    """What became of one attack; the last three speak of the incident that found it, in its final state."""

    labelled: str
    attack_id: str
    scenario: str
    findings: dict[Tier, Finding]
    incidents: int
    explained: bool | None = None
    in_order: bool | None = None
    purity: float | None = None


@dataclass(slots=True, frozen=True)
class ScenarioFigures:
    """A scenario (or all) at one tier."""

    scenario: str
    tier: Tier
    recall: Share
    seconds: Spread
    recipients: Spread
    harm_after: Spread


@dataclass(slots=True, frozen=True)
class Quality:
    """How well the incidents that found a scenario's attacks tell them."""

    scenario: str
    explained: Share
    in_order: Share
    purity_mean: float | None
    incidents_per_attack: float | None


@dataclass(slots=True, frozen=True)
class FalseRate:
    """False incidents per 1,000 accounts per day that reached a tier.

    `interval` is a bootstrap by account; when none was seen it is None, and `upper_when_none` is the exact one-sided 95 %
    Poisson bound.
    """

    tier: Tier
    incidents: int
    rate: float
    interval: Interval | None
    upper_when_none: float | None


@dataclass(slots=True, frozen=True)
class FalseIncident:
    """An incident with no record of any attack."""

    labelled: str
    incident: str
    subject: str
    tier: Tier
    title: str


@dataclass(slots=True, frozen=True)
class LookAlike:
    """A hard negative that appears as evidence; `within_attack` when the incident also has a record of an attack."""

    labelled: str
    attack_id: str
    kind: str
    incident: str
    subject: str
    tier: Tier
    within_attack: bool


@dataclass(slots=True, frozen=True)
class Exposure:
    """What was watched."""

    sets: tuple[str, ...]
    accounts: int
    account_days: float
    records: int
    messages: int
    incidents: int


@dataclass(slots=True, frozen=True)
class EvaluationReport:
    """All figures. `harm_basis` says whose times the harm clock used: the records' own or their stage's."""

    exposure: Exposure
    attacks: tuple[AttackResult, ...]
    false_rates: tuple[FalseRate, ...]
    false_incidents: tuple[FalseIncident, ...]
    visibility: int
    look_alikes: tuple[LookAlike, ...]
    look_alikes_by_kind: dict[str, Share]
    harm_basis: str

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Scenarios in the order S1, S2, …, S10."""
        return tuple(sorted({attack.scenario for attack in self.attacks}, key=_natural))

    def figures(self) -> tuple[ScenarioFigures, ...]:
        """Every scenario and all together, each at both tiers."""
        return tuple(
            _figures(name, tier, self._of(name)) for name in (*self.scenarios, ALL) for tier in (Tier.REVIEW, Tier.ACT)
        )

    def quality(self) -> tuple[Quality, ...]:
        """Every scenario and all together."""
        return tuple(_quality(name, self._of(name)) for name in (*self.scenarios, ALL))

    def to_json(self) -> str:
        """Give everything as one JSON object with sorted keys: equal reports are equal texts."""
        body: dict[str, Any] = {
            "exposure": asdict(self.exposure),
            "scenarios": [asdict(row) | {"recall": share_body(row.recall)} for row in self.figures()],
            "quality": [
                asdict(row) | {"explained": share_body(row.explained), "in_order": share_body(row.in_order)}
                for row in self.quality()
            ],
            "false_per_1000_accounts_per_day": [asdict(row) for row in self.false_rates],
            "false_incidents": [asdict(row) for row in self.false_incidents],
            "visibility_incidents": self.visibility,
            "hard_negatives": [asdict(row) for row in self.look_alikes],
            "hard_negatives_by_kind": {kind: share_body(share) for kind, share in self.look_alikes_by_kind.items()},
            "harm_basis": self.harm_basis,
            "attacks": [asdict(row) for row in self.attacks],
        }
        options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
        return orjson.dumps(body, option=options).decode()

    def _of(self, scenario: str) -> list[AttackResult]:
        return [attack for attack in self.attacks if scenario in (ALL, attack.scenario)]


def share_body(share: Share) -> dict[str, Any]:
    """Give a share with its value and interval."""
    return asdict(share) | {"value": share.value, "wilson95": asdict(share.interval)}


def _figures(name: str, tier: Tier, attacks: Sequence[AttackResult]) -> ScenarioFigures:
    found = [attack.findings[tier] for attack in attacks if tier in attack.findings]
    return ScenarioFigures(
        scenario=name,
        tier=tier,
        recall=Share(len(found), len(attacks)),
        seconds=spread([finding.seconds for finding in found]),
        recipients=spread([finding.recipients for finding in found if finding.recipients is not None]),
        harm_after=spread([finding.harm_after for finding in found]),
    )


def _quality(name: str, attacks: Sequence[AttackResult]) -> Quality:
    found = [attack for attack in attacks if attack.findings]
    return Quality(
        scenario=name,
        explained=_share(attack.explained for attack in found),
        in_order=_share(attack.in_order for attack in found),
        purity_mean=_mean([attack.purity for attack in found if attack.purity is not None]),
        incidents_per_attack=_mean([float(attack.incidents) for attack in found]),
    )


def _share(answers: Iterable[bool | None]) -> Share:
    given = [answer for answer in answers if answer is not None]
    return Share(sum(given), len(given))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]
