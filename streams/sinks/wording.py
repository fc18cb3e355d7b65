"""Words that the table and the report share. Layer: streams."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from schemas.contracts.incident import Incident, Tier


def closing_line(incidents: Sequence[Incident]) -> str:
    """How many incidents of which tier."""
    if not incidents:
        return "No incidents."
    act = sum(incident.tier is Tier.ACT for incident in incidents)
    noun = "incident" if len(incidents) == 1 else "incidents"
    return f"{len(incidents)} {noun}: {act} act, {len(incidents) - act} review."


def time_text(time_ms: int, seconds: bool = False) -> str:
    """`2026-03-02 09:12 UTC`; a time beyond the calendar as its number."""
    try:
        moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms"
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC" if seconds else "%Y-%m-%d %H:%M UTC")
