"""Rows of one Graph feed: found by their own time, once they are visible. Layer: streams."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

from streams.simulation.service.item import Item
from streams.simulation.service.spool import Spool

SPAN_MS = 10_000  # rows become visible in steps of ten seconds


class RowStore:
    """All rows in order of event time; a revision takes the place of the row with its id."""

    def __init__(self, name: str, spool: Spool) -> None:
        self.name = name
        self._spool = spool
        self._keys = (b'"id":"', b'"recipientAddress":"') if name == "messageTraces" else (b'"id":"',)
        self._times = array("q")
        self._positions = array("Q")

    @property
    def span(self) -> int:
        """Milliseconds of arrivals that become visible together."""
        return SPAN_MS

    def __len__(self) -> int:
        return len(self._times)

    def add(self, end: int, items: list[Item]) -> None:
        """Make rows visible."""
        for item in items:
            if item.revision and self._replace(item):
                continue
            at = bisect_right(self._times, item.time)
            self._times.insert(at, item.time)
            self._positions.insert(at, item.position)

    def _identity(self, position: int) -> bytes:
        line, found = self._spool.read(position), b""
        for key in self._keys:
            begin = line.find(key) + len(key)
            found += line[begin : line.find(b'"', begin)] + b"|"
        return found

    def _replace(self, item: Item) -> bool:
        identity, found = self._identity(item.position), False
        for number in range(bisect_left(self._times, item.time), bisect_right(self._times, item.time)):
            if self._identity(self._positions[number]) == identity:
                self._positions[number] = item.position
                found = True
        return found

    def between(self, first: int, last: int) -> list[tuple[int, int]]:
        """Time and position of the rows with `first <= time <= last`, oldest first."""
        low, high = bisect_left(self._times, first), bisect_right(self._times, last)
        return list(zip(self._times[low:high], self._positions[low:high], strict=True))

    def read(self, position: int) -> bytes:
        """One row's JSON."""
        return self._spool.read(position)
