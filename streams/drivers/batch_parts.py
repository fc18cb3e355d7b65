"""A batch in parts of a bounded size, each a transaction of its own. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from schemas.contracts.collected import Batch

TRANSACTION_RECORDS_MAX = 2_000  # of more several transactions, so that other tenants come between
TRANSACTION_BYTES_MAX = 16_000_000


def parts_of(batch: Batch, most: int = TRANSACTION_RECORDS_MAX, most_bytes: int = TRANSACTION_BYTES_MAX) -> list[Batch]:
    """The batch in parts of at most `most` records and `most_bytes`, or of one record that is larger.

    Contents are listed with the first part, checkpoint and completeness move with the last.
    """
    pieces = list(_pieces(batch.records, most, most_bytes))
    if len(pieces) <= 1:
        return [batch]
    parts = [
        replace(
            batch, records=records, partial=True, listed=[], checkpoint=None, complete_ms=None, unreadable=[]
        )
        for records in pieces
    ]  # fmt: skip
    parts[0].listed, parts[0].unreadable = batch.listed, batch.unreadable
    last = parts[-1]
    last.partial, last.checkpoint, last.complete_ms = batch.partial, batch.checkpoint, batch.complete_ms
    return parts


def _pieces(records: list[bytes], most: int, most_bytes: int) -> Iterator[list[bytes]]:
    piece: list[bytes] = []
    size = 0
    for raw in records:
        if piece and (len(piece) >= most or size + len(raw) > most_bytes):
            yield piece
            piece, size = [], 0
        piece.append(raw)
        size += len(raw)
    if piece:
        yield piece
