"""Making and listing the topics of contracts 3. Layer: streams.

The partition count of a topic with `on_disk` is on-disk format: an existing topic with another count is refused.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import admin as kafka_admin
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from schemas.contracts.topics import AUDIT, DEAD_LETTERS, TOPICS, Topic
from schemas.text import printable
from streams.broker_refusals import BrokerRefusals
from streams.drivers.kafka.settings import KafkaSettings

_LARGEST = "max.message.bytes"
MESSAGE_SLACK = 4_096  # bytes of a message beside key, value and headers, generously
_GRACE_SECONDS = 5.0  # beyond a request's own time
_BROKERS_OWN = 1_000_000  # what every broker takes unless it was told otherwise
_WHOLE_RECORDS = (AUDIT, DEAD_LETTERS)


class TopicsError(RuntimeError):
    """The topics of the cluster are not what Watchpost needs; the text is one line and says what to do."""


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One line of `watchpost topics`. `partitions` are those it has, or would get; `mismatch` is empty when all is well."""

    name: str
    partitions: int
    key: str
    cleanup: str
    retention_ms: int | None
    owner: str
    exists: bool
    mismatch: str


def wanted_partitions(topic: Topic, partitions: int) -> int:
    """Partitions of a topic: the small ones keep their own number, the others follow the setting."""
    return 1 if topic.partitions == 1 else partitions


def list_topics(settings: KafkaSettings) -> list[TopicRow]:
    """Every topic of the contract, with what the cluster has of it."""
    existing = existing_partitions(settings)
    return [_row(topic, settings.topic(topic.name), existing, settings.partitions) for topic in TOPICS]


def create_topics(
    settings: KafkaSettings, partitions: int | None = None, replication: int | None = None
) -> list[TopicRow]:
    """Make the topics that are missing; TopicsError when one exists with another partition count. Returns all rows."""
    count = partitions or settings.partitions
    copies = replication or settings.replication
    existing = existing_partitions(settings)
    rows = [_row(topic, settings.topic(topic.name), existing, count) for topic in TOPICS]
    _refuse_mismatch(rows)
    wanted = [
        NewTopic(row.name, row.partitions, copies, config=_config(topic, copies, settings.message_bytes))
        for topic, row in zip(TOPICS, rows, strict=True)
        if not row.exists
    ]
    now = existing
    if wanted:
        _create(settings, wanted)
        now = _known(settings, {topic.topic: topic.num_partitions for topic in wanted})
    return [_row(topic, settings.topic(topic.name), now, count) for topic in TOPICS]


def require_topics(settings: KafkaSettings) -> None:
    """TopicsError when a topic is missing or has another partition count than the setting."""
    rows = list_topics(settings)
    missing = [row.name for row in rows if not row.exists]
    if missing:
        raise TopicsError(f"topics are missing: {', '.join(missing)}; make them with `watchpost topics --create`")
    _refuse_mismatch(rows)


def existing_partitions(settings: KafkaSettings) -> dict[str, int]:
    """Partitions of every topic of the cluster; TopicsError when no broker answers."""
    refusals = BrokerRefusals(settings.librdkafka)
    try:
        admin = _admin(settings, refusals)
    except (KafkaException, ValueError, TypeError) as error:
        raise TopicsError(f"a Kafka setting is wrong: {printable(_name(error))}") from None
    try:
        found = admin.list_topics(timeout=settings.request_seconds).topics
    except KafkaException as error:
        admin.poll(0.0)  # the client tells why
        if refusals.reason:
            raise TopicsError(f"Kafka refuses the connection: {refusals.reason}") from None
        raise TopicsError(f"no Kafka broker answers at {settings.brokers}: {_name(error)}") from None
    return {name: len(topic.partitions) for name, topic in found.items()}


def record_bytes_max(settings: KafkaSettings) -> int:
    """Bytes of the largest message that producer and topics of whole records take.

    Where the topics' configuration may not be read it is what every broker takes. TopicsError when no broker answers.
    """
    resource = kafka_admin.ConfigResource  # type: ignore[attr-defined]  # public, but not told to type checkers
    wanted = [resource(resource.Type.TOPIC, settings.topic(name)) for name in _WHOLE_RECORDS]
    found = [settings.message_bytes]
    admin = _admin(settings)  # kept: the answer to a client that is gone never comes
    for future in admin.describe_configs(wanted, request_timeout=settings.request_seconds).values():
        try:
            found.append(int(future.result(settings.request_seconds + _GRACE_SECONDS)[_LARGEST].value))
        except TimeoutError:
            raise TopicsError(f"no Kafka broker answers at {settings.brokers}: TimeoutError") from None
        except (KafkaException, KeyError, TypeError, ValueError):
            found.append(_BROKERS_OWN)
    return min(found)


def _row(topic: Topic, name: str, existing: dict[str, int], partitions: int) -> TopicRow:
    wanted = wanted_partitions(topic, partitions)
    has = existing.get(name)
    mismatch = ""
    if topic.on_disk and has is not None and has != wanted:
        mismatch = f"has {has} partitions, the setting says {wanted}; the count is on-disk format and cannot be changed"
    count = wanted if has is None else has
    return TopicRow(name, count, topic.key, topic.cleanup, topic.retention_ms, topic.owner, has is not None, mismatch)


def _refuse_mismatch(rows: list[TopicRow]) -> None:
    wrong = [f"{row.name} {row.mismatch}" for row in rows if row.mismatch]
    if wrong:
        raise TopicsError(
            f"refusing to go on: {'; '.join(wrong)}: set `partitions` to what is there, or use new topics"
        )


def _config(topic: Topic, replication: int, message_bytes: int) -> dict[str, str]:
    config = {"cleanup.policy": topic.cleanup.value}
    if topic.name in _WHOLE_RECORDS:
        config[_LARGEST] = str(message_bytes + MESSAGE_SLACK)
    if topic.retention_ms is not None:
        config["retention.ms"] = str(topic.retention_ms)
    if replication >= 3:
        config["min.insync.replicas"] = "2"
    return config


def _create(settings: KafkaSettings, wanted: list[NewTopic]) -> None:
    admin = _admin(settings)
    for name, future in admin.create_topics(wanted, operation_timeout=settings.request_seconds).items():
        try:
            future.result(settings.request_seconds + _GRACE_SECONDS)
        except TimeoutError:
            raise TopicsError(f"the topic {name} could not be made: no broker answers at {settings.brokers}") from None
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise TopicsError(f"the topic {name} could not be made: {_name(error)}") from None


def _known(settings: KafkaSettings, made: dict[str, int]) -> dict[str, int]:
    """Partitions of every topic, once the brokers know those that were just made: who asks next must find them."""
    deadline = time.monotonic() + settings.request_seconds
    while not made.keys() <= (found := existing_partitions(settings)).keys() and time.monotonic() < deadline:
        time.sleep(0.1)
    return found | made


def _admin(settings: KafkaSettings, refusals: BrokerRefusals | None = None) -> AdminClient:
    config: dict[str, Any] = dict(settings.client())  # its type forgets the logger
    return AdminClient(config | ({"error_cb": refusals.noted} if refusals else {}))


def _name(error: Exception) -> str:
    found = error.args[0] if error.args else None
    return str(found.str()) if isinstance(found, KafkaError) else type(error).__name__
