"""How far a tenant's feeds have come together, and how far the next window may go. Layer: streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streams.collectors.feed import next_clock
from streams.collectors.live.collector_state import CollectorState
from streams.collectors.live.lane import Lane

NEVER_MS: Final = 1 << 62


class Timeline:
    """Content time of one tenant, UTC milliseconds. `started_ms` is when this process began."""

    def __init__(self, state: CollectorState, lanes: Sequence[Lane], started_ms: int) -> None:
        self._state = state
        self._lanes = lanes
        self._started_ms = started_ms

    @property
    def past(self) -> bool:
        """The tenant's clock has not passed the first start: what it covers is history."""
        return self._state.clock_ms < self._state.until_ms

    @property
    def back_filling(self) -> bool:
        """The feeds have not reached the first start."""
        return self.base_ms() < self._state.until_ms

    def floor_ms(self) -> int:
        """Up to when every feed that counts is complete; before the first listing the back-fill's start."""
        counted = [lane for lane in self._lanes if lane.counts and (lane.traits.back_fills or not self.past)]
        if not self.past:
            return min((lane.complete_ms for lane in counted), default=0)
        found = min((lane.complete_ms or self._state.start_ms for lane in counted), default=self._state.until_ms)
        return min(found, self._state.until_ms)

    def base_ms(self) -> int:
        """What is behind us, whatever single feeds still bring."""
        return max(self._state.clock_ms, self.floor_ms(), self._state.start_ms)

    def ceiling_ms(self) -> int:
        """No window ends later than this while the past is collected; never in the present."""
        base_ms, until_ms = self.base_ms(), self._state.until_ms
        following = next_clock(base_ms)
        if base_ms < until_ms:
            return min(following, until_ms)
        return following if following < self._started_ms else NEVER_MS

    def boundary_ms(self) -> int:
        """The next time at which the clock is written in any case: a 06:00, and the end of the back-fill."""
        following = next_clock(max(self._state.clock_ms, self._state.start_ms))
        return min(following, self._state.until_ms) if self.past else following
