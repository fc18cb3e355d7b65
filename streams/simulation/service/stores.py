"""Everything one tenant has to fetch: blobs by content type, rows by feed, and what has not yet arrived. Layer: streams."""

from __future__ import annotations

import threading
from collections.abc import Callable

from streams.simulation.record import Body
from streams.simulation.service.blobs import BlobStore
from streams.simulation.service.faults import Faults
from streams.simulation.service.item import Item
from streams.simulation.service.options import CONTENT_TYPES, TenantOptions
from streams.simulation.service.rows import RowStore
from streams.simulation.service.spool import Spool

ROW_FEEDS = (
    "signIns/interactiveUser",
    "signIns/nonInteractiveUser",
    "signIns/servicePrincipal",
    "signIns/managedIdentity",
    "directoryAudits",
    "riskDetections",
    "messageTraces",
)
_DIRECTORY = (8, 15)
_EXCHANGE = (1, 2, 3, 19, 50)
_SHAREPOINT = (4, 6, 14, 36, 56)

Change = Callable[[str, Item], list[tuple[str, Item]]]
Shown = Callable[[str, int, list[Item]], None]


def content_type_of(body: Body) -> str:
    """The content type that a record belongs to."""
    kind = int(body["RecordType"])
    if kind in _DIRECTORY:
        return "Audit.AzureActiveDirectory"
    if kind in _EXCHANGE:
        return "Audit.Exchange"
    return "Audit.SharePoint" if kind in _SHAREPOINT else "Audit.General"


def _unchanged(name: str, item: Item) -> list[tuple[str, Item]]:
    return [(name, item)]


def _unseen(name: str, end_ms: int, items: list[Item]) -> None:
    """Nobody looks."""


class Stores:
    """What can be fetched, and what will be.

    `change` is asked about each item when it is released; `shown` is told of rows that become visible, and when.
    """

    def __init__(self, options: TenantOptions, faults: Faults, spool: Spool) -> None:
        self.blobs = {name: BlobStore(options, faults, name, spool) for name in CONTENT_TYPES}
        self.rows = {name: RowStore(name, spool) for name in ROW_FEEDS}
        self.lock = threading.RLock()
        self.change: Change = _unchanged
        self.shown: Shown = _unseen
        self._pending: dict[str, dict[int, list[Item]]] = {name: {} for name in (*CONTENT_TYPES, *ROW_FEEDS)}
        self._released = 0

    def _span(self, name: str) -> int:
        return self.blobs[name].span if name in self.blobs else self.rows[name].span

    def take(self, name: str, item: Item) -> None:
        """Let an item wait for its arrival (now, when that has passed)."""
        span = self._span(name)
        end = (max(item.arrival, self._released) // span + 1) * span
        waiting = self._pending[name].get(end)
        if waiting is None:
            waiting = self._pending[name].setdefault(end, [])
        waiting.append(item)

    def waiting(self) -> list[tuple[str, Item]]:
        """Everything that has not arrived."""
        return [(name, item) for name, ends in self._pending.items() for items in list(ends.values()) for item in items]

    def release(self, now_ms: int) -> None:
        """Make available what has arrived by a moment."""
        with self.lock:
            self._released = max(self._released, now_ms)
            for name, ends in self._pending.items():
                for end in sorted(end for end in list(ends) if end <= now_ms):
                    self._release(name, end, ends.pop(end))

    def _release(self, name: str, end: int, items: list[Item]) -> None:
        kept: list[Item] = []
        for item in items:
            for other, changed in self.change(name, item):
                if other == name:
                    kept.append(changed)
                else:
                    self.take(other, changed)
        if not kept:
            return
        store = self.blobs.get(name)
        if store is not None:
            store.add(end, kept)
        else:
            self.rows[name].add(end, kept)
            self.shown(name, end, kept)
