"""A tenant's collector: back-fill day by day, then every feed at its own pace; the tenant's clock. Layer: streams.

Of the past nobody is ahead by a day: windows end at the next 06:00 UTC after the clock, at which a day is sealed, and the clock
passes it when every feed is there (design 4 and 6). At the first start that is the back-fill, after a stop over a 06:00 catching
up. In the present nobody waits for anybody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from schemas.contracts.collected import Batch, Gap, GapKind, Tally
from streams.clock import Clock
from streams.collectors.feed import next_clock
from streams.collectors.live.collector_state import CollectorState, state_from_json
from streams.collectors.live.counted_journal import CountedJournal, Stopping
from streams.collectors.live.feed_status import FeedState, FeedStatus, Observer, Unobserved
from streams.collectors.live.gaps import tell_past
from streams.collectors.live.lane import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Lane, Result
from streams.collectors.live.seam import LiveFeed, Window
from streams.collectors.live.watch import Watch

STATE: Final = "collector"  # the name of the collector's own checkpoint
BACK_FILL_MS: Final = 7 * DAY_MS - 5 * MINUTE_MS
_PATIENCE_MS: Final = 15 * MINUTE_MS  # a feed that fails does not keep the others in the past
_CLOCK_MS: Final = MINUTE_MS  # design 4: at most once a minute
_DEEP_MS: Final = 30 * MINUTE_MS  # between polls that look back the whole overlap
_RELIST_HOUR_MS: Final = 2 * HOUR_MS
_PAUSE_MAX_MS: Final = 30 * SECOND_MS
_NEVER_MS: Final = 1 << 62


class TenantCollector:
    """Collects one tenant on the caller's thread.

    `clock` is ours, `cloud_now` the service's (UTC milliseconds). `watch` notices silence; `back_fill_ms` is how far the first
    start looks back.
    """

    def __init__(
        self,
        tenant: str,
        feeds: Sequence[LiveFeed],
        journal: CountedJournal,
        clock: Clock,
        cloud_now: Callable[[], int],
        *,
        observer: Observer | None = None,
        back_fill_ms: int = BACK_FILL_MS,
        watch: Watch | None = None,
    ) -> None:
        self.tenant = tenant
        self._journal = journal
        self._clock = clock
        self._cloud_now = cloud_now
        self._observer = observer or Unobserved()
        self._back_fill_ms = back_fill_ms
        self._watch = watch or Watch()
        self._state = CollectorState()
        self._saved: dict[str, Any] = {}
        self._said: dict[str, str] = {}
        self._started_ms = 0
        self._clock_due_ms = 0
        self._tick_due_ms = 0
        self._lanes = [Lane(feed, journal, clock, self._say) for feed in feeds]
        journal.on_batch.append(self._stored)

    @property
    def statuses(self) -> list[FeedStatus]:
        """How each feed is doing, live objects."""
        return [lane.status for lane in self._lanes]

    @property
    def back_filling(self) -> bool:
        """The clock has not passed the first start yet."""
        return self._base() < self._state.until_ms

    def run(self, stop: threading.Event) -> None:
        """Collect until `stop` is set. Only `JournalLost` ends it otherwise."""
        self._journal.stop = stop
        try:
            self._load()
            while not stop.is_set():
                lane = self._next()
                if lane is None:
                    self._clock.wait(self._pause_ms() / SECOND_MS, stop)
                else:
                    self._work(lane)
                self._advance()
                self._tick()
        except Stopping:
            return

    # --- state ---------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        self._started_ms = self._now()
        self._state = state_from_json(self._journal.checkpoint(STATE))
        if not self._state.until_ms:
            now_ms = self._now()
            self._state.start_ms, self._state.until_ms = now_ms - self._back_fill_ms, now_ms
            self._save()
        lanes = {lane.name: lane for lane in self._lanes}
        for gap in self._state.gaps:
            lane = lanes.get(gap.feed)
            if lane is not None and gap.kind is GapKind.FAILING:
                lane.left_out = gap
            elif lane is not None and gap.kind in (GapKind.UNLICENSED, GapKind.DISABLED):
                lane.unavailable = gap
        for name, since_ms in self._state.failing.items():
            if name in lanes:
                lanes[name].status.failing_since_ms = since_ms
        self._watch.load(self._state.watch, self._clock.now_ms())

    def _save(self) -> None:
        self._state.gaps = [gap for lane in self._lanes for gap in (lane.unavailable, lane.left_out) if gap is not None]
        since = {lane.name: lane.status.failing_since_ms for lane in self._lanes}
        self._state.failing = {name: since_ms for name, since_ms in since.items() if since_ms}
        self._state.watch = self._watch.dump()
        held = self._state.to_json()
        if held != self._saved:
            self._journal.commit(Batch(STATE, checkpoint=held))
            self._saved = held

    def _open(self) -> list[tuple[bool, bool]]:
        return [(lane.unavailable is not None, lane.left_out is not None) for lane in self._lanes]

    # --- time ----------------------------------------------------------------------------------------------------

    def _now(self) -> int:
        """The service's time in whole seconds, which is what it can be asked for."""
        return self._cloud_now() // SECOND_MS * SECOND_MS

    def _floor(self) -> int:
        """Content time up to which every feed that counts is complete; before the first listing the back-fill's start."""
        until_ms = self._state.until_ms
        past = self._state.clock_ms < until_ms
        counted = [lane for lane in self._lanes if lane.counts and (lane.back_fills or not past)]
        start_ms = self._state.start_ms if past else 0
        return min((lane.complete_ms or start_ms for lane in counted), default=until_ms if past else 0)

    def _base(self) -> int:
        return max(self._state.clock_ms, self._floor(), self._state.start_ms)

    def _ceiling(self) -> int:
        """No window ends later than this while the past is collected; never in the present."""
        base_ms, until_ms = self._base(), self._state.until_ms
        following = next_clock(base_ms)
        if base_ms < until_ms:
            return min(following, until_ms)
        return following if following < self._started_ms else _NEVER_MS

    # --- work ----------------------------------------------------------------------------------------------------

    def _target(self) -> int:
        return min(self._ceiling(), self._now())

    def _has_work(self, lane: Lane, target_ms: int) -> bool:
        return lane.reached_ms < target_ms and (lane.back_fills or not self.back_filling)

    def _next(self) -> Lane | None:
        """The feed that is due longest."""
        now_ms, target_ms = self._clock.now_ms(), self._target()
        due = [lane for lane in self._lanes if lane.due_ms <= now_ms and self._has_work(lane, target_ms)]
        return min(due, key=lambda lane: lane.due_ms, default=None)

    def _pause_ms(self) -> int:
        now_ms, target_ms = self._clock.now_ms(), self._ceiling()
        due = [lane.due_ms for lane in self._lanes if self._has_work(lane, target_ms)]
        pause_ms = min([*due, self._tick_due_ms], default=now_ms + _PAUSE_MAX_MS) - now_ms
        return max(SECOND_MS // 10, min(pause_ms, _PAUSE_MAX_MS))

    def _work(self, lane: Lane) -> None:
        """One attempt of one feed."""
        was_open, now_ms, ceiling_ms = self._open(), self._clock.now_ms(), self._ceiling()
        deep = now_ms >= lane.deep_ms
        window = self._window(lane, deep)
        result = lane.attempt(window)
        if result is Result.DONE:
            self._said.pop(lane.name, None)
            lane.deep_ms = now_ms + _DEEP_MS if deep else lane.deep_ms
            lane.due_ms = self._slot(lane) if window.to_ms < ceiling_ms else 0
            self._relist(lane)
        elif ceiling_ms < _NEVER_MS and lane.counts and self._failed_ms(lane) >= _PATIENCE_MS:
            lane.leave_out(self._clock.now_ms())
        if self._open() != was_open:
            self._save()
        self._observer.feed_changed(self.tenant, lane.status)

    def _failed_ms(self, lane: Lane) -> int:
        """For how long a feed has brought nothing; being throttled is no failure."""
        since_ms = lane.status.failing_since_ms if lane.status.state is FeedState.FAILING else 0
        return self._clock.now_ms() - since_ms if since_ms else 0

    def _window(self, lane: Lane, deep: bool) -> Window:
        """What the feed is asked for next."""
        now_ms, to_ms, until_ms = self._now(), self._target(), self._state.until_ms
        complete_ms, oldest_ms = lane.complete_ms, now_ms - lane.feed.reach_ms
        if 0 < complete_ms < oldest_ms:
            self._tell_unlisted(lane, complete_ms, oldest_ms)
        past = self.back_filling or not complete_ms
        if self.back_filling:
            from_ms = complete_ms or self._state.start_ms
        elif not complete_ms:
            from_ms = now_ms - self._back_fill_ms
        else:
            from_ms = complete_ms - (lane.feed.overlap_ms if deep else lane.quick_overlap_ms)
        return Window(min(max(from_ms, oldest_ms), to_ms), to_ms, past, until_ms)

    def _tell_unlisted(self, lane: Lane, from_ms: int, to_ms: int) -> None:
        """The collector was away for longer than the service lists: what it held meanwhile was never seen."""
        text = f"{lane.name} was not collected for so long that the service no longer lists what came in between."
        remedy = "Keep the collector running; import what is missing from a Purview export with `watchpost scan`."
        tell_past(self._journal, Gap(lane.name, GapKind.EXPIRED, from_ms, to_ms, text, remedy))
        self._journal.commit(Batch(lane.name, complete_ms=to_ms))

    def _slot(self, lane: Lane) -> int:
        """The feed's next turn: its own pace, and its own offset, so that feeds do not all come at once."""
        period_ms = max(SECOND_MS, int(lane.feed.poll_seconds * SECOND_MS))
        offset_ms = period_ms * self._lanes.index(lane) // len(self._lanes)
        now_ms = self._clock.now_ms()
        return now_ms - (now_ms - offset_ms) % period_ms + period_ms

    def _relist(self, lane: Lane) -> None:
        """Once a night the whole reach again, for what was listed late; only what was never seen is fetched."""
        now_ms = self._now()
        day = (now_ms - _RELIST_HOUR_MS - self._lanes.index(lane) * 5 * MINUTE_MS) // DAY_MS
        last = self._state.relisted.setdefault(lane.name, day)
        if not lane.relists or self.back_filling or day <= last:
            return
        window = Window(now_ms - lane.feed.reach_ms, lane.complete_ms, False, self._state.until_ms)
        if lane.attempt(window, completes=False) is Result.DONE:
            self._state.relisted[lane.name] = day

    # --- the tenant's clock and the watch ------------------------------------------------------------------------

    def _advance(self) -> None:
        """Write the tenant's clock where it has come further: at each 06:00 of the past, else at most once a minute."""
        now_ms, floor_ms, past = self._clock.now_ms(), self._floor(), self._state.clock_ms < self._state.until_ms
        if past:
            floor_ms = min(floor_ms, self._state.until_ms)
        if floor_ms <= self._state.clock_ms:
            return
        if floor_ms < self._boundary() and (past or now_ms < self._clock_due_ms):
            return
        self._journal.clock(floor_ms, past)
        self._state.clock_ms = floor_ms
        self._clock_due_ms = now_ms + _CLOCK_MS
        self._save()
        self._observer.clock_written(self.tenant, floor_ms, past)

    def _boundary(self) -> int:
        """The next time at which the clock is written in any case: a 06:00, and the end of the back-fill."""
        following = next_clock(max(self._state.clock_ms, self._state.start_ms))
        until_ms = self._state.until_ms
        return min(following, until_ms) if self._state.clock_ms < until_ms else following

    def _tick(self) -> None:
        """Once a minute: the watch, and the state where it changed."""
        now_ms = self._clock.now_ms()
        if now_ms < self._tick_due_ms:
            return
        self._tick_due_ms = now_ms + MINUTE_MS
        if not self.back_filling:
            self._tell_sights(now_ms)
        self._save()

    def _tell_sights(self, now_ms: int) -> None:
        """What the watch says cannot be seen, and can be seen again."""
        seen = {lane.name: lane.complete_ms for lane in self._lanes if lane.counts and not lane.status.failing_since_ms}
        for gap in self._watch.tick(now_ms, self._cloud_now(), seen):
            self._journal.gap(gap)
            self._say(gap.feed, f"{gap.text} {'It is over.' if gap.over else gap.remedy}")

    def _stored(self, batch: Batch, tally: Tally) -> None:
        if batch.feed != STATE:
            self._watch.stored(batch, tally, self._clock.now_ms())
        self._observer.batch_stored(self.tenant, batch, tally)

    def _say(self, feed: str, text: str) -> None:
        """A line for people, unless it was the last about this feed, or is said of another feed too."""
        if text not in self._said.values():
            self._observer.said(self.tenant, feed, text)
        self._said[feed] = text
