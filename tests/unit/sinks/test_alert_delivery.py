"""Delivery from the outbox: at least once, in order per incident, one sink's trouble its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from streams.clock import WallClock
from streams.sinks.alert_sink import Alert, SinkRefused, SinkRetry
from streams.sinks.backoff import MOST_SECONDS, backoff_seconds
from streams.sinks.delivery import Delivery, DeliverySettings, SinkDelivery
from tests.unit.sinks.alert_examples import WALL_MS, named

DAY_MS = 86_400_000


@dataclass
class HandClock:
    """Time that moves when the test says so."""

    ms: int = WALL_MS

    def now_ms(self) -> int:
        return self.ms

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        self.ms += int(seconds * 1000)
        return stop.is_set()


@dataclass
class Kept:
    """A row of the outbox."""

    id: int
    message: bytes
    incident: str
    created_ms: int = WALL_MS
    tries: int = 0
    due_ms: int = 0
    state: str = "waiting"
    error: str = ""


class MemoryOutbox:
    """As `Outbox` describes it; `naive` does not hold back a row behind an older one of its incident."""

    def __init__(self, alerts: Sequence[Alert], naive: bool = False, dead_after_days: float = 7.0) -> None:
        self.rows: dict[int, Kept] = {}
        self.naive = naive
        self.broken = False
        self._dead_after_ms = dead_after_days * DAY_MS
        self._lock = threading.Lock()
        for alert in alerts:
            self.put(alert)

    def put(self, alert: Alert) -> None:
        with self._lock:
            number = len(self.rows) + 1
            self.rows[number] = Kept(number, alert.body, alert.incident)

    def due(self, now_ms: int, sink: str) -> list[Kept]:
        if self.broken:
            raise OSError("database is locked: secret path")
        found: list[Kept] = []
        waiting: set[str] = set()
        with self._lock:
            for row in self.rows.values():
                if row.state != "waiting" or (row.incident in waiting and not self.naive):
                    continue
                if row.due_ms > now_ms:
                    waiting.add(row.incident)
                    continue
                found.append(row)
        return found

    def delivered(self, ids: Sequence[int], now_ms: int) -> None:
        for id in ids:
            self.rows[id].state = "delivered"

    def failed(self, number: int, next_ms: int, error: str, now_ms: int) -> bool:
        row = self.rows[number]
        row.tries, row.due_ms, row.error = row.tries + 1, next_ms, error
        if now_ms - row.created_ms >= self._dead_after_ms:
            row.state = "dead"
        return row.state == "dead"

    def dead(self, number: int, error: str, now_ms: int) -> None:
        self.rows[number].state, self.rows[number].error = "dead", error

    def states(self) -> list[str]:
        return [row.state for row in self.rows.values()]


@dataclass
class PlayedSink:
    """Keeps what it got; `fault` decides on each batch."""

    name: str = "played"
    batch_max: int = 1
    got: list[str] = field(default_factory=list)
    fault: Callable[[Sequence[Alert]], Exception | None] = lambda alerts: None
    closed: int = 0

    def send(self, alerts: Sequence[Alert]) -> None:
        if error := self.fault(alerts):
            raise error
        self.got += [alert.uid for alert in alerts]

    def close(self) -> None:
        self.closed += 1


@dataclass
class Counted:
    """An observer that counts."""

    arrived: int = 0
    failures: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    def delivered(self, sink: str, alerts: int) -> None:
        self.arrived += alerts

    def failed(self, sink: str, reason: str, next_ms: int) -> None:
        self.failures.append(reason)

    def dead(self, sink: str, reason: str) -> None:
        self.given_up.append(reason)


class Bench:
    """One sink's delivery with time in hand."""

    def __init__(self, alerts: Sequence[Alert], naive: bool = False, batch_max: int = 1, days: float = 7.0) -> None:
        self.clock, self.seen = HandClock(), Counted()
        self.outbox = MemoryOutbox(alerts, naive, days)
        self.sink = PlayedSink(batch_max=batch_max)
        self.delivery = SinkDelivery(self.sink, self.outbox, self.clock, self.seen, draw=lambda: 0.5)

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.clock.wait(self.delivery.step(), threading.Event())


def retry_on(uid: str, times: int) -> Callable[[Sequence[Alert]], Exception | None]:
    left = [times]

    def fault(alerts: Sequence[Alert]) -> Exception | None:
        if any(alert.uid == uid for alert in alerts) and left[0]:
            left[0] -= 1
            return SinkRetry("busy")
        return None

    return fault


