"""Alerts in a file of JSON lines that survives crashes, rotation and full disks. Layer: streams.

The file belongs to one Watchpost. It is made with mode 0600. When another program moves it away, the next alert opens a
new one; when it grows beyond its limit it becomes `name.1`, the former `name.1` becomes `name.2`, and so on.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from schemas.text import printable
from streams.sinks.alert_sink import Alert, SinkFailure, SinkRefused, SinkRetry

MODE = 0o600
_LATER = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ESTALE})


class AlertFile:
    """Appends to a file; an alert is delivered when the disk has it (fsync)."""

    batch_max = 100

    def __init__(self, name: str, path: Path, rotate_bytes: int = 100_000_000, keep: int = 5) -> None:
        """`rotate_bytes` 0: never rotated here. `keep`: how many rotated files stay."""
        self.name = name
        self._path = path
        self._rotate_bytes = rotate_bytes
        self._keep = keep
        self._file = -1

    def send(self, alerts: Sequence[Alert]) -> None:
        """Append one line per alert and wait for the disk; `SinkRetry`, `SinkRefused`."""
        data = b"".join(alert.body + b"\n" for alert in alerts)
        try:
            self._open(len(data))
            self._append(data)
        except OSError as error:
            self.close()
            raise self._failure(error) from None

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self, coming: int) -> None:
        if self._file >= 0 and self._moved():
            self.close()
        if self._file < 0:
            self._file = self._opened()
        size = os.fstat(self._file).st_size
        if self._rotate_bytes and size and size + coming > self._rotate_bytes:
            self._rotate()

    def _opened(self) -> int:
        """The file, new or old, at the start of a line: a crash may have left half of one."""
        file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, MODE)
        try:
            size = os.fstat(file).st_size
            if size and os.pread(file, 1, size - 1) != b"\n":
                os.write(file, b"\n")
        except OSError:
            os.close(file)
            raise
        return file

    def _moved(self) -> bool:
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            return True
        ours = os.fstat(self._file)
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)

    def _append(self, data: bytes) -> None:
        """All of it or, on a full disk, none of it."""
        start = os.fstat(self._file).st_size
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, start)
            raise

    def _rotate(self) -> None:
        self.close()
        if self._keep:
            for number in range(self._keep - 1, 0, -1):
                if (old := self._numbered(number)).exists():
                    os.replace(old, self._numbered(number + 1))
            os.replace(self._path, self._numbered(1))
        else:
            os.unlink(self._path)
        self._file = self._opened()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _failure(self, error: OSError) -> SinkFailure:
        line = f"{printable(str(self._path))}: cannot be written: {error.strerror or type(error).__name__}"
        return SinkRetry(line) if error.errno in _LATER else SinkRefused(line)
