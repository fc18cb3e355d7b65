"""Delivers alerts from the outbox to the sinks: at least once, in order per incident, each sink on its own. Layer: streams.

Every sink has a thread. A sink that hangs, refuses or throttles delays nobody else. What could not be sent stays in the
outbox and is tried again, later and later, until the outbox says that it is too old. An alert may arrive twice (a lost
answer, a kill between sending and noting): its `uid` is then the same.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from streams.clock import Clock
from streams.sinks.alert_sink import Alert, AlertSink, NotAnAlert, SinkFailure, SinkRefused, SinkRetry
from streams.sinks.backoff import backoff_seconds


class Outgoing(Protocol):
    """A row of the outbox: one message for one sink."""

    @property
    def id(self) -> int:
        """Number of the row; later rows have greater ones."""
        ...

    @property
    def incident(self) -> str:
        """`finding_info.uid` of the message."""
        ...

    @property
    def message(self) -> bytes:
        """The OCSF JSON."""
        ...

    @property
    def tries(self) -> int:
        """Failed attempts so far."""
        ...

    @property
    def created_ms(self) -> int:
        """When it was stored, UTC milliseconds of the wall clock."""
        ...


class Outbox(Protocol):
    """What was emitted and not yet delivered, one row per message and sink. Called from several threads."""

    def due(self, now_ms: int, sink: str) -> Sequence[Outgoing]:
        """Rows of a sink whose time has come, oldest first; some hundred at most.

        A row waits while an older row of the same sink and incident waits for a later time.
        """
        ...

    def delivered(self, ids: Sequence[int], now_ms: int) -> None:
        """The receiver has them."""
        ...

    def failed(self, number: int, next_ms: int, error: str, now_ms: int) -> bool:
        """Count an attempt; the row is due again at `next_ms`, or given up because of its age: whether it was.

        `error` is one line without secrets.
        """
        ...

    def dead(self, number: int, error: str, now_ms: int) -> None:
        """The receiver will never take it: not tried again, kept for people to see."""
        ...


class DeliveryObserver(Protocol):
    """Counts and tells what happens. Called from the sinks' threads."""

    def delivered(self, sink: str, alerts: int) -> None:
        """So many alerts arrived."""
        ...

    def failed(self, sink: str, reason: str, next_ms: int) -> None:
        """A try failed; the next is at `next_ms`."""
        ...

    def dead(self, sink: str, reason: str) -> None:
        """An alert was given up."""
        ...


class Unobserved:
    """An observer that looks away."""

    def delivered(self, sink: str, alerts: int) -> None:
        """Nothing."""

    def failed(self, sink: str, reason: str, next_ms: int) -> None:
        """Nothing."""

    def dead(self, sink: str, reason: str) -> None:
        """Nothing."""


_BREATH_SECONDS = 0.02  # of wall time between two looks, however fast a practice clock runs


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """`poll_seconds`: how often the outbox is asked unless `nudge` says that there is something."""

    poll_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class _Hold:
    """Later alerts of an incident wait until `row` is delivered or given up, or is due again and gone."""

    row: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class _Due:
    """A row and its message, read."""

    row: Outgoing
    alert: Alert