def test_all_that_is_due_is_sent_once_in_order() -> None:
    bench = Bench([named(1), named(2, "b"), named(3)])
    bench.run(3)
    assert bench.sink.got == ["m1", "m3", "m2"]
    assert bench.seen.arrived == 3
    assert bench.outbox.states() == ["delivered"] * 3


@pytest.mark.parametrize("naive", [True, False])
@pytest.mark.parametrize("batch_max", [1, 10])
def test_a_later_message_waits_for_an_earlier_of_its_incident(naive: bool, batch_max: int) -> None:
    bench = Bench([named(1, "a"), named(2, "b"), named(3, "a"), named(4, "b")], naive, batch_max)
    bench.sink.fault = retry_on("m1", 4)
    bench.run(40)
    assert [uid for uid in bench.sink.got if uid in ("m1", "m3")] == ["m1", "m3"]
    assert [uid for uid in bench.sink.got if uid in ("m2", "m4")] == ["m2", "m4"]


def test_an_alert_that_always_fails_does_not_keep_others_waiting() -> None:
    bench = Bench([named(1, "a"), named(2, "b"), named(3, "c")])
    bench.sink.fault = retry_on("m1", 10_000)
    bench.run(4)
    assert sorted(bench.sink.got) == ["m2", "m3"]


def test_when_the_first_is_dead_the_next_is_sent() -> None:
    bench = Bench([named(1), named(2)])
    bench.sink.fault = lambda alerts: SinkRefused("too large", True) if alerts[0].uid == "m1" else None
    bench.run(2)
    assert bench.outbox.states() == ["dead", "delivered"]
    assert bench.seen.given_up == ["too large"]


def test_one_bad_message_does_not_take_its_batch_along() -> None:
    bench = Bench([named(number, str(number)) for number in range(5)], batch_max=10)
    bench.sink.fault = lambda alerts: SinkRefused("bad", True) if any(one.uid == "m2" for one in alerts) else None
    bench.run(1)
    assert bench.sink.got == ["m0", "m1", "m3", "m4"]
    assert bench.outbox.states().count("dead") == 1


def test_a_wrong_setting_loses_nothing() -> None:
    bench = Bench([named(1)])
    bench.sink.fault = lambda alerts: SinkRefused("HTTP 401: check the credentials")
    bench.run(20)
    assert bench.outbox.states() == ["waiting"]
    assert bench.outbox.rows[1].error == "HTTP 401: check the credentials"
    bench.sink.fault = lambda alerts: None
    bench.run(2)
    assert bench.outbox.states() == ["delivered"]


def test_waiting_grows_to_a_quarter_of_an_hour() -> None:
    bench = Bench([named(1)], days=365)
    bench.sink.fault = retry_on("m1", 10_000)
    moments = []
    for _ in range(40):
        before = len(bench.seen.failures)
        bench.run(1)
        if len(bench.seen.failures) > before:
            moments.append(bench.clock.ms)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert gaps[0] < gaps[2] < gaps[4]
    assert max(gaps) <= MOST_SECONDS * 1000 * 1.1
    assert min(gaps[-5:]) >= MOST_SECONDS * 500


def test_what_the_receiver_asks_for_is_kept_to() -> None:
    bench = Bench([named(1), named(2, "b")])
    bench.sink.fault = lambda alerts: SinkRetry("HTTP 429", 120.0)
    assert bench.delivery.step() >= 0
    bench.clock.ms += 119_000
    bench.sink.fault = lambda alerts: None
    bench.delivery.step()
    assert bench.sink.got == []
    bench.clock.ms += 2_000
    bench.delivery.step()
    assert sorted(bench.sink.got) == ["m1", "m2"]


def test_after_some_days_it_is_given_up() -> None:
    bench = Bench([named(1), named(2)])
    bench.sink.fault = lambda alerts: SinkRetry("cannot be reached")
    bench.run(3)
    bench.clock.ms += 8 * DAY_MS
    bench.run(30)
    assert bench.outbox.states() == ["dead", "dead"]
    assert bench.seen.given_up[0] == "cannot be reached"


def test_a_defect_in_a_sink_is_a_failure_like_others_and_its_text_is_not_told() -> None:
    bench = Bench([named(1)])
    bench.sink.fault = lambda alerts: ZeroDivisionError("secret")
    bench.run(1)
    assert bench.seen.failures == ["unexpected ZeroDivisionError in the sink"]
    bench.sink.fault = lambda alerts: None
    bench.run(2)
    assert bench.outbox.states() == ["delivered"]


def test_an_outbox_that_fails_for_a_while_ends_nothing() -> None:
    bench = Bench([named(1)])
    bench.outbox.broken = True
    bench.run(2)
    assert bench.seen.failures[0] == "the outbox cannot be used (OSError)"
    bench.outbox.broken = False
    bench.run(2)
    assert bench.sink.got == ["m1"]


