"""What a practice tenant is to look like. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SCENARIOS = ("S1", "S2", "S7", "S14", "S22", "S23")

Recipients = Literal["trace", "list", "none"]


@dataclass(frozen=True, slots=True)
class SimulationOptions:
    """Options of ``watchpost simulate``.

    ``recipients`` says how recipients become known: message-trace rows beside bare Send records, a list inside Send,
    or not at all. ``attacks_per_scenario`` 0 means scaled to the tenant so that attacks stay rare.
    ``office_spray`` lets a share of password sprays come from the office's own address.
    """

    out: Path
    seed: int = 1
    accounts: int = 300
    days: int = 30
    scenarios: tuple[str, ...] = SCENARIOS
    recipients: Recipients = "trace"
    attacks_per_scenario: int = 0
    duplicates: float = 0.05
    start: str = "2026-03-02"
    domain: str = ""
    signins: bool = True
    lateness: bool = True
    gaps: int = 2
    missing_fields: float = 0.01
    office_spray: bool = False

    def __post_init__(self) -> None:
        unknown = [name for name in self.scenarios if name not in SCENARIOS]
        if unknown:
            raise ValueError(f"unknown scenario {', '.join(unknown)}; known: {', '.join(SCENARIOS)}")
        if self.accounts < 5 or self.days < 1:
            raise ValueError("at least 5 accounts and 1 day are needed")
        if not 0.0 <= self.duplicates <= 0.44:
            raise ValueError("duplicates must be a share from 0 to 0.44")

    @property
    def injections(self) -> int:
        """Number of attacks per scenario."""
        if self.attacks_per_scenario > 0:
            return self.attacks_per_scenario
        return max(1, round(self.accounts * self.days / 3000))


def parse_scenarios(text: str) -> tuple[str, ...]:
    """Turn ``all``, ``none`` or ``S1,S7`` into scenario names."""
    word = text.strip().lower()
    if word in ("all", ""):
        return SCENARIOS
    if word == "none":
        return ()
    return tuple(dict.fromkeys(part.strip().upper() for part in text.split(",") if part.strip()))
