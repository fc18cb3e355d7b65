"""Encoded records on disk: written once, read by position. Layer: streams."""

from __future__ import annotations

import os
import threading
from pathlib import Path

_LENGTH_BITS = 25
_MASK = (1 << _LENGTH_BITS) - 1
_BUFFER_BYTES = 1 << 20


class Spool:
    """An append-only file; a position is one number that holds offset and length (below 32 MiB). Thread-safe."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._flushed = 0
        self._lock = threading.Lock()

    def write(self, data: bytes) -> int:
        """Keep some bytes; returns their position."""
        with self._lock:
            offset = self._flushed + self._buffered
            self._buffer.append(data)
            self._buffered += len(data)
            if self._buffered >= _BUFFER_BYTES:
                self._flush()
        return offset << _LENGTH_BITS | len(data)

    def _flush(self) -> None:
        data = b"".join(self._buffer)
        os.pwrite(self._file, data, self._flushed)
        self._flushed += len(data)
        self._buffer.clear()
        self._buffered = 0

    def read(self, position: int) -> bytes:
        """The bytes at a position."""
        offset, length = position >> _LENGTH_BITS, position & _MASK
        if offset + length > self._flushed:
            with self._lock:
                self._flush()
        return os.pread(self._file, length, offset)

    def close(self) -> None:
        """Give the file back."""
        os.close(self._file)


def length_of(position: int) -> int:
    """The number of bytes at a position."""
    return position & _MASK
