"""Faust's aiokafka transport, reading committed messages only. Layer: streams.

Faust ties the isolation level to its own exactly-once mode, which Watchpost does not use. This depends on internals of the
pinned Faust and aiokafka versions; a test reads back what the consumer was given.
"""

from __future__ import annotations

from typing import ClassVar

from aiokafka import AIOKafkaConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types.transports import ConsumerT

READ_COMMITTED = "read_committed"


class ReadCommittedThread(driver.AIOKafkaConsumerThread):
    """The consumer's thread; its consumer sees no message of an open or aborted transaction."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        if not hasattr(consumer, "_isolation_level"):
            raise RuntimeError(
                "this aiokafka version takes its isolation level elsewhere: Watchpost needs another version"
            )
        consumer._isolation_level = READ_COMMITTED
        return consumer


class ReadCommittedConsumer(driver.Consumer):
    """Faust's consumer with that thread."""

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return ReadCommittedThread(self, loop=self.loop, beacon=self.beacon)


class ReadCommittedTransport(driver.Transport):
    """Faust's transport with that consumer."""

    Consumer: ClassVar[type[ConsumerT]] = ReadCommittedConsumer
