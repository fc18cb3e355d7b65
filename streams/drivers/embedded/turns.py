"""A lock that is shared out fairly by the processor time that each spends with it. Layer: streams.

Start-time fair queueing (Goyal, Vin, Cheng 1996): a turn starts, in virtual time, when the last one of the same name ended,
or at the time of asking when that is later; the earliest goes first. So of several that always have more to do each gets the
same share, whatever the length of its turns. What is live goes before what is past by up to `LIVE_SECONDS` of virtual time, and
who has used little lately before the others by `CREDIT_SECONDS`: who floods does not delay who comes seldom, and who begins to
flood is soon one of many.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

CREDIT_SECONDS = 0.5  # of processor time that one who has used little may be ahead of its share
LIVE_SECONDS = 10.0  # and that one may be who does not look back: ten thousand mails of one attack take some three
MEMORY_SECONDS = 30.0  # of wall time in which what was used is forgotten to 1/e
LITTLE = 0.5  # of what the greatest of those who hold or wait has used lately


@dataclass(slots=True)
class _Account:
    """What one name has used: end of its last turn in virtual time, and seconds of late, as of `at`."""

    end: float = 0.0
    used: float = 0.0
    at: float = 0.0


@dataclass(slots=True, frozen=True)
class _Turn:
    """One that waits or holds. `asked` is the virtual time at which it began to wait."""

    ticket: int
    who: str
    asked: float
    live: bool


class Turns:
    """The lock. `with turns.turn(name):` waits for a turn and holds it; not reentrant.

    `spent` gives seconds that the calling thread has used, `now` seconds of the wall that never step back.
    """

    def __init__(
        self, spent: Callable[[], float] = time.thread_time, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._changed = threading.Condition()
        self._spent, self._now = spent, now
        self._tickets = 0
        self._holder: _Turn | None = None
        self._start = self._held = 0.0  # of the holder's turn, or the last one's: start in virtual time, and place
        self._time = 0.0  # virtual: all that waited since began to wait later, or start later
        self._accounts: dict[str, _Account] = {}
        self._waiting: list[_Turn] = []

    @contextmanager
    def turn(self, who: str, live: bool = True) -> Iterator[None]:
        """Hold the lock. `live`: not for a back-fill."""
        with self._changed:
            self._tickets += 1
            self._accounts.setdefault(who, _Account(at=self._now()))
            mine = _Turn(self._tickets, who, self._time, live)
            self._waiting.append(mine)
            self._grant()
            try:
                self._changed.wait_for(lambda: self._holder is mine)
            except BaseException:  # interrupted
                self._leave(mine)
                raise
        before = self._spent()
        try:
            yield
        finally:
            with self._changed:
                self._charge(mine, self._spent() - before)
                self._holder = None
                self._grant()

    def wanted(self) -> bool:
        """For the holder: somebody waits who comes before it, being live or having used little."""
        with self._changed:
            most = self._most()
            return any(self._place(turn, most)[0] < self._held for turn in self._waiting)

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._changed:
            return len(self._waiting)

    def _grant(self) -> None:
        """Give the lock to who is next, when it is free."""
        if self._holder is not None or not self._waiting:
            return
        most = self._most()
        chosen = min(self._waiting, key=lambda turn: self._place(turn, most))
        self._time = max(self._time, min(map(self._start_of, self._waiting)))
        self._waiting.remove(chosen)
        self._holder, self._start, self._held = chosen, self._start_of(chosen), self._place(chosen, most)[0]
        self._changed.notify_all()

    def _leave(self, turn: _Turn) -> None:
        """Wait no longer, and hold no longer what was just given."""
        if self._holder is turn:
            self._holder = None
            self._grant()
        else:
            self._waiting.remove(turn)

    def _charge(self, turn: _Turn, seconds: float) -> None:
        account = self._accounts[turn.who]
        account.end = self._start + seconds
        account.used = self._used(turn) + seconds
        account.at = self._now()

    def _used(self, turn: _Turn) -> float:
        """Seconds that its name has used lately."""
        account = self._accounts[turn.who]
        return account.used * math.exp(-(self._now() - account.at) / MEMORY_SECONDS)

    def _most(self) -> float:
        """The most that one of those who wait or hold has used lately."""
        holder = [] if self._holder is None else [self._holder]
        return max(map(self._used, [*self._waiting, *holder]), default=0.0)

    def _little(self, turn: _Turn, most: float) -> bool:
        return self._used(turn) < LITTLE * most

    def _start_of(self, turn: _Turn) -> float:
        """When a turn starts in virtual time."""
        return max(self._accounts[turn.who].end, turn.asked)

    def _place(self, turn: _Turn, most: float) -> tuple[float, int]:
        """The least goes first."""
        credit = LIVE_SECONDS * turn.live + CREDIT_SECONDS * self._little(turn, most)
        return self._start_of(turn) - credit, turn.ticket
