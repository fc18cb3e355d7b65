"""Times of the report in a zone of choice, durations in words. Layer: streams."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))


class UnknownZone(ValueError):
    """No such time zone; the text says what a zone is called."""


class Zone:
    """A time zone by its name in the IANA database, such as `Europe/Berlin`. Raises UnknownZone."""

    def __init__(self, name: str = "UTC") -> None:
        self.name = "UTC" if name.upper() == "UTC" else name
        self._zone = _zone(self.name)

    def parts(self, time_ms: int, seconds: bool = False) -> tuple[str, str]:
        """Date and time of day, and the offset from UTC: `2026-03-04 09:53`, `+01:00`."""
        moment = self._moment(time_ms)
        if moment is None:
            return f"{time_ms} ms", "UTC"
        clock = moment.isoformat(" ", "seconds" if seconds else "minutes")
        return (clock[: 19 if seconds else 16], _offset(moment))

    def offset_ms(self, time_ms: int) -> int:
        """How far the zone is ahead of UTC at that time, in milliseconds."""
        moment = self._moment(time_ms)
        ahead = None if moment is None else moment.utcoffset()
        return 0 if ahead is None else int(ahead.total_seconds() * 1000)

    def _moment(self, time_ms: int) -> datetime | None:
        try:
            return datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(self._zone)
        except (ValueError, OverflowError, OSError):
            return None


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        shown = name if name.isprintable() and len(name) <= 60 else ascii(name)[:60]
        raise UnknownZone(f"no time zone is called {shown!r}; use a name such as UTC or Europe/Berlin") from None


def _offset(moment: datetime) -> str:
    ahead = moment.utcoffset()
    minutes = 0 if ahead is None else round(ahead.total_seconds() / 60)
    if minutes == 0:
        return "UTC"
    return f"{'+' if minutes > 0 else '-'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def iso_utc(time_ms: int) -> str:
    """`2026-03-04T08:53:55.697Z`, as HTML wants it; empty beyond the calendar."""
    try:
        moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{moment.isoformat('T')[:19]}.{time_ms % 1000:03d}Z"


def duration(milliseconds: int) -> str:
    """The two largest units: `7 h 30 min`, `820 ms`."""
    rest = max(milliseconds, 0)
    parts: list[str] = []
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if part) or f"{rest} ms"
