"""What a person sees while Watchpost runs: feeds, counts, the attack as it unfolds, sinks. Layer: streams.

`render` draws a snapshot for a terminal; `live_lines` tells the same as plain lines where there is none; both are pure.
`LiveView` is the one of them that fits standard error. Standard output stays free for results. Texts of records are
printable text here, whatever they hold: no markup, no control characters.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from schemas.contracts.incident import Tier
from schemas.text import printable
from streams.operations.live_lines import lines_between
from streams.operations.live_state import FeedState, IncidentView, StageView, ViewState, clock_text, span_text
from streams.operations.standard_error import line

FEEDS_MAX, INCIDENTS_MAX, STAGES_MAX, SINKS_MAX = 12, 5, 8, 8
WIDE_COLUMNS = 120  # from here on two columns
_TEXT_MAX = 300
_TIER_STYLES = {Tier.ACT: "bold white on red", Tier.REVIEW: "black on yellow"}


_FEED_STYLES = {
    FeedState.FAILING: "bold red",
    FeedState.LATE: "yellow",
    FeedState.THROTTLED: "yellow",
    FeedState.LIVE: "green",
    FeedState.UNAVAILABLE: "dim",
}


def render(state: ViewState, width: int) -> RenderableType:
    """The snapshot for a terminal of `width` columns."""
    left: list[RenderableType] = [_feeds(state)]
    if state.sinks:
        left.append(_sinks(state))
    right = _incidents(state)
    if width < WIDE_COLUMNS:
        return Group(_head(state), *left, right)
    half = (width - 2) // 2
    columns = Columns([Group(*left), right], width=half, padding=(0, 1), expand=False)
    return Group(_head(state), columns)


class LiveView:
    """Shows snapshots on standard error: drawn on a terminal, as lines elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._drawn = self._console.is_terminal and not self._console.is_dumb_terminal
        self._live: Live | None = None
        self._last: ViewState | None = None

    def __enter__(self) -> Self:
        if self._drawn and sys.stderr is not None:
            self._live = Live(console=self._console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self, state: ViewState) -> None:
        """Show a snapshot; called a few times a second at most."""
        if self._live is not None:
            self._live.update(render(state, self._console.width), refresh=True)
        else:
            for text in lines_between(self._last, state):
                line(text)
        self._last = state

    def tell(self, text: str) -> None:
        """One line of its own, above the drawing."""
        if self._live is not None:
            self._live.console.print(Text(printable(text, 1_000)), soft_wrap=True)
        else:
            line(printable(text, 1_000))


def _head(state: ViewState) -> RenderableType:
    acts = sum(one.tier is Tier.ACT for one in state.incidents)
    reviews = len(state.incidents) - acts
    head = Text.assemble((_shown(state.title, 60), "bold"), "  ", (clock_text(state.now_ms), "cyan"), overflow="fold")
    if state.speed != 1.0:
        head.append(f"  {state.speed:,.0f} times as fast", "dim")
    if state.phase:
        head.append(f"  {_shown(state.phase, 80)}", "dim")
    counts = Text.assemble(
        (f"{state.records:,}", "bold"),
        " records  ",
        (f"{state.accounts:,}", "bold"),
        " accounts  ",
        (f"{acts} act", _TIER_STYLES[Tier.ACT] if acts else "dim"),
        "  ",
        (f"{reviews} review", _TIER_STYLES[Tier.REVIEW] if reviews else "dim"),
    )
    return Group(head, counts)


def _feeds(state: ViewState) -> RenderableType:
    table = Table(box=None, pad_edge=False, expand=True, show_edge=False)
    table.add_column("feed", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("records", justify="right", no_wrap=True)
    table.add_column("behind", justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True, overflow="ellipsis")
    order = list(FeedState)
    worst = sorted(state.feeds, key=lambda feed: (order.index(feed.state), -(feed.lag_seconds or 0.0)))
    shown = set(worst[:FEEDS_MAX])
    for feed in state.feeds:
        if feed in shown:
            lag = "-" if feed.lag_seconds is None else span_text(feed.lag_seconds)
            told = Text(feed.state.value, _FEED_STYLES.get(feed.state, ""))
            table.add_row(Text(_shown(feed.full_name, 80)), f"{feed.records:,}", lag, told)
    parts: list[RenderableType] = [table]
    if len(state.feeds) > FEEDS_MAX:
        parts.append(Text(f"and {len(state.feeds) - FEEDS_MAX} more feeds, none of them worse", "dim"))
    notes = [feed for feed in worst[:FEEDS_MAX] if feed.note]
    parts += [Text(f"{_shown(feed.full_name, 80)}: {_shown(feed.note)}", "dim") for feed in notes[:3]]
    return Panel(Group(*parts), title="Feeds", title_align="left", border_style="dim")


def _sinks(state: ViewState) -> RenderableType:
    rows = []
    for sink in state.sinks[:SINKS_MAX]:
        row = Text.assemble((_shown(sink.name, 40), "bold"), f"  {sink.delivered:,} delivered")
        if sink.waiting:
            row.append(f", {sink.waiting:,} waiting", "yellow")
        if sink.trouble:
            row.append(f"  {_shown(sink.trouble)}", "red")
        rows.append(row)
    if len(state.sinks) > SINKS_MAX:
        rows.append(Text(f"and {len(state.sinks) - SINKS_MAX} more", "dim"))
    return Panel(Group(*rows), title="Alerts go to", title_align="left", border_style="dim")


def _incidents(state: ViewState) -> RenderableType:
    """The gravest open incident unfolded, the others on one line each."""
    if not state.incidents:
        return Panel(Text("None so far.", "dim"), title="Incidents", title_align="left", border_style="dim")
    ranked = sorted(reversed(state.incidents), key=lambda one: (one.closed, one.tier is not Tier.ACT, -len(one.stages)))
    parts: list[RenderableType] = list(_unfolded(ranked[0], state.now_ms))
    parts += map(_incident_head, ranked[1:INCIDENTS_MAX])
    if len(ranked) > INCIDENTS_MAX:
        parts.append(Text(f"and {len(ranked) - INCIDENTS_MAX} more", "dim"))
    style = "red" if ranked[0].tier is Tier.ACT and not ranked[0].closed else "dim"
    return Panel(Group(*parts), title="Incidents", title_align="left", border_style=style)


def _incident_head(one: IncidentView) -> Text:
    head = Text.assemble(
        (f" {one.tier.value.upper()} ", _TIER_STYLES[one.tier]), " ", (_shown(one.account, 80), "bold")
    )
    head.append(f"  {', '.join(dict.fromkeys(_shown(stage.stage, 20) for stage in one.stages))}", "dim")
    if one.closed:
        head.append("  closed", "dim")
    return head


def _unfolded(one: IncidentView, now_ms: int) -> Iterator[RenderableType]:
    yield _incident_head(one)
    left = len(one.stages) - STAGES_MAX
    if left > 0:
        yield Text(f"{left} earlier", "dim")
    for stage in one.stages[-STAGES_MAX:]:
        row = Text.assemble((_short_time(stage, now_ms), "cyan"), "  ", (_shown(stage.stage, 20), "magenta"))
        yield row.append(f"  {_shown(stage.sentence)}")
    if one.advice:
        yield Text.assemble(("What to do: ", "bold"), _shown(one.advice))


def _short_time(stage: StageView, now_ms: int) -> str:
    """The time of day, with the day where it is another."""
    then, now = clock_text(stage.time_ms), clock_text(now_ms)
    return then[11:] if then[:10] == now[:10] else then[5:16]


def _shown(text: str, limit: int = _TEXT_MAX) -> str:
    return printable(text, limit)
