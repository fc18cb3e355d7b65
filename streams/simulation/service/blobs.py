"""Content blobs of one content type: packed from arrivals, listed by availability. Layer: streams."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from streams.simulation.chance import Chance, chance
from streams.simulation.clock import DAY, HOUR, MINUTE
from streams.simulation.service.faults import Faults
from streams.simulation.service.item import Item
from streams.simulation.service.options import TenantOptions
from streams.simulation.service.spool import Spool, length_of

LATEST_LISTING_MS = 3 * HOUR
_BLOB_BYTES = 20 << 20


@dataclass(slots=True)
class Blob:
    """A content: its id, when it was created, is listed from, and expires (UTC milliseconds); its records' positions."""

    id: str
    created: int
    visible: int
    expires: int
    positions: array[int]
    missing: bool = False


def _stamp(ms: int, tail: int) -> str:
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y%m%d%H%M%S}{tail:09d}"


class BlobStore:
    """All blobs of one content type, in order of availability."""

    def __init__(self, options: TenantOptions, faults: Faults, content_type: str, spool: Spool) -> None:
        self._options, self._faults, self._spool = options, faults, spool
        self.content_type = content_type
        self.blobs: list[Blob] = []
        self._visible: list[int] = []
        self._by_id: dict[str, int] = {}
        self._shard = f"na{chance(options.seed, 'shard').whole(1, 99):04d}"
        self._span = options.blob_minutes * MINUTE

    @property
    def span(self) -> int:
        """Milliseconds of arrivals that go into one packing."""
        return self._span

    def add(self, end: int, items: list[Item]) -> None:
        """Pack what arrived in the span that ends at `end`."""
        end = max(end, self._visible[-1]) if self._visible else end
        again = len(self._visible) - bisect_left(self._visible, end)
        rng = chance(self._options.seed, self.content_type, end, again, "blobs")
        if self._options.shuffle:
            rng.shuffle(items)
        else:
            items.sort(key=lambda item: (item.time, item.position))
        size, group = 0, array("Q")
        for item in items:
            length = length_of(item.position)
            if group and (len(group) >= self._options.blob_records or size + length > _BLOB_BYTES):
                self._append(end, group, rng)
                size, group = 0, array("Q")
            group.append(item.position)
            size += length + 1
        if group:
            self._append(end, group, rng)

    def _append(self, end: int, group: array[int], rng: Chance) -> None:
        created = end - rng.whole(0, self._span - 1)
        if rng.happens(self._options.late_listed):
            created -= int(rng.random() * (LATEST_LISTING_MS - self._span))
        begin = created - rng.whole(1, self._span)
        schema = self.content_type.replace(".", "_")
        tails = rng.whole(0, 10**9 - 1), (created % 1000) * 10**6 + rng.whole(0, 10**6 - 1)
        identity = "$".join((_stamp(begin, tails[0]), _stamp(created, tails[1]), schema.lower(), schema,
                             self._shard, self._shard))  # fmt: skip
        life = self._options.expiration_days * DAY
        if rng.random() < self._faults.expired:
            life = rng.uniform(0.2, 4) * HOUR
        blob = Blob(identity, created, end, begin + int(life), group, rng.random() < self._faults.missing)
        self._by_id[identity] = len(self.blobs)
        self.blobs.append(blob)
        self._visible.append(end)

    def find(self, identity: str) -> Blob | None:
        """The blob of an id."""
        number = self._by_id.get(identity)
        return None if number is None else self.blobs[number]

    def window(self, start: int, end: int, position: int, oldest: int) -> tuple[list[Blob], int]:
        """A page of blobs created from `start` to before `end`, from a position on; and the next position, or -1."""
        number = max(position, bisect_left(self._visible, start))
        last = bisect_left(self._visible, end + LATEST_LISTING_MS + self._span)
        found: list[Blob] = []
        for index in range(number, last):
            blob = self.blobs[index]
            if start <= blob.created < end and blob.created >= oldest:
                if len(found) == self._options.page_blobs:
                    return found, index
                found.append(blob)
        return found, -1

    def content(self, blob: Blob) -> list[bytes]:
        """The records of a blob."""
        return records_at(self._spool, blob.positions)


def records_at(spool: Spool, positions: Sequence[int]) -> list[bytes]:
    """The bytes at several positions."""
    read = spool.read
    return [read(position) for position in positions]
