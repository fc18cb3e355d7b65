"""The store of `watchpost run`: whole, who writes it, its size and the room that is left. Layer: streams."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path

from streams.drivers.embedded.database import StoreLost, integrity, lost, open_readonly
from streams.operations.checks.check import Finding, fail, ok, skip, warn
from streams.operations.checks.installation import Installation
from streams.operations.checks.store_view import lease_owner
from streams.operations.checks.wording import size

INTEGRITY_SECONDS = 60.0
FREE_FAIL_BYTES, FREE_WARN_BYTES = 200_000_000, 2_000_000_000
_STEPS = 10_000  # of SQLite's machine between two looks at the time
_ROOM = "Make room on the disk, or set archive_days lower."


class Store:
    """Reads the file while another process may write it."""

    name = "store"

    def __init__(self, integrity_seconds: float = INTEGRITY_SECONDS) -> None:
        self._seconds = integrity_seconds

    def run(self, context: Installation) -> list[Finding]:
        """Look at the file and its disk."""
        path = context.store
        if not path.exists():
            return [skip("file", f"{path} does not exist yet: `watchpost run` makes it"), *_disk(path)]
        try:
            return [*self._file(path), _permissions(path), *_disk(path)]
        except StoreLost as error:
            return [fail("file", str(error)), *_disk(path)]

    def _file(self, path: Path) -> list[Finding]:
        with closing(open_readonly(path)) as connection:
            try:
                owner = lease_owner(connection)
                who = ok("writer", f"{owner} writes to it" if owner else "nobody writes to it now")
                return [who, self._integrity(path, connection)]
            except sqlite3.Error as error:
                raise lost(path, error) from None

    def _integrity(self, path: Path, connection: sqlite3.Connection) -> Finding:
        until = time.monotonic() + self._seconds
        connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        try:
            said = integrity(connection)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") != "SQLITE_INTERRUPT":
                raise
            return skip("integrity", f"not finished within {self._seconds:g} s ({size(_bytes(path))})")
        finally:
            connection.set_progress_handler(None, 0)
        if said != "ok":
            remedy = "Restore a copy, or move the file away and let `watchpost run` look back."
            return fail("integrity", f"{path} is damaged: {said}", remedy)
        return ok("integrity", f"{path} is whole, {size(_bytes(path))}")


def _permissions(path: Path) -> Finding:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return warn("permissions", f"others may open {path} ({mode:04o}): it holds audit records", f"chmod 600 {path}")
    return ok("permissions", "for its owner alone")


def _disk(path: Path) -> list[Finding]:
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return [skip("disk", f"{folder} cannot be looked at: {error.strerror}")]
    text = f"{size(free)} free at {folder}"
    if free < FREE_FAIL_BYTES:
        return [fail("disk", text, _ROOM)]
    return [warn("disk", text, _ROOM) if free < FREE_WARN_BYTES else ok("disk", text)]


def _bytes(path: Path) -> int:
    names = (path, path.with_name(path.name + "-wal"))
    return sum(name.stat().st_size for name in names if name.exists())
