"""An attack in the present, through `collect` and `detect` on a real broker: whose delay, the harm clock, the numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from schemas.contracts.topics import AUDIT, STATE
from streams.drivers.kafka.read_back import fold_log, published_alerts, read_log, without_times
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.store import FIRST_TOLD
from streams.drivers.kafka.topics import create_topics
from streams.operations.detection import knowledge_of
from streams.operations.kafka_engines import kafka_engines
from streams.simulation.service import Attack
from tests.integration.command_line import detecting, terminate
from tests.integration.live_world import HOUR, NOW, collector, world
from tests.integration.processes import settled, wait_until

ANY_PORT = "127.0.0.1:0"
pytestmark = [pytest.mark.kafka, pytest.mark.timeout(230)]


def test_alerts_of_the_present_say_whose_delay_it_was_and_what_came_before_them(
    settings: KafkaSettings, tmp_path: Path
) -> None:
    create_topics(settings)
    log, practice_file = tmp_path / "detect", ("--config", str(tmp_path / "watchpost.toml"))
    with (
        world(tmp_path, 600.0, back_days=1.0, attacks=(Attack("seed", NOW + 7 * HOUR),)) as practice,
        collector(practice, settings, tmp_path / "collect", days=0.5) as collecting,
    ):
        with detecting(settings, log, ANY_PORT, practice_file) as detect:
            wait_until(lambda: bool(_live(settings)), "an alert of the present", 120.0)
            wait_until(_measured(log, practice.tenant), "numbers", 30.0)
            detect.kill()
        with detecting(settings, log, ANY_PORT, practice_file) as detect:
            assert terminate(collecting, 40.0) == 0
            wait_until(settled(settings), "judging everything", 60.0)
            assert terminate(detect) == 0, log.read_text()
    published = published_alerts(settings)
    folded = fold_log(settings, kafka_engines(knowledge_of([], []), settings.partitions))
    assert sorted(map(without_times, published)) == sorted(folded.incidents)
    live = _live(settings)
    whole = [body["unmapped"]["delay"] for body in live if "vendor_ms" in body["unmapped"]["delay"]]
    assert whole and all(min(delay.values()) >= 0 for delay in whole)
    _each_incident_has_one_first_alert(live)
    _times_of_open_incidents_are_kept(settings, published)


def _live(settings: KafkaSettings) -> list[dict[str, Any]]:
    """Alerts of the present about a record."""
    found = [orjson.loads(alert) for alert in published_alerts(settings)]
    return [body for body in found if body["unmapped"]["delay"]]


def _each_incident_has_one_first_alert(live: list[dict[str, Any]]) -> None:
    firsts: dict[str, set[int]] = defaultdict(set)
    for body in live:
        clock = body["unmapped"]["harm_clock"]
        assert clock["acts_before"] + clock["acts_after"] == len(body["evidences"])
        assert clock["acts_before"] == sum(act["data"]["time"] <= clock["alert_wall_ms"] for act in body["evidences"])
        firsts[body["finding_info"]["uid"]].add(clock["alert_wall_ms"])
    assert firsts and all(len(times) == 1 for times in firsts.values())


def _times_of_open_incidents_are_kept(settings: KafkaSettings, published: list[bytes]) -> None:
    """In the partition whose log opened the incident, until it closes."""
    ended = {body["finding_info"]["uid"]: body["activity_id"] == 3 for body in map(orjson.loads, published)}
    kept: dict[str, bytes | None] = {}
    for partition, _, message in read_log(settings, STATE):
        prefix = f"{FIRST_TOLD}|{settings.topic(AUDIT)}|{partition}|".encode()
        if message.key is not None and message.key.startswith(prefix):
            kept[message.key.removeprefix(prefix).decode()] = message.value
    assert {uid for uid, value in kept.items() if value is not None} == {uid for uid, over in ended.items() if not over}


def _measured(log: Path, tenant: str) -> Callable[[], bool]:
    """What `run` tells of its states and alerts, `detect` tells too."""

    def true() -> bool:
        base = re.findall(r"health: (http://\S+)/metrics", log.read_text())[-1]
        sums: dict[str, float] = defaultdict(float)
        for family in text_string_to_metric_families(httpx.get(f"{base}/metrics").text):
            for sample in family.samples:
                if sample.labels.get("tenant", tenant) == tenant:
                    sums[sample.name.removeprefix("watchpost_")] += sample.value
        names = ("engine_accounts", "engine_states_bytes", "engine_open_incidents", "own_delay_seconds_count")
        return all(sums[name] > 0 for name in names)

    return true