class SinkDelivery:
    """The delivery to one sink, step by step; `step` is called by one thread."""

    def __init__(
        self,
        sink: AlertSink,
        outbox: Outbox,
        clock: Clock,
        observer: DeliveryObserver | None = None,
        settings: DeliverySettings | None = None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.sink = sink
        self._outbox = outbox
        self._clock = clock
        self._observer: DeliveryObserver = observer or Unobserved()
        self._settings = settings or DeliverySettings()
        self._draw = draw
        self._failures = 0  # in a row
        self._paused_until_ms = 0
        self._held: dict[str, _Hold] = {}  # by incident
        self.stopping = threading.Event()

    def step(self) -> float:
        """Deliver what is due; seconds until it is worth calling again."""
        now_ms = self._clock.now_ms()
        if now_ms < self._paused_until_ms:
            return (self._paused_until_ms - now_ms) / 1000
        try:
            rows = self._in_order(self._outbox.due(now_ms, self.sink.name), now_ms)
            more = bool(rows)
            while rows and not self.stopping.is_set():
                batch, rows = rows[: self.sink.batch_max], rows[self.sink.batch_max :]
                if not self._deliver(batch):
                    break
        except Exception as error:  # the outbox: a full disk, a lock; its owner ends the process when it is lost
            return self._pause(f"the outbox cannot be used ({type(error).__name__})")
        return 0.0 if more else self._settings.poll_seconds

    def _in_order(self, rows: Sequence[Outgoing], now_ms: int) -> list[_Due]:
        """Incidents that never failed first; within an incident the order of the outbox."""
        present = {row.id for row in rows}
        incidents: dict[str, list[_Due]] = {}
        for row in rows:
            hold = self._held.get(row.incident)
            if hold is not None and hold.row not in present:
                if now_ms < hold.until_ms:
                    continue
                del self._held[row.incident]  # its row is no longer in the outbox
            try:
                alert = Alert.of(row.message, row.created_ms)
            except NotAnAlert as error:
                self._give_up(row, str(error))
                continue
            incidents.setdefault(row.incident, []).append(_Due(row, alert))
        return [due for group in sorted(incidents.values(), key=lambda group: group[0].row.tries) for due in group]

    def _deliver(self, batch: Sequence[_Due]) -> bool:
        """Whether the sink takes more now."""
        try:
            self.sink.send([due.alert for due in batch])
        except SinkFailure as failure:
            return self._failed(batch, failure)
        except Exception as error:  # a defect of a sink must not end the delivery, and its text may hold anything
            return self._failed(batch, SinkRetry(f"unexpected {type(error).__name__} in the sink"))
        self._arrived(batch)
        self._failures = 0
        return True

    def _arrived(self, batch: Sequence[_Due]) -> None:
        self._outbox.delivered([due.row.id for due in batch], self._clock.now_ms())
        for due in batch:
            self._held.pop(due.row.incident, None)
        self._observer.delivered(self.sink.name, len(batch))

    def _failed(self, batch: Sequence[_Due], failure: SinkFailure) -> bool:
        """What arrived is noted; of the rest the one that failed, or all where the sink cannot tell. False: leave the sink."""
        if failure.sent is not None:
            if failure.sent:
                self._arrived(batch[: failure.sent])
            batch = batch[failure.sent : failure.sent + 1]
        if isinstance(failure, SinkRefused) and failure.message:
            if len(batch) > 1:
                return all(self._deliver([due]) for due in batch)
            self._give_up(batch[0].row, failure.reason)
            return True
        self._pause(failure.reason, failure.after_seconds if isinstance(failure, SinkRetry) else None)
        for due in batch:
            self._put_off(due.row, failure.reason)
        return False

    def _put_off(self, row: Outgoing, reason: str) -> None:
        now_ms = self._clock.now_ms()
        seconds = backoff_seconds(row.tries + 1, self._draw)
        next_ms = max(self._paused_until_ms, now_ms + int(seconds * 1000))
        if self._outbox.failed(row.id, next_ms, reason, now_ms):
            self._held.pop(row.incident, None)
            self._observer.dead(self.sink.name, reason)
        elif self._held.get(row.incident, _Hold(row.id, 0)).row == row.id:
            self._held[row.incident] = _Hold(row.id, next_ms)

    def _give_up(self, row: Outgoing, reason: str) -> None:
        self._outbox.dead(row.id, reason, self._clock.now_ms())
        self._held.pop(row.incident, None)
        self._observer.dead(self.sink.name, reason)

    def _pause(self, reason: str, asked_seconds: float | None = None) -> float:
        """Leave the sink alone for a while: its back-off, or longer where it asked for that."""
        self._failures += 1
        seconds = max(backoff_seconds(self._failures, self._draw), asked_seconds or 0.0)
        self._paused_until_ms = self._clock.now_ms() + int(seconds * 1000)
        self._observer.failed(self.sink.name, reason, self._paused_until_ms)
        return seconds


class Delivery:
    """All sinks at work, each in its thread."""

    def __init__(self, deliveries: Sequence[SinkDelivery], clock: Clock) -> None:
        self._clock = clock
        self._deliveries = list(deliveries)
        self._wakes = [threading.Event() for _ in self._deliveries]
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads."""
        for delivery, wake in zip(self._deliveries, self._wakes, strict=True):
            thread = threading.Thread(
                target=self._run, args=(delivery, wake), name=f"sink {delivery.sink.name}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def nudge(self) -> None:
        """Something was put into the outbox: look at once."""
        for wake in self._wakes:
            wake.set()

    def stop(self, timeout_seconds: float = 10.0) -> list[str]:
        """End after what is being sent; names of the sinks that did not end in time (their alerts stay in the outbox)."""
        for delivery in self._deliveries:
            delivery.stopping.set()
        self.nudge()
        until = time.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        pairs = zip(self._deliveries, self._threads, strict=False)
        return [delivery.sink.name for delivery, thread in pairs if thread.is_alive()]

    def _run(self, delivery: SinkDelivery, wake: threading.Event) -> None:
        while not delivery.stopping.is_set():
            wake.clear()
            if delivery.stopping.is_set():
                break
            if not self._clock.wait(delivery.step(), wake):
                wake.wait(_BREATH_SECONDS)
        delivery.sink.close()
