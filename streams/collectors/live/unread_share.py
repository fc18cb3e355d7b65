"""The share of a feed's records that cannot be read, today against the days before. Layer: streams."""

from __future__ import annotations

from typing import Any, Final

from schemas.contracts.collected import Tally

DAY_MS: Final = 86_400_000
_RECORDS_MIN: Final = 200  # of a day
_DAYS_MIN: Final = 3.0
_RISE_MIN: Final = 0.05  # of all records
_FACTOR: Final = 2.0
_FADE: Final = 0.9  # per day: about ten days are remembered


class UnreadShare:
    """Dead letters over records read, by day (UTC); days before are remembered with a fading weight."""

    def __init__(self) -> None:
        self._day = 0
        self._today = [0.0, 0.0]  # read, unread
        self._before = [0.0, 0.0]
        self._days = 0.0

    def add(self, now_ms: int, tally: Tally) -> None:
        """Take in a batch. Duplicates say nothing new."""
        self._turn(now_ms)
        self._today[0] += tally.produced + tally.dead
        self._today[1] += tally.dead

    def rising(self, now_ms: int) -> bool:
        """Today's share is twice that of the days before, and at least a twentieth more."""
        self._turn(now_ms)
        read, unread = self._today
        if read < _RECORDS_MIN or self._days < _DAYS_MIN or not self._before[0]:
            return False
        usual = self._before[1] / self._before[0]
        return unread / read >= max(_FACTOR * usual, usual + _RISE_MIN)

    def _turn(self, now_ms: int) -> None:
        day = now_ms // DAY_MS
        if day <= self._day:
            return
        if self._today[0]:
            self._before = [_FADE * held + new for held, new in zip(self._before, self._today, strict=True)]
            self._days += 1.0
        self._today = [0.0, 0.0]
        self._day = day

    def dump(self) -> list[Any]:
        """As JSON."""
        return [self._day, list(self._today), list(self._before), self._days]

    @classmethod
    def load(cls, held: list[Any]) -> UnreadShare:
        """Read back."""
        share = cls()
        share._day, share._today, share._before, share._days = held[0], list(held[1]), list(held[2]), held[3]
        return share
