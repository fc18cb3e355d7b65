"""Each feed asked with its smallest request, once per run of `doctor`. Layer: streams.

A Graph feed is asked as its collector asks at the start (one row). A content type of the Management Activity API is asked for
its subscription and for the first page of the last hour; a subscription is never started here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from schemas.contracts.collected import Batch, Content, Gap, GapKind, Tally
from streams.cloud.seam import BadAnswer, Cloud, CloudError, NoToken, Refused, Throttled
from streams.collectors.live.activity import CONTENT_TYPES
from streams.collectors.live.activity_calls import ActivityCalls
from streams.collectors.live.activity_errors import AUDIT_OFF, Reaction, row_of
from streams.collectors.live.seam import LiveFeed, Unavailable
from streams.operations.checks.check import Level
from streams.operations.coverage import FeedState
from streams.operations.live_feeds import MAKERS

HOUR_MS = 3_600_000
STARTED_BY_RUN = "`watchpost run` starts it."


@dataclass(frozen=True, slots=True)
class Probe:
    """How a feed answered. `feed` is its durable name, `subscription` the status where it has one ("" when none)."""

    feed: str
    level: Level
    state: FeedState
    text: str
    remedy: str = ""
    subscription: str | None = None
    audit_off: bool = False


class Probes:
    """The feeds of one tenant, by their names in the settings. `collecting`: a process collects this tenant now."""

    def __init__(self, cloud: Cloud, collecting: bool = False) -> None:
        self._cloud = cloud
        self._collecting = collecting
        self._found: dict[str, Probe] = {}

    def probe(self, name: str) -> Probe:
        """How the feed answers; asked once."""
        if name not in self._found:
            self._found[name] = self._asked(name)
        return self._found[name]

    def feed_name(self, name: str) -> str:
        """The feed's durable name."""
        return self._feed(name).name

    def _feed(self, name: str) -> LiveFeed:
        return MAKERS[name](self._cloud, NothingKept(self._cloud.tenant))

    def _asked(self, name: str) -> Probe:
        feed = self._feed(name)
        try:
            if name in CONTENT_TYPES:
                return self._activity(feed.name, name)
            return _graph(feed)
        except Throttled as error:
            remedy = "Ask again later; if it stays so, look for other applications that use the tenant's limits."
            return Probe(feed.name, Level.WARN, FeedState.WORKS, f"throttled, so it was not read: {error}", remedy)
        except NoToken:
            text = "not asked: there is no token for its API, see credentials"
            return Probe(feed.name, Level.SKIP, FeedState.FAILING, text)
        except CloudError as error:
            remedy = "Check DNS, proxy and firewall, and the service's health page."
            return Probe(feed.name, Level.FAIL, FeedState.FAILING, str(error), remedy)

    def _activity(self, feed: str, content_type: str) -> Probe:
        calls = ActivityCalls(self._cloud, content_type)
        status: str | None = None
        try:
            status = calls.subscription()
            if status == "enabled":
                now_ms = self._cloud.now_ms()
                page = next(calls.pages(now_ms - HOUR_MS, now_ms))
                text = f"listed the last hour: {len(page)} contents on the first page"
                return Probe(feed, Level.OK, FeedState.WORKS, text, subscription=status)
        except Refused as error:
            return _refused(feed, error, status)
        return self._not_subscribed(feed, status)

    def _not_subscribed(self, feed: str, status: str) -> Probe:
        if status:
            text = f"the subscription is {status}: nothing becomes available, and what would have is lost"
            remedy = "`watchpost run` starts it again; find out who stopped it: the app registration or an administrator did."
            return Probe(feed, Level.FAIL, FeedState.UNAVAILABLE, text, remedy, status)
        if self._collecting:
            text = "there is no subscription although the tenant is being collected"
            remedy = "See what `watchpost run` says about this feed, or leave it out of `feeds`."
            return Probe(feed, Level.FAIL, FeedState.FAILING, text, remedy, status)
        text = "there is no subscription yet; its first records come up to 12 hours after the start"
        return Probe(feed, Level.WARN, FeedState.WORKS, text, STARTED_BY_RUN, status)


def _refused(feed: str, error: Refused, status: str | None) -> Probe:
    row = row_of(error)
    if row.reaction is Reaction.START:
        return Probe(feed, Level.WARN, FeedState.WORKS, row.meaning, STARTED_BY_RUN, status or "")
    if row.reaction in (Reaction.UNAVAILABLE, Reaction.SWITCHED_OFF):
        off = row is AUDIT_OFF or row.code == "AF20011"
        text = f"{row.meaning} ({error.code})" if row is not AUDIT_OFF else row.meaning
        return Probe(feed, Level.FAIL, FeedState.UNAVAILABLE, text, row.remedy, status, off)
    return Probe(feed, Level.FAIL, FeedState.FAILING, f"{row.meaning}: {error}", row.remedy, status)


def _graph(feed: LiveFeed) -> Probe:
    try:
        feed.prepare()
    except Unavailable as error:
        level = Level.FAIL if error.kind is GapKind.DISABLED else Level.WARN
        return Probe(feed.name, level, FeedState.UNAVAILABLE, error.blind_spot, error.remedy)
    except BadAnswer as error:
        return Probe(feed.name, Level.FAIL, FeedState.FAILING, str(error), "See whether a proxy changes the answers.")
    return Probe(feed.name, Level.OK, FeedState.WORKS, "it answers")


class NothingKept:
    """A journal for feeds that are only probed: empty, and writing to it is a defect."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant

    def checkpoint(self, feed: str) -> dict[str, Any]:
        """Nothing."""
        return {}

    def complete_ms(self, feed: str) -> int:
        """Never."""
        return 0

    def unseen(self, feed: str, contents: Sequence[Content]) -> list[Content]:
        """All."""
        return list(contents)

    def pending(self, feed: str) -> list[Content]:
        """None."""
        return []

    def commit(self, batch: Batch) -> Tally:
        """Never called by a probe."""
        self._refuse()

    def clock(self, time_ms: int, historical: bool = False) -> None:
        """Never called by a probe."""
        self._refuse()

    def gap(self, gap: Gap) -> None:
        """Never called by a probe."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise AssertionError("a probe does not write")
