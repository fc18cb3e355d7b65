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
    """Sums of one feed. `oldest_ms` is when its oldest pending content was created, 0 when none waits."""

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
    """Content rows, checkpoint and completeness of a batch."""
    _list(connection, tenant, batch.feed, batch.listed, now_ms)
    if batch.content is not None:
        _list(connection, tenant, batch.feed, [batch.content], now_ms)
        _fetched(connection, tenant, batch, batch.content, tally, now_ms)
    if batch.checkpoint is None and batch.complete_ms is None:
        return
    checkpoint = None if batch.checkpoint is None else orjson.dumps(batch.checkpoint, option=orjson.OPT_SORT_KEYS)
    connection.execute(
        "INSERT INTO feeds VALUES (?1, ?2, coalesce(?3, CAST('{}' AS BLOB)), ?4) ON CONFLICT DO UPDATE SET"
        " checkpoint = coalesce(?3, checkpoint), complete_ms = max(complete_ms, ?4)",
        (tenant, batch.feed, checkpoint, batch.complete_ms or 0),
    )


def _list(connection: sqlite3.Connection, tenant: int, feed: str, contents: Sequence[Content], now_ms: int) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO contents (tenant, feed, id, listed_ms, created_ms, expires_ms, locator, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'listed')",
        [(tenant, feed, item.id, now_ms, item.created_ms, item.expires_ms, item.locator) for item in contents],
    )


def _fetched(
    connection: sqlite3.Connection, tenant: int, batch: Batch, content: Content, tally: Tally, now_ms: int
) -> None:
    state = content.state if content.state in _FINAL else ContentState.FETCHED
    if batch.partial:
        state = ContentState.LISTED
    connection.execute(
        "UPDATE contents SET state = ?, fetched_ms = ?, records = records + ?, produced = produced + ?,"
        " duplicates = duplicates + ?, dead = dead + ? WHERE tenant = ? AND feed = ? AND id = ?",
        (state.value, now_ms, tally.read, tally.produced, tally.duplicates, tally.dead, tenant, batch.feed, content.id),
    )


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
    rows = connection.execute(
        "SELECT t.id, c.feed, count(*), sum(c.state = 'listed'), sum(c.state = 'expired'), sum(c.state = 'missing'),"
        " coalesce(min(CASE WHEN c.state = 'listed' THEN c.created_ms END), 0), sum(c.records), sum(c.produced),"
        " sum(c.duplicates), sum(c.dead), coalesce(f.complete_ms, 0) FROM contents c JOIN tenants t ON t.no = c.tenant"
        " LEFT JOIN feeds f ON f.tenant = c.tenant AND f.feed = c.feed GROUP BY t.id, c.feed ORDER BY t.id, c.feed"
    )
    return [FeedLedger(*row) for row in rows]
