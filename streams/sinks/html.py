"""Incidents as one self-contained HTML page; what the page holds is told in `report.py`. Layer: streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from schemas.contracts.incident import Incident
from schemas.contracts.ocsf import to_ocsf
from streams.sinks.report import write_report
from streams.sinks.report_times import Zone
from streams.sinks.sink import RunFacts


class HtmlReport:
    """The page, with times in `zone`. Raises UnknownZone when no time zone is called so."""

    def __init__(self, zone: str = "UTC") -> None:
        self._zone = Zone(zone).name

    def write(self, incidents: Sequence[Incident], out: IO[bytes], run: RunFacts) -> None:
        """Write the page."""
        write_report([to_ocsf(incident) for incident in incidents], out, run, self._zone)
