"""What the journals of one process share. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas.contracts.log import LogEntry
from streams.clock import Clock
from streams.drivers.embedded.database import Database
from streams.drivers.embedded.engine_room import EngineRoom
from streams.drivers.embedded.telling import Route


def no_step(name: str) -> None:
    """Nobody watches the steps of a transaction."""


def no_fold(tenant: str, entries: Sequence[LogEntry], dead: int) -> None:
    """Nobody counts what is folded."""


@dataclass(slots=True)
class Workings:
    """Store, engines, clock and routes. `step` is told how far a transaction has come: for its times, and for tests that end
    the process there. `folded` is told what of a tenant's log was folded, and how many of its entries could not be read."""

    database: Database
    room: EngineRoom
    clock: Clock
    route: Route
    step: Callable[[str], None] = no_step
    folded: Callable[[str, Sequence[LogEntry], int], None] = no_fold
