"""Where a partition's output and position go: one transactional producer per partition. Layer: streams.

`transactional.id` is application | topic | partition, so opening a store fences the former owner of the partition. Output
and position are one transaction: they are there together or not at all.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import orjson
from confluent_kafka import KafkaError, KafkaException, Producer

from schemas.contracts.topics import STATE
from streams.drivers.kafka.reading import end_offset, read_settled
from streams.drivers.kafka.settings import KafkaSettings

log = logging.getLogger("watchpost.kafka")
TRANSACTION_TIMEOUT_MS = 10_000
PARTITION_BY_KEY = -1  # librdkafka's "unassigned"
POSITION, FIRST_TOLD = "position", "first-told"  # how keys of the state topic begin that are no state's


class StoreLost(RuntimeError):
    """The store no longer takes our writes (fenced, aborted, unreachable): live objects are ahead of it. One line."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be produced. Without a partition the producer takes the key's (murmur2, as `partition_of`)."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None = None
    headers: list[tuple[str, bytes]] = field(default_factory=list)


class Store(Protocol):
    """What a partition's worker needs: its position, and to publish output together with the next position."""

    def position(self) -> int:
        """Offset of the last record whose output is published, -1 when there is none."""
        ...

    def told(self) -> dict[str, int]:
        """When each open incident was first told (UTC milliseconds by the service's clock), by uid; once `position` was read."""
        ...

    def commit(self, output: Sequence[Outgoing], position: int) -> None:
        """Publish output and position in one transaction; StoreLost when that failed."""
        ...

    def close(self) -> None:
        """Give up the partition."""
        ...


class TransactionalProducer:
    """A confluent-kafka producer that knows transactions only."""

    def __init__(self, settings: KafkaSettings, transactional_id: str) -> None:
        self._id = transactional_id
        self._seconds = settings.request_seconds
        self._producer = Producer(
            settings.client(
                transactional_id=transactional_id,
                transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
                compression_type="lz4",
                message_max_bytes=settings.message_bytes,
                linger_ms=2,
                partitioner="murmur2_random",
            )
        )
        try:
            self._producer.init_transactions(self._seconds)
        except KafkaException as error:
            raise StoreLost(f"the producer {self._id} could not take over: {_text(error)}") from None

    def publish(self, output: Sequence[Outgoing]) -> None:
        """All messages in one transaction; StoreLost (and nothing published) when it failed."""
        try:
            self._producer.begin_transaction()
            for message in output:
                self._produce(message)
            self._commit()
        except KafkaException as error:
            text = _text(error)
            self._abort()
            raise StoreLost(f"the producer {self._id} was refused: {text}") from None

    def _produce(self, message: Outgoing) -> None:
        partition = PARTITION_BY_KEY if message.partition is None else message.partition
        headers: list[tuple[str, str | bytes | None]] = list(message.headers)
        while True:
            try:
                self._producer.produce(message.topic, message.value, message.key, partition, headers=headers)
                return
            except BufferError:
                self._producer.poll(0.1)

    def _commit(self) -> None:
        deadline = time.monotonic() + self._seconds
        while True:
            try:
                self._producer.commit_transaction(max(0.1, deadline - time.monotonic()))
                return
            except KafkaException as error:
                if not (_error(error).retriable() and time.monotonic() < deadline):
                    raise

    def _abort(self) -> None:
        try:
            self._producer.abort_transaction(self._seconds)
        except KafkaException as error:
            log.debug("abort of %s: %s", self._id, _text(error))

    def close(self) -> None:
        """Give the producer up. Nothing is left to be sent: a transaction is over, or it was never committed.

        No `flush`: in a fenced producer it raises an object that is no exception and that no handler catches.
        """


def first_told_prefix(topic: str, partition: int) -> bytes:
    """How the keys of a source partition's incidents begin in the state topic; the uid follows."""
    return f"{FIRST_TOLD}|{topic}|{partition}|".encode()


class PartitionStore:
    """The store of one source partition on Kafka. The position lies in the state topic's partition of the same number.

    So do the times at which its open incidents were first told.
    """

    def __init__(self, settings: KafkaSettings, topic: str, partition: int) -> None:
        self._settings = settings
        self._topic = topic
        self._partition = partition
        self._state = settings.topic(STATE)
        self._key = f"{POSITION}|{topic}|{partition}".encode()
        self._told: dict[str, int] = {}
        self._producer = TransactionalProducer(settings, f"{settings.application}|{topic}|{partition}")

    def position(self) -> int:
        """Read the position back; StoreLost when the topic is not the one it was written for."""
        value: bytes | None = None
        prefix = first_told_prefix(self._topic, self._partition)
        for message in read_settled(self._settings, self._state, self._partition):
            if message.key == self._key:
                value = message.value
            elif message.key is not None and message.key.startswith(prefix):
                self._note(message.key.removeprefix(prefix).decode(), message.value)
        if value is None:
            return -1
        found = orjson.loads(value)
        if found["partitions"] != self._settings.partitions:
            raise StoreLost(
                f"{self._topic} was read with {found['partitions']} partitions and the setting says"
                f" {self._settings.partitions}: the count is on-disk format"
            )
        position = int(found["offset"])
        if position >= end_offset(self._settings, self._topic, self._partition):
            raise StoreLost(
                f"{self._topic}, partition {self._partition} ends before the stored position {position}: was the topic"
                " made anew? Use another `application`, or delete the state topic too"
            )
        return position

    def told(self) -> dict[str, int]:
        """When each open incident was first told, as the reading of the position met it."""
        return self._told

    def _note(self, uid: str, value: bytes | None) -> None:
        if value is None:
            self._told.pop(uid, None)
        else:
            self._told[uid] = int(value)

    def commit(self, output: Sequence[Outgoing], position: int) -> None:
        """Publish output and position in one transaction."""
        value = orjson.dumps({"offset": position, "partitions": self._settings.partitions})
        self._producer.publish([*output, Outgoing(self._state, self._key, value, self._partition)])

    def close(self) -> None:
        """Give up the partition."""
        self._producer.close()


def _error(error: KafkaException) -> KafkaError:
    found = error.args[0]
    return found if isinstance(found, KafkaError) else KafkaError(KafkaError._FAIL)


def _text(error: KafkaException) -> str:
    found = _error(error)
    return f"{found.name()} ({found.str()})"
