"""What a watching process shows of itself: counts, feeds and incidents, for the live view and the metrics. Layer: streams.

Written from the tenants' threads, read from the main one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from schemas.contracts.collected import Batch, Gap, Tally
from schemas.contracts.incident import Activity, Incident
from streams.clock import Clock, PracticeClock
from streams.collectors.live.feed_status import FeedState as Doing
from streams.collectors.live.feed_status import FeedStatus
from streams.operations.live_state import FeedState, FeedView, IncidentView, SinkView, StageView, ViewState

LATE_SECONDS = 1_800.0
INCIDENTS_MAX = 50
_STATES = {
    Doing.STARTING: FeedState.STARTING,
    Doing.BACK_FILL: FeedState.CATCHING_UP,
    Doing.LIVE: FeedState.LIVE,
    Doing.THROTTLED: FeedState.THROTTLED,
    Doing.FAILING: FeedState.FAILING,
    Doing.UNAVAILABLE: FeedState.UNAVAILABLE,
}
Said = Callable[[str], None]


@dataclass(slots=True)
class Seen:
    """Counts since the process started."""

    records: int = 0
    produced: int = 0
    duplicates: int = 0
    dead: int = 0
    told: int = 0


@dataclass(slots=True)
class _Sink:
    delivered: int = 0
    waiting: int = 0
    trouble: str = ""


@dataclass(slots=True)
class WatchBoard:
    """The board. `several`: lines and feeds name their tenant. It fits the observers of collectors and deliveries."""

    clock: Clock
    several: bool = False
    title: str = "Watchpost"
    say: Said = print
    seen: Seen = field(default_factory=Seen)
    accounts: int = 0
    phase: str = ""
    _feeds: dict[tuple[str, str], FeedStatus] = field(default_factory=dict)
    _incidents: dict[str, IncidentView] = field(default_factory=dict)
    _sinks: dict[str, _Sink] = field(default_factory=dict)
    _historical: dict[str, bool] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    # --- from collectors -----------------------------------------------------------------------------------------

    def feed_changed(self, tenant: str, status: FeedStatus) -> None:
        """After each attempt of a feed."""
        with self._lock:
            self._feeds[(tenant, status.name)] = replace(status)

    def batch_stored(self, tenant: str, batch: Batch, tally: Tally) -> None:
        """A batch is in the journal."""
        with self._lock:
            self.seen.records += tally.read
            self.seen.produced += tally.produced
            self.seen.duplicates += tally.duplicates
            self.seen.dead += tally.dead

    def clock_written(self, tenant: str, time_ms: int, historical: bool) -> None:
        """The tenant's clock has passed this time."""
        with self._lock:
            self._historical[tenant] = historical
            self.phase = "looking back" if any(self._historical.values()) else "watching"

    def gap(self, tenant: str, gap: Gap) -> None:
        """Nothing: what it causes is told as an incident, and in words."""

    def forget(self, tenant: str) -> None:
        """The tenant is watched by another process now."""
        with self._lock:
            for key in [key for key in self._feeds if key[0] == tenant]:
                del self._feeds[key]
            self._historical.pop(tenant, None)

    def said(self, tenant: str, feed: str, text: str) -> None:
        """A line for people."""
        self.say(f"{tenant}: {text}" if self.several else text)

    # --- from the engine -----------------------------------------------------------------------------------------

    def told(self, incident: Incident) -> None:
        """A message about an incident was caused."""
        with self._lock:
            self.seen.told += 1
            self._incidents[incident.uid] = view_of(incident)
            while len(self._incidents) > INCIDENTS_MAX:
                del self._incidents[next(iter(self._incidents))]

    def incidents(self) -> list[IncidentView]:
        """Incidents in the order in which they were first told."""
        with self._lock:
            return list(self._incidents.values())

    # --- from deliveries -----------------------------------------------------------------------------------------

    def delivered(self, sink: str, alerts: int) -> None:
        """Alerts arrived."""
        with self._lock:
            held = self._sinks.setdefault(sink, _Sink())
            held.delivered += alerts
            held.trouble = ""

    def failed(self, sink: str, reason: str, next_ms: int) -> None:
        """A try failed: the view tells it, and that it works again."""
        with self._lock:
            held = self._sinks.setdefault(sink, _Sink())
            held.trouble, held.waiting = reason, max(1, held.waiting)

    def dead(self, sink: str, reason: str) -> None:
        """An alert was given up."""
        self.say(f"sink {sink}: an alert was given up: {reason}")

    def waiting(self, sink: str, alerts: int) -> None:
        """How many alerts wait for a sink."""
        with self._lock:
            self._sinks.setdefault(sink, _Sink()).waiting = alerts

    # --- for the view --------------------------------------------------------------------------------------------

    def statuses(self) -> list[tuple[str, FeedStatus]]:
        """(tenant, feed) as it was after its last attempt."""
        with self._lock:
            return [(tenant, status) for (tenant, _), status in self._feeds.items()]

    def snapshot(self) -> ViewState:
        """The board as the live view draws it."""
        now_ms = self.clock.now_ms()
        with self._lock:
            feeds = tuple(
                _feed(status, now_ms, tenant if self.several else "") for (tenant, _), status in self._feeds.items()
            )
            sinks = tuple(
                SinkView(name, held.delivered, held.waiting, held.trouble) for name, held in self._sinks.items()
            )
            return ViewState(
                now_ms=now_ms,
                title=self.title,
                phase=self.phase,
                speed=self.clock.speed if isinstance(self.clock, PracticeClock) else 1.0,
                feeds=feeds,
                records=self.seen.records,
                accounts=self.accounts,
                incidents=tuple(self._incidents.values()),
                sinks=sinks,
            )


def view_of(incident: Incident) -> IncidentView:
    """An incident as the live view shows it: its sentences with their stages."""
    stages = tuple(StageView(line.time_ms, line.stage.value, line.sentence) for line in incident.lines)
    return IncidentView(
        uid=incident.uid,
        account=incident.resources[0].uid,
        tier=incident.tier,
        stages=stages or (StageView(incident.first_ms, "visibility", incident.title),),
        advice=incident.remediation,
        closed=incident.activity is Activity.CLOSE,
    )


def _feed(status: FeedStatus, now_ms: int, tenant: str) -> FeedView:
    lag = (now_ms - status.complete_ms) / 1000 if status.complete_ms else None
    state = _STATES[status.state]
    if state is FeedState.LIVE and lag is not None and lag > LATE_SECONDS:
        state = FeedState.LATE
    note = "" if state is FeedState.LIVE else status.blind_spot or status.last_error
    return FeedView(status.name, state, status.read, lag, tenant, note)
