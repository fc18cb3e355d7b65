"""What the parts of the pipeline report, written into the metrics. Layer: streams.

Each class fits the observer protocol of its part without importing it: rooms do not know each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from schemas.contracts.collected import Batch, ContentState, Gap, Tally
from schemas.contracts.incident import Incident
from streams.cloud.seam import Api
from streams.telemetry.telemetry import Telemetry


def cloud_observer(telemetry: Telemetry, tenant: str) -> Callable[[Api, str, float | None], None]:
    """The observer of one tenant's requests: API, outcome, seconds (None: nothing was sent)."""

    def observe(api: Api, outcome: str, seconds: float | None) -> None:
        telemetry.cloud_requests.labels(tenant, api.value, outcome).inc()
        if seconds is not None:
            telemetry.cloud_request_seconds.labels(api.value).observe(seconds)

    return observe


class FeedFacts(Protocol):
    """What is read of a feed's status. Times are UTC milliseconds, 0 where there is none."""

    name: str
    complete_ms: int
    last_success_ms: int
    left_out: bool
    polls: int
    poll_ms: int
    pending: int
    oldest_pending_ms: int

    @property
    def state(self) -> str:
        """The feed's state in a word."""
        ...


class FeedMetrics:
    """The observer of every tenant's collector."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._polls: dict[tuple[str, str], int] = {}
        self._states: dict[tuple[str, str], str] = {}

    def feed_changed(self, tenant: str, status: FeedFacts) -> None:
        """After each attempt."""
        to, key = self._telemetry, (tenant, status.name)
        to.feed_pending.labels(*key).set(status.pending)
        to.feed_pending_age.since(status.oldest_pending_ms if status.pending else 0, *key)
        to.feed_complete_lag.since(status.complete_ms, *key)
        to.feed_success_age.since(status.last_success_ms, *key)
        to.feed_left_out.labels(*key).set(status.left_out)
        state, before = str(status.state), self._states.get(key)
        if before is not None and before != state:
            to.feed_state.labels(*key, before).set(0)
        to.feed_state.labels(*key, state).set(1)
        self._states[key] = state
        new = status.polls - self._polls.get(key, 0)
        if new > 0:
            to.feed_polls.labels(*key).inc(new)
            to.feed_poll_seconds.labels(*key).observe(status.poll_ms / 1000)
        self._polls[key] = status.polls

    def batch_stored(self, tenant: str, batch: Batch, tally: Tally) -> None:
        """A batch is in the journal."""
        to, key = self._telemetry, (tenant, batch.feed)
        for outcome, count in (("produced", tally.produced), ("duplicate", tally.duplicates), ("dead", tally.dead)):
            if count:
                to.feed_records.labels(*key, outcome).inc(count)
        if batch.listed:
            to.feed_contents.labels(*key, ContentState.LISTED.value).inc(len(batch.listed))
        content = batch.content
        if content is not None and not batch.partial and content.state is not ContentState.LISTED:
            to.feed_contents.labels(*key, content.state.value).inc()

    def clock_written(self, tenant: str, time_ms: int, historical: bool) -> None:
        """The tenant's clock has passed this time."""
        self._telemetry.tenant_clock_lag.since(time_ms, tenant)

    def gap(self, tenant: str, gap: Gap) -> None:
        """Something could not be seen."""
        if not gap.over:
            self._telemetry.tenant_gaps.labels(tenant, gap.kind.value).inc()

    def said(self, tenant: str, feed: str, text: str) -> None:
        """Nothing: lines are for people."""


class IncidentMetrics:
    """The observer of messages about incidents, as they are stored."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._delays = {
            "vendor_ms": telemetry.vendor_delay,
            "collector_ms": telemetry.collector_delay,
            "watchpost_ms": telemetry.own_delay,
        }

    def told(self, incident: Incident) -> None:
        """Count a message, and whose delay it had where that is known."""
        labels = (incident.tenant, incident.tier.value, incident.activity.value)
        self._telemetry.engine_incidents.labels(*labels).inc()
        for name, delay in self._delays.items():
            if name in incident.delay_ms:
                delay.observe(max(0, incident.delay_ms[name]) / 1000)


class SinkMetrics:
    """The observer of every sink's delivery."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def delivered(self, sink: str, alerts: int) -> None:
        """Alerts arrived."""
        self._telemetry.sink_alerts.labels(sink, "sent").inc(alerts)

    def failed(self, sink: str, reason: str, next_ms: int) -> None:
        """A delivery failed and is tried again."""
        self._telemetry.sink_failures.labels(sink).inc()

    def dead(self, sink: str, reason: str) -> None:
        """An alert is given up."""
        self._telemetry.sink_alerts.labels(sink, "dead").inc()

    def waiting(self, sink: str, alerts: int, oldest_ms: int) -> None:
        """How many wait, and since when the oldest does (UTC milliseconds, 0: none)."""
        self._telemetry.sink_waiting.labels(sink).set(alerts)
        self._telemetry.sink_waiting_age.since(oldest_ms, sink)
