"""A Kafka topic as the event hub. Layer: streams."""

from __future__ import annotations

from typing import Any

from confluent_kafka import KafkaException, Producer

_FLUSH_SECONDS = 10.0
_POLL_SECONDS = 1.0


class HubProducer:
    """Produces messages without a key to `HOST:PORT[,HOST:PORT]/TOPIC`. ValueError for another text.

    `failed` is the last reason why a message could not be delivered; empty while all could.
    """

    def __init__(self, where: str) -> None:
        brokers, _, self.topic = where.rpartition("/")
        if not brokers or not self.topic:
            raise ValueError(f"{where}: an event hub is written HOST:PORT/TOPIC")
        self.failed = ""
        self._producer = Producer({"bootstrap.servers": brokers, "linger.ms": "50", "log_level": "0"})

    def __call__(self, message: bytes) -> None:
        """Hand one message over; waits while the producer's queue is full."""
        while True:
            try:
                self._producer.produce(self.topic, message, on_delivery=self._told)
                self._producer.poll(0)
                return
            except BufferError:
                self._producer.poll(_POLL_SECONDS)
            except KafkaException as error:
                self.failed = str(error)
                return

    def _told(self, error: Any, message: Any) -> None:
        if error is not None:
            self.failed = str(error)

    def close(self) -> None:
        """Wait for what is on its way."""
        self._producer.flush(_FLUSH_SECONDS)
