"""The last message of each incident. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.contracts.incident import Incident, Tier


class FinalIncidents:
    """Keeps what was told last of each incident, in memory that grows with incidents only.

    The final state is what stands when the records end: no clock is invented, so an incident whose 72 quiet hours have
    not passed in event time stays open, exactly as on Kafka after the same records.
    """

    def __init__(self) -> None:
        self._last: dict[str, Incident] = {}

    def take(self, told: Iterable[Incident]) -> None:
        """Remember messages in the order in which they were told."""
        for incident in told:
            self._last[incident.uid] = incident

    def ordered(self, least: Tier = Tier.REVIEW) -> list[Incident]:
        """Incidents of this tier or higher, by first evidence, then uid."""
        kept = [incident for incident in self._last.values() if at_least(incident.tier, least)]
        return sorted(kept, key=lambda incident: (incident.first_ms, incident.uid))

    def count(self, tier: Tier) -> int:
        """Incidents whose final tier is exactly this."""
        return sum(incident.tier is tier for incident in self._last.values())

    def reached(self, tier: Tier) -> bool:
        """Some incident is of this tier or higher."""
        return any(at_least(incident.tier, tier) for incident in self._last.values())


def at_least(tier: Tier, least: Tier) -> bool:
    """`act` is higher than `review`."""
    return tier is least or tier is Tier.ACT
