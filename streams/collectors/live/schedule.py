"""A tenant's collector: back-fill day by day, then every feed at its own pace; the tenant's clock. Layer: streams.

Of the past nobody is ahead by a day: windows end at the next 06:00 UTC after the clock, at which a day is sealed, and the clock
passes it when every feed is there (design 4 and 6). At the first start that is the back-fill, after a stop over a 06:00 catching
up. In the present nobody waits for anybody. Feeds that share a budget of the service take turns on one thread; the others go on
beside them.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any, Final

from schemas.contracts.collected import Batch, Gap, GapKind, Tally
from streams.clock import Clock
from streams.collectors.live.collector_state import CollectorState, state_from_json
from streams.collectors.live.counted_journal import CountedJournal, Stopping
from streams.collectors.live.feed_status import FeedState, FeedStatus, Observer, Unobserved
from streams.collectors.live.gaps import tell_past
from streams.collectors.live.lane import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Lane, Result
from streams.collectors.live.seam import LiveFeed, Window
from streams.collectors.live.standing import keep, restore
from streams.collectors.live.timeline import NEVER_MS, Timeline
from streams.collectors.live.watch import Watch

STATE: Final = "collector"  # the name of the collector's own checkpoint
BACK_FILL_MS: Final = 7 * DAY_MS - 5 * MINUTE_MS
_PATIENCE_MS: Final = 15 * MINUTE_MS  # a feed that fails does not keep the others in the past
_CLOCK_MS: Final = MINUTE_MS  # design 4: at most once a minute
_RELIST_HOUR_MS: Final = 2 * HOUR_MS
_RELIST_AGAIN_MS: Final = 30 * MINUTE_MS  # after a failure
_RELIST_STEP_MS: Final = DAY_MS  # listed again at once: what fails goes on where it was, not at the beginning
_JOB_WAIT_SECONDS: Final = 0.1  # of wall time: then look what else is due
_PAUSE_MAX_MS: Final = 30 * SECOND_MS
_ID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")  # of a request: another one each time


@dataclass(frozen=True, slots=True)
class _Job:
    """An attempt under way: its window, the ceiling at its beginning, how far it looks back, whether it is the nightly one."""

    lane: Lane
    window: Window
    ceiling_ms: int
    back_ms: int = 0
    relists: bool = False


class TenantCollector:
    """Collects one tenant; `run` keeps the caller's thread.

    `clock` is ours, `cloud_now` the service's (UTC milliseconds). `watch` notices silence; `back_fill_ms` is how far the first
    start looks back. `beat` is called each time round, and for each batch that is stored.
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
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.tenant = tenant
        self._journal = journal
        self._clock = clock
        self._cloud_now = cloud_now
        self._observer = observer or Unobserved()
        self._back_fill_ms = back_fill_ms
        self._watch = watch or Watch()
        self._beat = beat
        self._state = CollectorState()
        self._time = Timeline(self._state, (), 0)
        self._saved: dict[str, Any] = {}
        self._told: list[tuple[bool, bool, bool]] = []
        self._said: dict[str, str] = {}
        self._clock_due_ms = 0
        self._tick_due_ms = 0
        self._jobs: dict[Future[Result], _Job] = {}
        self._lanes = [Lane(feed, journal, clock, self._say) for feed in feeds]
        journal.skew_ms = lambda: cloud_now() - clock.now_ms()
        journal.present = lambda: not self.back_filling
        journal.on_batch.append(self._stored)
        journal.on_gap.append(lambda gap: self._observer.gap(tenant, gap))

    @property
    def statuses(self) -> list[FeedStatus]:
        """How each feed is doing, live objects."""
        return [lane.status for lane in self._lanes]

    @property
    def back_filling(self) -> bool:
        """The clock has not passed the first start yet."""
        return self._time.back_filling

    def run(self, stop: threading.Event) -> None:
        """Collect until `stop` is set. Only `JournalLost` ends it otherwise."""
        self._journal.stop = stop
        groups = {lane.group for lane in self._lanes}
        with ThreadPoolExecutor(max(1, len(groups)), f"feeds of {self.tenant}") as pool:
            try:
                self._load()
                while not stop.is_set():
                    self._beat()
                    self._begin(pool)
                    self._end(stop)
                    self._advance()
                    self._tick()
            except Stopping:
                return
            finally:
                for job in self._jobs:
                    job.cancel()

    # --- state ---------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        now_ms = self._now()
        self._state = state_from_json(self._journal.checkpoint(STATE))
        self._time = Timeline(self._state, self._lanes, now_ms)
        if not self._state.until_ms:
            self._state.start_ms, self._state.until_ms = now_ms - self._back_fill_ms, now_ms
            self._save()
        gone = restore(self._state, self._lanes)
        self._told = self._open()
        now_ms = self._clock.now_ms()
        self._watch.load(self._state.watch, now_ms)
        for gap in (*gone, *self._watch.retire({lane.name for lane in self._lanes})):  # who is not asked is not blind
            self._journal.gap(replace(gap, to_ms=now_ms, over=True))

    def _save(self) -> None:
        keep(self._state, self._lanes)
        with self._journal.lock:
            self._state.watch = self._watch.dump()
        held = self._state.to_json()
        if held != self._saved:
            self._journal.commit(Batch(STATE, checkpoint=held))
            self._saved = held

    def _open(self) -> list[tuple[bool, bool, bool]]:
        return [(lane.unavailable is not None, lane.failing is not None, lane.left_out) for lane in self._lanes]

    def _now(self) -> int:
        """The service's time in whole seconds, which is what it can be asked for."""
        return self._cloud_now() // SECOND_MS * SECOND_MS

    # --- work ----------------------------------------------------------------------------------------------------

    def _target(self) -> int:
        return min(self._time.ceiling_ms(), self._now())

    def _has_work(self, lane: Lane, target_ms: int) -> bool:
        return lane.reached_ms < target_ms and (lane.traits.back_fills or not self.back_filling)

    def _begin(self, pool: ThreadPoolExecutor) -> None:
        """In every group that has nothing to do, the feed that is due longest."""
        now_ms, target_ms = self._clock.now_ms(), self._target()
        taken = {job.lane.group for job in self._jobs.values()}
        for lane in sorted(self._lanes, key=lambda lane: lane.due_ms):
            if lane.due_ms <= now_ms and lane.group not in taken and self._has_work(lane, target_ms):
                taken.add(lane.group)
                job = self._job(lane)
                self._jobs[pool.submit(lane.attempt, job.window, not job.relists)] = job

    def _end(self, stop: threading.Event) -> None:
        """Wait for what is under way, or until something is due."""
        if not self._jobs:
            self._clock.wait(self._pause_ms() / SECOND_MS, stop)
            return
        for future in wait(self._jobs, _JOB_WAIT_SECONDS, FIRST_COMPLETED).done:
            self._settle(self._jobs.pop(future), future.result())

    def _pause_ms(self) -> int:
        now_ms, target_ms = self._clock.now_ms(), self._time.ceiling_ms()
        due = [lane.due_ms for lane in self._lanes if self._has_work(lane, target_ms)]
        pause_ms = min([*due, self._tick_due_ms], default=now_ms + _PAUSE_MAX_MS) - now_ms
        return max(SECOND_MS // 10, min(pause_ms, _PAUSE_MAX_MS))

    def _settle(self, job: _Job, result: Result) -> None:
        """What an attempt changes for the schedule."""
        lane = job.lane
        if result is Result.DONE:
            with self._journal.lock:
                self._said.pop(lane.name, None)
            if job.relists:
                self._relisted(lane, job.window.to_ms)
            else:
                lane.looked(job.back_ms)
                lane.due_ms = self._slot(lane) if job.window.to_ms < job.ceiling_ms else 0
        elif job.relists:
            lane.relist_ms = self._clock.now_ms() + _RELIST_AGAIN_MS
        elif job.ceiling_ms < NEVER_MS and lane.counts and self._failed_ms(lane) >= _PATIENCE_MS:
            lane.leave_out(self._clock.now_ms())
        if self._open() != self._told:
            self._told = self._open()
            self._save()
        self._observer.feed_changed(self.tenant, lane.status)

    def _relisted(self, lane: Lane, to_ms: int) -> None:
        """A day was listed again, up to here; with the last one the night is over."""
        lane.due_ms, lane.relisted_to_ms = 0, to_ms
        if to_ms >= lane.complete_ms:
            self._state.relisted[lane.name] = self._night(lane)
            lane.relisted_to_ms = 0

    def _failed_ms(self, lane: Lane) -> int:
        """For how long a feed has brought nothing; being throttled is no failure."""
        since_ms = lane.status.failing_since_ms if lane.status.state is FeedState.FAILING else 0
        return self._clock.now_ms() - since_ms if since_ms else 0

    def _job(self, lane: Lane) -> _Job:
        """What the feed does next."""
        if self._relist_due(lane):
            from_ms = max(self._now() - lane.traits.relist_ms, lane.relisted_to_ms)
            to_ms = min(from_ms + _RELIST_STEP_MS, lane.complete_ms)
            window = Window(from_ms, to_ms, False, self._state.until_ms)
            return _Job(lane, window, NEVER_MS, relists=True)
        ceiling_ms, back_ms = self._time.ceiling_ms(), lane.look_ms()  # telling what is lost moves the ceiling
        return _Job(lane, self._window(lane, back_ms), ceiling_ms, back_ms)

    def _window(self, lane: Lane, back_ms: int) -> Window:
        """What the feed is asked for next; in the present it looks back so far."""
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
            from_ms = complete_ms - back_ms
        return Window(min(max(from_ms, oldest_ms), to_ms), to_ms, past, until_ms)

    def _tell_unlisted(self, lane: Lane, from_ms: int, to_ms: int) -> None:
        """The collector was away for longer than the service lists: what it held meanwhile was never seen."""
        text = f"{lane.name} was not collected for so long that the service no longer lists what came in between."
        remedy = "Keep the collector running; import what is missing from a Purview export with `watchpost scan`."
        tell_past(self._journal, Gap(lane.name, GapKind.EXPIRED, from_ms, to_ms, text, remedy))
        lane.complete(to_ms)

    def _slot(self, lane: Lane) -> int:
        """The feed's next turn: its own pace, and its own offset, so that feeds do not all come at once."""
        period_ms = max(SECOND_MS, int(lane.feed.poll_seconds * SECOND_MS))
        offset_ms = period_ms * self._lanes.index(lane) // len(self._lanes)
        now_ms = self._clock.now_ms()
        return now_ms - (now_ms - offset_ms) % period_ms + period_ms

    def _night(self, lane: Lane) -> int:
        """The day (since 1970) whose night has come for this feed: 02:00 UTC, feeds some minutes apart."""
        return (self._now() - _RELIST_HOUR_MS - self._lanes.index(lane) * 5 * MINUTE_MS) // DAY_MS

    def _relist_due(self, lane: Lane) -> bool:
        """Once a night everything again, for what was listed late; only what was never seen counts."""
        night = self._night(lane)
        last = self._state.relisted.setdefault(lane.name, night)
        usable = lane.traits.relist_ms and lane.complete_ms and lane.counts and not self.back_filling
        return bool(usable and night > last and self._clock.now_ms() >= lane.relist_ms)

    # --- the tenant's clock and the watch ------------------------------------------------------------------------

    def _advance(self) -> None:
        """Write the tenant's clock where it has come further: at each 06:00 of the past, else at most once a minute."""
        now_ms, floor_ms, past = self._clock.now_ms(), self._time.floor_ms(), self._time.past
        if floor_ms <= self._state.clock_ms:
            return
        if floor_ms < self._time.boundary_ms() and (past or now_ms < self._clock_due_ms):
            return
        self._journal.clock(floor_ms, past)
        self._state.clock_ms = floor_ms
        self._clock_due_ms = now_ms + _CLOCK_MS
        self._save()
        self._observer.clock_written(self.tenant, floor_ms, past)

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
        seen = {lane.name: lane.reached_ms for lane in self._lanes if lane.counts and not lane.status.failing_since_ms}
        with self._journal.lock:
            gaps = self._watch.tick(now_ms, self._cloud_now(), seen)
        for gap in gaps:
            self._journal.gap(gap)
            self._say(gap.feed, f"{gap.text} {'It is over.' if gap.over else gap.remedy}")

    def _stored(self, batch: Batch, tally: Tally) -> None:
        self._beat()
        if batch.feed != STATE:
            self._watch.stored(batch, tally, self._clock.now_ms())
        self._observer.batch_stored(self.tenant, batch, tally)

    def _say(self, feed: str, text: str) -> None:
        """A line for people, unless it was the last about this feed, or is said of another feed too, whatever ids are in it."""
        same = _ID.sub("", text)
        with self._journal.lock:
            if same not in self._said.values():
                self._observer.said(self.tenant, feed, text)
            self._said[feed] = same
