"""Spans of time in which something holds. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass, field

NEVER = 1 << 62


@dataclass(slots=True)
class Spans:
    """From (exclusive) to (exclusive), UTC milliseconds, in order; the last may be open."""

    _found: list[list[int]] = field(default_factory=list)

    def begin(self, at_ms: int) -> None:
        """From now on; nothing new when it holds already."""
        if not self.open:
            self._found.append([at_ms, NEVER])

    def end(self, at_ms: int) -> int | None:
        """No longer; since when it held, or None when it did not."""
        if not self.open:
            return None
        self._found[-1][1] = at_ms
        return self._found[-1][0]

    def __bool__(self) -> bool:
        """Whether it ever held."""
        return bool(self._found)

    @property
    def open(self) -> bool:
        """Whether it holds now."""
        return bool(self._found) and self._found[-1][1] == NEVER

    def holds(self, at_ms: int) -> bool:
        """Whether it held at a moment."""
        return any(begin < at_ms < end for begin, end in self._found)
