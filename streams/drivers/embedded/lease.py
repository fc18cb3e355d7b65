"""One writer at a time: a lease in the store, renewed while its owner lives, with an epoch that fences. Layer: streams.

Who takes the lease raises the epoch; every transaction compares it, so that a process that was paused and wakes finds out
before it commits anything. A lock on a file beside the store (released by the system when a process dies) says that a former
owner is dead, so that a restart after a kill need not wait for the lease to run out. A process that is stopped in the midst
of a transaction holds SQLite's own lock: others wait until it goes on or is killed.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from streams.clock import Clock, WallClock
from streams.drivers.embedded.database import Database, StoreLost, lost

log = logging.getLogger("watchpost.store")
LEASE_SECONDS = 15.0
_POLL = 20  # looks per lease while waiting


class Lease:
    """The right to write. `take` waits for it; then it renews itself in a thread until `release`."""

    def __init__(self, database: Database, seconds: float = LEASE_SECONDS, clock: Clock | None = None) -> None:
        self.epoch = 0
        self._database = database
        self._seconds = seconds
        self._clock = clock or WallClock()
        self._owner = f"process {os.getpid()} on {socket.gethostname()}"
        self._file: IO[bytes] | None = None
        self._locked = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def take(
        self, stop: threading.Event | None = None, say: Callable[[str], None] = log.warning, wait: bool = True
    ) -> bool:
        """Wait for the lease; False when `stop` was set first (or, without `wait`, when another process has it)."""
        stop = stop or threading.Event()
        said = False
        self._open_lock(self._database.path.with_name(self._database.path.name + ".lock"))
        while not stop.is_set():
            holder = self._try()
            if not holder:
                self._database.fence = self._fence
                self._thread = threading.Thread(target=self._renew, name="watchpost-lease", daemon=True)
                self._thread.start()
                return True
            if not wait:
                break
            if not said:
                said = True
                say(f"{self._database.path}: {holder} writes to it; waiting until it ends")
            self._clock.wait(self._seconds / _POLL, stop)
        self._close_lock()
        return False

    def release(self) -> None:
        """Give the lease up; the next process takes it at once."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            try:
                with self._database.transaction() as connection:
                    connection.execute("UPDATE lease SET until_ms = 0 WHERE epoch = ?", (self.epoch,))
            except RuntimeError as error:
                log.debug("the lease was not given up: %s", error)
        self._close_lock()

    # --- taking --------------------------------------------------------------------------------------------------

    def _open_lock(self, path: Path) -> None:
        try:
            self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb+")
        except OSError as error:
            raise StoreLost(f"{path}: it cannot be opened for writing ({error.strerror})") from None

    def _close_lock(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file, self._locked = None, False

    def _lock_file(self) -> bool:
        if self._file is not None and not self._locked:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._locked = True
            except OSError:
                self._locked = False
        return self._locked

    def _try(self) -> str:
        """Take the lease when it is free; otherwise who has it."""
        try:
            return self._try_once()
        except StoreLost:
            raise
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                return "another process"
            raise lost(self._database.path, error) from None

    def _try_once(self) -> str:
        locked = self._lock_file()
        with self._database.waiting() as connection:
            row = connection.execute("SELECT owner, epoch, until_ms, locked FROM lease").fetchone()
            owner, epoch, until_ms, was_locked = row or ("", 0, 0, 0)
            dead = locked and bool(was_locked)  # its owner held the file's lock as long as it lived
            if until_ms > self._clock.now_ms() and not dead:
                return str(owner)
            self.epoch = epoch + 1
            connection.execute(
                "INSERT OR REPLACE INTO lease (id, owner, epoch, until_ms, locked) VALUES (1, ?, ?, ?, ?)",
                (self._owner, self.epoch, self._until_ms(), locked),
            )
        return ""

    def _until_ms(self) -> int:
        return self._clock.now_ms() + int(self._seconds * 1000)

    # --- keeping -------------------------------------------------------------------------------------------------

    def _fence(self, connection: sqlite3.Connection) -> None:
        row = connection.execute("SELECT epoch, owner FROM lease").fetchone()
        if row is None or row[0] != self.epoch:
            who = row[1] if row else "another process"
            raise StoreLost(f"{self._database.path}: {who} has taken over while this process was paused; it ends")

    def _renew(self) -> None:
        """Renew until told to stop; a failure (the store is lost) ends the store for this process."""
        while not self._stop.wait(self._seconds / 3):
            try:
                with self._database.transaction() as connection:
                    connection.execute(
                        "UPDATE lease SET until_ms = ?, locked = ?", (self._until_ms(), self._lock_file())
                    )
            except RuntimeError as error:
                self._database.give_up(str(error))
                return
