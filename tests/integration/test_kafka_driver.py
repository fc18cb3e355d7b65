"""The driver against a real broker, with a toy engine."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Producer

from schemas.contracts.topics import AUDIT, DEAD_LETTERS, SIGNALS
from streams.drivers.kafka.collect import CollectError, collect
from streams.drivers.kafka.read_back import fold_log, published_alerts, read_log, stored_states
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import TopicsError, create_topics, list_topics
from tests.integration.processes import settled, stop, wait_until, worker
from tests.integration.toy import toy_engines, toy_log

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(170)]


def test_topics_are_made_listed_and_refused(settings: KafkaSettings) -> None:
    assert not any(row.exists for row in list_topics(settings))
    rows = create_topics(settings)
    assert all(row.exists and not row.mismatch for row in rows)
    assert [row.mismatch for row in create_topics(settings)] == [""] * len(rows)
    assert {row.name: row.partitions for row in list_topics(settings)} == {row.name: row.partitions for row in rows}
    with pytest.raises(TopicsError, match=r"has 2 partitions, the setting says 3; the count is on-disk format"):
        create_topics(replace(settings, partitions=3))


def test_collect_without_a_worker_says_what_to_do(settings: KafkaSettings) -> None:
    create_topics(settings)
    with pytest.raises(CollectError, match="is `watchpost detect` running"):
        collect(iter(toy_log(40, 2)), replace(settings, profile_seconds=1.0))


def test_the_log_folded_directly_is_what_the_worker_published(settings: KafkaSettings, tmp_path: Path) -> None:
    create_topics(settings)
    with worker(settings, tmp_path / "log") as process:
        result = collect(iter(toy_log(2_000, 3)), settings)
        assert (result.records, result.days) == (2_000, 3)
        wait_until(lambda: settled(settings), "processing everything")
        assert stop(process) == 0, (tmp_path / "log").read_text()
    folded = fold_log(settings, toy_engines(2))
    assert len(folded.incidents) > 150
    assert sorted(published_alerts(settings)) == sorted(folded.incidents)
    assert stored_states(settings) == folded.states
    profiles = {orjson.loads(value)["profile"] for value in folded.incidents}
    assert profiles == {"toy/-1", "toy/20000", "toy/20001"}  # each day was judged by the profile of the day before


def test_malformed_messages_are_dead_lettered(settings: KafkaSettings, tmp_path: Path) -> None:
    create_topics(settings)
    raw = Producer(settings.client())
    raw.produce(settings.topic(AUDIT), b"junk", b"no-separator", 0)
    raw.produce(settings.topic(AUDIT), None, None, 1)
    raw.produce(settings.topic(SIGNALS), b"not json", b"t1|network|x", 1)
    raw.flush(10)
    with worker(settings, tmp_path / "log") as process:
        broken = toy_log(100, 1)
        broken[50].value = b"<html>"
        collect(iter(broken), settings)
        wait_until(lambda: settled(settings), "processing everything")
        assert stop(process) == 0, (tmp_path / "log").read_text()
    letters = {dict(m.headers)["reason"]: m for _, _, m in read_log(settings, DEAD_LETTERS)}
    found = [(dict(m.headers)["stage"], m.value) for _, _, m in read_log(settings, DEAD_LETTERS)]
    assert sorted(found, key=str) == sorted(
        [(b"decode", b"junk"), (b"decode", None), (b"decode", b"not json"), (b"fold", b"<html>")], key=str
    )
    headers = dict(letters[b"not JSON"].headers)
    assert headers["original-topic"] == settings.topic(AUDIT).encode()
    assert headers["error"] == b"UnreadableRecord"
    assert {"partition", "offset"} <= headers.keys()


def test_kill_and_restart_lose_and_repeat_nothing(settings: KafkaSettings, tmp_path: Path) -> None:
    create_topics(settings)
    entries = toy_log(6_000, 3)
    with worker(settings, tmp_path / "log"):
        pass  # killed at once: the first of the kills
    dice = random.Random(7)
    settings_live = replace(settings, batch_records=100)
    collect(iter(entries), settings, wait_for_profile=False)
    for _ in range(3):
        with worker(settings_live, tmp_path / "log"):
            time.sleep(dice.uniform(1.2, 2.6))
    with worker(settings_live, tmp_path / "log") as process:
        wait_until(lambda: settled(settings), "processing everything", 60)
        assert stop(process) == 0, (tmp_path / "log").read_text()
    folded = fold_log(settings, toy_engines(2))
    assert sorted(published_alerts(settings)) == sorted(folded.incidents)
    assert stored_states(settings) == folded.states
