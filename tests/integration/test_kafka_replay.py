"""The commands and the real engines against a real broker: what Kafka holds and what `scan` finds are the same."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Producer

from schemas.contracts.topics import ALERTS, AUDIT, DEAD_LETTERS, PROFILES, SIGNALS
from streams.drivers.kafka.read_back import published_alerts, read_log, stored_states
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import create_topics
from streams.operations.scan_command import SAMPLE
from streams.simulation import SimulationOptions, simulate
from tests.integration.command_line import detecting, run, start, terminate
from tests.integration.conftest import fresh_settings
from tests.integration.processes import PositionWatch, settled, wait_until
from tests.integration.replay import Refold, expected_records, records_in_log

PARTITIONS = 4
pytestmark = [pytest.mark.kafka, pytest.mark.timeout(250)]


@dataclass(frozen=True)
class Replay:
    """One export through topics, collect and detect, once for all tests."""

    settings: KafkaSettings
    paths: list[Path]
    topics: str
    collect: str
    detect: str
    refold: Refold

    def summary(self) -> dict[str, str]:
        """Fields of collect's last line."""
        last = self.collect.splitlines()[-1]
        assert last.startswith("summary: ")
        return dict(field.split("=") for field in last.removeprefix("summary: ").split())


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small tenant with a burst of mail, a hiding rule and a password spray."""
    folder = tmp_path_factory.mktemp("tenant")
    simulate(SimulationOptions(folder, seed=11, accounts=14, days=5, scenarios=("S2", "S7", "S14")), None)
    return folder / "input"


@pytest.fixture(scope="module")
def replay(kafka: str, export: Path, tmp_path_factory: pytest.TempPathFactory) -> Replay:
    settings = replace(fresh_settings(kafka), partitions=PARTITIONS)
    log = tmp_path_factory.mktemp("detect") / "log"
    made = run(settings, "topics", "--create")
    assert made.returncode == 0, made.stderr
    with detecting(settings, log) as process:
        collected = run(settings, "collect", "--from", str(export))
        assert collected.returncode == 0, collected.stderr
        wait_until(settled(settings), "processing everything")
        assert terminate(process) == 0, log.read_text()
    paths = sorted(export.iterdir())
    return Replay(settings, paths, made.stdout, collected.stderr, log.read_text(), Refold(settings))


def test_the_log_folded_directly_gives_the_same_bytes(replay: Replay) -> None:
    folded = replay.refold.folded
    assert len(folded.incidents) > 10
    assert published_alerts(replay.settings) == folded.incidents  # partition by partition, in their order
    assert len(set(map(_message_uid, folded.incidents))) == len(folded.incidents)
    assert stored_states(replay.settings) == folded.states
    assert folded.malformed == 0


def test_nothing_is_lost_and_the_sums_agree(replay: Replay) -> None:
    expected = expected_records(replay.paths)
    assert records_in_log(replay.settings) == expected
    summary = replay.summary()
    assert int(summary["read"]) == int(summary["distinct"]) + int(summary["duplicates"]) + int(summary["unreadable"])
    assert int(summary["duplicates"]) > 0
    processed = {topic: 0 for topic in (AUDIT, SIGNALS)}
    found = re.findall(r"(watchpost\.\w+\.v1), partition \d+: left at .*processed=(\d+).*dead_letters=0", replay.detect)
    assert len(found) == 2 * PARTITIONS
    for topic, count in found:
        processed[topic] += int(count)
    held = {topic: sum(1 for _ in read_log(replay.settings, topic)) for topic in processed}
    assert processed == held
    assert not list(read_log(replay.settings, DEAD_LETTERS))


def test_scan_of_the_same_export_gives_the_same_incidents(replay: Replay) -> None:
    """Four partitions and one: the same incidents to the byte, network entities and tenant profile included."""
    scanned = run(replay.settings, "scan", "--format", "jsonl", *map(str, replay.paths))
    assert scanned.returncode == 0, scanned.stderr
    lines = [line.encode() for line in scanned.stdout.splitlines()]
    detectors = {item["uid"] for line in lines for item in _analytics(orjson.loads(line))}
    assert {"send-surge", "inbox-rule", "password-spray"} <= detectors
    assert {orjson.loads(line)["resources"][0]["type"] for line in lines} == {"User", "Network"}
    assert list(map(_shown, lines)) == list(map(_shown, replay.refold.final()))
    assert lines == replay.refold.final()


def test_readers_find_alerts_and_profiles_by_key(replay: Replay) -> None:
    for _, _, message in read_log(replay.settings, ALERTS):
        body = orjson.loads(message.value or b"")
        key = f"{body['metadata']['tenant_uid']}|{body['resources'][0]['uid']}"
        assert message.key == key.encode()
    days = [int((message.key or b"").rpartition(b"|")[2]) for _, _, message in read_log(replay.settings, PROFILES)]
    assert len(days) == len(set(days)) >= 5


def test_no_module_path_in_what_is_durable(replay: Replay) -> None:
    assert "watchpost.audit.v1" in replay.topics
    assert not re.search(r"\b(streams|detectors|schemas|tests)\.\w", replay.topics)


def test_killed_at_work_it_tells_the_same(kafka: str, replay: Replay, export: Path, tmp_path: Path) -> None:
    settings = replace(fresh_settings(kafka), partitions=PARTITIONS, instance="one", batch_records=200)
    create_topics(settings)
    watch = PositionWatch(settings)
    collecting = start(settings, "collect", "--from", str(export), log=tmp_path / "collect")
    try:
        with detecting(settings, tmp_path / "log") as process:
            wait_until(watch.beyond(4_000), "reaching the middle", 60)
            process.kill()
        assert collecting.poll() is None  # in the middle: collect waits for the next worker
        with detecting(settings, tmp_path / "log") as process:
            assert collecting.wait(100) == 0, (tmp_path / "collect").read_text()
            wait_until(settled(settings), "processing everything", 60)
            assert terminate(process) == 0, (tmp_path / "log").read_text()
    finally:
        collecting.kill()
        collecting.wait(10)
    assert sorted(map(_message_uid, published_alerts(settings))) == sorted(
        map(_message_uid, published_alerts(replay.settings))
    )
    refold = Refold(settings)
    assert published_alerts(settings) == refold.folded.incidents
    assert refold.final() == replay.refold.final()


def test_what_is_no_entry_becomes_a_dead_letter_and_work_goes_on(settings: KafkaSettings, tmp_path: Path) -> None:
    create_topics(settings)
    raw, audit = Producer(settings.client()), settings.topic(AUDIT)
    head = [("tenant", b"t"), ("source", b"management"), ("record-id", b"x"), ("role", b"actor")]
    raw.produce(audit, b"no headers", b"t|ann@corp.example", 0)
    raw.produce(audit, b"\xff\x00<html>", b"t|ann@corp.example", 0, headers=[("entry", b"record"), *head])
    raw.produce(audit, b"soon", b"t|", 1, headers=[("entry", b"clock"), *head])
    raw.produce(audit, b'{"day": 1}', b"t|", 1, headers=[("entry", b"profile"), *head])
    raw.produce(audit, b"[]", b"t|ann@corp.example", 1, headers=[("entry", b"notice"), *head])
    raw.produce(audit, None, None, 1)
    raw.produce(settings.topic(SIGNALS), b'{"type": "rumour"}', b"t|network|x", 0)
    raw.flush(10)
    _write_and_abort(settings)
    with detecting(settings, tmp_path / "log") as process:
        assert run(settings, "collect", "--from", str(SAMPLE)).returncode == 0
        wait_until(settled(settings), "processing everything")
        assert terminate(process) == 0, (tmp_path / "log").read_text()
    letters = [message for _, _, message in read_log(settings, DEAD_LETTERS)]
    headers = [dict(message.headers) for message in letters]
    assert all(found["reason"] and found["error"] for found in headers)
    places = {(found["original-topic"], found["partition"], found["offset"]): found["stage"] for found in headers}
    assert places == {
        (audit.encode(), b"0", b"0"): b"decode",
        (audit.encode(), b"0", b"1"): b"fold",
        (audit.encode(), b"1", b"0"): b"fold",
        (audit.encode(), b"1", b"1"): b"fold",
        (audit.encode(), b"1", b"2"): b"fold",
        (audit.encode(), b"1", b"3"): b"decode",
        (settings.topic(SIGNALS).encode(), b"0", b"0"): b"decode",
    }
    assert {b"\xff\x00<html>", None} <= {message.value for message in letters}
    assert published_alerts(settings) == Refold(settings).folded.incidents != []


@pytest.mark.parametrize("command", [("detect",), ("collect", "--from", str(SAMPLE))])
def test_what_keeps_a_command_from_starting_is_one_line(settings: KafkaSettings, command: tuple[str, ...]) -> None:
    _refused(run(settings, *command), "topics are missing", "watchpost topics --create")
    nowhere = replace(settings, brokers="127.0.0.1:1", request_seconds=2.0)
    _refused(run(nowhere, *command), "no Kafka broker answers at 127.0.0.1:1")
    create_topics(settings)
    _refused(run(replace(settings, partitions=3), *command), "has 2 partitions, the setting says 3")


def test_it_ends_when_told_to_also_with_nothing_done(settings: KafkaSettings, tmp_path: Path) -> None:
    create_topics(settings)
    with detecting(settings, tmp_path / "log") as process:
        assert terminate(process) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def _write_and_abort(settings: KafkaSettings) -> None:
    """A message of an aborted transaction: nobody may see it."""
    producer = Producer(settings.client(transactional_id=f"{settings.application}|aborted"))
    producer.init_transactions(10)
    producer.begin_transaction()
    producer.produce(settings.topic(AUDIT), b"never there", b"never|there", 0)
    producer.flush(10)
    producer.abort_transaction(10)


def _refused(result: object, *texts: str) -> None:
    status, err = result.returncode, result.stderr  # type: ignore[attr-defined]
    assert status == 2, err
    assert len(err.splitlines()) == 1, err
    assert all(text in err for text in texts), err


def _analytics(body: dict[str, object]) -> list[dict[str, str]]:
    info = body["finding_info"]
    assert isinstance(info, dict)
    return [info["analytic"], *info.get("related_analytics", [])]


def _shown(line: bytes) -> tuple[object, ...]:
    """What a difference is first seen in: account, uid, tier, evidence."""
    body = orjson.loads(line)
    evidence = tuple(item["uid"] for item in body["evidences"])
    return body["resources"][0]["uid"], body["finding_info"]["uid"], body["unmapped"]["tier"], evidence


def _message_uid(alert: bytes) -> str:
    uid = orjson.loads(alert)["metadata"]["uid"]
    assert isinstance(uid, str)
    return uid
