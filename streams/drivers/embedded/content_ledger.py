"""What each feed listed, fetched and produced, and how far it has come. Layer: streams.

A row per listed content; of a fetched one records = produced + duplicates + dead, over all the times that it was fetched.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.contracts.collected import Batch, Content, ContentState, Tally

_CHUNK = 500  # ids asked for at a time
_FINAL = (ContentState.EXPIRED, ContentState.MISSING)


@dataclass(frozen=True, slots=True)
class FeedLedger:
    """Sums of one feed since it began. `oldest_ms` is when its oldest pending content was created, 0 when none waits."""

    tenant: str
    feed: str
    listed: int
    pending: int
    expired: int
    missing: int
    oldest_ms: int
    records: int
    produced: int
    duplicates: int
    dead: int
    complete_ms: int


def note_batch(connection: sqlite3.Connection, tenant: int, batch: Batch, tally: Tally, now_ms: int) -> None:
    """Content rows, sums, checkpoint and completeness of a batch."""
    connection.execute("INSERT OR IGNORE INTO feeds (tenant, feed) VALUES (?, ?)", (tenant, batch.feed))
    listed = batch.listed if batch.content is None else [*batch.listed, batch.content]
    fresh = _list(connection, tenant, batch.feed, listed, now_ms)
    lost = _fetched(connection, tenant, batch, batch.content, tally, now_ms) if batch.content is not None else None
    checkpoint = None if batch.checkpoint is None else orjson.dumps(batch.checkpoint, option=orjson.OPT_SORT_KEYS)
    connection.execute(
        "UPDATE feeds SET checkpoint = coalesce(?, checkpoint), complete_ms = max(complete_ms, ?), listed = listed + ?,"
        " expired = expired + ?, missing = missing + ?, records = records + ?, produced = produced + ?,"
        " duplicates = duplicates + ?, dead = dead + ? WHERE tenant = ? AND feed = ?",
        (
            checkpoint, batch.complete_ms or 0, fresh, lost is ContentState.EXPIRED, lost is ContentState.MISSING,
            tally.read, tally.produced, tally.duplicates, tally.dead, tenant, batch.feed,
        ),
    )  # fmt: skip


def _list(connection: sqlite3.Connection, tenant: int, feed: str, contents: Sequence[Content], now_ms: int) -> int:
    """Give new contents a row; how many were new."""
    if not contents:
        return 0
    cursor = connection.executemany(
        "INSERT OR IGNORE INTO contents (tenant, feed, id, listed_ms, created_ms, expires_ms, locator, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'listed')",
        [(tenant, feed, item.id, now_ms, item.created_ms, item.expires_ms, item.locator) for item in contents],
    )
    return cursor.rowcount


def _fetched(
    connection: sqlite3.Connection, tenant: int, batch: Batch, content: Content, tally: Tally, now_ms: int
) -> ContentState | None:
    """Move a content on; the state when it is newly lost."""
    state = content.state if content.state in _FINAL else ContentState.FETCHED
    if batch.partial:
        state = ContentState.LISTED
    key = (tenant, batch.feed, content.id)
    (former,) = connection.execute(
        "SELECT state FROM contents WHERE tenant = ? AND feed = ? AND id = ?", key
    ).fetchone()
    connection.execute(
        "UPDATE contents SET state = ?, fetched_ms = ?, records = records + ?, produced = produced + ?,"
        " duplicates = duplicates + ?, dead = dead + ? WHERE tenant = ? AND feed = ? AND id = ?",
        (state.value, now_ms, tally.read, tally.produced, tally.duplicates, tally.dead, *key),
    )
    return state if state in _FINAL and former != state else None


def checkpoint_of(connection: sqlite3.Connection, tenant: int, feed: str) -> dict[str, Any]:
    """The feed's last checkpoint; empty at first."""
    row = connection.execute("SELECT checkpoint FROM feeds WHERE tenant = ? AND feed = ?", (tenant, feed)).fetchone()
    return dict(orjson.loads(row[0])) if row else {}


def complete_of(connection: sqlite3.Connection, tenant: int, feed: str) -> int:
    """Content time up to which the feed is complete, UTC milliseconds; 0 at first."""
    row = connection.execute("SELECT complete_ms FROM feeds WHERE tenant = ? AND feed = ?", (tenant, feed)).fetchone()
    return int(row[0]) if row else 0


def unseen_of(connection: sqlite3.Connection, tenant: int, feed: str, contents: Sequence[Content]) -> list[Content]:
    """Contents without a row, in their order, each once."""
    known: set[str] = set()
    ids = list({item.id for item in contents})
    for at in range(0, len(ids), _CHUNK):
        part = ids[at : at + _CHUNK]
        marks = ",".join("?" * len(part))
        rows = connection.execute(
            f"SELECT id FROM contents WHERE tenant = ? AND feed = ? AND id IN ({marks})", (tenant, feed, *part)
        )
        known.update(held for (held,) in rows)
    fresh: dict[str, Content] = {}
    for item in contents:
        if item.id not in known:
            fresh.setdefault(item.id, item)
    return list(fresh.values())


def pending_of(connection: sqlite3.Connection, tenant: int, feed: str) -> list[Content]:
    """Listed and not fetched, oldest first."""
    rows = connection.execute(
        "SELECT id, created_ms, expires_ms, locator FROM contents"
        " WHERE tenant = ? AND feed = ? AND state = 'listed' ORDER BY created_ms, id",
        (tenant, feed),
    )
    return [Content(held, created, expires, locator) for held, created, expires, locator in rows]


def feed_ledgers(connection: sqlite3.Connection) -> list[FeedLedger]:
    """Sums of every feed of every tenant."""
    waiting = "FROM contents c WHERE c.tenant = f.tenant AND c.feed = f.feed AND c.state = 'listed'"
    rows = connection.execute(
        f"SELECT t.id, f.feed, f.listed, (SELECT count(*) {waiting}), f.expired, f.missing,"
        f" coalesce((SELECT min(c.created_ms) {waiting}), 0), f.records, f.produced, f.duplicates, f.dead, f.complete_ms"
        " FROM feeds f JOIN tenants t ON t.no = f.tenant ORDER BY t.id, f.feed"
    )
    return [FeedLedger(*row) for row in rows]