def test_a_row_that_left_the_outbox_does_not_hold_its_incident_for_ever() -> None:
    bench = Bench([named(1), named(2)], naive=True)
    bench.sink.fault = retry_on("m1", 1)
    bench.run(1)
    del bench.outbox.rows[1]
    bench.run(5)
    assert bench.sink.got == ["m2"]


def test_backoff_doubles_with_jitter_and_has_an_end() -> None:
    assert [backoff_seconds(number, lambda: 0.0) for number in (0, 1, 2, 3)] == [0.5, 0.5, 1.0, 2.0]
    assert backoff_seconds(1, lambda: 1.0) == 1.0
    assert backoff_seconds(10_000, lambda: 1.0) == MOST_SECONDS


def test_a_sink_that_hangs_delays_no_other() -> None:
    released, arrived = threading.Event(), threading.Event()
    stuck, quick = PlayedSink("stuck"), PlayedSink("quick")

    def hang(alerts: Sequence[Alert]) -> None:
        released.wait(10)

    def tell(alerts: Sequence[Alert]) -> None:
        if alerts[0].uid == "m3":
            arrived.set()

    stuck.fault, quick.fault = hang, tell
    outboxes = [MemoryOutbox([named(1), named(2), named(3)]) for _ in range(2)]
    clock = WallClock()
    pairs = zip((stuck, quick), outboxes, strict=True)
    delivery = Delivery([SinkDelivery(sink, outbox, clock) for sink, outbox in pairs], clock)
    delivery.start()
    assert arrived.wait(5)
    assert delivery.stop(0.05) == ["stuck"]
    released.set()
    assert delivery.stop(5.0) == []
    assert quick.got == ["m1", "m2", "m3"]
    assert stuck.got == ["m1"], "what is being sent is finished, the rest stays in the outbox"
    assert outboxes[0].states() == ["delivered", "waiting", "waiting"]
    assert (stuck.closed, quick.closed) == (1, 1)


def test_a_nudge_sends_at_once() -> None:
    arrived = threading.Event()
    sink = PlayedSink()
    outbox = MemoryOutbox([])

    def tell(alerts: Sequence[Alert]) -> None:
        arrived.set()

    sink.fault = tell
    clock = WallClock()
    delivery = Delivery([SinkDelivery(sink, outbox, clock, settings=DeliverySettings(poll_seconds=600.0))], clock)
    delivery.start()
    outbox.put(named(1))
    delivery.nudge()
    assert arrived.wait(5)
    assert delivery.stop(5.0) == []


def test_what_is_no_alert_is_given_up_and_holds_nothing_up() -> None:
    bench = Bench([named(1), named(2)])
    bench.outbox.rows[1].message = b"{}"
    bench.run(1)
    assert bench.outbox.states() == ["dead", "delivered"]
    assert bench.seen.given_up == ["not an OCSF message about an incident (2 bytes)"]


def test_what_arrived_before_a_failure_is_not_sent_again_and_what_comes_after_it_does_not_wait() -> None:
    bench = Bench([named(number, str(number)) for number in range(6)], batch_max=10)

    def one_by_one(alerts: Sequence[Alert]) -> Exception | None:
        for sent, alert in enumerate(alerts):
            if alert.uid == "m2":
                error = SinkRefused("HTTP 554")
                error.sent = sent
                return error
            bench.sink.got.append(alert.uid)
        bench.sink.got.clear()
        return None

    bench.sink.fault = one_by_one
    bench.delivery.step()
    assert bench.sink.got == ["m0", "m1"]
    assert bench.outbox.states() == ["delivered", "delivered", *["waiting"] * 4]
    assert [row.tries for row in bench.outbox.rows.values()] == [0, 0, 1, 0, 0, 0]
    bench.run(2)
    assert bench.outbox.states() == ["delivered", "delivered", "waiting", "delivered", "delivered", "delivered"]


def test_a_backlog_is_worked_off_without_pausing() -> None:
    bench = Bench([named(1)])
    assert bench.delivery.step() == 0.0
    assert bench.delivery.step() == 1.0


def test_after_a_success_waiting_begins_anew() -> None:
    bench = Bench([named(1)])
    bench.sink.fault = retry_on("m1", 8)
    bench.run(60)
    assert bench.outbox.states() == ["delivered"]
    bench.outbox.put(named(2))
    bench.sink.fault = retry_on("m2", 1)
    bench.delivery.step()
    assert bench.outbox.rows[2].due_ms - bench.clock.ms < 1_000
