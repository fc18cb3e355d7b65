"""What a `detect` process tells of its work. Layer: streams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.contracts.incident import Incident
from streams.drivers.measures import TenantMeasures


@dataclass(slots=True)
class Worked:
    """A batch that was folded and committed. `entries` are those of accounts' logs by tenant and kind; durations in seconds."""

    entries: Counter[tuple[str, str]] = field(default_factory=Counter)
    told: list[Incident] = field(default_factory=list)
    dead: int = 0
    fold_seconds: float = 0.0
    commit_seconds: float = 0.0


class WorkObserver(Protocol):
    """Called from the workers' threads and the process's loop: quick, thread-safe, and never raising."""

    def worked(self, work: Worked) -> None:
        """Output and position of a batch are published."""
        ...

    def redelivered(self, messages: int) -> None:
        """So many messages had been processed before and were skipped."""
        ...

    def partitions(self, topic: str, opened: int, opening: int) -> None:
        """How many partitions of a topic are worked on here, and how many are still being read back."""
        ...

    def measured(self, partition: int, held: Sequence[TenantMeasures]) -> None:
        """What a partition of the audit log holds now; nothing once it is given up."""
        ...

    def beat(self) -> None:
        """The process's loop goes on."""
        ...


class Unobserved:
    """Nobody wants to know."""

    def worked(self, work: Worked) -> None:
        """Nothing."""

    def redelivered(self, messages: int) -> None:
        """Nothing."""

    def partitions(self, topic: str, opened: int, opening: int) -> None:
        """Nothing."""

    def measured(self, partition: int, held: Sequence[TenantMeasures]) -> None:
        """Nothing."""

    def beat(self) -> None:
        """Nothing."""
