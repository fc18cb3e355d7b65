"""The driver against a real broker, with a toy engine."""

from __future__ import annotations

import itertools
import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from schemas.contracts.topics import AUDIT, DEAD_LETTERS
from streams.drivers.kafka.collect import CollectError, collect
from streams.drivers.kafka.read_back import Folded, fold_log, published_alerts, read_log, stored_states
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import TopicsError, create_topics, list_topics
from tests.integration.processes import PositionWatch, settled, stop, wait_until, worker
from tests.integration.toy import toy_engines, toy_log

RESTARTS = int(os.environ.get("WATCHPOST_TEST_RESTARTS", "3"))
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
        wait_until(settled(settings), "processing everything")
        assert stop(process) == 0, (tmp_path / "log").read_text()
    folded = _same_as_folded(settings)
    profiles = {orjson.loads(value)["profile"] for value in folded.incidents}
    assert profiles == {"toy/-1", "toy/20000", "toy/20001"}  # each day was judged by the profile of the day before


def test_an_unexpected_error_ends_the_worker_and_acknowledges_nothing(settings: KafkaSettings, tmp_path: Path) -> None:
    create_topics(settings)
    entries = toy_log(100, 1)
    entries[50].value = b'{"time": "a bug in the toy"}'
    collect(iter(entries), settings, wait_for_profile=False)
    for _ in range(2):  # again after a restart: the record is still there
        with worker(replace(settings, batch_records=10, instance="one"), tmp_path / "log") as process:
            assert process.wait(30) == 1
    lines = [line for line in (tmp_path / "log").read_text().splitlines() if "stopping:" in line]
    assert len(lines) == 2
    assert all("ValueError" in line and settings.topic(AUDIT) in line for line in lines)
    assert not list(read_log(settings, DEAD_LETTERS))
    assert PositionWatch(settings).processed() < len(entries)


def test_kill_at_work_and_restart_lose_and_repeat_nothing(settings: KafkaSettings, tmp_path: Path) -> None:
    create_topics(settings)
    watch = PositionWatch(settings)
    live = replace(settings, batch_records=50, instance="one")  # a static member comes back without waiting
    entries = toy_log(4_000, 3)
    collect(iter(entries[:2_000]), settings, wait_for_profile=False)
    for goal in (300, 1_000):  # while it reads what was waiting
        with worker(live, tmp_path / "log", delay=0.002) as process:
            wait_until(watch.beyond(goal), f"reaching {goal}")
            process.kill()
        assert watch.processed() < 1_950
    with worker(live, tmp_path / "log", delay=0.002) as process:  # while it is given what comes
        wait_until(watch.beyond(1_950), "processing the first half")
        collect(iter(entries[2_000:]), settings, wait_for_profile=False)
        wait_until(watch.beyond(2_400), "going on")
        process.kill()
    assert watch.processed() < 3_950
    with worker(live, tmp_path / "log") as process:
        wait_until(settled(settings), "processing everything", 60)
        assert stop(process) == 0, (tmp_path / "log").read_text()
    _same_as_folded(settings)


def test_death_before_and_after_a_commit_repeats_nothing(settings: KafkaSettings, tmp_path: Path) -> None:
    create_topics(settings)
    live = replace(settings, batch_records=100, instance="one")
    collect(iter(toy_log(1_500, 3)), settings, wait_for_profile=False)
    for moment in ("before 3", "after 4"):
        with worker(live, tmp_path / "log", die=moment) as process:
            assert process.wait(30) == 9
    with worker(live, tmp_path / "log") as process:
        wait_until(settled(settings), "processing everything", 60)
        assert stop(process) == 0, (tmp_path / "log").read_text()
    _same_as_folded(settings)


def test_a_second_worker_shares_and_leaves(settings: KafkaSettings, tmp_path: Path) -> None:
    create_topics(settings)
    entries = toy_log(4_000, 3)
    watch = PositionWatch(settings)
    quick = replace(settings, batch_records=50)
    collect(iter(entries[:1_000]), settings, wait_for_profile=False)
    with worker(quick, tmp_path / "one", delay=0.001) as one:
        wait_until(watch.beyond(200), "starting")
        with worker(quick, tmp_path / "two", delay=0.001) as two:
            collect(iter(entries[1_000:2_000]), settings, wait_for_profile=False)
            wait_until(_opened(tmp_path / "two", 2), "sharing")
            collect(iter(entries[2_000:3_000]), settings, wait_for_profile=False)
            wait_until(watch.beyond(2_800), "going on with two")
            assert stop(two) == 0, (tmp_path / "two").read_text()
        collect(iter(entries[3_000:]), settings, wait_for_profile=False)
        wait_until(settled(settings), "processing everything", 60)
        assert one.poll() is None, (tmp_path / "one").read_text()
        assert stop(one) == 0, (tmp_path / "one").read_text()
    assert _worked(tmp_path / "one") and _worked(tmp_path / "two")
    _same_as_folded(settings)


def test_a_paused_worker_is_fenced(settings: KafkaSettings, tmp_path: Path) -> None:
    create_topics(settings)
    watch = PositionWatch(settings)
    quick = replace(settings, batch_records=50)
    entries = toy_log(2_000, 3)
    collect(iter(entries), settings, wait_for_profile=False)
    with worker(quick, tmp_path / "one", delay=0.003) as one:
        wait_until(watch.beyond(200), "starting")
        one.send_signal(signal.SIGSTOP)
        assert watch.processed() < 1_900
        with worker(quick, tmp_path / "two") as two:
            wait_until(settled(settings), "taking over", 60)
            one.send_signal(signal.SIGCONT)
            assert one.wait(30) == 1
            assert "_FENCED" in (tmp_path / "one").read_text()
            wait_until(settled(settings), "going on", 60)
            assert stop(two) == 0, (tmp_path / "two").read_text()
    folded = fold_log(settings, toy_engines(2))
    assert sorted(published_alerts(settings)) == sorted(folded.incidents)


def test_restarts_with_records_waiting_miss_nothing(settings: KafkaSettings, tmp_path: Path) -> None:
    create_topics(settings)
    live = replace(settings, instance="one")
    entries = toy_log(300, 3, accounts=11)
    part = len(entries) // RESTARTS + 1
    for number in range(RESTARTS):
        given = iter(entries[number * part : (number + 1) * part])
        collect(itertools.islice(given, part // 2), settings, wait_for_profile=False)
        with worker(live, tmp_path / "log") as process:
            collect(given, settings, wait_for_profile=False)  # arrives while the worker starts
            wait_until(settled(settings), "processing everything")
            assert stop(process) == 0, (tmp_path / "log").read_text()
    _same_as_folded(settings, 15)


def _opened(log: Path, partitions: int) -> Callable[[], bool]:
    return lambda: log.read_text().count(": opened at offset") >= partitions


def _worked(log: Path) -> bool:
    """The worker processed records of its partitions."""
    return bool(re.search(r"left at offset .* processed=[1-9]", log.read_text()))


def _same_as_folded(settings: KafkaSettings, incidents: int = 50) -> Folded:
    """What was published is what the log says: nothing missing, nothing twice."""
    folded = fold_log(settings, toy_engines(settings.partitions))
    assert len(folded.incidents) > incidents
    assert sorted(published_alerts(settings)) == sorted(folded.incidents)
    assert stored_states(settings) == folded.states
    return folded
