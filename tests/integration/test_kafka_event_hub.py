"""The practice tenant's event hub on a real broker: what the collector of a topic finds there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.records.decode import decode
from schemas.records.event import Source
from streams.clock import PracticeClock
from streams.collectors.live.value_forms import records_of
from streams.drivers.kafka.settings import KafkaSettings
from streams.simulation.service import ServiceOptions, TenantOptions, serve
from tests.integration.processes import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(170)]

NOW = 1_773_223_200_000  # Wednesday 2026-03-11, 10:00 UTC


def test_sign_ins_come_through_a_topic(settings: KafkaSettings, tmp_path: Path) -> None:
    topic = f"{settings.topic_prefix}insights-logs-signinlogs"
    admin = AdminClient({"bootstrap.servers": settings.brokers})
    admin.create_topics([NewTopic(topic, 2, 1)])[topic].result(20)
    tenant = TenantOptions(seed=7, accounts=9, past_days=1, lateness=0.0)
    clock = PracticeClock(NOW, time.time_ns() // 1_000_000, 3600.0)  # an hour a second
    options = ServiceOptions(tmp_path, (tenant,), event_hub=f"{settings.brokers}/{topic}")
    reader = Consumer({"bootstrap.servers": settings.brokers, "group.id": topic, "auto.offset.reset": "earliest"})
    reader.subscribe([topic])
    service = serve(options, clock)
    read: list[bytes] = []

    def enough() -> bool:
        message = reader.poll(0.1)
        value = None if message is None or message.error() is not None else message.value()
        if value is not None:
            pieces = records_of(value)
            assert not pieces.unreadable
            read.extend(pieces.records)
        return len(read) > 200

    try:
        wait_until(enough, "sign-ins in the topic", 60.0)
    finally:
        service.stop()
        reader.close()
    assert service.problems == []
    events = [decode(record) for record in read]
    assert {event.source for event in events} <= {Source.SIGNIN, Source.DIRECTORY}
    assert {event.tenant for event in events} == {service.tenants[0].id}


def test_a_topic_that_is_not_there_is_told_as_a_problem(settings: KafkaSettings, tmp_path: Path) -> None:
    where = f"{settings.brokers}/{settings.topic_prefix}nothing"
    clock = PracticeClock(NOW, time.time_ns() // 1_000_000, 3600.0)
    service = serve(
        ServiceOptions(tmp_path, (TenantOptions(accounts=5, past_days=1, lateness=0.0),), event_hub=where), clock
    )
    try:
        wait_until(lambda: bool(service.problems), "the refusal of the broker", 60.0)
    finally:
        service.stop()
    assert service.problems[0].startswith(f"the event hub {where} does not take messages: ")
