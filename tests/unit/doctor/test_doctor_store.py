"""What doctor reads in the store of `watchpost run`: freshness, canary, the file itself."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from schemas.contracts.collected import Batch, Gap, GapKind, Tally
from streams.collectors.live.collector_state import CollectorState
from streams.collectors.live.expected_silence import ArrivalModel
from streams.drivers.embedded.database import open_database
from streams.drivers.kafka.feed_book import FeedBook
from streams.drivers.kafka.reading import LogMessage
from streams.drivers.kafka.settings import KafkaSettings
from streams.operations.checks import kafka as kafka_check
from streams.operations.checks import store_view as view_module
from streams.operations.checks.installation import Installation
from streams.operations.checks.store import Store
from streams.operations.checks.store_view import kafka_view, store_view
from streams.operations.live_feeds import DEFAULT

from .conftest import Doctor, LeapingClock, Report

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
EXCHANGE = "activity/Audit.Exchange"
CANARY = "graph/signIns/servicePrincipal"


@dataclass
class Held:
    """What the store is to hold of the tenant. Ages are milliseconds before now."""

    complete: dict[str, int] = field(default_factory=lambda: {EXCHANGE: 2 * MINUTE, CANARY: 2 * MINUTE})
    silent: int = 0  # since the last record of EXCHANGE
    canary: int = 0
    gaps: list[Gap] = field(default_factory=list)
    running: bool = True


def keep(doctor: Doctor, held: Held) -> None:
    """Write it."""
    now_ms = doctor.clock.ms
    watch: dict[str, object] = {"canary": now_ms - held.canary if held.canary else 0}
    if held.silent:
        model = ArrivalModel()
        for time_ms in range(now_ms - 9 * DAY, now_ms - held.silent + 1, 5 * MINUTE):
            model.arrived(time_ms)
        watch["arrivals"] = {EXCHANGE: model.dump()}
    state = CollectorState(start_ms=1, until_ms=1, clock_ms=1, gaps=held.gaps, watch=watch)
    database = open_database(doctor.store)
    with database.transaction() as connection:
        connection.execute("INSERT INTO tenants (no, id) VALUES (1, ?)", (doctor.tenant.id,))
        rows = [(1, feed, b"{}", now_ms - age) for feed, age in held.complete.items()]
        rows.append((1, "collector", orjson.dumps(state.to_json()), 0))
        connection.executemany("INSERT INTO feeds (tenant, feed, checkpoint, complete_ms) VALUES (?, ?, ?, ?)", rows)
        if held.running:
            until_ms = int(time.time() * 1000) + HOUR
            connection.execute("INSERT INTO lease VALUES (1, 'process 7 on elsewhere', 1, ?, 0)", (until_ms,))
    database.close()


@pytest.fixture
def looked(doctor: Doctor) -> Callable[[Held], Report]:
    """The report on a tenant of which the store holds something."""

    def look(held: Held) -> Report:
        keep(doctor, held)
        return doctor.run(feeds=("Audit.Exchange", "signIns.servicePrincipal"))

    return look


def test_a_feed_that_keeps_up_is_fresh(looked: Callable[[Held], Report]) -> None:
    report = looked(Held(silent=10 * MINUTE, canary=HOUR))
    assert report.status == 0
    found = report.one("freshness", EXCHANGE)
    assert found["level"] == "ok" and "a usual silence" in found["detail"]
    assert report.one("canary", "own sign-ins")["level"] == "ok"
    assert "process 7 on elsewhere" in report.one("store", "writer")["detail"]


def test_a_feed_silent_against_its_own_normal_fails(looked: Callable[[Held], Report]) -> None:
    report = looked(Held(silent=8 * HOUR))
    found = report.one("freshness", EXCHANGE)
    assert report.status == 1 and found["level"] == "fail" and "said nothing for 8.0 h" in found["detail"]


def test_silence_while_nobody_listened_is_no_silence(looked: Callable[[Held], Report]) -> None:
    report = looked(Held(complete={EXCHANGE: 8 * HOUR}, silent=8 * HOUR + 5 * MINUTE, running=False))
    assert report.one("freshness", EXCHANGE)["level"] == "warn"
    assert "no process collects now" in report.one("freshness", "collector")["detail"]


@pytest.mark.parametrize(("age", "level"), [(30 * MINUTE, "ok"), (2 * HOUR, "warn"), (7 * HOUR, "fail")])
def test_a_feed_that_falls_behind(looked: Callable[[Held], Report], age: int, level: str) -> None:
    assert looked(Held(complete={EXCHANGE: age})).one("freshness", EXCHANGE)["level"] == level


def test_a_feed_that_was_never_complete_is_skipped(looked: Callable[[Held], Report]) -> None:
    assert looked(Held(complete={CANARY: MINUTE})).one("freshness", EXCHANGE)["level"] == "skip"


def test_open_gaps_are_told(looked: Callable[[Held], Report]) -> None:
    gap = Gap(EXCHANGE, GapKind.THROTTLED, 1_773_000_000_000, 0, "Exchange stopped recording mail access.", "Look.")
    found = looked(Held(gaps=[gap])).of("freshness")
    assert [(row["level"], row["remedy"]) for row in found if "stopped recording" in row["detail"]] == [
        ("warn", "Look.")
    ]


def test_own_sign_ins_that_no_longer_come_back_fail(looked: Callable[[Held], Report]) -> None:
    found = looked(Held(canary=13 * HOUR)).one("canary", "own sign-ins")
    assert found["level"] == "fail" and "none has come back for 13.0 h" in found["detail"]


def test_own_sign_ins_are_not_missed_while_nobody_listens(looked: Callable[[Held], Report]) -> None:
    assert looked(Held(complete={CANARY: HOUR}, canary=13 * HOUR)).one("canary", "own sign-ins")["level"] == "skip"


def test_no_canary_without_its_feed(doctor: Doctor) -> None:
    keep(doctor, Held(canary=HOUR))
    assert "not enabled" in doctor.run(feeds=("directoryAudits",)).of("canary")[0]["detail"]


def test_a_subscription_that_is_missing_while_a_process_collects_fails(doctor: Doctor) -> None:
    keep(doctor, Held())
    doctor.tenant.subscriptions.stop("Audit.Exchange")
    assert doctor.run(feeds=("Audit.Exchange",)).one("subscriptions", "Audit.Exchange")["level"] == "fail"


def test_without_a_store_freshness_says_so(doctor: Doctor) -> None:
    report = doctor.run(feeds=("directoryAudits",))
    assert report.one("freshness", "feeds")["level"] == "skip" and report.one("store", "file")["level"] == "skip"
    assert not doctor.store.exists(), "doctor made a store"


def test_a_tenant_the_store_does_not_know_is_skipped(doctor: Doctor) -> None:
    open_database(doctor.store).close()
    assert doctor.run(feeds=DEFAULT[:1]).one("freshness", "feeds")["level"] == "skip"


def test_a_checkpoint_that_cannot_be_read_is_a_problem_and_no_crash(doctor: Doctor) -> None:
    keep(doctor, Held())
    with closing(sqlite3.connect(doctor.store)) as connection, connection:
        connection.execute("UPDATE feeds SET checkpoint = ? WHERE feed = 'collector'", (b'{"version": 1}',))
    assert "cannot be read" in store_view(doctor.store, [doctor.tenant.id]).problem


# --- the file ----------------------------------------------------------------------------------------------------------


def levels(path: Path, check: Store | None = None) -> dict[str, str]:
    """Level by what, of a store."""
    findings = (check or Store()).run(Installation(LeapingClock(), path))
    return {finding.what: finding.level.value for finding in findings}


def test_a_whole_store(tmp_path: Path) -> None:
    path = tmp_path / "watchpost.db"
    open_database(path).close()
    assert levels(path) == {"writer": "ok", "integrity": "ok", "permissions": "ok", "disk": "ok"}


def test_a_damaged_store_fails(tmp_path: Path) -> None:
    path = tmp_path / "watchpost.db"
    open_database(path).close()
    data = bytearray(path.read_bytes())
    data[8192:-4096] = b"\xff" * (len(data) - 12_288)
    path.write_bytes(data)
    assert "fail" in levels(path).values()


def test_a_store_with_a_value_missing_fails(tmp_path: Path) -> None:
    path = tmp_path / "watchpost.db"
    open_database(path).close()
    change = "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'meta'"
    for old, new, sql in (
        ("value TEXT NOT NULL", "value TEXT", "INSERT INTO meta VALUES ('x', NULL)"),
        ("value TEXT", "value TEXT NOT NULL", "SELECT 1"),
    ):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(change, (old, new))
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(sql)
    assert levels(path)["integrity"] == "fail"


def test_a_lease_that_has_run_out_is_nobody(doctor: Doctor) -> None:
    keep(doctor, Held())
    with closing(sqlite3.connect(doctor.store)) as connection, connection:
        connection.execute("UPDATE lease SET until_ms = ?", (int(time.time() * 1000) - 1,))
    report = doctor.run(feeds=("Audit.Exchange",))
    assert report.one("store", "writer")["detail"] == "nobody writes to it now"
    assert report.one("freshness", "collector")["level"] == "warn"


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_file_that_is_no_store_fails(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "watchpost.db"
    path.write_bytes(content)
    assert levels(path)["file"] == "fail"


def test_a_store_that_others_may_open_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "watchpost.db"
    open_database(path).close()
    path.chmod(0o644)
    assert levels(path)["permissions"] == "warn"


def test_a_check_of_the_file_that_takes_too_long_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "watchpost.db"
    database = open_database(path)
    with database.transaction() as connection:
        rows = ((number, f"{number:040}") for number in range(20_000))
        connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
    database.close()
    assert levels(path, Store(integrity_seconds=0.0))["integrity"] == "skip"


@pytest.mark.parametrize(("free", "level"), [(100_000_000, "fail"), (1_000_000_000, "warn"), (9_000_000_000, "ok")])
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    class Usage:
        total, used = 10**12, 0

        def __init__(self) -> None:
            self.free = free

    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage())
    assert levels(tmp_path / "deeper" / "watchpost.db")["disk"] == level


# --- Kafka -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("clock_age", "level"), [(MINUTE, "fail"), (2 * HOUR, "warn")])
def test_with_kafka_freshness_comes_from_the_feeds_topic(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, clock_age: int, level: str
) -> None:
    tenant, now_ms = doctor.tenant.id, doctor.clock.ms
    book = FeedBook(tenant)
    changes = book.apply(Batch(EXCHANGE, complete_ms=now_ms - 7 * HOUR), Tally(), now_ms)
    changes += book.apply(Batch("collector", checkpoint=CollectorState().to_json()), Tally(), now_ms)
    changes.append((f"{tenant}|".encode(), orjson.dumps({"clock_ms": now_ms - clock_age})))
    changes.append((b"another|graph/x", b"{}"))
    messages = [LogMessage("feeds", 0, offset, key, value, []) for offset, (key, value) in enumerate(changes)]
    monkeypatch.setattr(view_module, "read_log", lambda settings, topic: [(0, one.offset, one) for one in messages])
    monkeypatch.setattr(kafka_check, "list_topics", lambda settings: [])
    report = doctor.run(feeds=("Audit.Exchange",), kafka=KafkaSettings("broker:9092"))
    assert report.one("freshness", EXCHANGE)["level"] == level


def test_a_feeds_topic_that_cannot_be_read_is_a_problem() -> None:
    found = kafka_view(KafkaSettings("127.0.0.1:1", request_seconds=0.3), ["t"], 0)
    assert "could not be read" in found.problem and not found.tenants
