"""What a partition's worker keeps of the incidents that it told: since when, of which tier. Layer: streams.

When an incident was first told is wall time, and so is in no entry of the log: it lies in the state topic, written in the
transaction of the alert, so that the next owner's updates have the same harm clock. Of an export that was written to the log
(its records were never collected) nothing is told but what the log says.
"""

from __future__ import annotations

from collections.abc import Mapping

from schemas.contracts.incident import Activity, Incident, Tier
from schemas.contracts.log import EntryKind, LogEntry
from streams.clock import Clock
from streams.drivers.delays import with_delays, with_harm_clock


class ToldIncidents:
    """The open incidents of one partition."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._first_ms: dict[str, int] = {}  # when it was first told, by the service's clock
        self._changes: dict[str, int | None] = {}
        self._skew_ms: dict[str, int] = {}  # of each tenant whose records were collected
        self._open: dict[str, tuple[str, Tier]] = {}

    def restore(self, first_ms: Mapping[str, int]) -> None:
        """What the former owner stored."""
        self._first_ms = dict(first_ms)

    def heed(self, entry: LogEntry) -> None:
        """Every entry, before what it causes."""
        if entry.kind is EntryKind.RECORD and entry.collected_ms:
            self._skew_ms[entry.tenant] = entry.skew_ms

    def keep(self, incident: Incident) -> None:
        """A message of an incident, told now or long ago."""
        if incident.activity is Activity.CLOSE:
            self._open.pop(incident.uid, None)
        else:
            self._open[incident.uid] = (incident.tenant, incident.tier)

    def tell(self, entry: LogEntry, incident: Incident) -> Incident:
        """The message as it is published: with whose delay it was and the harm clock, where they are known."""
        self.keep(incident)
        if entry.kind is EntryKind.RECORD and not entry.collected_ms:
            return incident
        uid, skew_ms = incident.uid, self._skew_ms.get(incident.tenant)
        if skew_ms is not None:
            service_ms = self._clock.now_ms() + skew_ms
            if incident.activity is Activity.CREATE:
                self._first_ms[uid] = self._changes[uid] = service_ms
            incident = with_delays(incident, entry, entry.content_ms, service_ms)
            if uid in self._first_ms:
                incident = with_harm_clock(incident, self._first_ms[uid])
        if incident.activity is Activity.CLOSE and self._first_ms.pop(uid, None) is not None:
            self._changes[uid] = None
        return incident

    def take_changes(self) -> dict[str, int | None]:
        """Times to be stored since the last call, None for what closed."""
        found, self._changes = self._changes, {}
        return found

    def open(self) -> dict[str, dict[Tier, int]]:
        """Open incidents by tenant and tier."""
        found: dict[str, dict[Tier, int]] = {}
        for tenant, tier in self._open.values():
            tiers = found.setdefault(tenant, dict.fromkeys(Tier, 0))
            tiers[tier] += 1
        return found
