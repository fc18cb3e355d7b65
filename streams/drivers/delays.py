"""Whose delay an alert had, and what of an attack came after it. Layer: streams.

Added to a message when it is stored or published: wall time decides nothing in the engine. Both live drivers do it here.
"""

from __future__ import annotations

from dataclasses import replace

from schemas.contracts.incident import Incident
from schemas.contracts.log import LogEntry


def with_delays(incident: Incident, entry: LogEntry, created_ms: int, service_ms: int) -> Incident:
    """The message with its delay split (milliseconds), where the record behind it came live and its content is known.

    `vendor_ms`: event to content; `collector_ms`: content to our having it; `watchpost_ms`: from there to the alert.
    `created_ms` is when the vendor made the content available, 0 when unknown. A window of time is a content that is older
    than its records, and says nothing of when they were there. `service_ms` is now by the service's clock, as all these are.
    """
    if incident.historical or not entry.collected_ms:
        return incident
    delay = {"watchpost_ms": max(0, service_ms - entry.collected_ms)}
    if created_ms and created_ms >= incident.time_ms:
        delay["vendor_ms"] = max(0, created_ms - incident.time_ms)
        delay["collector_ms"] = max(0, entry.collected_ms - created_ms)
    return replace(incident, delay_ms=delay)


def with_harm_clock(incident: Incident, alert_ms: int) -> Incident:
    """The message with the harm clock: of the acts that it shows, how many came before the first alert and how many after.

    `alert_ms` is by the service's clock, as the times of the acts are.
    """
    if incident.historical or not incident.evidence:
        return incident
    before = sum(record.time_ms <= alert_ms for record in incident.evidence)
    acts = {"alert_wall_ms": alert_ms, "acts_before": before, "acts_after": len(incident.evidence) - before}
    return replace(incident, harm_clock=acts)
