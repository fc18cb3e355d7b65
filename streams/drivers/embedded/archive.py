"""The log and the records behind it. Layer: streams.

Records are kept once, as received, in compressed blocks; entries of the log that carry one say in which block and at which
place. The order of the log is the order in which it was folded: reading it back and folding it gives the same states.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cramjam import zstd

from schemas.contracts.log import EntryKind, LogEntry

DAY_MS = 86_400_000
BLOCK_RECORDS = 256
BLOCK_BYTES = 1 << 20  # of records before compression; a greater record has a block of its own
LEVEL = 3
PAGE = 500  # rows read at a time


class Origin(NamedTuple):
    """Where the records of a transaction came from, and when they were stored (UTC milliseconds)."""

    feed: str
    content: str
    now_ms: int


class Archive:
    """Writes one tenant's entries and records within a transaction."""

    def __init__(self, connection: sqlite3.Connection, tenant: int, origin: Origin) -> None:
        self._connection = connection
        self._tenant = tenant
        self._origin = origin

    def append(self, records: Sequence[bytes], entries: Sequence[LogEntry]) -> None:
        """Store records in their order, and the entries that carry one of them, or a value of their own."""
        places: dict[bytes, tuple[int, int]] = {}
        for block in _blocks(records):
            number = self._block(block)
            for place, raw in enumerate(block):
                places[raw] = (number, place)
        rows = []
        for entry in entries:
            found = places.get(entry.value) if entry.kind is EntryKind.RECORD else None
            rows.append(
                (
                    self._tenant, self._origin.now_ms, entry.kind.value, entry.account, entry.source, entry.record_id,
                    entry.role, entry.collected_ms, int(entry.historical), *(found or (None, None)),
                    None if found else entry.value,
                )
            )  # fmt: skip
        self._connection.executemany(
            "INSERT INTO log (tenant, at_ms, kind, account, source, record_id, role, collected_ms, historical, block,"
            " place, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )

    def _block(self, records: Sequence[bytes]) -> int:
        origin = self._origin
        cursor = self._connection.execute(
            "INSERT INTO blocks (tenant, day, feed, content, records, data) VALUES (?, ?, ?, ?, ?, ?)",
            (self._tenant, origin.now_ms // DAY_MS, origin.feed, origin.content, len(records), pack_block(records)),
        )
        return int(cursor.lastrowid or 0)

    def bury(self, stage: str, pieces: Iterable[tuple[bytes, str]]) -> None:
        """Keep what could not be read, with the reason."""
        origin = self._origin
        self._connection.executemany(
            "INSERT INTO dead (tenant, at_ms, feed, content, stage, reason, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (self._tenant, origin.now_ms, origin.feed, origin.content, stage, reason, pack_block([raw]))
                for raw, reason in pieces
            ],
        )


def _blocks(records: Sequence[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    size = 0
    for raw in records:
        if block and (len(block) >= BLOCK_RECORDS or size + len(raw) > BLOCK_BYTES):
            yield block
            block, size = [], 0
        block.append(raw)
        size += len(raw)
    if block:
        yield block


def pack_block(records: Sequence[bytes]) -> bytes:
    """Compressed: `u32 n, n x u32 length, the records`."""
    head = struct.pack(f"<I{len(records)}I", len(records), *map(len, records))
    return bytes(zstd.compress(head + b"".join(records), LEVEL))


def unpack_block(data: bytes) -> list[bytes]:
    """The records of a block."""
    body = bytes(zstd.decompress(data))
    (count,) = struct.unpack_from("<I", body)
    lengths = struct.unpack_from(f"<{count}I", body, 4)
    at, records = 4 + 4 * count, []
    for length in lengths:
        records.append(body[at : at + length])
        at += length
    return records


def read_entries(
    connection: sqlite3.Connection, from_seq: int = 0, tenant: str | None = None
) -> Iterator[tuple[int, LogEntry]]:
    """(number, entry) of the log from a number on, in order; of one tenant or of all."""
    names = dict(connection.execute("SELECT no, id FROM tenants"))
    held: tuple[int, list[bytes]] = (0, [])
    where = "" if tenant is None else " AND tenant = (SELECT no FROM tenants WHERE id = ?)"
    while True:
        rows = connection.execute(
            "SELECT seq, tenant, kind, account, source, record_id, role, collected_ms, historical, block, place, value"
            f" FROM log WHERE seq >= ?{where} ORDER BY seq LIMIT {PAGE}",
            (from_seq,) if tenant is None else (from_seq, tenant),
        ).fetchall()
        for seq, number, kind, account, source, record_id, role, collected_ms, historical, block, place, value in rows:
            if block is not None:
                if held[0] != block:
                    held = (block, _read_block(connection, block))
                value = held[1][place]
            yield (
                seq,
                LogEntry(
                    EntryKind(kind), names[number], account, value, source, record_id, role, collected_ms,
                    bool(historical),
                ),
            )  # fmt: skip
        if len(rows) < PAGE:
            return
        from_seq = rows[-1][0] + 1


def read_records(connection: sqlite3.Connection, tenant: str) -> Iterator[tuple[str, str, bytes]]:
    """(feed, content id, record as received) of everything that the archive holds of a tenant, each record once."""
    last = 0
    while True:
        row = connection.execute(
            "SELECT id, feed, content, data FROM blocks WHERE id > ?"
            " AND tenant = (SELECT no FROM tenants WHERE id = ?) ORDER BY id LIMIT 1",
            (last, tenant),
        ).fetchone()
        if row is None:
            return
        last, feed, content, data = row
        for raw in unpack_block(data):
            yield feed, content, raw


def _read_block(connection: sqlite3.Connection, number: int) -> list[bytes]:
    (data,) = connection.execute("SELECT data FROM blocks WHERE id = ?", (number,)).fetchone()
    return unpack_block(data)
