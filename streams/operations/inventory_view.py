"""What the inventory saw of a tenant, for look-back and doctor: from the store, without asking again. Layer: streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.collectors.inventory.report import KindReport, finished_ms, inventory_report, progress

FEED = "inventory"


@dataclass(frozen=True, slots=True)
class InventoryView:
    """The last inventory: when it was finished (UTC milliseconds, 0: never), every kind; `doing` is what is looked at now."""

    finished_ms: int
    kinds: tuple[KindReport, ...]
    doing: str = ""

    @property
    def unusual(self) -> int:
        """Rows that stand out, those that were not kept included."""
        return sum(len(kind.unusual) + kind.more for kind in self.kinds)


def inventory_view(checkpoint: Mapping[str, Any]) -> InventoryView:
    """The view of the checkpoint of the feed "inventory"; one that was never looked at has kinds with `seen_ms` 0."""
    return InventoryView(finished_ms(checkpoint), tuple(inventory_report(checkpoint)), progress(checkpoint))
