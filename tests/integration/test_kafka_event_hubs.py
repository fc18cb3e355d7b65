"""A real Apache Kafka behind SASL_SSL and PLAIN, its user and password as Event Hubs has them: topic, collector and worker."""

from __future__ import annotations

import gzip
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from schemas.contracts.log import EntryKind
from schemas.contracts.topics import AUDIT, DEAD_LETTERS
from schemas.records.decode import decode
from schemas.records.event import Source
from streams.cloud.seam import Unreachable
from streams.collectors.live.kafka_topic import TopicFeed
from streams.drivers.kafka.partition import decode_entry
from streams.drivers.kafka.read_back import published_alerts, read_log, without_times
from streams.drivers.kafka.settings import KafkaSettings
from streams.operations.scan_command import SAMPLE
from tests.integration.broker import Door
from tests.integration.command_line import detecting, run, start, terminate
from tests.integration.conftest import fresh_settings, started
from tests.integration.processes import settled, wait_until
from tests.integration.replay import Refold
from tests.unit.live.fakes import FakeClock, FakeJournal
from tests.unit.sinks.receivers import Authority

USER = "$ConnectionString"
KEY = "aB3+dE6/gH9jK2mN5pQ8sT1vW4yZ7=="
SECRET = f"Endpoint=sb://space.servicebus.windows.net/;SharedAccessKeyName=watchpost;SharedAccessKey={KEY}"
WRONG = SECRET.replace("aB3", "xY7")
TOPIC = "insights-logs-signinlogs"
TENANT = "7f0c1b52-4a1e-4a0c-9e1d-5a0e6b1d2f33"
CULPRIT = "henk.reinders@harbour-print.example"
PACK = 20  # records of one message
pytestmark = [pytest.mark.kafka, pytest.mark.timeout(170)]


@dataclass(frozen=True)
class Hub:
    """The broker's door, and who signs for it."""

    address: str
    authority: Authority
    folder: Path

    def properties(self, password: str = SECRET, bundle: Path | None = None) -> dict[str, str]:
        """librdkafka's, as the vendor's guide gives them; the test's own authority beside."""
        return {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.username": USER,
            "sasl.password": password,
            "ssl.ca.location": str(bundle or self.authority.bundle),
        }

    def settings(self, **changed: Any) -> KafkaSettings:
        """Settings that nobody used before."""
        return replace(fresh_settings(self.address), librdkafka=self.properties(**changed))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("authority")
    authority = Authority(folder)
    for address in started(Door(authority.server, USER, SECRET)):
        yield Hub(address, authority, folder)


@pytest.fixture(scope="module")
def topic(hub: Hub) -> str:
    """A topic of two partitions."""
    admin = AdminClient({"bootstrap.servers": hub.address, **hub.properties()})
    admin.create_topics([NewTopic(TOPIC, 2, 1)])[TOPIC].result(20)
    return TOPIC


def test_from_an_event_hub_through_collect_and_detect_to_the_incident(hub: Hub, topic: str, tmp_path: Path) -> None:
    settings = hub.settings()
    made = run(settings, "topics", "--create")
    assert made.returncode == 0, made.stderr
    file = _tenant_file(tmp_path, hub, topic)
    with detecting(settings, tmp_path / "detect") as detect:
        collecting = start(settings, "collect", "--config", str(file), log=tmp_path / "collect")
        try:
            wait_until(lambda: f"feed kafka/{topic} is live" in (tmp_path / "collect").read_text(), "the present", 60.0)
            _send(hub, topic)
            wait_until(lambda: bool(published_alerts(settings)), "the first alert", 60.0)
            wait_until(settled(settings), "judging everything", 60.0)
            assert terminate(collecting, 40.0) == 0, (tmp_path / "collect").read_text()
        finally:
            collecting.send_signal(signal.SIGKILL)
            collecting.wait(10)
        wait_until(settled(settings), "judging everything")
        assert terminate(detect) == 0, (tmp_path / "detect").read_text()
    _holds_every_record(settings)
    published = published_alerts(settings)
    assert sorted(map(without_times, published)) == sorted(Refold(settings).folded.incidents)
    told = [orjson.loads(alert) for alert in published]
    about = [body for body in told if body["resources"][0]["uid"] == CULPRIT]
    assert "inbox-rule" in {record["name"] for body in about for record in body["evidences"]}
    assert set(about[0]["unmapped"]["delay"]) == {"vendor_ms", "collector_ms", "watchpost_ms"}
    assert about[0]["unmapped"]["harm_clock"]["acts_before"] > 0
    said = (tmp_path / "collect").read_text() + (tmp_path / "detect").read_text()
    assert KEY not in said and KEY not in repr(settings)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [("password", "Invalid username or password; check sasl."), ("authority", "certificate verify failed")],
)
@pytest.mark.parametrize("command", [("detect",), ("topics",), ("collect", "--follow", "nothing")])
def test_who_is_not_let_in_is_told_why_in_one_line(hub: Hub, wrong: str, says: str, command: tuple[str, ...]) -> None:
    settings = replace(hub.settings(**_mistake(hub, wrong)), request_seconds=3.0)
    refused = run(settings, *command)
    assert refused.returncode == 2, refused.stderr
    (line,) = refused.stderr.splitlines()
    assert "Kafka refuses the connection: " in line and hub.address in line and says in line
    assert KEY not in refused.stdout + line and KEY.replace("aB3", "xY7") not in refused.stdout + line


