"""Opening the store's file, and its transactions. Layer: streams.

WAL, so that `incidents list` reads while `run` writes. `synchronous` is FULL: NORMAL survives a killed process too, but a
power cut may take back its last transactions, and a feed whose checkpoint went back after its alerts were delivered would
deliver them twice. What cannot be read or written ends the process with one line (`StoreLost`), never with a traceback.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from streams.drivers.embedded.fair_lock import FairLock
from streams.drivers.embedded.tables import TABLES, VERSION

BUSY_SECONDS = 30.0
WAL_BYTES_MAX = 64 << 20  # kept after a checkpoint
MAGIC = 0x57617463  # application_id: "Watc"
_REMEDIES = {
    "SQLITE_BUSY": "another process holds it; stop that one, or wait",
    "SQLITE_LOCKED": "another process holds it; stop that one, or wait",
    "SQLITE_FULL": "the disk is full; make room and start again, nothing committed is lost",
    "SQLITE_IOERR": "the disk cannot be read or written; look at the system's log",
    "SQLITE_CORRUPT": "the file is damaged; restore a copy, or move it away and let `run` look back",
    "SQLITE_NOTADB": "it is no store of Watchpost; name another file",
    "SQLITE_READONLY": "it may not be written; look at the permissions of the file and its folder",
    "SQLITE_CANTOPEN": "it cannot be opened; look at the path and its permissions",
    "SQLITE_PERM": "it may not be opened; look at the permissions of the file and its folder",
}


class StoreLost(RuntimeError):
    """The store no longer takes our reads or writes: the process must end. `str()` is one plain line."""


def lost(path: Path, error: sqlite3.Error) -> StoreLost:
    """The error in one line: which file, what, what to do."""
    name = str(getattr(error, "sqlite_errorname", "") or type(error).__name__)
    remedies = [text for code, text in _REMEDIES.items() if name.startswith(code)]
    said = str(error).splitlines()[0] if str(error) else name
    return StoreLost(f"{path}: {remedies[0] if remedies else 'the store failed'} ({said})")


class Database:
    """One connection of one process, for all its threads: transactions come one after the other, in order of asking."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.fence: Callable[[sqlite3.Connection], None] = _unfenced  # StoreLost when another writer has taken over
        self._connection = connection
        self._lock = FairLock()
        self._lost: str | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. After any failure the store is lost to this process: what is in memory is ahead of it."""
        with self._lock:
            self._check()
            connection = self._connection
            try:
                connection.execute("BEGIN IMMEDIATE")
                self.fence(connection)
                yield connection
                connection.execute("COMMIT")
            except BaseException as error:
                found = lost(self.path, error) if isinstance(error, sqlite3.Error) else error
                self._lost = str(found) or type(found).__name__
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                if found is error:
                    raise
                raise found from None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read what is committed."""
        with self._lock:
            self._check()
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise lost(self.path, error) from None

    @contextmanager
    def waiting(self) -> Iterator[sqlite3.Connection]:
        """A transaction of a process that has no lease yet: its failure loses nothing. `sqlite3.Error` as it comes."""
        with self._lock:
            self._check()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def give_up(self, reason: str) -> None:
        """Take no more transactions: another writer has taken over."""
        self._lost = self._lost or reason

    def _check(self) -> None:
        if self._lost is not None:
            raise StoreLost(self._lost)

    def close(self) -> None:
        """Let the file go."""
        with self._lock, suppress(sqlite3.Error):
            self._lost = self._lost or f"{self.path}: the store was closed"
            self._connection.close()


def _unfenced(connection: sqlite3.Connection) -> None:
    """Nobody else writes."""


def open_database(path: Path, busy_seconds: float = BUSY_SECONDS) -> Database:
    """Open or make the store, for its owner alone (0600). StoreLost when that fails or the file is of a newer release."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise StoreLost(f"{path}: it cannot be opened for writing ({error.strerror})") from None
    try:
        connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        _prepare(path, connection)
    except sqlite3.Error as error:
        raise lost(path, error) from None
    return Database(path, connection)


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    for setting in (
        "auto_vacuum = INCREMENTAL",
        "journal_mode = WAL",
        "synchronous = FULL",
        f"journal_size_limit = {WAL_BYTES_MAX}",
        "secure_delete = ON",
        "cache_size = -8000",
    ):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("BEGIN IMMEDIATE")
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if empty:
        connection.execute(f"PRAGMA application_id = {MAGIC}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        for table in TABLES:
            connection.execute(table)
    connection.execute("COMMIT")
    check_version(path, connection)


def check_version(path: Path, connection: sqlite3.Connection) -> None:
    """StoreLost when the file is not a store, or one of another version."""
    (magic,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if magic != MAGIC:
        raise StoreLost(f"{path}: it is no store of Watchpost; name another file")
    if version > VERSION:
        raise StoreLost(f"{path}: it was written by a newer release (format {version}, this one knows {VERSION})")


def open_readonly(path: Path) -> sqlite3.Connection:
    """The store for reading, also while another process writes. StoreLost when that fails."""
    if not path.is_file():
        raise StoreLost(f"{path}: there is no store yet; `watchpost run` makes it")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        check_version(path, connection)
    except sqlite3.Error as error:
        raise lost(path, error) from None
    return connection


def integrity(database: Database) -> str:
    """`ok`, or the first thing that is wrong, in one line."""
    with database.reading() as connection:
        return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0]).splitlines()[0]
