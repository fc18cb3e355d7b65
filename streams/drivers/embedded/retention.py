"""Deleting what is past its time, in short transactions. Layer: streams.

The index of records goes with the archive, but not before what feeds look back at is past: a record that is listed again
after that would be taken for a new one. An open incident is never deleted.
"""

from __future__ import annotations

from dataclasses import dataclass

from streams.drivers.embedded.database import Database

DAY_MS = 86_400_000
ROWS = 2_000  # deleted per transaction
PAGES = 2_000  # given back to the system per transaction
SEEN_DAYS_MIN = 30.0  # feeds look back seven days, and the vendor sends records again weeks later


@dataclass(frozen=True, slots=True)
class Retention:
    """Days that each kind of row is kept."""

    archive_days: float = 30.0
    dead_days: float = 30.0
    contents_days: float = 30.0
    outbox_days: float = 7.0  # after delivery, or after a message was given up
    incidents_days: float = 365.0  # after the incident was closed


def prune(database: Database, retention: Retention, now_ms: int) -> dict[str, int]:
    """Rows deleted by table. StoreLost."""
    archived = now_ms - int(retention.archive_days * DAY_MS)
    closed = now_ms - int(retention.incidents_days * DAY_MS)
    dead = now_ms - int(retention.dead_days * DAY_MS)
    done = now_ms - int(retention.outbox_days * DAY_MS)
    old = "SELECT uid FROM incidents WHERE activity = 'close' AND told_ms < ?"
    unsent = "SELECT incident FROM outbox WHERE state = 'waiting'"
    found = {
        "log": _head(database, "log", "seq", "at_ms", archived),
        "blocks": _head(database, "blocks", "id", "day", archived // DAY_MS),
        "dead": _head(database, "dead", "id", "at_ms", dead),
        "outbox": _chunks(database, "outbox", "id", "state != 'waiting' AND done_ms < ?", done),
        "feedback": _chunks(database, "feedback", "id", f"taken = 1 AND incident IN ({old})", closed),
        "messages": _chunks(database, "messages", "seq", f"incident IN ({old}) AND incident NOT IN ({unsent})", closed),
    }
    gone = (
        "activity = 'close' AND told_ms < ? AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.incident = incidents.uid)"
    )
    found["incidents"] = _chunks(database, "incidents", "rowid", gone, closed)
    found["contents"] = _contents(database, now_ms - int(retention.contents_days * DAY_MS))
    found["seen"] = _seen(database, int(now_ms / DAY_MS - max(retention.archive_days, SEEN_DAYS_MIN)))
    _give_back(database)
    return found


def _head(database: Database, table: str, key: str, time: str, before: int) -> int:
    """Delete the rows before the first that is kept: rows are written in order of time."""
    sql = (
        f"SELECT coalesce((SELECT {key} FROM {table} WHERE {time} >= ? ORDER BY {key} LIMIT 1),"
        f" (SELECT max({key}) + 1 FROM {table}), 0)"
    )
    with database.reading() as connection:
        (first,) = connection.execute(sql, (before,)).fetchone()
    return _chunks(database, table, key, f"{key} < ?", first)


def _chunks(database: Database, table: str, key: str, where: str, value: int) -> int:
    """Delete rows oldest first, some at a time."""
    whole = 0
    while True:
        with database.transaction() as connection:
            cursor = connection.execute(
                f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {where} ORDER BY {key} LIMIT {ROWS})",
                (value,),
            )
            whole += cursor.rowcount
        if cursor.rowcount < ROWS:
            return whole


def _contents(database: Database, before_ms: int) -> int:
    with database.reading() as connection:
        pairs = connection.execute("SELECT DISTINCT tenant, feed FROM contents").fetchall()
    whole = 0
    for tenant, feed in pairs:
        with database.transaction() as connection:
            whole += connection.execute(
                "DELETE FROM contents WHERE tenant = ? AND feed = ? AND state != 'listed' AND listed_ms < ?",
                (tenant, feed, before_ms),
            ).rowcount
    return whole


def _seen(database: Database, before_day: int) -> int:
    """A 256th of each tenant's index at a time: it is kept in order of hashes."""
    with database.reading() as connection:
        tenants = [number for (number,) in connection.execute("SELECT no FROM tenants")]
    whole = 0
    for tenant in tenants:
        for first in range(256):
            bounds = (bytes([first]), bytes([first + 1]) if first < 255 else b"\xff" * 17)
            with database.reading() as connection:
                sql = "SELECT 1 FROM seen WHERE tenant = ? AND identity >= ? AND identity < ? AND day < ? LIMIT 1"
                some = connection.execute(sql, (tenant, *bounds, before_day)).fetchone()
            if some is None:
                continue
            with database.transaction() as connection:
                sql = "DELETE FROM seen WHERE tenant = ? AND identity >= ? AND identity < ? AND day < ?"
                whole += connection.execute(sql, (tenant, *bounds, before_day)).rowcount
    return whole


def _give_back(database: Database) -> None:
    """Return free pages to the system, some at a time."""
    while True:
        with database.upkeep() as connection:
            (before,) = connection.execute("PRAGMA freelist_count").fetchone()
            if not before:
                return
            connection.execute(f"PRAGMA incremental_vacuum({PAGES})").fetchall()
            (after,) = connection.execute("PRAGMA freelist_count").fetchone()
        if after >= before:
            return
