"""One feed within the schedule: an attempt, what came of it, when it is tried again. Layer: streams.

An attempt runs on a thread of the lane's group, everything else on the schedule's, which leaves a busy lane alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Final

from schemas.contracts.collected import Batch, Gap, GapKind
from schemas.text import printable
from streams.clock import Clock
from streams.cloud.seam import CloudError, NoToken, Refused, Throttled
from streams.collectors.live.counted_journal import CountedJournal, Stopping
from streams.collectors.live.feed_status import FeedState, FeedStatus
from streams.collectors.live.seam import JournalLost, LiveFeed, Unavailable, Window
from streams.collectors.live.traits import traits_of

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
LEFT_OUT_MS: Final = 6 * HOUR_MS  # design 4
REFUSED_TOLD_MS: Final = 15 * MINUTE_MS  # waiting does not help: somebody must act
FAILING_TOLD_MS: Final = HOUR_MS
_PROBE_MIN_MS: Final = 10 * MINUTE_MS  # somebody who grants consent need not wait for a day
_PROBE_MAX_MS: Final = DAY_MS
NO_TOKEN_MS: Final = 5 * MINUTE_MS
_RETRY_MIN_MS: Final = 15 * SECOND_MS
_RETRY_MAX_MS: Final = 5 * MINUTE_MS
_ERROR_CHARACTERS_MAX: Final = 300

Say = Callable[[str, str], None]  # feed, line


class Result(Enum):
    """What came of an attempt."""

    DONE = "done"
    AGAIN = "again"  # at the lane's due time
    UNAVAILABLE = "unavailable"  # probed ever more rarely, at least once a day


class Lane:
    """A feed with its health."""

    def __init__(self, feed: LiveFeed, journal: CountedJournal, clock: Clock, say: Say) -> None:
        self.feed = feed
        self.name = feed.name
        self.due_ms = 0
        self.traits = traits_of(feed)
        self.group = self.traits.group
        self.relist_ms = 0  # not before
        self.relisted_to_ms = 0  # the night's second listing has come so far; 0: it begins anew
        self.unavailable: Gap | None = None
        self.failing: Gap | None = None  # told, and not over
        self.left_out = False
        self._journal = journal
        self._clock = clock
        self._say = say
        self._prepared = False
        self._failures = 0
        self._probes = 0
        self._read = 0  # records when the feed began to fail
        self._broken_ms = 0  # since when no attempt in the present succeeded, whatever single contents still came
        self.complete_ms = journal.complete_ms(self.name)
        self._look_due_ms = [0] * len(self.traits.looks)
        self.reached_ms = self.complete_ms + self.traits.lateness_ms if self.complete_ms else 0

    @property
    def status(self) -> FeedStatus:
        """How the feed is doing."""
        return self._journal.status(self.name)

    @property
    def counts(self) -> bool:
        """Whether the tenant's clock waits for this feed."""
        return self.unavailable is None and not self.left_out

    def complete(self, time_ms: int) -> None:
        """The feed is complete up to this time, UTC milliseconds of content time; 0 at first."""
        if time_ms > self.complete_ms:
            self._journal.commit(Batch(self.name, complete_ms=time_ms))
            self.complete_ms = time_ms

    def look_ms(self) -> int:
        """How far back the next poll looks: the widest look that is due."""
        now_ms = self._clock.now_ms()
        due = zip(self.traits.looks, self._look_due_ms, strict=True)
        return max((look.back_ms for look, due_ms in due if due_ms <= now_ms), default=0)

    def looked(self, back_ms: int) -> None:
        """A poll that looked back so far succeeded: narrower looks are done with it."""
        now_ms = self._clock.now_ms()
        for number, look in enumerate(self.traits.looks):
            if look.back_ms <= back_ms:
                self._look_due_ms[number] = now_ms + look.every_ms

    def attempt(self, window: Window, completes: bool = True) -> Result:
        """Prepare where necessary, collect, and store how far the feed has come. Raises `JournalLost` and `Stopping` only."""
        started, self.status.polls = self._clock.now_ms(), self.status.polls + 1
        try:
            if not self._prepared:
                self.feed.prepare()
                self._prepared = True
            self.feed.collect(window)
        except (JournalLost, Stopping):
            raise
        except Unavailable as found:
            result = self._miss(found)
        except Throttled as error:
            result = self._wait(error, max(error.retry_ms, self._clock.now_ms() + SECOND_MS), FeedState.THROTTLED)
        except NoToken as error:
            self.status.remedy = error.remedy
            self._break(window)
            result = self._wait(error, self._clock.now_ms() + NO_TOKEN_MS, FeedState.FAILING)
        except CloudError as error:
            self._break(window)
            self._prepared = self._prepared and not isinstance(error, Refused)
            result = self._wait(error, self._clock.now_ms() + self._back_off_ms(), FeedState.FAILING)
        except Exception as error:  # one feed's defect must not end the others
            self._break(window)
            result = self._wait(_Defect(error), self._clock.now_ms() + _RETRY_MAX_MS, FeedState.FAILING)
        else:
            self._succeed(window, completes)
            result = Result.DONE
        self.status.poll_ms = self._clock.now_ms() - started
        self._refresh()
        return result

    def _succeed(self, window: Window, completes: bool) -> None:
        now_ms, status = self._clock.now_ms(), self.status
        if completes:
            self.complete(window.to_ms - self.traits.lateness_ms)
        for held in (self.unavailable, self.failing):
            if held is not None:
                self._journal.gap(Gap(held.feed, held.kind, held.from_ms, now_ms, held.text, held.remedy, over=True))
                self._say(self.name, f"{self.name} works again")
        self.unavailable = self.failing = None
        self.left_out = False
        self._probes = self._broken_ms = 0
        self.reached_ms = max(self.reached_ms, window.to_ms)
        self._failures = 0
        status.state = FeedState.BACK_FILL if window.historical else FeedState.LIVE
        status.last_success_ms, status.failing_since_ms = now_ms, 0
        status.last_error = status.remedy = status.blind_spot = ""

    def _miss(self, found: Unavailable) -> Result:
        """The endpoint is not for this tenant: said once, and the clock does not wait for it."""
        now_ms, status = self._clock.now_ms(), self.status
        status.state, status.blind_spot, status.remedy = FeedState.UNAVAILABLE, found.blind_spot, found.remedy
        status.last_error = printable(str(found), _ERROR_CHARACTERS_MAX)
        if self.unavailable is None:
            text = printable(f"{self.name}: {found.blind_spot}", _ERROR_CHARACTERS_MAX)
            kind = GapKind.DISABLED if self.complete_ms else found.kind  # it was there: somebody took it away
            self.unavailable = Gap(self.name, kind, self.complete_ms or now_ms, now_ms, text, found.remedy)
            self._journal.gap(self.unavailable)
            self._say(self.name, f"{text}. {found.remedy}")
        self._prepared = False
        self.due_ms = now_ms + min(_PROBE_MIN_MS << min(self._probes, 10), _PROBE_MAX_MS)
        self._probes += 1
        return Result.UNAVAILABLE

    def _wait(self, error: Exception, due_ms: int, state: FeedState) -> Result:
        """A failure that may pass. `Stopping` when the end itself broke the request off: there is nothing to tell."""
        if self._journal.stop.is_set() and isinstance(error, CloudError):
            raise Stopping
        now_ms, status = self._clock.now_ms(), self.status
        self._failures += 1
        status.state, status.last_error = state, printable(str(error), _ERROR_CHARACTERS_MAX)
        if status.read > self._read or not status.failing_since_ms:  # slow is not failing
            status.failing_since_ms, self._read = now_ms, status.read
        self.due_ms = due_ms
        self._say(self.name, status.last_error)
        since_ms = min(status.failing_since_ms, self._broken_ms or now_ms)
        if self.counts and now_ms - since_ms >= LEFT_OUT_MS:
            self.leave_out(now_ms)
        elif self.failing is None and self.unavailable is None:
            fatal = isinstance(error, NoToken) and error.fatal
            slow = fatal or state is FeedState.THROTTLED  # of these only what brought nothing counts
            begun_ms = status.failing_since_ms if slow else since_ms
            if now_ms - begun_ms >= (REFUSED_TOLD_MS if fatal else FAILING_TOLD_MS):
                self._tell_failing(now_ms)
        return Result.AGAIN

    def _break(self, window: Window) -> None:
        """The present was not complete, and not for being throttled: a single content can keep it so for weeks."""
        if not window.historical:
            self._broken_ms = self._broken_ms or self._clock.now_ms()

    def leave_out(self, now_ms: int) -> None:
        """The tenant's clock goes on without this feed; that the feed fails is told unless it was."""
        self.left_out = True
        if self.failing is None:
            self._tell_failing(now_ms)
        elif self.failing.to_ms // DAY_MS < now_ms // DAY_MS:  # a further day that is not to be learnt
            self.failing = replace(self.failing, to_ms=now_ms)
            self._journal.gap(self.failing)

    def _tell_failing(self, now_ms: int) -> None:
        """Once: that nothing has come from this feed since it was last complete."""
        since = self.complete_ms or self.status.failing_since_ms or now_ms
        text = f"{self.name} fails: {self.status.last_error}"
        remedy = self.status.remedy or "Run `watchpost doctor`: it says what is wrong with the feed."
        self.failing = Gap(self.name, GapKind.FAILING, since, now_ms, text, remedy)
        self._journal.gap(self.failing)

    def _back_off_ms(self) -> int:
        return min(_RETRY_MIN_MS << min(self._failures, 10), _RETRY_MAX_MS)

    def _refresh(self) -> None:
        status, pending = self.status, self._journal.pending(self.name)
        status.complete_ms, status.left_out, status.next_ms = self.complete_ms, not self.counts, self.due_ms
        status.pending = len(pending)
        status.oldest_pending_ms = min((content.created_ms for content in pending), default=0)


class _Defect(Exception):
    """An error that nobody foresaw: its type says more than its text, which may hold content."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"unexpected {type(error).__name__} in the collector; please report it")
