"""Reading incidents, also while `run` works: list, one with its history, by its id or the beginning of it. Layer: streams."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from streams.drivers.embedded.database import lost, open_readonly

_ROW = (
    "SELECT i.uid, t.id, i.account, i.tier, i.title, i.activity = 'close', i.first_ms, i.last_ms, i.created_ms,"
    " i.alert_ms, i.told_ms, (SELECT f.value FROM feedback f WHERE f.incident = i.uid ORDER BY f.id DESC LIMIT 1)"
    " FROM incidents i JOIN tenants t ON t.no = i.tenant"
)
_WILD = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident. Times are UTC milliseconds: of events, except `alert_ms` and `told_ms` (when it was first and last told,
    the former by the clock of the service that told of the events).

    `verdict` is the last that anybody gave, "" when nobody did.
    """

    uid: str
    tenant: str
    account: str
    tier: str
    title: str
    closed: bool
    first_ms: int
    last_ms: int
    created_ms: int
    alert_ms: int
    told_ms: int
    verdict: str


class IncidentReader:
    """Reads a store without writing to it. StoreLost when it cannot be read; LookupError for an id that nothing has."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = open_readonly(path)

    def incidents(
        self, tenant: str = "", tier: str = "", open_only: bool = False, since_ms: int = 0, most: int = 1_000
    ) -> list[IncidentRow]:
        """The latest first. `tier` "act" leaves out what was never graver than review."""
        rows = self._rows(
            f"{_ROW} WHERE (?1 = '' OR t.id = ?1) AND (?2 != 'act' OR i.tier = 'act')"
            " AND (?3 = 0 OR i.activity != 'close') AND i.last_ms >= ?4 ORDER BY i.created_ms DESC, i.uid LIMIT ?5",
            (tenant, tier, int(open_only), since_ms, most),
        )
        return [_row(row) for row in rows]

    def find(self, uid: str) -> IncidentRow:
        """The incident with this id, or the only one whose id begins so."""
        pattern = uid.strip().lower().translate(_WILD) + "%"
        rows = self._rows(f"{_ROW} WHERE i.uid LIKE ? ESCAPE '\\' ORDER BY i.uid LIMIT 3", (pattern,))
        if len(rows) == 1:
            return _row(rows[0])
        exact = [row for row in rows if row[0] == uid]
        if exact:
            return _row(exact[0])
        said = f"several incidents begin with {uid!r}: give more of it" if rows else f"there is no incident {uid!r}"
        raise LookupError(f"{self._path}: {said}")

    def message(self, uid: str) -> bytes:
        """The latest message of an incident, given by its whole id: OCSF JSON."""
        rows = self._rows(
            "SELECT m.message FROM incidents i JOIN messages m ON m.seq = i.latest WHERE i.uid = ?", (uid,)
        )
        if not rows:
            raise LookupError(f"{self._path}: there is no incident {uid!r}")
        return bytes(rows[0][0])

    def history(self, uid: str) -> list[bytes]:
        """Every message of an incident in order."""
        return [row[0] for row in self._rows("SELECT message FROM messages WHERE incident = ? ORDER BY seq", (uid,))]

    def feedback(self, uid: str) -> list[dict[str, Any]]:
        """What people said about an incident, in order."""
        rows = self._rows("SELECT value FROM feedback WHERE incident = ? ORDER BY id", (uid,))
        return [dict(orjson.loads(value)) for (value,) in rows]

    def _rows(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise lost(self._path, error) from None

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _row(row: tuple[Any, ...]) -> IncidentRow:
    uid, tenant, account, tier, title, closed, first_ms, last_ms, created_ms, alert_ms, told_ms, value = row
    verdict = str(orjson.loads(value).get("verdict", "")) if value else ""
    times = (first_ms, last_ms, created_ms, alert_ms, told_ms)
    return IncidentRow(uid, tenant, account, tier, title, bool(closed), *times, verdict)
