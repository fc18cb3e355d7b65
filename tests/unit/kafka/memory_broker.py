"""A broker in memory, as far as a live journal uses one: topics, transactions, fencing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import pytest

from schemas.contracts.topics import TOPICS, partition_of
from streams.drivers.kafka import journal, shared_reads
from streams.drivers.kafka.reading import LogMessage
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.store import Outgoing, StoreLost
from streams.drivers.kafka.topics import wanted_partitions

SETTINGS = KafkaSettings(brokers="nowhere:1", partitions=3)


class MemoryBroker:
    """Committed messages by topic and partition; `owners` are the producers that are not fenced."""

    def __init__(self, bytes_max: int = 1_000_000) -> None:
        self.log: dict[tuple[str, int], list[LogMessage]] = defaultdict(list)
        self.owners: dict[str, MemoryProducer] = {}
        self.transactions: list[list[Outgoing]] = []
        self.bytes_max = bytes_max
        self.refuse_after: int | None = None
        self.waits: list[int] = []
        self.on_wait: Callable[[int], None] = lambda day: None

    @property
    def partitions(self) -> dict[str, int]:
        return {topic.name: wanted_partitions(topic, SETTINGS.partitions) for topic in TOPICS}

    def read(self, settings: KafkaSettings, topic: str, partition: int, start: int = 0) -> Iterator[LogMessage]:
        yield from self.log[topic, partition][start:]

    def messages(self, topic: str) -> list[LogMessage]:
        return [message for number in range(self.partitions[topic]) for message in self.log[topic, number]]

    def take(self, output: Sequence[Outgoing]) -> None:
        self.transactions.append(list(output))
        for out in output:
            count = self.partitions[out.topic]
            number = partition_of(out.key or b"", count) if out.partition is None else out.partition
            held = self.log[out.topic, number]
            held.append(LogMessage(out.topic, number, len(held), out.key, out.value, list(out.headers)))

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Let the journal use it."""
        patch.setattr(journal, "TransactionalProducer", lambda settings, name: MemoryProducer(self, name))
        patch.setattr(journal, "read_settled", self.read)
        patch.setattr(journal, "existing_partitions", lambda settings: self.partitions)
        patch.setattr(journal, "record_bytes_max", lambda settings: self.bytes_max)
        patch.setattr(shared_reads, "read_settled", self.read)
        patch.setattr(shared_reads, "offset_of", lambda settings, topic, number, time_ms: 0)
        patch.setattr(shared_reads, "DayBarrier", lambda settings: MemoryBarrier(self))


class MemoryProducer:
    """Fences who had its name before."""

    def __init__(self, broker: MemoryBroker, name: str) -> None:
        self._broker = broker
        self._name = name
        broker.owners[name] = self

    def publish(self, output: Sequence[Outgoing]) -> None:
        if self._broker.owners[self._name] is not self:
            raise StoreLost("fenced")
        if self._broker.refuse_after is not None and len(self._broker.transactions) >= self._broker.refuse_after:
            raise StoreLost("no broker")
        self._broker.take(output)

    def close(self) -> None:
        pass


class MemoryBarrier:
    """Notes for which days somebody waits."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker

    def wait(self, tenant: str, day: int, ended: Callable[[], bool]) -> float:
        self._broker.waits.append(day)
        self._broker.on_wait(day)
        return 0.0

    def close(self) -> None:
        pass
