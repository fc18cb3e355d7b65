"""Incidents as JSON lines, one OCSF message each (contracts 2). Layer: streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from schemas.contracts.incident import Incident
from schemas.contracts.ocsf import encode_ocsf
from streams.sinks.sink import RunFacts


class JsonLines:
    """One line per incident; an empty run is an empty file."""

    def write(self, incidents: Sequence[Incident], out: IO[bytes], run: RunFacts) -> None:
        """Write every incident on a line of its own."""
        for incident in incidents:
            out.write(encode_ocsf(incident))
            out.write(b"\n")
