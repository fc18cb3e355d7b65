"""Which attack was found by which message, and which incidents belong to none. Layer: streams."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.contracts.incident import Tier
from streams.evaluation.messages import NETWORK, TENANT, Message, read_message
from streams.evaluation.truth import Attack, LabelledSet


@dataclass(slots=True)
class IncidentSeen:
    """An incident after its last message so far, with the tiers it ever had and the records it ever counted.

    A message holds 64 records at most: what an early one counted may be missing from the last.
    """

    last: Message
    tiers: set[Tier] = field(default_factory=set)
    records: set[str] = field(default_factory=set)

    def reached(self, tier: Tier) -> bool:
        """Say whether it was ever at least of this tier: `act` includes `review`."""
        return tier is Tier.REVIEW or Tier.ACT in self.tiers


@dataclass(slots=True)
class AttackSeen:
    """An attack and the first message of each tier that found it."""

    attack: Attack
    first: dict[Tier, Message] = field(default_factory=dict)
    incidents: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Matching:
    """What the messages of one labelled set say about its attacks. Feed it every message in order of emission."""

    labelled: LabelledSet
    attacks: dict[str, AttackSeen] = field(init=False)
    incidents: dict[str, IncidentSeen] = field(default_factory=dict)
    messages: int = 0
    evidence_times: dict[str, int] = field(default_factory=dict)
    _owners: dict[str, list[AttackSeen]] = field(init=False)

    def __post_init__(self) -> None:
        """Index the attacks by record."""
        self.attacks = {attack.attack_id: AttackSeen(attack) for attack in self.labelled.attacks}
        self._owners = _index(self.attacks.values())

    def accept(self, body: Mapping[str, Any]) -> None:
        """Take one OCSF message."""
        message = read_message(body)
        self.messages += 1
        seen = self.incidents.setdefault(message.incident, IncidentSeen(message))
        seen.last = message
        seen.tiers.add(message.tier)
        seen.records.update(item.uid for item in message.evidence)
        if message.subject_type == TENANT:
            return
        for item in message.evidence:
            for found in self._owners.get(item.uid, ()):
                self.evidence_times[item.uid] = item.time_ms
                if _about(message, found.attack):
                    _find(found, message)

    def visibility(self) -> list[IncidentSeen]:
        """Incidents about what could not be seen: counted apart."""
        return [seen for seen in self.incidents.values() if seen.last.subject_type == TENANT]

    def false(self) -> list[IncidentSeen]:
        """Incidents that never counted a record of any attack."""
        return [
            seen
            for seen in self.incidents.values()
            if seen.last.subject_type != TENANT and not self.touches_attack(seen)
        ]

    def touches_attack(self, seen: IncidentSeen) -> bool:
        """Say whether a record of any attack was ever among the evidence."""
        return not seen.records.isdisjoint(self._owners)

    def look_alikes(self) -> list[tuple[Attack, IncidentSeen]]:
        """Hard negatives of which a record was ever evidence of an incident, with that incident."""
        by_record: dict[str, list[Attack]] = defaultdict(list)
        for negative in self.labelled.negatives:
            for uid in negative.records:
                by_record[uid].append(negative)
        found: dict[tuple[str, str], tuple[Attack, IncidentSeen]] = {}
        for uid, seen in self.incidents.items():
            for record in seen.records:
                for negative in by_record.get(record, ()):
                    found[negative.attack_id, uid] = (negative, seen)
        return [found[key] for key in sorted(found)]


def _about(message: Message, attack: Attack) -> bool:
    return message.subject in attack.accounts or (attack.is_spray and message.subject_type == NETWORK)


def _find(found: AttackSeen, message: Message) -> None:
    found.incidents.add(message.incident)
    found.first.setdefault(Tier.REVIEW, message)
    if message.tier is Tier.ACT:
        found.first.setdefault(Tier.ACT, message)


def _index(attacks: Iterable[AttackSeen]) -> dict[str, list[AttackSeen]]:
    owners: dict[str, list[AttackSeen]] = defaultdict(list)
    for seen in attacks:
        for uid in seen.attack.records:
            owners[uid].append(seen)
    return dict(owners)
