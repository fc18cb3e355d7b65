"""Times as the vendor writes them. Layer: streams."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1)


def day_start(date: str) -> int:
    """Milliseconds of midnight UTC of a date ``YYYY-MM-DD``."""
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()) * SECOND


def audit_time(ms: int) -> str:
    """``2026-08-14T09:31:07``: no zone, whole seconds."""
    return (_EPOCH + timedelta(seconds=ms // 1000)).isoformat()


def graph_time(ms: int) -> str:
    """``2026-08-14T09:12:40Z``."""
    return (_EPOCH + timedelta(seconds=ms // 1000)).isoformat() + "Z"


def trace_time(ms: int) -> str:
    """``2026-08-14T11:04:57.113Z``."""
    return (_EPOCH + timedelta(seconds=ms // 1000)).isoformat() + f".{ms % 1000:03d}Z"
