"""What the report says above its incidents: how many, of whom, over which time, and what could not be seen. Layer: streams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from schemas.contracts.incident import Tier
from streams.sinks.report_model import ReportIncident
from streams.sinks.report_timeline import Axis, axis_over


@dataclass(slots=True, frozen=True)
class Overview:
    """Figures over all incidents of a report."""

    act: int
    review: int
    accounts: int
    records: int
    first_ms: int | None
    last_ms: int | None
    tenants: tuple[str, ...]
    blind_spots: tuple[tuple[str, int], ...]  # (in words, incidents that name it), the most named first
    axis: Axis | None

    @property
    def headline(self) -> str:
        """The news in one line."""
        total = self.act + self.review
        if not total:
            return "Nothing found"
        noun = "incident" if total == 1 else "incidents"
        if not self.review:
            return f"{total} {noun} to act on"
        if not self.act:
            return f"{total} {noun} to review"
        return f"{total} {noun}: {self.act} to act on, {self.review} to review"


def overview(incidents: Sequence[ReportIncident]) -> Overview:
    """The figures over all of these incidents."""
    act = sum(incident.tier is Tier.ACT for incident in incidents)
    axis = axis_over([time for incident in incidents for time in (incident.first_ms, incident.last_ms)])
    spots = Counter(spot for incident in incidents for spot in incident.blind_spots)
    firsts = [incident.first_ms for incident in incidents if incident.first_ms is not None]
    lasts = [incident.last_ms for incident in incidents if incident.last_ms is not None]
    return Overview(
        act=act,
        review=len(incidents) - act,
        accounts=len({incident.account.uid for incident in incidents}),
        records=sum(incident.count for incident in incidents),
        first_ms=min(firsts, default=None),
        last_ms=max(lasts, default=None),
        tenants=tuple(dict.fromkeys(incident.tenant for incident in incidents if incident.tenant)),
        blind_spots=tuple(sorted(spots.items(), key=lambda item: (-item[1], item[0]))),
        axis=axis,
    )