@pytest.mark.parametrize(
    ("wrong", "says"),
    [("password", "Invalid username or password; check sasl."), ("authority", "check security.protocol and ssl.ca")],
)
def test_a_topics_feed_that_is_not_let_in_says_why_and_is_read_once_it_is(
    hub: Hub, topic: str, wrong: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.collectors.live.kafka_topic._TIMEOUT_SECONDS", 3.0)
    properties: dict[str, str] = {"bootstrap.servers": hub.address, **hub.properties(**_mistake(hub, wrong))}
    feed = TopicFeed(FakeJournal(), topic, properties, now_ms=FakeClock().now_ms)
    with pytest.raises(Unreachable, match=says) as caught:
        feed.prepare()
    assert feed._consumer is None  # it does not go on knocking
    line = str(caught.value)
    assert len(line.splitlines()) == 1 and "aB3" not in line and "xY7" not in line
    right = TopicFeed(
        FakeJournal(), topic, {"bootstrap.servers": hub.address, **hub.properties()}, now_ms=FakeClock().now_ms
    )
    right.prepare()
    right.close()


def _mistake(hub: Hub, wrong: str) -> dict[str, Any]:
    if wrong == "password":
        return {"password": WRONG}
    folder = hub.folder / "stranger"
    folder.mkdir(exist_ok=True)
    return {"bundle": Authority(folder).bundle}


def _send(hub: Hub, topic: str) -> None:
    """The sample's records in the envelope that diagnostic settings write."""
    lines, producer = _sample(), Producer({"bootstrap.servers": hub.address, **hub.properties()})
    for number, at in enumerate(range(0, len(lines), PACK)):
        body = {"records": [_diagnostic(line) for line in lines[at : at + PACK]]}
        producer.produce(topic, orjson.dumps(body), partition=number % 2)
    assert producer.flush(20) == 0


def _sample() -> list[bytes]:
    return [line for file in sorted(SAMPLE.iterdir()) for line in gzip.decompress(file.read_bytes()).splitlines()]


def _diagnostic(line: bytes) -> Mapping[str, Any]:
    """A record as diagnostic settings stream it: a sign-in in its envelope, what another exporter writes as it is."""
    body: dict[str, Any] = orjson.loads(line)
    if decode(line).source is not Source.SIGNIN:
        return body
    head = {"time": body["createdDateTime"], "operationName": "Sign-in activity", "category": "SignInLogs"}
    return {**head, "tenantId": TENANT, "properties": body}


def _tenant_file(folder: Path, hub: Hub, topic: str) -> Path:
    (folder / "connection").write_text(f"{SECRET}\n")
    file = folder / "watchpost.toml"
    file.write_text(
        f"""[[tenants]]
id = "{TENANT}"
home_domains = ["harbour-print.example"]
[[tenants.topics]]
topic = "{topic}"
lateness_minutes = 0
[tenants.topics.properties]
"bootstrap.servers" = "{hub.address}"
"security.protocol" = "SASL_SSL"
"sasl.mechanism" = "PLAIN"
"sasl.username" = "{USER}"
"sasl.password.file" = "{folder / "connection"}"
"ssl.ca.location" = "{hub.authority.bundle}"
"""
    )
    return file


def _holds_every_record(settings: KafkaSettings) -> None:
    """Each record of the sample lies in the archive, as an entry that came live and says when its content was there."""
    entries = [decode_entry(message) for _, _, message in read_log(settings, AUDIT)]
    records = [entry for entry in entries if entry.kind is EntryKind.RECORD]
    assert {entry.record_id for entry in records} == {decode(line).record_id for line in _sample()}
    assert not list(read_log(settings, DEAD_LETTERS))
    judged = [entry for entry in records if entry.role != "archive"]
    assert judged and all(0 < entry.content_ms <= entry.collected_ms for entry in judged)
