"""Alerts to the Kafka topic of contracts 3, key `tenant|account`. Layer: streams.

An idempotent producer with `acks=all`: librdkafka's own retries make no repeats; a repeat after a lost process has the
same header `message-uid`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.contracts.topics import ALERTS
from streams.sinks.alert_sink import Alert, SinkFailure, SinkRefused, SinkRetry
from streams.sinks.secret import Secret

OWN_PROPERTIES = frozenset({"bootstrap.servers", "acks", "enable.idempotence", "transactional.id", "logger"})
_CLIENT_LOG = logging.getLogger("watchpost.kafka.client")
_SETTINGS = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._SSL,
    }
)
_VAGUE = frozenset({KafkaError._MSG_TIMED_OUT, KafkaError._TIMED_OUT, KafkaError._PURGE_QUEUE})
_MESSAGE = frozenset(
    {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG, KafkaError.INVALID_MSG_SIZE, KafkaError.INVALID_RECORD}
)


class KafkaAlerts:
    """Produces and waits until the brokers have every alert of the batch."""

    batch_max = 100

    def __init__(
        self,
        name: str,
        brokers: str,
        properties: Mapping[str, Secret],
        topic: str = ALERTS,
        timeout_seconds: float = 30.0,
    ) -> None:
        """`properties` are librdkafka's, none of `OWN_PROPERTIES`; their values count as secrets."""
        self.name = name
        self._brokers = brokers
        self._properties = dict(properties)
        self._topic = topic
        self._timeout_seconds = timeout_seconds
        self._producer: Producer | None = None
        self._last_error: KafkaError | None = None

    def check(self) -> None:
        """`SinkRefused` when librdkafka does not take the properties; no broker is asked."""
        try:
            self._opened()
        except KafkaException as error:
            raise self._failure(error.args[0] if error.args else None) from None
        finally:
            self._drop()

    def send(self, alerts: Sequence[Alert]) -> None:
        """Produce all in order; `SinkRetry`, `SinkRefused`."""
        errors: list[KafkaError] = []
        try:
            producer = self._opened()
            for alert in alerts:
                self._produce(producer, alert, _collector(errors))
            left = producer.flush(self._timeout_seconds)
        except (KafkaException, BufferError) as error:
            self._drop()
            raise self._failure(error.args[0] if error.args else None) from None
        if left or errors:
            self._drop()
            errors.sort(key=lambda error: error.code() in _MESSAGE)
            told = errors[0] if errors and errors[0].code() not in _VAGUE else self._last_error
            raise self._failure(told) if told else SinkRetry(f"Kafka: no answer within {self._timeout_seconds:g} s")

    def close(self) -> None:
        """Give back the producer; nothing is under way after `send`."""
        self._drop()

    def _produce(self, producer: Producer, alert: Alert, told: Callable[[KafkaError | None, Message], None]) -> None:
        key = f"{alert.tenant}|{alert.account}".encode("utf-8", "replace")
        headers: list[tuple[str, str | bytes | None]] = [("message-uid", alert.uid.encode("utf-8", "replace"))]
        producer.produce(self._topic, alert.body, key, headers=headers, on_delivery=told)

    def _opened(self) -> Producer:
        if self._producer is None:
            config: dict[str, object] = {name: value.reveal() for name, value in self._properties.items()}
            config |= {
                "bootstrap.servers": self._brokers,
                "acks": "all",
                "enable.idempotence": True,
                "log_level": 3,
                "logger": _CLIENT_LOG,
                "error_cb": self._noted,
            }
            config.setdefault("delivery.timeout.ms", int(self._timeout_seconds * 1000))
            self._last_error = None
            self._producer = Producer(config)
        return self._producer

    def _noted(self, error: KafkaError) -> None:
        """The client's own errors say why nothing arrives; one about settings is kept before others."""
        if self._last_error is None or self._last_error.code() not in _SETTINGS:
            self._last_error = error

    def _drop(self) -> None:
        """Forget what is queued: the outbox still has it."""
        if self._producer is not None:
            self._producer.purge()
            self._producer.flush(1.0)
            self._producer = None

    def _failure(self, error: object) -> SinkFailure:
        if not isinstance(error, KafkaError):
            return SinkRetry("Kafka: the producer's queue is full")
        line = f"Kafka: {error.name()}"
        if error.code() in _MESSAGE:
            return SinkRefused(f"{line}: the brokers do not take the alert (message.max.bytes)", message=True)
        if error.code() in _SETTINGS:
            return SinkRefused(f"{line}: check brokers, topic `{self._topic}`, credentials and permissions")
        if error.code() == KafkaError._INVALID_ARG:
            return SinkRefused(f"{line}: a librdkafka property is not known or has a wrong value")
        return SinkRetry(line)


def _collector(errors: list[KafkaError]) -> Callable[[KafkaError | None, Message], None]:
    def told(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            errors.append(error)

    return told
