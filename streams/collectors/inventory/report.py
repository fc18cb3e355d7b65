"""What the last inventory saw, as the feed's checkpoint keeps it. Layer: streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from streams.collectors.inventory.catalogue import KINDS
from streams.collectors.inventory.unusual import FINDINGS_MAX, Finding

VERSION: Final = 1


@dataclass(slots=True)
class KindReport:
    """One kind: when it was seen last (UTC milliseconds, 0: never), how many things there were, what is unusual.

    `unseen` says what could not be seen of it, "" when all was; `remedy` what would change that. `more` unusual rows were cut.
    """

    name: str
    title: str
    seen_ms: int = 0
    count: int = 0
    unusual: list[Finding] = field(default_factory=list)
    more: int = 0
    unseen: str = ""
    remedy: str = ""

    def take(self, findings: Sequence[Finding]) -> None:
        """Keep the first rows."""
        self.unusual = list(findings[:FINDINGS_MAX])
        self.more = len(findings) - len(self.unusual)

    def to_json(self) -> dict[str, Any]:
        """As part of a checkpoint."""
        return {
            "seen_ms": self.seen_ms,
            "count": self.count,
            "unusual": [list(row) for row in self.unusual],
            "more": self.more,
            "unseen": self.unseen,
            "remedy": self.remedy,
        }


def inventory_report(checkpoint: Mapping[str, Any]) -> list[KindReport]:
    """Every kind of the catalogue, from the checkpoint of the feed "inventory"; kinds never looked at have `seen_ms` 0."""
    held = checkpoint.get("report", {}) if checkpoint.get("version") == VERSION else {}
    return [_kind(kind.name, kind.title, held.get(kind.name)) for kind in KINDS]


def finished_ms(checkpoint: Mapping[str, Any]) -> int:
    """When the last inventory was finished, UTC milliseconds; 0: never."""
    return int(checkpoint.get("finished", 0)) if checkpoint.get("version") == VERSION else 0


def progress(checkpoint: Mapping[str, Any]) -> str:
    """What the round at hand looks at, "inbox rules, 240 of 1000"; "" between rounds."""
    at = checkpoint.get("at") if checkpoint.get("version") == VERSION else None
    if not isinstance(at, dict):
        return ""
    title, done = KINDS[at["kind"]].title, at["answered"] + at["gone"]
    return f"{title}, {done} of {at['of']}" if at["of"] > 1 else title


def _kind(name: str, title: str, held: Any) -> KindReport:
    if not isinstance(held, dict):
        return KindReport(name, title)
    rows = [Finding(*row) for row in held["unusual"]]
    return KindReport(name, title, held["seen_ms"], held["count"], rows, held["more"], held["unseen"], held["remedy"])
