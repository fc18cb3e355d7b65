"""Messages that wait for their sinks, and what became of them. Layer: streams.

A message is stored with what caused it, and sent afterwards: a sink may get one twice (after a crash between sending and
noting), with the same id, and never loses one. Messages of one incident go to a sink in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streams.drivers.embedded.database import Database

DEAD_AFTER_DAYS = 3.0
DAY_MS = 86_400_000
ERROR_MAX = 500  # characters of an error that are kept


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message for one sink: OCSF JSON, how often it was tried, when it was stored (UTC milliseconds)."""

    id: int
    sink: str
    tenant: str
    incident: str
    message: bytes
    tries: int
    created_ms: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Of one sink: messages that wait, since when the oldest does (UTC milliseconds, 0: none), and how many were given up."""

    sink: str
    waiting: int
    oldest_ms: int
    dead: int


class Outbox:
    """What is to be sent. Its methods may be called from any thread; StoreLost when the store is lost."""

    def __init__(self, database: Database, dead_after_days: float = DEAD_AFTER_DAYS) -> None:
        self._database = database
        self.dead_after_ms = int(dead_after_days * DAY_MS)

    def due(self, now_ms: int, sink: str, most: int = 100) -> list[OutgoingMessage]:
        """Messages of a sink whose time has come, the oldest first; none while an earlier one of its incident waits."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT o.id, o.sink, t.id, o.incident, m.message, o.tries, o.created_ms FROM outbox o"
                " JOIN messages m ON m.seq = o.message JOIN tenants t ON t.no = o.tenant"
                " WHERE o.state = 'waiting' AND o.sink = ? AND o.due_ms <= ? AND NOT EXISTS ("
                "  SELECT 1 FROM outbox e WHERE e.state = 'waiting' AND e.sink = o.sink AND e.incident = o.incident"
                "  AND e.id < o.id AND e.due_ms > ?)"
                " ORDER BY o.id LIMIT ?",
                (sink, now_ms, now_ms, most),
            ).fetchall()
        return [OutgoingMessage(*row) for row in rows]

    def delivered(self, ids: Sequence[int], now_ms: int) -> None:
        """The sink took them."""
        if not ids:
            return
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE outbox SET state = 'delivered', done_ms = ?, tries = tries + 1, error = ''"
                " WHERE id = ? AND state = 'waiting'",
                [(now_ms, number) for number in ids],
            )

    def failed(self, number: int, next_ms: int, error: str, now_ms: int) -> bool:
        """The sink did not take one: try again at `next_ms`. Given up after `dead_after_days`; whether it was."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE outbox SET tries = tries + 1, error = ?2, due_ms = ?3,"
                " state = CASE WHEN ?4 - created_ms >= ?5 THEN 'dead' ELSE 'waiting' END,"
                " done_ms = CASE WHEN ?4 - created_ms >= ?5 THEN ?4 ELSE 0 END WHERE id = ?1 AND state = 'waiting'",
                (number, error[:ERROR_MAX], next_ms, now_ms, self.dead_after_ms),
            )
            row = connection.execute("SELECT state FROM outbox WHERE id = ?", (number,)).fetchone()
        return row is not None and row[0] == "dead"

    def dead(self, number: int, error: str, now_ms: int) -> None:
        """The sink will never take it: not tried again, kept for people to see."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE outbox SET state = 'dead', done_ms = ?, tries = tries + 1, error = ?"
                " WHERE id = ? AND state = 'waiting'",
                (now_ms, error[:ERROR_MAX], number),
            )

    def next_ms(self) -> int | None:
        """When the next message is due, UTC milliseconds; None when none waits."""
        with self._database.reading() as connection:
            (found,) = connection.execute("SELECT min(due_ms) FROM outbox WHERE state = 'waiting'").fetchone()
        return None if found is None else int(found)

    def backlog(self) -> list[Backlog]:
        """What waits and what was given up, by sink."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT sink, sum(state = 'waiting'), coalesce(min(CASE WHEN state = 'waiting' THEN created_ms END), 0),"
                " sum(state = 'dead') FROM outbox GROUP BY sink ORDER BY sink"
            ).fetchall()
        return [Backlog(*row) for row in rows]
