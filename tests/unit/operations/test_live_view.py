"""The live view drawn to text at several widths, and the plain lines where there is no terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from schemas.contracts.incident import Tier
from streams.operations.live_lines import lines_between
from streams.operations.live_state import (
    FeedState,
    FeedView,
    IncidentView,
    SinkView,
    StageView,
    ViewState,
    clock_text,
    span_text,
)
from streams.operations.live_view import LiveView, render

NOON = 1_772_532_000_000
ACCESS = StageView(NOON, "access", "Signed in from Lagos, none of this account's networks.")
RULE = StageView(NOON + 60_000, "evasion", 'An inbox rule "x" was made; it deletes all incoming mail.')
ATTACK = IncidentView("i1", "anna@contoso.example", Tier.REVIEW, (ACCESS,), "Ask the owner first.")
STATE = ViewState(
    now_ms=NOON + 90_000,
    phase="watching",
    speed=60.0,
    feeds=(
        FeedView("activity/Audit.Exchange", FeedState.LIVE, 41_234, 42.0),
        FeedView("graph/signIns/nonInteractiveUser", FeedState.UNAVAILABLE, note="needs Entra ID P1"),
        FeedView("graph/messageTrace", FeedState.STARTING),
    ),
    records=41_234,
    accounts=60,
    incidents=(ATTACK,),
    sinks=(SinkView("soc-channel", 3), SinkView("mail", 1, 2, "mail server h:587: cannot be reached")),
)
HOSTILE = "\x1b[2J[bold red]x[/] :warning: \u202e\r\nnext\x07"
WIDTHS = (60, 80, 140)


def drawn(state: ViewState, width: int, colours: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=colours, markup=False, emoji=False, highlight=False)
    console.print(render(state, width))
    return out.getvalue()


def joined(text: str) -> str:
    """The words of a drawing, wherever its lines were broken."""
    return " ".join(text.replace("│", " ").split())


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_is_there_and_no_line_is_too_long(width: int) -> None:
    text = drawn(STATE, width)
    assert all(len(line) <= width for line in text.splitlines())
    words = joined(text)
    for expected in (
        "2026-03-03 10:01:30",
        "60 times as fast",
        "41,234 records",
        "60 accounts",
        "0 act",
        "1 review",
        "activity/Audit.Exchange",
        "42 s",
        "not available",
        "needs Entra ID P1",
        "REVIEW anna@contoso.example",
        "10:00:00 access Signed in from Lagos",
        "soc-channel 3 delivered",
        "2 waiting",
        "cannot be reached",
    ):
        assert width == 140 or expected in words, expected
        assert expected.split()[0] in words


def test_a_wide_terminal_has_two_columns() -> None:
    [line] = [line for line in drawn(STATE, 140).splitlines() if "Feeds" in line]
    assert "Incidents" in line


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_yet_is_said(width: int) -> None:
    assert "None so far." in drawn(ViewState(NOON), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_attack_unfolds(width: int) -> None:
    grown = replace(ATTACK, tier=Tier.ACT, stages=(ACCESS, RULE), advice="Revoke the account's sessions.")
    quiet = IncidentView("i2", "ben@contoso.example", Tier.REVIEW, (ACCESS,))
    words = joined(drawn(replace(STATE, incidents=(grown, quiet), feeds=(), sinks=()), width))
    assert "1 act 1 review" in words
    assert (
        words.index("ACT anna@contoso.example") < words.index("access Signed in") < words.index("evasion An inbox rule")
    )
    assert words.index("What to do: Revoke") < words.index("REVIEW ben@contoso.example")


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_text_is_text(width: int) -> None:
    stage = StageView(NOON, HOSTILE, HOSTILE)
    state = ViewState(
        NOON,
        title=HOSTILE,
        phase=HOSTILE,
        feeds=(FeedView(HOSTILE, FeedState.FAILING, note=HOSTILE, tenant=HOSTILE),),
        incidents=(IncidentView("i", HOSTILE, Tier.ACT, (stage,), HOSTILE),),
        sinks=(SinkView(HOSTILE, trouble=HOSTILE),),
    )
    text = drawn(state, width)
    assert all(line.isprintable() for line in text.split("\n"))
    assert "[bold red]x[/] :warning:" in joined(text)
    for line in lines_between(None, state):
        assert line.isprintable()


def test_the_worst_feeds_are_shown_of_many() -> None:
    feeds = [FeedView(f"feed-{number}", FeedState.LIVE, lag_seconds=1.0) for number in range(100)]
    feeds[70] = FeedView("bad-one", FeedState.FAILING, note="HTTP 500")
    text = drawn(replace(STATE, feeds=tuple(feeds)), 80)
    assert "bad-one" in text
    assert "and 88 more feeds" in text


def test_a_long_incident_and_many_incidents_stay_short() -> None:
    stages = tuple(StageView(NOON + number, "impact", f"act {number}") for number in range(50))
    many = tuple(IncidentView(f"i{number}", f"u{number}@x.example", Tier.REVIEW, stages) for number in range(40))
    text = drawn(replace(STATE, incidents=many), 80)
    assert len(text.splitlines()) < 45
    assert "42 earlier" in text
    assert "and 35 more" in text


def test_the_first_snapshot_tells_what_there_is() -> None:
    lines = lines_between(None, STATE)
    assert lines[0] == "2026-03-03 10:01:30  watching (41,234 records, 60 accounts)"
    assert "2026-03-03 10:01:30  feed graph/signIns/nonInteractiveUser is not available: needs Entra ID P1" in lines
    assert f"2026-03-03 10:00:00  REVIEW anna@contoso.example: access: {ACCESS.sentence}" in lines
    assert "2026-03-03 10:01:30  sink mail: mail server h:587: cannot be reached (2 waiting)" in lines


def test_only_what_is_new_is_told() -> None:
    assert lines_between(STATE, replace(STATE, records=50_000, now_ms=NOON + 95_000)) == []
    grown = replace(ATTACK, tier=Tier.ACT, stages=(ACCESS, RULE), advice="Revoke.")
    after = replace(STATE, incidents=(grown,), sinks=(SinkView("soc-channel", 4), SinkView("mail", 3)))
    assert lines_between(STATE, after) == [
        f"2026-03-03 10:01:00  ACT anna@contoso.example: evasion: {RULE.sentence}",
        "2026-03-03 10:01:30  ACT anna@contoso.example: what to do: Revoke.",
        "2026-03-03 10:01:30  sink mail works again",
    ]
    assert lines_between(after, replace(after, incidents=(replace(grown, closed=True),))) == [
        "2026-03-03 10:01:30  ACT anna@contoso.example: closed"
    ]


def test_without_a_terminal_it_prints_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with LiveView(Console(file=io.StringIO(), force_terminal=False)) as view:
        view.show(STATE)
        view.show(STATE)
        view.tell("done\x1b[2J")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [*lines_between(None, STATE), "done\\x1b[2J"]


def test_on_a_terminal_it_draws_and_leaves_the_last_picture(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    with LiveView(Console(file=out, force_terminal=True, width=80, height=60, markup=False)) as view:
        view.show(ViewState(NOON))
        view.tell("a line above")
        view.show(STATE)
    text = out.getvalue()
    assert "a line above" in text
    assert text.rindex("anna@contoso.example") > text.rindex("None so far.")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 s"), (0.4, "0 s"), (119, "119 s"), (120, "2 min"), (7_500, "2 h 5 min"), (864_000, "10 d")],
)
def test_spans_read_easily(seconds: float, text: str) -> None:
    assert span_text(seconds) == text


def test_a_time_beyond_the_calendar_is_a_number() -> None:
    assert clock_text(10**18) == "1000000000000000000 ms"


def test_another_day_is_named() -> None:
    yesterday = replace(ATTACK, stages=(StageView(NOON - 86_400_000, "access", "Signed in."),))
    assert "03-02 10:00 access Signed in." in joined(drawn(replace(STATE, incidents=(yesterday,)), 80))


def test_a_count_that_has_doubled_is_no_new_line() -> None:
    grown = replace(ATTACK, stages=(ACCESS, StageView(NOON + 9, "impact", "Sent at least 75 messages in 5 minutes.")))
    twice = replace(ATTACK, stages=(ACCESS, StageView(NOON + 9, "impact", "Sent at least 150 messages in 5 minutes.")))
    before, after = replace(STATE, incidents=(grown,)), replace(STATE, incidents=(twice,))
    assert lines_between(before, after) == []
    assert len(lines_between(STATE, before)) == 1
