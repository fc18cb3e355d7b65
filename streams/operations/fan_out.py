"""One observer for several. Layer: streams."""

from __future__ import annotations

from schemas.contracts.collected import Batch, Gap, Tally
from streams.collectors.live.feed_status import FeedStatus, Observer
from streams.sinks.delivery import DeliveryObserver


class FeedObservers:
    """What collectors say, to all."""

    def __init__(self, *observers: Observer) -> None:
        self._all = observers

    def feed_changed(self, tenant: str, status: FeedStatus) -> None:
        """After each attempt."""
        for one in self._all:
            one.feed_changed(tenant, status)

    def batch_stored(self, tenant: str, batch: Batch, tally: Tally) -> None:
        """A batch is in the journal."""
        for one in self._all:
            one.batch_stored(tenant, batch, tally)

    def clock_written(self, tenant: str, time_ms: int, historical: bool) -> None:
        """The tenant's clock has passed this time."""
        for one in self._all:
            one.clock_written(tenant, time_ms, historical)

    def gap(self, tenant: str, gap: Gap) -> None:
        """Something cannot be seen, or can be again."""
        for one in self._all:
            one.gap(tenant, gap)

    def said(self, tenant: str, feed: str, text: str) -> None:
        """A line for people."""
        for one in self._all:
            one.said(tenant, feed, text)


class DeliveryObservers:
    """What deliveries say, to all."""

    def __init__(self, *observers: DeliveryObserver) -> None:
        self._all = observers

    def delivered(self, sink: str, alerts: int) -> None:
        """Alerts arrived."""
        for one in self._all:
            one.delivered(sink, alerts)

    def failed(self, sink: str, reason: str, next_ms: int) -> None:
        """A try failed."""
        for one in self._all:
            one.failed(sink, reason, next_ms)

    def dead(self, sink: str, reason: str) -> None:
        """An alert was given up."""
        for one in self._all:
            one.dead(sink, reason)
