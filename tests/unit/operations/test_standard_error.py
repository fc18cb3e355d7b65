"""Lines and progress on standard error."""

from __future__ import annotations

import io
import sys

import pytest

from streams.operations.problems import Problems
from streams.operations.standard_error import StandardError, tell


class Terminal(io.StringIO):
    """A standard error that a person looks at."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def test_without_a_terminal_there_is_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    items = [1, 2, 3]
    with StandardError() as said:
        assert said.counted(items, "reading") is items
        said.tell("a line")
    assert capsys.readouterr().err == "watchpost: a line\n"


def test_on_a_terminal_items_are_counted_and_lines_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    with StandardError() as said:
        assert list(said.counted(range(3_000), "reading", 3_000)) == list(range(3_000))
        said.tell("[red]not markup[/red] " + "long " * 60)
    assert "reading" in terminal.getvalue()
    assert "watchpost: [red]not markup[/red] " + "long " * 59 + "long" in terminal.getvalue()


def test_a_closed_standard_error_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    for broken in (None, closed):
        monkeypatch.setattr(sys, "stderr", broken)
        tell("nobody hears this")


def test_problems_are_counted_for_each_file() -> None:
    told: list[str] = []
    problems = Problems(told.append, per_file_max=1)
    for file, line in (("a", 1), ("a", 2), ("a", 3), ("b", 0)):
        problems.unreadable(file, line, "why")
    problems.finish()
    assert told == ["a:1: unreadable: why", "a: unreadable: 2 more", "b: unreadable: why"]
