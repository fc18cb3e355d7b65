"""Where an act came from, for sentences about what was done. Layer: detectors."""

from __future__ import annotations

from detectors.accounts.spot import name_as_told, spot_of
from detectors.engine.detector import Context, Place
from schemas.records.event import AuditEvent


def come_from(event: AuditEvent, context: Context) -> str:
    """ "from 45.9.1.7 (NL)"; empty where the record has no address, or one of the account's, the tenant's or Microsoft's own."""
    ip = event.ip
    if ip is None or context.place is Place.TRUSTED or context.knowledge.is_egress(ip):
        return ""
    fact = context.knowledge.lookup.fact(ip)
    return "" if spot_of(ip, fact).silent else f"from {name_as_told(ip, fact, context.heard)}"
