"""Parsing of single fields that all vendor sources share. Layer: schemas.

Every function takes whatever JSON held and never raises for a wrong type: such a field counts as absent. Instants are UTC
milliseconds. The caches are bounded and hold pure results only.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from functools import lru_cache
from sys import intern
from typing import Final

import orjson

from schemas.records.mended_json import loads

Record = dict[str, object]

DAY_MS: Final = 86_400_000
_EPOCH: Final = date(1970, 1, 1).toordinal()
_FIRST_YEAR: Final = 2000  # Microsoft 365 has no record before; Entra's "never" is the year 1
_LAST_YEAR: Final = 2099
_TWO: Final = {f"{n:02d}": n for n in range(60)}
_LOCAL_TIME: Final = re.compile(
    r"(?a:(\d{4}|\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{1,2}),? (\d{1,2})[:.]([0-5]\d)(?:[:.]([0-5]\d)(\.\d{1,7})?)?(?: (AM|PM))?)"
)
_CACHED_TEXT: Final = 128  # longer strings are not worth keeping in a cache
NESTED_LIMIT: Final = 65_536  # characters of JSON inside a string field that are worth reading
LIST_LIMIT: Final = 1_000  # entries of one list that are kept


def text(value: object) -> str | None:
    """A non-empty string, or None."""
    return value if type(value) is str and value else None


def shared(value: str | None) -> str | None:
    """The same text as one object for all records: a quarter of the memory, and dictionaries find it at once."""
    return intern(value) if value else None


@lru_cache(maxsize=65_536)
def one_id(kind: str, held: str) -> tuple[tuple[str, str], ...]:
    """The ids of a user that goes by one, as one object for all records."""
    return ((kind, held),)


def lower(value: object) -> str | None:
    """A non-empty string trimmed and in lower case, or None."""
    return (value.strip().lower() or None) if type(value) is str else None


def integer(value: object) -> int | None:
    """An int, also one written as a string, within 53 bits; else None."""
    if type(value) is int:
        return value if -(2**53) < value < 2**53 else None
    if type(value) is str and 0 < len(value) < 16 and value.isascii() and value.removeprefix("-").isdigit():
        return int(value)
    return None


def number(value: object) -> float | None:
    """A finite number, also one written as a string; else None."""
    if type(value) is str and len(value) < 32:
        try:
            value = float(value)
        except ValueError:
            return None
    if type(value) is int and abs(value) < 2**53:
        return float(value)
    return value if type(value) is float and abs(value) < 1e300 else None


def flag(value: object) -> bool | None:
    """A bool, also `True`/`False` as text in any case; else None."""
    if type(value) is bool:
        return value
    if type(value) is str and len(value) <= 5:
        return {"true": True, "false": False}.get(value.lower())
    return None


def nested(value: object) -> object:
    """JSON held in a string; None when it is not JSON, or longer than `NESTED_LIMIT`."""
    if type(value) is not str or not value or len(value) > NESTED_LIMIT:
        return None
    try:
        return loads(value)
    except orjson.JSONDecodeError:
        return None


def mapping(value: object) -> Record:
    """An object, also one stored as a JSON string (Log Analytics); {} when it is neither."""
    if type(value) is str:
        value = nested(value)
    return value if type(value) is dict else {}


def sequence(value: object) -> list[object]:
    """An array, also one stored as a JSON string; [] when it is neither."""
    if type(value) is str:
        value = nested(value)
    return value if type(value) is list else []


def pairs(value: object) -> dict[str, str]:
    """`[{Name, Value}, …]` as a dict. A missing or non-text Value is ""; of a repeated name the last counts."""
    if type(value) is not list:
        value = sequence(value)
    found: dict[str, str] = {}
    for entry in value:
        if type(entry) is dict:
            name = entry.get("Name")
            if type(name) is str:
                held = entry.get("Value")
                found[name] = held if type(held) is str else ""
    return found


def split(value: str) -> list[str]:
    """Parts of a `;`-joined multi-value, trimmed, empty ones left out."""
    return [part for part in map(str.strip, value.split(";")[:LIST_LIMIT]) if part]


def address(value: str) -> str:
    """Lower-case address of `smtp:x@y`, `"Name" [SMTP:x@y]`, `Name <x@y>`; a name or legacy DN stays as it is."""
    part = value.strip().lower()
    for opening, closing in (("[smtp:", "]"), ("<", ">")):
        start = part.rfind(opening)
        if start >= 0 and part.endswith(closing):
            part = part[start + len(opening) : -1]
    return part.removeprefix("smtp:").strip().strip('"')


def addresses(value: str | None) -> tuple[str, ...]:
    """Addresses of a `;`-joined list, see `address`."""
    return tuple(address(part) for part in split(value)) if value else ()


def guid(value: object) -> str | None:
    """A GUID in the usual 36 characters, lower case; else None."""
    if type(value) is not str or len(value) != 36 or not value.isascii():
        return None
    if value[8] != "-" or value[13] != "-" or value[18] != "-" or value[23] != "-":
        return None
    value = value.lower()
    return value if not value.replace("-", "").strip("0123456789abcdef") else None


def _parsed(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


@lru_cache(maxsize=65_536)
def _ip(value: str) -> str | None:
    part = value.strip()
    if part.startswith("["):
        part = part[1:].partition("]")[0]
    elif part.count(":") == 1 and "." in part:
        part = part.partition(":")[0]
    parsed = _parsed(part.partition("%")[0])
    if parsed is None and part.count(":") > 2:  # IPv6 with a port and without brackets
        head, _, port = part.rpartition(":")
        parsed = _parsed(head) if port.isdigit() else None
    if parsed is None:
        return None
    if parsed.version == 6 and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return None if parsed.is_unspecified else str(parsed)


def ip(value: object) -> str | None:
    """Canonical text of an address: ports, brackets and zone ids cut, v4-mapped unwrapped; None when there is none."""
    return _ip(value) if type(value) is str and 1 < len(value) < 80 else None


@lru_cache(maxsize=4_096)
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


def _other_forms_ms(value: str) -> int | None:
    """`/Date(ms)/` of the reporting service, and the forms in which Export-Csv writes a time in the console's culture."""
    if value.startswith("/Date(") and value.endswith(")/"):
        millis = integer(value[6:-2].partition("+")[0])
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
    if type(value) is not str or not 19 <= len(value) <= 40:
        return _other_forms_ms(value) if type(value) is str and len(value) < 19 else None
    midnight = _day_ms(value[:10])
    if midnight is None:
        return _other_forms_ms(value)
    hours, minutes, seconds = _TWO.get(value[11:13]), _TWO.get(value[14:16]), _TWO.get(value[17:19])
    if hours is None or minutes is None or seconds is None or hours > 23:
        return None
    if value[13] != ":" or value[16] != ":" or value[10] not in "Tt ":
        return None
    instant = midnight + ((hours * 60 + minutes) * 60 + seconds) * 1_000
    if len(value) == 19:
        return instant
    rest = _tail_ms(value[19:])
    return None if rest is None else instant + rest


def _operation(raw: str) -> str:
    for dash in "\u2010\u2011\u2012\u2013\u2014\u2212":
        raw = raw.replace(dash, "-")
    return raw.strip().removesuffix(".").rstrip()


_cached_operation = lru_cache(maxsize=4_096)(_operation)


def operation(raw: str) -> str:
    """Operation trimmed, one trailing dot removed, dashes ASCII. Case is kept: compare in lower case."""
    return _cached_operation(raw) if len(raw) <= _CACHED_TEXT else _operation(raw)
