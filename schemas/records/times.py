"""Timestamps in the forms that the services, the portals and the consoles write. Layer: schemas.

Instants are UTC milliseconds. The caches are bounded and hold pure results only.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from schemas.records.memo import Memo

DAY_MS: Final = 86_400_000
_EPOCH: Final = date(1970, 1, 1).toordinal()
_FIRST_YEAR: Final = 2000  # Microsoft 365 has no record before; Entra's "never" is the year 1
_LAST_YEAR: Final = 2099
_SCALE: Final = (0, 100, 10, 1)  # milliseconds of the last of so many digits
_TWO: Final = {f"{n:02d}": n for n in range(60)}
_MINUTE_CHARACTERS: Final = 16  # YYYY-MM-DDTHH:MM
_REST_CHARACTERS: Final = 8  # :SS.mmmZ
_LOCAL_TIME: Final = re.compile(
    r"(?a:(\d{4}|\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{1,2}),? (\d{1,2})[:.]([0-5]\d)(?:[:.]([0-5]\d)(\.\d{1,7})?)?(?: (AM|PM))?)"
)


def _day_ms(day: str) -> int | None:
    """Midnight of `YYYY-MM-DD` in ms; None when it is no day of 2000 to 2099."""
    if day[4:5] != "-" or day[7:8] != "-" or not (day.isascii() and (day[:4] + day[5:7] + day[8:]).isdigit()):
        return None
    year = int(day[:4])
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return (date(year, int(day[5:7]), int(day[8:])).toordinal() - _EPOCH) * DAY_MS
    except ValueError:
        return None


def _minute_ms(minute: str) -> int | None:
    """The beginning of `YYYY-MM-DDTHH:MM` in ms; None when it is none."""
    midnight = _DAYS[minute[:10]]
    hours, minutes = _TWO.get(minute[11:13]), _TWO.get(minute[14:16])
    if midnight is None or hours is None or minutes is None or hours > 23:
        return None
    if minute[13] != ":" or minute[10] not in "Tt ":
        return None
    return midnight + (hours * 60 + minutes) * 60_000


_DAYS: Final = Memo(_day_ms, 4_096, _MINUTE_CHARACTERS)
_MINUTES: Final = Memo(_minute_ms, 65_536, _MINUTE_CHARACTERS)


def _zone_ms(zone: str) -> int | None:
    """Offset of `Z`, `+02:00`, `-0530`; the empty text is UTC."""
    if zone in ("", "Z", "z"):
        return 0
    if zone[0] not in "+-":
        return None
    hours, minutes = _TWO.get(zone[1:3]), _TWO.get(zone[4:] if zone[3:4] == ":" else zone[3:] or "00")
    if hours is None or minutes is None or hours > 14:
        return None
    offset = (hours * 60 + minutes) * 60_000
    return offset if zone[0] == "+" else -offset


def _tail_ms(tail: str) -> int | None:
    """What follows the seconds, fraction and zone, as ms to add."""
    if tail == "Z":
        return 0
    digits = tail[1:-1]
    if tail[-1] == "Z" and tail[0] == "." and digits.isdigit() and digits.isascii():  # the usual form, at once
        return int(digits[:3]) * _SCALE[len(digits[:3])]
    millis = 0
    if tail[0] in ".,":
        stop = 1
        while stop < len(tail) and tail[stop] in "0123456789":
            stop += 1
        if stop == 1:
            return None
        millis = int(tail[1:4].ljust(3, "0")[:3] if stop > 3 else tail[1:stop].ljust(3, "0"))
        tail = tail[stop:]
    offset = _zone_ms(tail.strip())
    return None if offset is None else millis - offset


def _rest_ms(rest: str) -> int | None:
    """What follows the minute, seconds with fraction and zone, as ms to add."""
    seconds = _TWO.get(rest[1:3])
    if seconds is None or rest[0] != ":":
        return None
    tail = _tail_ms(rest[3:]) if len(rest) > 3 else 0
    return None if tail is None else seconds * 1_000 + tail


_RESTS: Final = Memo(_rest_ms, 65_536, _REST_CHARACTERS)


def _other_forms_ms(value: str) -> int | None:
    """`/Date(ms)/` of the reporting service, and the forms in which Export-Csv writes a time in the console's culture."""
    if value.startswith("/Date(") and value.endswith(")/"):
        written = value[6:-2].partition("+")[0]
        millis = int(written) if len(written) < 16 and written.isascii() and written.isdigit() else None
        low, high = _day_ms(f"{_FIRST_YEAR}-01-01"), _day_ms(f"{_LAST_YEAR}-12-31")
        assert low is not None and high is not None
        return millis if millis is not None and low <= millis < high else None
    match = _LOCAL_TIME.fullmatch(value.replace("\u202f", " "))  # newer .NET: a narrow blank before PM
    return None if match is None else _local_ms(match)


def _local_ms(match: re.Match[str]) -> int | None:
    """Milliseconds of a time in words of a culture; None for no day, and for `pm`, whose cultures differ in order.

    `2025/07/25 17:59:26` (ja) is year first; `25.07.2025 17:59:26` (de), `25/07/2025 17:59:26` (en-GB, fr) and
    `25-7-2025 17:59:26` (nl) are day first; with AM or PM it is en-US, month first, as Log Analytics writes it
    (`8/14/2026, 9:10:02.695 AM`).
    """
    first, _, second, third, hour, minute, seconds, fraction, half = match.groups(default="")
    if len(first) == 4:
        year, month, day = first, second, third
    elif half:
        month, day, year = first, second, third
    else:
        day, month, year = first, second, third
    midnight = _day_ms(f"{year}-{month:0>2}-{day:0>2}")
    hours = int(hour)
    if midnight is None or hours > (12 if half else 23) or (half and not hours):
        return None
    if half:
        hours = hours % 12 + (12 if half == "PM" else 0)
    millis = int(fraction[1:4].ljust(3, "0")) if fraction else 0
    return midnight + ((hours * 60 + int(minute)) * 60 + int(seconds or 0)) * 1_000 + millis


def time_ms(value: object) -> int | None:
    """UTC milliseconds of a timestamp, naive ones being UTC; None when it is none, or outside 2000 to 2099.

    >>> time_ms("2026-08-14T09:31:07.5522137Z") == time_ms("2026-08-14T11:31:07.552+02:00")
    True
    """
    if type(value) is not str or not 18 < len(value) < 41:
        return _other_forms_ms(value) if type(value) is str and len(value) < 19 else None
    minute = _MINUTES[value[:16]]
    if minute is None:
        return _other_forms_ms(value)
    rest = _RESTS[value[16:]]
    if rest is None:
        return None if value[16] == ":" else _other_forms_ms(value)
    return minute + rest
