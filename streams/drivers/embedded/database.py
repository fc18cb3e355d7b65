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
from streams.drivers.embedded.turns import Turns

BUSY_SECONDS = 30.0
WAL_BYTES_MAX = 64 << 20  # kept after a checkpoint
MAGIC = 0x57617463  # application_id: "Watc"
_REMEDIES = {
    "SQLITE_BUSY": "another process holds it; stop that one, or wait",
    "SQLITE_LOCKED": "another process holds it; stop that one, or wait",
    "SQLITE_FULL": "the disk is full; make room (`run` then goes on by itself), nothing committed is lost",
    "SQLITE_IOERR_SHMSIZE": "the disk is full; make room (`run` then goes on by itself), nothing committed is lost",
    "SQLITE_IOERR": "the disk cannot be read or written; look at the system's log",
    "SQLITE_CORRUPT": "the file is damaged; restore a copy, or move it away and let `run` look back",
    "SQLITE_NOTADB": "it is no store of Watchpost; name another file",
    "SQLITE_READONLY": "it may not be written; look at the permissions of the file and its folder",
    "SQLITE_CANTOPEN": "it cannot be opened; look at the path and its permissions",
    "SQLITE_PERM": "it may not be opened; look at the permissions of the file and its folder",
}
_FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")


class StoreLost(RuntimeError):
    """The store no longer takes our reads or writes: the process must end. `str()` is one plain line."""


class StoreFull(StoreLost):
    """The disk has no room for more."""


def lost(path: Path, error: sqlite3.Error) -> StoreLost:
    """The error in one line: which file, what, what to do."""
    name = str(getattr(error, "sqlite_errorname", "") or type(error).__name__)
    remedies = [text for code, text in _REMEDIES.items() if name.startswith(code)]
    said = str(error).splitlines()[0] if str(error) else name
    kind = StoreFull if name.startswith(_FULL) else StoreLost
    return kind(f"{path}: {remedies[0] if remedies else 'the store failed'} ({said})")


class Database:
    """The store for all threads of a process: transactions one after the other, shared out fairly; reads beside them."""

    def __init__(self, path: Path, writer: sqlite3.Connection, reader: sqlite3.Connection) -> None:
        self.path = path
        self.fence: Callable[[sqlite3.Connection], None] = _unfenced  # StoreLost when another writer has taken over
        self.error: Callable[[str], Exception] = StoreLost  # what callers get when the store is lost
        self._writer, self._writing = writer, Turns()
        self._reader, self._reading = reader, FairLock()
        self._lost: str | None = None
        self.full = False  # it was lost because the disk is full

    @contextmanager
    def transaction(self, who: str = "", live: bool = True) -> Iterator[sqlite3.Connection]:
        """All or nothing. After any failure the store is lost to this process: what is in memory is ahead of it.

        `who` it is for: those who want many share the time evenly, and who seldom wants one is not behind them. `live`: not
        for a back-fill, and so before those that are.
        """
        with self._writing.turn(who, live):
            self._check()
            connection = self._writer
            try:
                connection.execute("BEGIN IMMEDIATE")
                self.fence(connection)
                yield connection
                connection.execute("COMMIT")
            except BaseException as error:
                found = lost(self.path, error) if isinstance(error, sqlite3.Error) else error
                self._lost = str(found) or type(found).__name__
                self.full = self.full or isinstance(found, StoreFull)
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                if isinstance(found, StoreLost):
                    raise self.error(str(found)) from None
                raise

    def wanted(self, anybody: bool) -> bool:
        """Within a transaction: somebody waits who comes before its holder, or anybody at all."""
        return self._writing.waiting > 0 if anybody else self._writing.wanted()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read what is committed; no transaction is waited for."""
        with self._reading:
            self._check()
            try:
                yield self._reader
            except sqlite3.Error as error:
                raise self._failure(error) from None

    @contextmanager
    def upkeep(self) -> Iterator[sqlite3.Connection]:
        """The writing connection outside a transaction, for what is none: giving pages back, VACUUM."""
        with self._writing.turn(""):
            self._check()
            try:
                yield self._writer
            except sqlite3.Error as error:
                raise self._failure(error) from None

    @contextmanager
    def waiting(self) -> Iterator[sqlite3.Connection]:
        """A transaction of a process that has no lease: its failure loses nothing. `sqlite3.Error` as it comes."""
        with self._writing.turn(""):
            self._check()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                with suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

    def _failure(self, error: sqlite3.Error) -> Exception:
        found = lost(self.path, error)
        self.full = self.full or isinstance(found, StoreFull)
        return self.error(str(found))

    def give_up(self, reason: str) -> None:
        """Take no more transactions: another writer has taken over."""
        self._lost = self._lost or reason

    def _check(self) -> None:
        if self._lost is not None:
            raise self.error(self._lost)

    def close(self) -> None:
        """Let the file go."""
        self.give_up(f"{self.path}: the store was closed")
        with self._reading, suppress(sqlite3.Error):
            self._reader.close()
        with self._writing.turn(""), suppress(sqlite3.Error):
            self._writer.close()


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
        writer = _connected(path, busy_seconds)
        _prepare(path, writer)
        reader = _connected(path, busy_seconds)
        reader.execute("PRAGMA query_only = ON")
        reader.execute("PRAGMA cache_size = -2000")
    except sqlite3.Error as error:
        raise lost(path, error) from None
    return Database(path, writer, reader)


def _connected(path: Path, busy_seconds: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)


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


def integrity(connection: sqlite3.Connection) -> str:
    """`ok`, or the first thing that is wrong, in one line. `sqlite3.Error` as it comes."""
    return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0]).splitlines()[0]
