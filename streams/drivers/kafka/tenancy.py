"""Which tenants this process collects: shared out by the broker, one process per tenant. Layer: streams.

Each collector is a member of one consumer group on `watchpost.feeds.v1`; a tenant belongs to whoever is assigned the
partition in which its feeds' rows lie. Two collectors for one tenant: one works, one waits. One that was paused beyond its
session has lost the partition without knowing; the next owner's producer fences it, so that its first write ends it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from schemas.contracts.topics import FEEDS, partition_of
from streams.drivers.kafka.reading import LogReadError
from streams.drivers.kafka.settings import KafkaSettings

POLL_SECONDS = 0.5
Change = Callable[[str], None]


def feeds_partition(tenant: str, partitions: int) -> int:
    """Partition of the feeds topic in which all rows of a tenant lie."""
    return partition_of(tenant.encode(), partitions)


class Tenancy:
    """Follows the group; calls `gained` and `lost` with tenants, from the thread that calls `run`."""

    def __init__(self, settings: KafkaSettings, tenants: Sequence[str], partitions: int) -> None:
        self._topic = settings.topic(FEEDS)
        self._tenants = {tenant: feeds_partition(tenant, partitions) for tenant in tenants}
        self._held: set[str] = set()
        session = int(settings.session_seconds * 1000)
        self._consumer = Consumer(
            settings.client(
                group_id=f"{settings.application}|collect",
                session_timeout_ms=session,
                heartbeat_interval_ms=max(500, session // 4),
                max_poll_interval_ms=max(session * 4, 60_000),
                enable_auto_commit=False,
                enable_auto_offset_store=False,
                auto_offset_reset="latest",
                partition_assignment_strategy="roundrobin",
            )
        )

    @property
    def held(self) -> frozenset[str]:
        """Tenants that are this process's now."""
        return frozenset(self._held)

    def run(self, stop: threading.Event, gained: Change, lost: Change) -> None:
        """Follow the group until `stop`; LogReadError when the broker refuses. Held tenants are given back at the end."""

        def assigned(consumer: Consumer, places: list[TopicPartition]) -> None:
            consumer.assign(places)
            consumer.pause(places)
            numbers = {place.partition for place in places}
            for tenant in sorted(name for name, number in self._tenants.items() if number in numbers):
                if tenant not in self._held:
                    self._held.add(tenant)
                    gained(tenant)

        def revoked(consumer: Consumer, places: list[TopicPartition]) -> None:
            numbers = {place.partition for place in places}
            for tenant in sorted(name for name in self._held if self._tenants[name] in numbers):
                self._held.discard(tenant)
                lost(tenant)
            consumer.unassign()

        try:
            self._consumer.subscribe([self._topic], on_assign=assigned, on_revoke=revoked, on_lost=revoked)
            while not stop.is_set():
                message = self._consumer.poll(POLL_SECONDS)
                error = message.error() if message is not None else None
                if error is not None and error.code() != KafkaError._PARTITION_EOF and not error.retriable():
                    raise LogReadError(f"{self._topic} cannot be followed: {error.str()}")
        except KafkaException as error:
            raise LogReadError(f"{self._topic} cannot be followed: {error.args[0].str()}") from None
        finally:
            self._consumer.close()
