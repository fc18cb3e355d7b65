"""What doctor finds out about the installation: sinks, brokers, network data, versions; each check on its own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import TopicRow
from streams.operations.checks import kafka as kafka_check
from streams.operations.checks.check import Check, Finding
from streams.operations.checks.geo import Geo
from streams.operations.checks.installation import Installation
from streams.operations.checks.kafka import Kafka
from streams.operations.checks.sink_places import Place, places
from streams.operations.checks.sinks import Sinks
from streams.operations.checks.versions import Versions, problems

from .conftest import LeapingClock

DAY = 86_400_000
NOWHERE = Path("nowhere.db")


def found(check: Check[Installation], **settings: object) -> list[Finding]:
    clock = LeapingClock(int(time.time() * 1000))
    return check.run(Installation(clock, NOWHERE, **settings))  # type: ignore[arg-type]


# --- sinks -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port that takes connections, and what came through them."""
    server = socket.create_server(("127.0.0.1", 0))
    received: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2.0)
                received.append(connection.recv(100))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1], received
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5.0)


def test_without_sinks_alerts_go_to_standard_output() -> None:
    (one,) = found(Sinks())
    assert one.level == "ok" and "standard output" in one.detail


def test_a_sink_is_reached_and_nothing_is_sent(listener: tuple[int, list[bytes]]) -> None:
    port, received = listener
    tables: Sequence[dict[str, object]] = [
        {"kind": "webhook", "url": f"http://127.0.0.1:{port}/hook/S3cretPath"},
        {"kind": "syslog", "host": "127.0.0.1", "port": port, "transport": "tcp"},
        {"kind": "mail", "host": "127.0.0.1", "port": port, "from": "a@example.org", "to": "b@example.org"},
        {"kind": "stdout"},
    ]
    findings = found(Sinks(), sinks=tables)
    assert [one.level for one in findings] == ["ok"] * 4
    assert not any("S3cretPath" in one.detail for one in findings)
    time.sleep(0.1)
    assert received and set(received) == {b""}


def test_one_broker_of_several_is_enough(listener: tuple[int, list[bytes]]) -> None:
    one, other = f"127.0.0.1:{listener[0]}", "127.0.0.1:1"
    assert [
        found(Sinks(), sinks=[{"kind": "kafka", "brokers": text}])[0].level for text in (f"{other},{one}", other)
    ] == [*("ok", "fail")]


def test_a_sink_out_of_reach_fails_without_its_path(tmp_path: Path) -> None:
    url = tmp_path / "url"
    url.write_text("https://localhost:1/services/T0/B0/S3cretPath")
    (one,) = found(Sinks(), sinks=[{"kind": "slack", "url_file": str(url)}])
    assert one.level == "fail" and "localhost:1" in one.detail and "S3cretPath" not in one.detail


def test_a_sink_that_speaks_no_tls_fails(listener: tuple[int, list[bytes]]) -> None:
    (one,) = found(Sinks(), sinks=[{"kind": "syslog", "host": "127.0.0.1", "port": listener[0]}])
    assert one.level == "fail"


def test_a_wrong_setting_of_a_sink_fails() -> None:
    (one,) = found(Sinks(), sinks=[{"kind": "webhook", "url": "http://example.org/x"}])
    assert one.level == "fail" and "must be https" in one.detail


def test_a_proxy_is_what_must_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:S3cret@proxy.example:3128")
    (place,) = places("hook", "webhook", {"url": "https://hooks.example/x"}, {})
    assert place == Place("proxy.example", 3128, through=" (the proxy to hooks.example)")
    monkeypatch.setenv("NO_PROXY", "hooks.example")
    (place,) = places("hook", "webhook", {"url": "https://hooks.example/x"}, {})
    assert (place.host, place.port) == ("hooks.example", 443)


# --- Kafka -------------------------------------------------------------------------------------------------------------


def test_without_brokers_kafka_is_skipped() -> None:
    assert [one.level for one in found(Kafka())] == ["skip"]


def test_brokers_that_do_not_answer_fail() -> None:
    settings = KafkaSettings("127.0.0.1:1", request_seconds=0.5, librdkafka={"sasl.password": "S3cret"})
    (one,) = found(Kafka(), kafka=settings)
    assert one.level == "fail" and "127.0.0.1:1" in one.detail and "S3cret" not in one.detail


def test_missing_and_wrong_topics_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def row(name: str, exists: bool, mismatch: str = "") -> TopicRow:
        return TopicRow(name, 12, "k", "delete", None, "us", exists, mismatch)

    rows = [row("watchpost.audit.v1", True, "has 3 partitions"), row("watchpost.alerts.v1", False)]
    monkeypatch.setattr(kafka_check, "list_topics", lambda settings: rows)
    findings = found(Kafka(), kafka=KafkaSettings("broker:9092"))
    assert [one.level for one in findings] == ["ok", "fail", "fail"]
    assert "watchpost.alerts.v1" in findings[1].detail and "has 3 partitions" in findings[2].detail
    rows[:] = [row("watchpost.audit.v1", True)]
    assert [one.level for one in found(Kafka(), kafka=KafkaSettings("broker:9092"))] == ["ok", "ok"]


# --- network data ------------------------------------------------------------------------------------------------------


@pytest.fixture
def mmdb(tmp_path: Path) -> Path:
    writer = MMDBWriter(4, "Practice-City")
    writer.insert_network(IPSet(["198.51.100.0/24"]), {"country": {"iso_code": "DE"}})
    writer.to_db_file(str(tmp_path / "city.mmdb"))
    return tmp_path / "city.mmdb"


@pytest.mark.parametrize(("days", "level"), [(0, "ok"), (44, "ok"), (46, "warn")])
def test_old_network_data_is_warned_of(mmdb: Path, days: int, level: str) -> None:
    clock = LeapingClock(int(time.time() * 1000) + days * DAY)
    (one,) = Geo().run(Installation(clock, NOWHERE, geo=[mmdb]))
    assert one.level == level and "Practice-City" in one.detail


def test_network_data_that_cannot_be_read_fails(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.mmdb"
    damaged.write_bytes(b"\0" * 5000)
    findings = found(Geo(), geo=[damaged, tmp_path / "missing.mmdb", tmp_path])
    assert [one.level for one in findings] == ["fail"] * 3


def test_no_network_data_is_a_warning() -> None:
    assert [one.level for one in found(Geo())] == ["warn"]


# --- versions ----------------------------------------------------------------------------------------------------------


def test_the_packages_of_this_environment_are_right() -> None:
    assert {one.level for one in found(Versions())} == {"ok"}


@pytest.mark.parametrize(
    ("requirement", "wrong"),
    [
        ("orjson>=1.0", ""),
        ("orjson (>=1.0,<99)", ""),
        ("orjson>=99.1", "needed is >=99.1"),
        ("orjson<2", "needed is <2"),
        ("no-such-package-at-all>=1", "is not installed"),
        ('no-such-package-at-all>=1; extra == "more"', ""),
    ],
)
def test_a_requirement_is_compared_with_what_is_installed(requirement: str, wrong: str) -> None:
    said = "; ".join(problems(requirement))
    assert wrong in said and bool(said) == bool(wrong)
