"""Kinds of records that nobody reads and that were not there before. Layer: streams.

The share of what nobody reads is a tenant's habit (files, meetings); a type that appears and at once makes much of a feed is
not: the vendor may have moved there what was read so far.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.contracts.collected import Tally

DAY_MS: Final = 86_400_000
_DAYS_MIN: Final = 8  # with records, before anything is called new
_NEW_DAYS: Final = 7
_RECORDS_MIN: Final = 200  # of a day
_SHARE_MIN: Final = 0.05
_TYPES_MAX: Final = 1_000  # the vendor has some four hundred


class NewTypes:
    """The types of one feed that no detector looks into, with the day (UTC, since 1970) on which each was first seen."""

    def __init__(self) -> None:
        self._first: dict[str, int] = {}
        self._day = 0
        self._days = 0  # days with records, before today
        self._read = 0  # today
        self._today: dict[str, int] = {}

    def add(self, now_ms: int, tally: Tally) -> None:
        """Take in what became of a batch. Duplicates say nothing new."""
        self._turn(now_ms)
        self._read += tally.produced
        for name, count in tally.unread_types.items():
            if name in self._first or len(self._first) < _TYPES_MAX:
                self._first.setdefault(name, self._day)
                self._today[name] = self._today.get(name, 0) + count

    def rising(self, now_ms: int) -> list[str]:
        """New types that make a twentieth of today's records together; none while the feed is not known well."""
        self._turn(now_ms)
        if self._days < _DAYS_MIN or self._read < _RECORDS_MIN:
            return []
        new = sorted(name for name in self._today if self._day - self._first[name] < _NEW_DAYS)
        return new if sum(self._today[name] for name in new) >= _SHARE_MIN * self._read else []

    def _turn(self, now_ms: int) -> None:
        day = now_ms // DAY_MS
        if day <= self._day:
            return
        self._days += self._read > 0
        self._day, self._read, self._today = day, 0, {}

    def dump(self) -> list[Any]:
        """As JSON."""
        return [dict(self._first), self._day, self._days, self._read, dict(self._today)]

    @classmethod
    def load(cls, held: list[Any]) -> NewTypes:
        """Read back."""
        types = cls()
        types._first, types._day, types._days, types._read, types._today = dict(held[0]), *held[1:4], dict(held[4])
        return types
