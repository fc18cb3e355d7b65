"""What of the feeds' health outlives the process: told gaps, since when they fail, whom the clock does not wait for.

Layer: streams.
"""

from __future__ import annotations

from collections.abc import Sequence

from schemas.contracts.collected import Gap, GapKind
from streams.collectors.live.collector_state import CollectorState
from streams.collectors.live.lane import Lane


def restore(state: CollectorState, lanes: Sequence[Lane]) -> list[Gap]:
    """Give the lanes what they knew of themselves. Gaps that were told of feeds which are no longer collected."""
    known = {lane.name: lane for lane in lanes}
    for gap in state.gaps:
        lane = known.get(gap.feed)
        if lane is not None and gap.kind is GapKind.FAILING:
            lane.failing, lane.left_out = gap, gap.feed in state.left_out
        elif lane is not None and gap.kind in (GapKind.UNLICENSED, GapKind.DISABLED):
            lane.unavailable = gap
    for name, since_ms in state.failing.items():
        if name in known:
            known[name].status.failing_since_ms = since_ms
    return [gap for gap in state.gaps if gap.feed not in known]


def keep(state: CollectorState, lanes: Sequence[Lane]) -> None:
    """Take it from the lanes again."""
    state.gaps = [gap for lane in lanes for gap in (lane.unavailable, lane.failing) if gap is not None]
    state.left_out = [lane.name for lane in lanes if lane.left_out]
    since = {lane.name: lane.status.failing_since_ms for lane in lanes}
    state.failing = {name: since_ms for name, since_ms in since.items() if since_ms}
