"""What takes long is said, once; what does not is not."""

from __future__ import annotations

import threading

from streams.operations.collecting_live import said_when_slow


def test_what_takes_long_is_said_while_it_goes_on() -> None:
    said = threading.Event()
    with said_when_slow(lambda text: said.set(), "still at it", 0.01):
        assert said.wait(10)


def test_what_ends_before_is_not_said() -> None:
    said: list[str] = []
    with said_when_slow(said.append, "still at it", 60.0):
        timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for timer in timers:
        timer.join(10)
    assert timers and said == []
