"""What the Faust app calls itself, and how little its agents do."""

from __future__ import annotations

import ast
import asyncio
import inspect
import textwrap
from pathlib import Path
from typing import Any

import pytest

from detectors.engine.knowledge import Knowledge
from detectors.probe import NoFacts
from schemas.contracts.signal import Signal, Watermark
from schemas.contracts.topics import TOPICS
from streams.drivers.kafka.app import Detect, create_app
from streams.drivers.kafka.outbox import Outbox
from streams.drivers.kafka.settings import KafkaSettings
from streams.operations.kafka_engines import kafka_engines

PACKAGES = ("streams", "detectors", "schemas", "tests", "faust", "__main__")
AGENT_LINES_MAX = 40
SETTINGS = KafkaSettings(brokers="127.0.0.1:1", partitions=4)


@pytest.fixture
def detect(tmp_path: Path) -> Detect:
    """The app of `watchpost detect`, not started."""

    async def create() -> Detect:
        return create_app(SETTINGS, kafka_engines(Knowledge(NoFacts()), SETTINGS.partitions), str(tmp_path))

    return asyncio.run(create())


def test_no_module_path_in_what_lasts(detect: Detect) -> None:
    app = detect.app
    topics = {name for agent in app.agents.values() for name in agent.get_topic_names()}
    assert topics == {"watchpost.audit.v1", "watchpost.signals.v1"} <= {topic.name for topic in TOPICS}
    assert set(app.agents) == {"watchpost-accounts", "watchpost-entities"}
    names = {*app.agents, *topics, *(topic.name for topic in TOPICS), app.conf.id, app.conf.origin or "", *app.tables}
    assert not [name for name in names for package in PACKAGES if package in name]


def test_an_agent_is_short_and_has_no_branch(detect: Detect) -> None:
    for agent in detect.app.agents.values():
        source = textwrap.dedent(inspect.getsource(agent.fun))
        assert len(source.splitlines()) < AGENT_LINES_MAX
        branches = (ast.If, ast.IfExp, ast.Match, ast.Try, ast.BoolOp, ast.Compare)
        assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, branches)]


def test_a_watermark_goes_to_every_partition_of_entities_and_a_signal_to_one() -> None:
    outbox = Outbox(SETTINGS, lambda _: b"")
    sent: list[Any] = outbox.messages(Watermark("t", 2, 4, 5))
    assert [(message.topic, message.partition) for message in sent] == [
        ("watchpost.signals.v1", number) for number in range(4)
    ]
    assert len({message.value for message in sent}) == 1
    signal = Signal("t", "network", "203.0.113.7", "a", "failure", 0, "r", "s", "o", None, 50126)
    assert len(outbox.messages(signal)) == 1
