"""An event as plain values, for a sorted run on disk, and back: an eighth of what decoding its record again costs.

Not durable: the form is known to the process that wrote it and to no other. Layer: schemas.
"""

from __future__ import annotations

import marshal
from dataclasses import fields
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final, get_args

from schemas.records.event import (
    AuditEvent,
    Detail,
    Failure,
    InboxRule,
    RuleAction,
    SignIn,
    Source,
    TransportRule,
)

_DETAILS: Final[tuple[type, ...]] = get_args(Detail)
_NUMBERS: Final = {detail: number for number, detail in enumerate(_DETAILS)}
_VALUES: Final = {shape: attrgetter(*(field.name for field in fields(shape))) for shape in (AuditEvent, *_DETAILS)}
_OF_EVENT: Final = _VALUES[AuditEvent]
_ENUMS: Final[dict[type, tuple[int, type[StrEnum]]]] = {
    SignIn: (1, Failure),
    InboxRule: (0, RuleAction),
    TransportRule: (0, RuleAction),
}  # place of the one field that is no plain value


def pack(event: AuditEvent) -> bytes:
    """Bytes that `unpack` reads."""
    source, *values, detail = _OF_EVENT(event)
    if detail is None:
        return marshal.dumps((source._value_, values))
    shape = type(detail)
    inner = _VALUES[shape](detail)
    if shape in _ENUMS:
        place, _ = _ENUMS[shape]
        held = inner[place]
        inner = (*inner[:place], None if held is None else held._value_, *inner[place + 1 :])
    return marshal.dumps((source._value_, values, _NUMBERS[shape], inner))


def unpack(data: bytes) -> AuditEvent:
    """The event again. Only for bytes that this process packed: marshal trusts what it reads."""
    source, values, *rest = marshal.loads(data)
    event = AuditEvent(Source(source), *values)
    if rest:
        event.detail = _detail(*rest)
    return event


def _detail(number: int, values: tuple[Any, ...]) -> Any:
    shape = _DETAILS[number]
    if shape in _ENUMS:
        place, enum = _ENUMS[shape]
        held = values[place]
        values = (*values[:place], None if held is None else enum(held), *values[place + 1 :])
    return shape(*values)
