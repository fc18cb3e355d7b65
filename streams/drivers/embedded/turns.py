"""A lock that is shared out fairly by the time that each holds it. Layer: streams.

Start-time fair queueing (Goyal, Vin, Cheng 1996): a turn begins, in virtual time, when the last one of the same name ended,
or now when that is past; the earliest goes first. So of several that always have more to do each gets the same share,
whatever the length of its turns. Who has used little lately goes before them, up to `CREDIT_SECONDS` of virtual time ahead:
who floods does not delay who comes seldom, and who begins to flood is soon one of many.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

CREDIT_SECONDS = 0.5  # held by one who has used little, ahead of its share
MEMORY_SECONDS = 60.0  # in which what was used is forgotten to 1/e
LITTLE = 0.25  # of what the greatest of those who hold or wait has used lately


@dataclass(slots=True)
class _Account:
    """What one name has used: end of its last turn in virtual time, and seconds of late, as of `at`."""

    end: float = 0.0
    used: float = 0.0
    at: float = 0.0


@dataclass(slots=True, frozen=True)
class _Turn:
    """One that waits. `asked` is the virtual time at which it began to; `little`: it had used little by then."""

    ticket: int
    who: str
    asked: float
    little: bool


class Turns:
    """The lock. `with turns.turn(name):` waits for a turn and holds it; not reentrant."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._changed = threading.Condition()
        self._now = now
        self._tickets = 0
        self._holder: _Turn | None = None
        self._since = self._start = 0.0  # of the holder's turn, in seconds and in virtual time
        self._time = 0.0  # virtual: when the latest turn started
        self._accounts: dict[str, _Account] = {}
        self._waiting: list[_Turn] = []

    @contextmanager
    def turn(self, who: str) -> Iterator[None]:
        """Hold the lock."""
        with self._changed:
            mine = self._ask(who)
            self._changed.wait_for(lambda: self._holder is None and min(self._waiting, key=self._place) is mine)
            self._waiting.remove(mine)
            self._holder, self._since, self._start = mine, self._now(), self._start_of(mine)
            self._time = max(self._time, self._start)
        try:
            yield
        finally:
            with self._changed:
                account = self._account(who)
                held = self._now() - self._since
                account.end = self._start + held
                account.used += held
                self._holder = None
                self._changed.notify_all()

    def wanted(self) -> bool:
        """For the holder: somebody who has used little waits, and would come before it."""
        with self._changed:
            holder = self._holder
            return holder is not None and any(
                turn.little and self._place(turn)[0] < self._start for turn in self._waiting
            )

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._changed:
            return len(self._waiting)

    def _ask(self, who: str) -> _Turn:
        account, holder = self._account(who), self._holder
        most = max((self._account(turn.who).used for turn in self._waiting), default=0.0)
        if holder is not None:
            most = max(most, self._account(holder.who).used + self._now() - self._since)
        self._tickets += 1
        found = _Turn(self._tickets, who, self._time, account.used < LITTLE * most)
        self._waiting.append(found)
        return found

    def _start_of(self, turn: _Turn) -> float:
        """When a turn begins in virtual time."""
        return max(self._accounts[turn.who].end, turn.asked)

    def _place(self, turn: _Turn) -> tuple[float, int]:
        """The least goes first."""
        return self._start_of(turn) - CREDIT_SECONDS * turn.little, turn.ticket

    def _account(self, who: str) -> _Account:
        """The account of a name, its use as of now."""
        account, now = self._accounts.setdefault(who, _Account(at=self._now())), self._now()
        account.used *= math.exp(-(now - account.at) / MEMORY_SECONDS)
        account.at = now
        return account
