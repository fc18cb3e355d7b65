"""Whether a process is alive and ready, and why not. Layer: streams.

A loop is alive when it beats within its limit. A process is ready when it has started, its loops beat, and no check has a
reason against it. Reasons are plain lines without secrets, for whoever reads `/ready`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.text import printable

START = "start"
Check = Callable[[], str]  # the reason against it; empty: all is well


@dataclass(slots=True)
class Loop:
    """A loop that must go on. `beat()` each time round, `end()` when it may stop."""

    limit_seconds: float
    _now: Callable[[], float]
    _last: float = field(init=False)
    _over: bool = False

    def __post_init__(self) -> None:
        self._last = self._now()

    def beat(self) -> None:
        """It goes on."""
        self._last = self._now()

    def end(self) -> None:
        """It has ended as it should."""
        self._over = True

    def reason(self) -> str:
        """Why it counts as stuck; empty while it beats."""
        silent = self._now() - self._last
        if self._over or silent <= self.limit_seconds:
            return ""
        return f"no sign of life for {silent:.0f} s (limit {self.limit_seconds:.0f} s)"


class Health:
    """Named loops and checks of one process. Thread-safe."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` gives seconds that never step back."""
        self._now = now
        self._loops: dict[str, Loop] = {}
        self._reasons: dict[str, str] = {START: "still starting"}
        self._checks: dict[str, Check] = {}
        self._lock = threading.Lock()

    def started(self) -> None:
        """Everything that must be there before work begins is there."""
        self.set(START)

    def set(self, name: str, reason: str = "") -> None:
        """State a check: `reason` says why not; empty: all is well."""
        with self._lock:
            self._reasons[name] = reason

    def check(self, name: str, check: Check) -> None:
        """Ask `check` for its reason whenever somebody looks; it must be quick."""
        with self._lock:
            self._checks[name] = check

    def remove(self, name: str) -> None:
        """Forget a check or loop of this name."""
        with self._lock:
            self._reasons.pop(name, None)
            self._checks.pop(name, None)
            self._loops.pop(name, None)

    def loop(self, name: str, limit_seconds: float) -> Loop:
        """A loop that is expected to beat from now on."""
        made = Loop(limit_seconds, self._now)
        with self._lock:
            self._loops[name] = made
        return made

    def live(self) -> dict[str, str]:
        """Each loop's reason, empty while it beats."""
        with self._lock:
            loops = dict(self._loops)
        return {name: loop.reason() for name, loop in loops.items()}

    def ready(self) -> dict[str, str]:
        """Every loop's and check's reason, empty where all is well."""
        with self._lock:
            stated, checks = dict(self._reasons), dict(self._checks)
        asked = {name: _asked(check) for name, check in checks.items()}
        return {name: printable(reason) for name, reason in {**self.live(), **stated, **asked}.items()}


def _asked(check: Check) -> str:
    try:
        return check()
    except Exception as error:
        return f"the check itself failed ({type(error).__name__})"
