"""Parsing of single fields that all vendor sources share. Layer: schemas.

Every function takes whatever JSON held and never raises for a wrong type: such a field counts as absent. The caches are
bounded and hold pure results only.
"""

from __future__ import annotations

import ipaddress
import re
from functools import partial
from sys import intern
from typing import Final, cast

import orjson

from schemas.records.memo import Memo
from schemas.records.mended_json import loads
from schemas.records.times import time_ms as time_ms

Record = dict[str, object]
UserIds = tuple[tuple[str, str], ...]  # (kind, id)

_CACHED_TEXT: Final = 128  # longer strings are not worth keeping in a cache
_FLAGS: Final = {"True": True, "False": False, "true": True, "false": False}
_TEXT: Final = frozenset({str})
NESTED_LIMIT: Final = 65_536  # characters of JSON inside a string field that are worth reading
_IP_CHARACTERS_MAX: Final = 80
_UNSPECIFIED: Final = "0.0.0.0"
_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_PLAIN_IPV4: Final = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}", re.ASCII)
LIST_LIMIT: Final = 1_000  # entries of one list that are kept


def text(value: object) -> str | None:
    """A non-empty string, or None."""
    return value if type(value) is str and value else None


def shared(value: str | None) -> str | None:
    """The same text as one object for all records: a quarter of the memory, and dictionaries find it at once."""
    return intern(value) if value else None


def _one_id(kind: str, held: str) -> UserIds:
    return ((kind, held),)


OID: Final = Memo(partial(_one_id, "oid"), 65_536, _CACHED_TEXT)  # the ids of a user that goes by an object id alone


def _lowered(value: str) -> str:
    return intern(value.strip().lower())


LOWERED: Final = Memo(_lowered, 65_536, _CACHED_TEXT)  # a name trimmed and in lower case, as one object for all records


def lower(value: object) -> str | None:
    """A non-empty string trimmed and in lower case, or None."""
    return (LOWERED[value] or None) if type(value) is str else None


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
        found = _FLAGS.get(value)
        return _FLAGS.get(value.lower()) if found is None else found
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
    try:  # the usual form, at once
        usual = {entry["Name"]: entry["Value"] for entry in cast("list[dict[str, str]]", value)}
        if _TEXT.issuperset(map(type, usual)) and _TEXT.issuperset(map(type, usual.values())):
            return usual
    except (KeyError, TypeError):
        pass
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


ADDRESS: Final = Memo(address, 65_536, _CACHED_TEXT)


def addresses(value: str | None) -> tuple[str, ...]:
    """Addresses of a `;`-joined list, see `address`."""
    return tuple(address(part) for part in split(value)) if value else ()


def _guid(value: str) -> str | None:
    if len(value) != 36 or not value.isascii():
        return None
    if value[8] != "-" or value[13] != "-" or value[18] != "-" or value[23] != "-":
        return None
    value = value.lower()
    return intern(value) if not value.replace("-", "").strip("0123456789abcdef") else None


_GUIDS: Final = Memo(_guid, 65_536, _CACHED_TEXT)


def guid(value: object) -> str | None:
    """A GUID in the usual 36 characters, lower case; else None."""
    return _GUIDS[value] if type(value) is str else None


def _parsed(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


def _ip(value: str) -> str | None:
    if _PLAIN_IPV4.fullmatch(value) is not None:  # the usual form, which is canonical
        return intern(value) if value != _UNSPECIFIED else None
    if not 1 < len(value) < _IP_CHARACTERS_MAX:
        return None
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


IP: Final = Memo(_ip, 65_536, _CACHED_TEXT)


def ip(value: object) -> str | None:
    """Canonical text of an address: ports, brackets and zone ids cut, v4-mapped unwrapped; None when there is none."""
    return IP[value] if type(value) is str else None


def operation(raw: str) -> str:
    """Operation trimmed, one trailing dot removed, dashes ASCII. Case is kept: compare in lower case."""
    return _OPERATIONS[raw]


def _operation(raw: str) -> str:
    for dash in "\u2010\u2011\u2012\u2013\u2014\u2212":
        raw = raw.replace(dash, "-")
    return raw.strip().removesuffix(".").rstrip()


_OPERATIONS: Final = Memo(_operation, 4_096, _CACHED_TEXT)
