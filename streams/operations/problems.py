"""Telling what could not be read: a line each, and a count where a file has many. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable

PER_FILE_MAX = 20


class Problems:
    """Names unreadable records as they are met. Files come one after the other, so that one counter is enough."""

    def __init__(self, tell: Callable[[str], None], per_file_max: int = PER_FILE_MAX) -> None:
        self._tell = tell
        self._per_file_max = per_file_max
        self._file = ""
        self._count = 0

    def unreadable(self, file: str, line: int, reason: str) -> None:
        """Name one; `line` 0 means the file as a whole. All three are safe to print already."""
        if file != self._file:
            self.finish()
            self._file = file
        self._count += 1
        if self._count <= self._per_file_max:
            place = f"{file}:{line}" if line else file
            self._tell(f"{place}: unreadable: {reason}")

    def warn(self, file: str, text: str) -> None:
        """Say something about a file that was read."""
        self._tell(f"{file}: {text}")

    def finish(self) -> None:
        """Say how many of the last file were not named."""
        more = self._count - self._per_file_max
        if more > 0:
            self._tell(f"{self._file}: unreadable: {more} more")
        self._count = 0
