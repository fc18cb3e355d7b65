"""Events as a hostile or damaged feed could make them, typed as the contract says. Layer: detectors.

For tests of detectors: one field of a real event at a time is replaced by each value that its annotation allows and that
no careful author thinks of.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import fields, replace
from enum import Enum
from typing import Any

from schemas.records.event import AuditEvent

_LONG = "x" * 20_000
TEXTS = (
    "",
    " ",
    ".",
    "\x00",
    "\x1b[31mred\x1b[0m",
    "\ud800",
    "\u202egnp.exe",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "line\r\nbreak",
    "@",
    "a@",
    "@b",
    "'); DROP TABLE rules;--",
    "smtp:someone@elsewhere.example",
    _LONG,
)
ADDRESSES = (None, "0.0.0.0", "255.255.255.255", "127.0.0.1", "::", "::1", "fe80::1", "2001:db8::ffff:ffff", "10.0.0.1")
NUMBERS = (0, 1, -1, 65_536, 2**31, 2**40, 2**63 - 1)
FRACTIONS = (0.0, -0.0, 1e-300, -1e300, 1e300)
TUPLES: tuple[tuple[str, ...], ...] = ((), ("",), TEXTS, tuple(f"r{n}@elsewhere.example" for n in range(1_000)))
TIMES_MS = (0, 946_684_800_000, 4_102_444_799_999)  # 1970; the first and last instant that a parser lets through


def hostile_events(event: AuditEvent) -> Iterator[AuditEvent]:
    """Every event that differs from this one in one field of itself or of its detail."""
    for name, value in _replacements(event, frozenset({"detail", "source", "ip"})):
        yield replace(event, **{name: value})
    for ip in ADDRESSES:
        yield replace(event, ip=ip)
    for time_ms in TIMES_MS:
        yield replace(event, time_ms=time_ms)
    if event.detail is not None:
        for name, value in _replacements(event.detail, frozenset()):
            yield replace(event, detail=replace(event.detail, **{name: value}))


def _replacements(record: Any, untouched: frozenset[str]) -> Iterator[tuple[str, Any]]:
    hints = typing.get_type_hints(type(record))
    for field in fields(record):
        if field.name not in untouched and field.name != "time_ms":
            for value in _values(hints[field.name]):
                yield field.name, value


def _values(hint: Any) -> tuple[Any, ...]:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return tuple(value for part in typing.get_args(hint) for value in _values(part))
    if hint == tuple[str, ...]:
        return TUPLES
    if isinstance(hint, type) and issubclass(hint, Enum):
        return tuple(hint)
    return {str: TEXTS, int: NUMBERS, float: FRACTIONS, bool: (True, False), type(None): (None,)}.get(hint, ())
