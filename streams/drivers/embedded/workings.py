"""What the journals of one process share. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from streams.clock import Clock
from streams.drivers.embedded.database import Database
from streams.drivers.embedded.engine_room import EngineRoom
from streams.drivers.embedded.telling import Route


def no_step(name: str) -> None:
    """Nobody watches the steps of a transaction."""


@dataclass(slots=True)
class Workings:
    """Store, engines, clock and routes. `step` is told how far a transaction has come: for its times, and for tests that end
    the process there."""

    database: Database
    room: EngineRoom
    clock: Clock
    route: Route
    step: Callable[[str], None] = no_step
