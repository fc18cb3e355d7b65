"""Alerts on standard output: JSON lines for programs, or the words for people. Layer: streams."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import IO

from streams.sinks.alert_sink import Alert, SinkRefused
from streams.sinks.alert_view import plain_text, view_of


class StandardOutput:
    """Writes each alert as one line of JSON; with `words`, as the lines that a person reads."""

    batch_max = 100

    def __init__(self, name: str, words: bool = False, out: IO[bytes] | None = None) -> None:
        self.name = name
        self._words = words
        self._out = out

    def send(self, alerts: Sequence[Alert]) -> None:
        """Write and flush; `SinkRefused` when nobody reads any more."""
        out = self._out or sys.stdout.buffer
        try:
            for alert in alerts:
                out.write(self._bytes(alert))
            out.flush()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is closed"
            raise SinkRefused(f"standard output cannot be written: {why}") from None

    def close(self) -> None:
        """Standard output stays open."""

    def _bytes(self, alert: Alert) -> bytes:
        if not self._words:
            return alert.body + b"\n"
        return plain_text(view_of(alert)).encode("utf-8", "replace") + b"\n"
