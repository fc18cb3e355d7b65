"""The only clock of the live drivers: wall time, or a practice tenant's faster one. Layer: streams."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Time as the live parts read it. Everything that waits, waits here, so that practice time can run faster."""

    def now_ms(self) -> int:
        """UTC milliseconds."""
        ...

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait (in this clock's seconds) or until `stop` is set; whether it is set."""
        ...


@dataclass(frozen=True, slots=True)
class WallClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        """UTC milliseconds."""
        return time.time_ns() // 1_000_000

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait or until `stop` is set; whether it is set."""
        return stop.wait(max(0.0, seconds))


@dataclass(frozen=True, slots=True)
class PracticeClock:
    """A practice tenant's clock: at wall time `wall_ms` it showed `start_ms`, and runs `speed` times as fast since.

    Server and collector are given the same three numbers and so agree, in one process or in several.
    """

    start_ms: int
    wall_ms: int
    speed: float

    def now_ms(self) -> int:
        """Practice time, UTC milliseconds."""
        return self.start_ms + int((time.time_ns() // 1_000_000 - self.wall_ms) * self.speed)

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait that many practice seconds or until `stop` is set; whether it is set."""
        return stop.wait(max(0.0, seconds / self.speed))
