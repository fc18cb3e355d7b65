"""What people say about an incident: written by any process, taken into the log by the one that folds. Layer: streams."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import orjson

from schemas.contracts.log import EntryKind, LogEntry
from streams.drivers.embedded.database import StoreLost, lost, open_database

WORDS_MAX = 2_000  # characters of `why`


class Verdict(StrEnum):
    """What somebody found an incident to be (contracts 3)."""

    MALICIOUS = "malicious"
    BENIGN = "benign"
    NORMAL = "normal"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Feedback:
    """The value of a feedback entry (contracts 3). Times are UTC milliseconds; `expiry_ms` 0: for good."""

    incident: str
    verdict: Verdict
    who: str
    why: str
    at_ms: int
    scope: str = "incident"
    expiry_ms: int = 0
    kind: str = "verdict"


def encode_feedback(feedback: Feedback) -> bytes:
    """JSON bytes with sorted keys."""
    body = asdict(feedback) | {"why": feedback.why[:WORDS_MAX]}
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def write_verdict(path: Path, feedback: Feedback) -> None:
    """Hand a verdict on a known incident over, also while `run` works; `run` takes it into the log. StoreLost, LookupError."""
    if not path.is_file():
        raise StoreLost(f"{path}: there is no store yet; `watchpost run` makes it")
    database = open_database(path)
    try:
        with database.waiting() as connection:
            sql = "SELECT tenant, account FROM incidents WHERE uid = ?"
            row = connection.execute(sql, (feedback.incident,)).fetchone()
            if row is None:
                raise LookupError(f"{path}: there is no incident {feedback.incident}")
            connection.execute(
                "INSERT INTO feedback (tenant, incident, account, at_ms, value) VALUES (?, ?, ?, ?, ?)",
                (row[0], feedback.incident, row[1], feedback.at_ms, encode_feedback(feedback)),
            )
    except sqlite3.Error as error:
        raise lost(path, error) from None
    finally:
        database.close()


def take_feedback(connection: sqlite3.Connection, tenant: int, name: str) -> list[LogEntry]:
    """Entries of what was said and is not yet in the log; they are taken with this transaction."""
    rows = connection.execute(
        "SELECT id, incident, account, value FROM feedback WHERE tenant = ? AND taken = 0 ORDER BY id", (tenant,)
    ).fetchall()
    if rows:
        connection.execute("UPDATE feedback SET taken = 1 WHERE tenant = ? AND taken = 0", (tenant,))
    return [
        LogEntry(EntryKind.FEEDBACK, name, account, value, "feedback", f"{incident}|{number}")
        for number, incident, account, value in rows
    ]
