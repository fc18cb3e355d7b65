"""Fixtures on a real Kafka broker, started once per session and stopped at its end."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from streams.drivers.kafka.settings import KafkaSettings
from tests.integration.broker import BROKER_VARIABLE, Door, NoBroker, own_broker


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """Address of a broker: `WATCHPOST_TEST_KAFKA`, else one of our own; skips loudly, and fails where CI is set."""
    named = os.environ.get(BROKER_VARIABLE)
    if named:
        yield named
        return
    yield from started()


def started(door: Door | None = None) -> Iterator[str]:
    """Address of a broker of our own; skips loudly, and fails where CI is set."""
    try:
        with own_broker(door) as address:
            yield address
    except NoBroker as missing:
        text = f"no Kafka broker for the tests: {missing}; name one in {BROKER_VARIABLE}"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)


@pytest.fixture
def settings(kafka: str) -> KafkaSettings:
    """Settings with an application and topics of their own, two partitions and short times."""
    return fresh_settings(kafka)


def fresh_settings(brokers: str) -> KafkaSettings:
    """Settings that nobody used before."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    return KafkaSettings(
        brokers=brokers,
        application=name,
        topic_prefix=f"{name}.",
        partitions=2,
        session_seconds=6.0,
        stop_seconds=10.0,
        profile_seconds=40.0,
        states_on_stop=True,
    )
