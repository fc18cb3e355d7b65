"""What a watching process shows of itself."""

from __future__ import annotations

from dataclasses import replace

from streams.clock import WallClock
from streams.operations.live_lines import lines_between
from streams.operations.watch_board import WatchBoard


def test_a_sink_in_trouble_is_told_once_and_has_alerts_waiting() -> None:
    said: list[str] = []
    board = WatchBoard(WallClock(), say=said.append)
    board.delivered("soc", 2)
    before = board.snapshot()
    for _ in range(3):
        board.failed("soc", "cannot be reached", 0)
    during = board.snapshot()
    told = [*said, *lines_between(before, during), *lines_between(during, board.snapshot())]
    assert len(told) == 1 and told[0].endswith("sink soc: cannot be reached (1 waiting)")
    board.delivered("soc", 1)
    assert [line.partition("  ")[2] for line in lines_between(during, board.snapshot())] == ["sink soc works again"]


def test_what_is_not_counted_yet_is_not_called_none() -> None:
    board = replace(WatchBoard(WallClock(), phase="looking back"))
    board.seen.records = 10
    assert lines_between(None, board.snapshot())[0].endswith("looking back (10 records)")
