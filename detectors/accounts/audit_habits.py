"""State of `audit-tampering`: how often an account takes audit away, and what it took already. Layer: detectors."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from detectors.accounts.audit_content import PARAMETERS, TENANT, kind_of
from detectors.models.occurrence import RareOccurrence

Mark = tuple[int, int]  # (hash of whose, place of the parameter)

KINDS = 3
KNOWN_MAX = 64
OPEN_MAX = 255  # marks of an open day
DAYS_MAX = 8  # open days
REMEMBERED_DAYS = 90
DAY_MAX = 47_482  # 2099-12-31: no record is later
_HEAD, _RATE = struct.Struct("<BBB"), struct.Struct("<B16s")
_KNOWN, _DAY, _MARK = struct.Struct("<IBi"), struct.Struct("<iB"), struct.Struct("<IBB")


@dataclass(slots=True)
class AuditHabits:
    """Rates by kind; what is off since which day, as far as this account did it; the open days' marks (True: off)."""

    rates: dict[int, RareOccurrence] = field(default_factory=dict)
    known: dict[Mark, int] = field(default_factory=dict)
    open: dict[int, dict[Mark, bool]] = field(default_factory=dict)

    def note(self, day: int, mark: Mark, off: bool) -> None:
        """The account set this on an open day; the last time counts."""
        if not off and mark not in self.known and mark not in self.open.get(day, ()):
            return  # a service that switches on every day leaves nothing
        marks = self.open.get(day)
        if marks is None:
            if len(self.open) >= DAYS_MAX:
                return
            marks = self.open[day] = {}
        if mark in marks or len(marks) < OPEN_MAX:
            marks[mark] = off

    def is_off(self, day: int, mark: Mark) -> bool:
        """This account had switched it off by this day."""
        today = self.open.get(day, {}).get(mark)
        return mark in self.known if today is None else today

    def switched_off(self, day: int, kind: int) -> int:
        """Mailboxes or accounts that were taken audit from on an open day."""
        return len({mark[0] for mark, off in self.open.get(day, {}).items() if off and kind_of(mark[1]) == kind})

    def seal(self, day: int, learn: bool) -> None:
        """Learn a closed day; what was open before it is forgotten."""
        if not self.open and not self.known:
            return  # nearly every account
        for closed in [held for held in self.open if held <= day]:
            marks = self.open.pop(closed)
            if learn and closed == day:
                self._learn(day, marks)
        self.known = {mark: since for mark, since in self.known.items() if since >= day - REMEMBERED_DAYS}

    def _learn(self, day: int, marks: dict[Mark, bool]) -> None:
        for kind in range(KINDS):
            count = len({whose for (whose, place), off in marks.items() if off and kind_of(place) == kind})
            if count:
                self.rates.setdefault(kind, RareOccurrence()).learn_one({"day": day, "count": count})
        for mark, off in sorted(marks.items()):
            self.known.pop(mark, None)
            if off and kind_of(mark[1]) != TENANT:
                self.known[mark] = day
        latest = sorted(self.known.items(), key=lambda item: (item[1], item[0]))[-KNOWN_MAX:]
        self.known = dict(latest)


def dump_habits(state: AuditHabits) -> bytes:
    """Version 1; empty at start. Little endian:

    `u8 rates, u8 known, u8 days | rates x (u8 kind, 16 B) | known x (u32 whose, u8 place, i32 day) | days x (i32 day, u8 n |
    n x (u32 whose, u8 place, u8 off))`.
    """
    if not state.rates and not state.known and not state.open:
        return b""
    parts = [_HEAD.pack(len(state.rates), len(state.known), len(state.open))]
    parts += [_RATE.pack(kind, model.pack()) for kind, model in sorted(state.rates.items())]
    parts += [_KNOWN.pack(*mark, day) for mark, day in sorted(state.known.items())]
    for day, marks in sorted(state.open.items()):
        parts.append(_DAY.pack(day, len(marks)))
        parts += [_MARK.pack(*mark, off) for mark, off in sorted(marks.items())]
    return b"".join(parts)


def load_habits(data: bytes) -> AuditHabits:
    """Bytes to state; ValueError when they are damaged."""
    state = AuditHabits()
    try:
        rates, known, days = _HEAD.unpack_from(data)
        at = _HEAD.size
        for _ in range(rates):
            kind, packed = _RATE.unpack_from(data, at)
            state.rates[kind] = RareOccurrence.unpack(packed)
            at += _RATE.size
        for _ in range(known):
            whose, place, day = _KNOWN.unpack_from(data, at)
            state.known[whose, place] = day
            at += _KNOWN.size
        for _ in range(days):
            day, count = _DAY.unpack_from(data, at)
            at += _DAY.size
            rows = _MARK.iter_unpack(data[at : at + count * _MARK.size])
            state.open[day] = {(whose, place): off == 1 for whose, place, off in rows}
            at += count * _MARK.size
            if len(state.open[day]) != count:
                raise ValueError("a mark stands twice")
    except (ValueError, struct.error) as error:
        raise ValueError("the state of audit-tampering is damaged") from error
    sizes = (len(state.rates), len(state.known), len(state.open)) == (rates, known, days)
    if at != len(data) or not sizes or not _possible(state):
        raise ValueError("the state of audit-tampering is damaged")
    return state


def _possible(state: AuditHabits) -> bool:
    marks = [*state.known, *(mark for marks in state.open.values() for mark in marks)]
    dates = [*state.known.values(), *state.open]
    return (
        all(kind < KINDS for kind in state.rates)
        and all(place < len(PARAMETERS) for _, place in marks)
        and all(0 <= day <= DAY_MAX for day in dates)
    )
