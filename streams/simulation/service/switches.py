"""Faults switched while serving: a file in the service's folder that holds them as text. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from streams.simulation.service.faults import Faults, fault_profile

FILE = "faults.txt"
_SIZE_MAX = 10_000


@dataclass(slots=True)
class Switches:
    """Looks at `path`; `problem` says what was wrong with its last text, empty while nothing was."""

    path: Path
    problem: str = ""
    _seen: str | None = field(default=None)

    def look(self) -> Faults | None:
        """The faults that the file names now, when its text is another than before and is understood."""
        try:
            with self.path.open(encoding="utf-8") as stream:
                text = stream.read(_SIZE_MAX).strip()
        except (OSError, UnicodeDecodeError):
            return None
        if text == self._seen:
            return None
        self._seen = text
        try:
            found = fault_profile(text.replace("\n", ","))
        except ValueError as error:
            self.problem = f"{self.path}: {error}; the faults are as they were"
            return None
        self.problem = ""
        return found
