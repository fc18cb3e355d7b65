"""Alerts to Kafka: librdkafka's own mock brokers take them; failures are said in one line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from schemas.contracts.incident import Resource
from streams.sinks import kafka_alerts
from streams.sinks.alert_sink import SinkFailure, SinkRefused, SinkRetry
from streams.sinks.kafka_alerts import KafkaAlerts
from streams.sinks.secret import Secret
from tests.unit.sinks.alert_examples import ACCOUNT, SECRETS, alert, named

TOPIC = "watchpost.alerts.v1"


@pytest.fixture(scope="module")
def brokers() -> Iterator[str]:
    """Addresses of mock brokers, alive while their producer is."""
    producer = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    found = producer.list_topics(timeout=10).brokers.values()
    yield ",".join(f"{broker.host}:{broker.port}" for broker in found)
    producer.flush(1)


def failure(sink: KafkaAlerts) -> SinkFailure:
    with pytest.raises(SinkFailure) as caught:
        sink.send([alert()])
    assert "\n" not in caught.value.reason
    assert not any(secret in caught.value.reason for secret in SECRETS.values())
    return caught.value


def test_they_arrive_in_order_with_key_and_message_uid(brokers: str) -> None:
    account = (Resource("User", ACCOUNT, ACCOUNT),)
    sent = [alert(resources=account, message_uid=f"m{number}", tenant="t-1") for number in range(3)]
    sink = KafkaAlerts("kafka", brokers, {}, TOPIC, 10.0)
    sink.send(sent[:2])
    sink.send(sent[2:])
    sink.close()
    sink.close()
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "g", "log_level": 0})
    partitions = consumer.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions
    consumer.assign([TopicPartition(TOPIC, number, OFFSET_BEGINNING) for number in partitions])
    taken = consumer.consume(3, timeout=20)
    consumer.close()
    assert [message.value() for message in taken] == [one.body for one in sent]
    assert {message.key() for message in taken} == {f"t-1|{ACCOUNT}".encode()}
    assert [message.headers() for message in taken] == [[("message-uid", one.uid.encode())] for one in sent]


def test_a_message_that_is_too_large_is_its_own_fault(brokers: str) -> None:
    sink = KafkaAlerts("kafka", brokers, {"message.max.bytes": Secret("1000")}, "other", 5.0)
    error = failure(sink)
    sink.close()
    assert isinstance(error, SinkRefused)
    assert error.message


def test_brokers_that_do_not_answer_are_tried_again() -> None:
    sink = KafkaAlerts("kafka", "127.0.0.1:9", {}, TOPIC, 0.5)
    error = failure(sink)
    assert isinstance(error, SinkRetry)
    assert error.reason.startswith("Kafka: ")


def test_a_sink_goes_on_after_a_failure(brokers: str) -> None:
    sink = KafkaAlerts("kafka", brokers, {"message.max.bytes": Secret("4000")}, "other", 10.0)
    assert len(alert("x" * 400).body) > 4_000
    with pytest.raises(SinkRefused):
        sink.send([named(1), alert("x" * 400)])
    sink.send([named(1)])
    sink.close()


@pytest.mark.parametrize("properties", [{"no.such.property": "1"}, {"acks.": "x"}, {"linger.ms": SECRETS["sasl"]}])
def test_wrong_properties_are_found_before_the_first_alert(properties: dict[str, str]) -> None:
    sink = KafkaAlerts("kafka", "127.0.0.1:9", {name: Secret(value) for name, value in properties.items()})
    with pytest.raises(SinkRefused, match="librdkafka property") as caught:
        sink.check()
    assert SECRETS["sasl"] not in caught.value.reason


def test_right_properties_pass_without_asking_a_broker() -> None:
    KafkaAlerts("kafka", "127.0.0.1:9", {"linger.ms": Secret("5")}).check()


def test_the_producer_is_idempotent_and_waits_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    configs: list[dict[str, object]] = []

    class Recorder(Producer):
        def __init__(self, config: dict[str, object]) -> None:
            configs.append(config)
            super().__init__(config)

    monkeypatch.setattr(kafka_alerts, "Producer", Recorder)
    KafkaAlerts("kafka", "127.0.0.1:9", {"linger.ms": Secret("5")}).check()
    [config] = configs
    assert (config["acks"], config["enable.idempotence"], config["linger.ms"]) == ("all", True, "5")
