"""The table: everything a responder needs, nothing that steers a terminal."""

from __future__ import annotations

import re

import pytest

from schemas.contracts.incident import Tier
from streams.sinks.table import PLAIN_WIDTH, TerminalTable
from tests.unit.sinks.conftest import HOSTILE, incident, written

SGR = re.compile(r"\x1b\[[0-9;]*m")


def test_a_block_tells_who_when_what_and_what_to_do() -> None:
    text = written(
        TerminalTable(), [incident("words", Tier.ACT, title="A rule", story="First.\nThen.", remediation="Ask Ann.")]
    )
    for part in (
        "ACT",
        "words",
        "2026-03-03 14:03 UTC",
        "A rule",
        "First.",
        "Then.",
        "What to do: Ask Ann.",
        "T1564.008",
    ):
        assert part in text
    assert "1 incident: 1 act, 0 review." in text


def test_no_incident_is_said() -> None:
    assert written(TerminalTable(), []) == "No incidents.\n"


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("terminal", [False, True])
def test_hostile_text_is_shown_and_harmless(text: str, terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    shown = written(TerminalTable(terminal), [incident(text)])
    plain = SGR.sub("", shown) if terminal else shown
    assert all(char.isprintable() or char == "\n" for char in plain)
    assert not any(line.startswith("summary:") for line in plain.splitlines())


def test_markup_is_only_text() -> None:
    assert "[bold red]markup[/] :warning:" in written(
        TerminalTable(), [incident(title="[bold red]markup[/] :warning:")]
    )


def test_colours_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in written(TerminalTable(True), [incident()])
    assert "\x1b" not in written(TerminalTable(False), [incident()])


def test_lines_fit() -> None:
    text = written(TerminalTable(), [incident("word " * 100)])
    assert max(map(len, text.splitlines())) <= PLAIN_WIDTH


def test_a_time_beyond_the_calendar_is_a_number() -> None:
    assert "999999999999999999 ms" in written(TerminalTable(), [incident(first_ms=999_999_999_999_999_999)])
