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
_HARMLESS = (
    KafkaError._PARTITION_EOF,
    KafkaError._MAX_POLL_EXCEEDED,
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
)
Change = Callable[[str], None]


def feeds_partition(tenant: str, partitions: int) -> int:
    """Partition of the feeds topic in which all rows of a tenant lie."""
    return partition_of(tenant.encode(), partitions)


class TenancyLost(RuntimeError):
    """The process was cut off or paused for so long that others have its tenants: it must end. One line."""


class Tenancy:
    """Follows the group; calls `gained` and `lost` with tenants, from the thread that calls `run`.

    Tenants stay where they are while others come and go (cooperative rebalancing): only what moves is given back.
    """

    def __init__(self, settings: KafkaSettings, tenants: Sequence[str], partitions: int) -> None:
        self._topic = settings.topic(FEEDS)
        self._tenants = {tenant: feeds_partition(tenant, partitions) for tenant in tenants}
        self.joined = False  # a member of the group, with tenants or waiting for some
        self._held: set[str] = set()
        self._cut_off: list[str] = []
        session = int(settings.session_seconds * 1000)
        static = {"group_instance_id": f"{settings.instance}|collect"} if settings.instance else {}
        self._consumer = Consumer(
            settings.client(
                **static,
                group_id=f"{settings.application}|collect",
                session_timeout_ms=session,
                heartbeat_interval_ms=max(500, session // 4),
                max_poll_interval_ms=max(session * 4, 60_000),
                enable_auto_commit=False,
                enable_auto_offset_store=False,
                auto_offset_reset="latest",
                partition_assignment_strategy="cooperative-sticky",
            )
        )

    @property
    def held(self) -> frozenset[str]:
        """Tenants that are this process's now."""
        return frozenset(self._held)

    def run(self, stop: threading.Event, gained: Change, lost: Change, beat: Callable[[], None] = lambda: None) -> None:
        """Follow the group until `stop`; `beat` is called each time round. Held tenants are given back at the end.

        LogReadError when the broker refuses, TenancyLost when tenants were taken away without our knowing.
        """

        def assigned(consumer: Consumer, places: list[TopicPartition]) -> None:
            consumer.incremental_assign(places)
            consumer.pause(places)
            for tenant in self._of(places):
                if tenant not in self._held:
                    self._held.add(tenant)
                    gained(tenant)

        def revoked(consumer: Consumer, places: list[TopicPartition]) -> None:
            self._give_back(places, lost)
            consumer.incremental_unassign(places)

        def cut_off(consumer: Consumer, places: list[TopicPartition]) -> None:
            self._cut_off += self._give_back(places, lambda tenant: None)
            consumer.incremental_unassign(places)

        try:
            self._consumer.subscribe([self._topic], on_assign=assigned, on_revoke=revoked, on_lost=cut_off)
            while not stop.is_set():
                self._poll()
                beat()
        except KafkaException as error:
            raise LogReadError(f"{self._topic} cannot be followed: {error.args[0].str()}") from None
        finally:
            self._consumer.close()

    def _poll(self) -> None:
        message = self._consumer.poll(POLL_SECONDS)
        self.joined = self.joined or bool(self._consumer.memberid())
        error = message.error() if message is not None else None
        if self._cut_off:
            raise TenancyLost(
                f"this process was paused or cut off from Kafka for longer than its session; {', '.join(self._cut_off)}"
                " may be with another collector now: it ends, start it again"
            )
        if error is not None and error.code() not in _HARMLESS and not error.retriable():
            raise LogReadError(f"{self._topic} cannot be followed: {error.str()}")

    def _of(self, places: list[TopicPartition]) -> list[str]:
        numbers = {place.partition for place in places}
        return sorted(tenant for tenant, number in self._tenants.items() if number in numbers)

    def _give_back(self, places: list[TopicPartition], tell: Change) -> list[str]:
        given = [tenant for tenant in self._of(places) if tenant in self._held]
        for tenant in given:
            self._held.discard(tenant)
            tell(tenant)
        return given
