"""The part of OData that the log endpoints understand: `$filter` with `and`, `eq ge le`, `startsWith`, `contains`, `any`.

Layer: streams.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_COMPARE = re.compile(r"(?P<field>[A-Za-z_/0-9]+)\s+(?P<op>eq|ne|ge|le|gt|lt)\s+(?P<value>'(?:[^']|'')*'|[^\s')]+)")
_CALL = re.compile(r"(?P<op>startswith|endswith|contains)\(\s*(?P<field>[A-Za-z_/0-9]+)\s*,\s*'(?P<value>(?:[^']|'')*)'\s*\)",
                   re.IGNORECASE)  # fmt: skip
_ANY = re.compile(
    r"(?P<field>[A-Za-z_0-9]+)/any\(\s*(?P<var>\w+)\s*:\s*(?P=var)(?:/(?P<member>\w+))?\s+(?P<op>eq|ne)\s+'(?P<value>[^']*)'\s*\)"
)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)


class BadQuery(Exception):
    """The query is not understood; the text is for the caller."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. `op`: eq ne ge le startswith endswith contains any-eq any-ne."""

    field: str
    op: str
    value: str
    member: str = ""

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether a row satisfies it. A missing member satisfies nothing but `ne`."""
        found: Any = row
        for part in self.field.split("/"):
            found = found.get(part) if isinstance(found, Mapping) else None
        if self.op.startswith("any"):
            listed = found if isinstance(found, list) else []
            values = [item.get(self.member) if self.member and isinstance(item, Mapping) else item for item in listed]
            return any((value == self.value) is (self.op == "any-eq") for value in values)
        if found is None:
            return self.op == "ne" if self.value != "null" else self.op == "eq"
        return _compare(self.op, _text(found), self.value)


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _compare(op: str, found: str, value: str) -> bool:
    if op in ("ge", "le"):
        return found >= value if op == "ge" else found <= value
    low, wanted = found.lower(), value.lower()
    match op:
        case "eq":
            return low == wanted
        case "ne":
            return low != wanted
        case "startswith":
            return low.startswith(wanted)
        case "endswith":
            return low.endswith(wanted)
    return wanted in low


@dataclass(slots=True)
class Filter:
    """A parsed filter: bounds of one time field (UTC milliseconds, both included), and other conditions."""

    first: int | None = None
    last: int | None = None
    conditions: list[Condition] = field(default_factory=list)


def time_of(text: str) -> int:
    """UTC milliseconds of `2026-08-14T09:00:00Z` (any fraction, or a date alone); `BadQuery`."""
    try:
        found = datetime.fromisoformat(text.strip("'"))
    except ValueError:
        raise BadQuery(f"Invalid date/time literal '{text}'.") from None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def parse_filter(text: str, time_field: str) -> Filter:
    """Read a filter; `BadQuery`."""
    found = Filter()
    for part in _AND.split(text.strip().removeprefix("(").removesuffix(")") if _outer(text) else text.strip()):
        if part:
            _take(found, part.strip(), time_field)
    return found


def _outer(text: str) -> bool:
    """Whether the whole text stands in one pair of brackets."""
    text = text.strip()
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return position == len(text) - 1
    return False


def _take(found: Filter, part: str, time_field: str) -> None:
    listed = _ANY.fullmatch(part)
    if listed is not None:
        found.conditions.append(
            Condition(listed["field"], f"any-{listed['op']}", listed["value"], listed["member"] or "")
        )
        return
    call = _CALL.fullmatch(part)
    if call is not None:
        found.conditions.append(Condition(call["field"], call["op"].lower(), call["value"].replace("''", "'")))
        return
    compared = _COMPARE.fullmatch(part)
    if compared is None:
        raise BadQuery(f"Invalid filter clause: {part[:80]}")
    name, op, value = compared["field"], compared["op"], compared["value"]
    if op in ("gt", "lt"):
        raise BadQuery(f"Unsupported operator '{op}' on property '{name}'.")
    if name != time_field:
        found.conditions.append(Condition(name, op, value.strip("'").replace("''", "'")))
        return
    moment = time_of(value)
    if op in ("ge", "eq"):
        found.first = moment
    if op in ("le", "eq"):
        found.last = moment + (999 if "." not in value else 0)
