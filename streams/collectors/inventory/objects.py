"""Objects of an inventory as records of ours, each once while it does not change. Layer: streams."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import orjson

from schemas.contracts.collected import Batch, Content, ContentState
from schemas.records.errors import UnreadableRecord
from schemas.records.inventory import MARK, read
from streams.collectors.inventory.calls import Row
from streams.collectors.live.graph_pages import graph_time
from streams.collectors.live.seam import Journal


def envelope(kind: str, tenant: str, mailbox: str, found: Row, now_ms: int) -> Row:
    """The vendor's object in our envelope."""
    return {
        "Watchpost": MARK,
        "Kind": kind,
        "ObservedTime": graph_time(now_ms),
        "OrganizationId": tenant,
        "Mailbox": mailbox or None,
        "Object": found,
    }


def batches(journal: Journal, feed: str, judged: list[tuple[str, str, Row]], now_ms: int) -> Iterator[Batch]:
    """One batch for each mailbox and kind whose objects are not those of the last time.

    The content's id is made of the ids of the records, so that the journal's ledger knows what was told.
    """
    grouped: dict[tuple[str, str], list[Row]] = {}
    for kind, mailbox, found in judged:
        grouped.setdefault((kind, mailbox), []).append(envelope(kind, journal.tenant, mailbox, found, now_ms))
    contents = {
        Content(f"{kind}/{mailbox or 'tenant'}/{_digest(records)}", now_ms, state=ContentState.FETCHED): records
        for (kind, mailbox), records in grouped.items()
    }
    for content in journal.unseen(feed, list(contents)):
        raw = [orjson.dumps(record) for record in contents[content]]
        yield Batch(feed, raw, content, collected_ms=now_ms)


def _digest(records: list[Row]) -> str:
    return hashlib.sha256("\n".join(sorted(map(_identity, records))).encode()).hexdigest()[:24]


def _identity(record: Row) -> str:
    try:
        return read(record).record_id
    except UnreadableRecord:
        return hashlib.sha256(orjson.dumps(record["Object"], option=orjson.OPT_SORT_KEYS)).hexdigest()
