"""Children that feed a store and are killed at any moment. Not a test."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.unit.embedded.store_run import contents_of, run_child

KILLS = int(os.environ.get("WATCHPOST_KILLS", "20"))


def forked(path: Path, batch_file: Path, stop_at: str = "0") -> int:
    """A child that feeds the rest of the batches; its process id."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            run_child(path, batch_file, stop_at)
            status = 0
        finally:
            os._exit(status)
    return child


def status_of(child: int) -> int:
    """How the child ended: its exit status, or minus the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at_random(
    folder: Path,
    batch_file: Path,
    expected: dict[str, Any],
    chance: random.Random,
    share: float,
    after_kill: Callable[[Path], None] = lambda path: None,
) -> None:
    """Stores fed by children that are killed KILLS times in all, each after at most `share` of an undisturbed run's time.

    Every store must hold what is expected in the end; `after_kill` is given the store of a child that was killed.
    """
    started = time.monotonic()
    assert status_of(forked(folder / "once.sqlite", batch_file)) == 0
    longest, kills, turn = (time.monotonic() - started) * share, 0, 0
    while kills < KILLS:
        turn += 1
        path, done = folder / f"store-{turn}.sqlite", False
        while not done:
            child = forked(path, batch_file)
            if kills < KILLS:
                time.sleep(chance.uniform(0.0, longest))
                os.kill(child, signal.SIGKILL)
            status = status_of(child)
            assert status in (0, -signal.SIGKILL)
            done, kills = status == 0, kills + (status != 0)
            if not done:
                after_kill(path)
        found = contents_of(path)
        assert {name: value for name, value in found.items() if value != expected[name]} == {}
