"""What a sink is: incidents in, bytes or text out. Layer: streams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Protocol

from schemas.contracts.incident import Incident


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a report says of the run beside its incidents. `facts` are (name, value) pairs, in order."""

    title: str = "Watchpost"
    facts: tuple[tuple[str, str], ...] = ()


class Sink(Protocol):
    """Writes the final incidents of a run to a stream of UTF-8 bytes."""

    def write(self, incidents: Sequence[Incident], out: IO[bytes], run: RunFacts) -> None:
        """Write all of them; an error of the stream is the caller's."""
        ...
