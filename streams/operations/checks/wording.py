"""Times and sizes in words. Layer: streams."""

from __future__ import annotations

from datetime import UTC, datetime

_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000, 3_600_000, 86_400_000


def span(milliseconds: int) -> str:
    """A length of time to a person's precision: "40 s", "12 min", "5.5 h", "3 d"."""
    length = abs(milliseconds)
    if length < 2 * _MINUTE_MS:
        return f"{length / 1000:.0f} s"
    if length < 2 * _HOUR_MS:
        return f"{length / _MINUTE_MS:.0f} min"
    if length < 2 * _DAY_MS:
        return f"{length / _HOUR_MS:.1f} h"
    return f"{length / _DAY_MS:.0f} d"


def moment(time_ms: int) -> str:
    """UTC to the minute."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def day(time_ms: int) -> str:
    """UTC date."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d")


def size(count: int) -> str:
    """Bytes as MB or GB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
