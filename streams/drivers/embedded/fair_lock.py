"""A lock that is given in the order of asking. Layer: streams."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self


class FairLock:
    """First come, first served: a thread that takes the lock again and again does not starve the others. Not reentrant."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._next = 0  # ticket of the next who asks
        self._serving = 0

    def __enter__(self) -> Self:
        with self._free:
            ticket, self._next = self._next, self._next + 1
            self._free.wait_for(lambda: self._serving == ticket)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._free:
            self._serving += 1
            self._free.notify_all()
