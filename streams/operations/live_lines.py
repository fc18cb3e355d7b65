"""The live view where there is no terminal: one plain line per event. Pure. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Iterator

from schemas.text import printable
from streams.operations.live_state import SinkView, StageView, ViewState, clock_text

LINE_CHARACTERS_MAX = 1_000
_NUMBER = re.compile(r"\d[\d,.]*")


def lines_between(before: ViewState | None, after: ViewState) -> list[str]:
    """What became new from one snapshot to the next, one plain line per event."""
    lines = list(_phase_lines(before, after))
    lines += _feed_lines(before, after)
    lines += _incident_lines(before, after)
    lines += _sink_lines(before, after)
    return [printable(text, LINE_CHARACTERS_MAX) for text in lines]


def _phase_lines(before: ViewState | None, after: ViewState) -> Iterator[str]:
    if after.phase and (before is None or before.phase != after.phase):
        accounts = f", {after.accounts:,} accounts" if after.accounts else ""
        counts = f" ({after.records:,} records{accounts})" if after.records else ""
        yield f"{clock_text(after.now_ms)}  {after.phase}{counts}"


def _feed_lines(before: ViewState | None, after: ViewState) -> Iterator[str]:
    known = {(feed.tenant, feed.name): feed for feed in before.feeds} if before else {}
    for feed in after.feeds:
        old = known.get((feed.tenant, feed.name))
        if old is None or old.state is not feed.state:
            note = f": {feed.note}" if feed.note else ""
            yield f"{clock_text(after.now_ms)}  feed {feed.full_name} is {feed.state.value}{note}"


def _incident_lines(before: ViewState | None, after: ViewState) -> Iterator[str]:
    known = {one.uid: one for one in before.incidents} if before else {}
    for one in after.incidents:
        old = known.get(one.uid)
        label = f"{one.tier.value.upper()} {one.account}"
        told = {_shape(stage) for stage in old.stages} if old else set()
        for stage in one.stages:
            if _shape(stage) not in told:
                yield f"{clock_text(stage.time_ms)}  {label}: {stage.stage}: {stage.sentence}"
        if one.advice and (old is None or old.tier is not one.tier):
            yield f"{clock_text(after.now_ms)}  {label}: what to do: {one.advice}"
        if one.closed and not (old and old.closed):
            yield f"{clock_text(after.now_ms)}  {label}: closed"


def _shape(stage: StageView) -> tuple[str, str]:
    """What a sentence says, whatever its numbers: a count that has doubled is no new event."""
    return stage.stage, _NUMBER.sub("#", stage.sentence)


def _sink_lines(before: ViewState | None, after: ViewState) -> Iterator[str]:
    known = {sink.name: sink for sink in before.sinks} if before else {}
    for sink in after.sinks:
        old = known.get(sink.name, SinkView(sink.name))
        if sink.trouble and sink.trouble != old.trouble:
            yield f"{clock_text(after.now_ms)}  sink {sink.name}: {sink.trouble} ({sink.waiting:,} waiting)"
        elif old.trouble and not sink.trouble:
            yield f"{clock_text(after.now_ms)}  sink {sink.name} works again"
