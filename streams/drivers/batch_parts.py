"""A batch in parts of a bounded size, each a transaction of its own. Layer: streams."""

from __future__ import annotations

from dataclasses import replace

from schemas.contracts.collected import Batch

TRANSACTION_RECORDS_MAX = 5_000  # of more several transactions, so that other tenants come between


def parts_of(batch: Batch, most: int = TRANSACTION_RECORDS_MAX) -> list[Batch]:
    """The batch in parts of at most `most` records: contents are listed with the first, the rest moves with the last."""
    if len(batch.records) <= most:
        return [batch]
    starts = range(0, len(batch.records), most)
    parts = [
        replace(
            batch, records=batch.records[at : at + most], partial=True, listed=[], checkpoint=None, complete_ms=None,
            unreadable=[],
        )
        for at in starts
    ]  # fmt: skip
    parts[0].listed, parts[0].unreadable = batch.listed, batch.unreadable
    last = parts[-1]
    last.partial, last.checkpoint, last.complete_ms = batch.partial, batch.checkpoint, batch.complete_ms
    return parts
