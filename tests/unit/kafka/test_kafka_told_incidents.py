"""Whose delay an alert had, and the harm clock, through a partition's worker and over a change of its owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from detectors.engine.effects import Effect
from schemas.contracts.incident import Activity, Incident
from schemas.contracts.log import EntryKind, LogEntry, entry_from_message
from schemas.contracts.ocsf import encode_ocsf
from schemas.contracts.topics import ALERTS, AUDIT, STATE
from streams.drivers.kafka.outbox import Outbox
from streams.drivers.kafka.partition import PartitionWorker, decode_entry
from streams.drivers.kafka.read_back import without_times
from streams.drivers.kafka.reading import LogMessage
from streams.drivers.kafka.store import first_told_prefix
from tests.unit.kafka.test_kafka_partition import SETTINGS, MemoryStore
from tests.unit.live.fakes import FakeClock
from tests.unit.sinks.conftest import incident

EVENT = 1_772_546_635_697
CONTENT, COLLECTED, ALERT = EVENT + 60_000, EVENT + 90_000, EVENT + 90_500
SKEW = 7_000
OUTBOX = Outbox(SETTINGS, encode_ocsf)
KEY = first_told_prefix(AUDIT, 0) + b"0a1b"


class Teller:
    """Tells what the record's value names: an activity and how the incident differs."""

    def fold(self, item: LogEntry, /) -> list[Effect]:
        if not item.value.startswith(b"{"):
            return []
        body = orjson.loads(item.value)
        told: dict[str, Any] = {"activity": Activity(body["tell"]), "historical": bool(body.get("historical"))}
        return [replace(incident(), **told, message_uid=item.record_id)]

    def states(self) -> dict[bytes, bytes]:
        return {}


def entry(tell: str = "create", number: int = 0, **more: Any) -> LogEntry:
    live = {"collected_ms": COLLECTED, "content_ms": CONTENT, "skew_ms": SKEW}
    return LogEntry(
        EntryKind.RECORD, "plain", "a@corp.example", orjson.dumps({"tell": tell}), "management", str(number), "actor",
        **(live | more),
    )  # fmt: skip


def message(number: int, held: LogEntry) -> LogMessage:
    return LogMessage(AUDIT, 0, number, held.key, held.value, held.headers())


def worked(store: MemoryStore, clock: FakeClock, entries: Sequence[LogEntry]) -> list[dict[str, Any]]:
    """A new owner opens the partition; what every alert that it published says beside what the engine told."""
    log = [message(number, held) for number, held in enumerate(entries)]
    before = len(store.output)
    worker = PartitionWorker(
        Teller(), decode_entry, lambda: store, OUTBOX, lambda start, stop: iter(log[start:]), 1, clock=clock
    )
    worker.open()
    for out in store.output:
        if out.topic == STATE and out.key is not None and out.key.startswith(first_told_prefix(AUDIT, 0)):
            assert out.partition == 0
            store.first_told.pop("0a1b", None)
            if out.value is not None:
                store.first_told["0a1b"] = int(out.value)
    alerts = [orjson.loads(out.value or b"") for out in store.output[before:] if out.topic == ALERTS]
    return [alert["unmapped"] for alert in alerts]


def test_headers_carry_the_times_and_are_left_out_where_there_are_none() -> None:
    held = entry()
    again = entry_from_message(held.key, held.value, held.headers())
    assert (again.collected_ms, again.content_ms, again.skew_ms) == (COLLECTED, CONTENT, SKEW)
    names = [name for name, _ in entry(content_ms=0, skew_ms=0).headers()]
    assert names == ["entry", "source", "record-id", "tenant", "role", "collected-at"]


def test_an_alert_says_whose_delay_it_was_by_the_services_clock() -> None:
    (told,) = worked(MemoryStore(), FakeClock(ALERT - SKEW), [entry()])
    assert told["delay"] == {"vendor_ms": 60_000, "collector_ms": 30_000, "watchpost_ms": 500}
    assert told["harm_clock"] == {"alert_wall_ms": ALERT, "acts_before": 1, "acts_after": 0}


def test_the_first_alerts_time_outlives_its_owner_and_ends_with_the_incident() -> None:
    store, clock = MemoryStore(), FakeClock(EVENT - 1 - SKEW)  # before the act that counts
    log = [entry()]
    (first,) = worked(store, clock, log)
    assert first["harm_clock"] == {"alert_wall_ms": EVENT - 1, "acts_before": 0, "acts_after": 1}
    clock.now += 3_600_000
    log += [entry("update", 1)]
    (second,) = worked(store, clock, log)
    assert second["harm_clock"] == first["harm_clock"]
    log += [LogEntry(EntryKind.CLOCK, "plain", "", b'{"tell":"close"}', "clock", "2")]
    (last,) = worked(store, clock, log)
    assert (last["harm_clock"], last["delay"]) == (first["harm_clock"], {})
    rows = [out.value for out in store.output if out.key == KEY]
    assert rows == [b"%d" % (EVENT - 1), None]
    assert store.commits[-1] == 2


def test_what_an_older_worker_told_first_is_not_guessed() -> None:
    (told,) = worked(MemoryStore(), FakeClock(ALERT), [entry("update")])
    assert told["harm_clock"] == {}
    assert told["delay"]["vendor_ms"] == 60_000


def test_of_an_export_in_the_log_only_what_the_log_says_is_told() -> None:
    live = replace(entry(), value=b"nothing")
    for log in ([entry(collected_ms=0)], [live, entry(collected_ms=0)]):
        store = MemoryStore()
        (told,) = worked(store, FakeClock(ALERT), log)
        assert (told["harm_clock"], told["delay"]) == ({}, {})
    assert not [out for out in store.output if out.topic == STATE]


def test_history_has_no_harm_clock_but_its_first_alert_is_remembered() -> None:
    store, clock, log = MemoryStore(), FakeClock(ALERT - SKEW), [entry()]
    log[0].value = orjson.dumps({"tell": "create", "historical": True})
    (told,) = worked(store, clock, log)
    assert (told["harm_clock"], told["delay"]) == ({}, {})
    clock.now += 5_000
    (cleared,) = worked(store, clock, [*log, entry("update", 1)])
    assert cleared["harm_clock"]["alert_wall_ms"] == ALERT


def test_without_its_times_an_alert_is_what_the_log_says() -> None:
    store = MemoryStore()
    worked(store, FakeClock(ALERT), [entry()])
    (alert,) = [out.value or b"" for out in store.output if out.topic == ALERTS]
    told: Incident = replace(incident(), message_uid="0")
    assert alert != encode_ocsf(told) == without_times(alert)
