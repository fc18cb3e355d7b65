"""Reading a partition of a log from an offset to its end, committed messages only. Layer: streams."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.drivers.kafka.settings import KafkaSettings

FETCH_WAIT_MS = 50  # a broker answers at the end of a log after this; librdkafka's own 500 ms are paid at every end


class LogReadError(RuntimeError):
    """A log could not be read to its end; the text is one line."""


class LogMessage(NamedTuple):
    """A message as it lies in the log."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def open_consumer(settings: KafkaSettings) -> Consumer:
    """A consumer without a group of its own: partitions are assigned by hand, nothing is ever committed."""
    return Consumer(
        settings.client(
            group_id=f"{settings.application}|reader",
            isolation_level="read_committed",
            enable_auto_commit=False,
            enable_auto_offset_store=False,
            auto_offset_reset="earliest",
            enable_partition_eof=True,
            fetch_wait_max_ms=FETCH_WAIT_MS,
        )
    )


def read_partition(
    settings: KafkaSettings, topic: str, partition: int, start: int = 0, stop: int | None = None
) -> Iterator[LogMessage]:
    """Messages from `start` on, up to the offset `stop` (not included) or to the end of what is committed."""
    consumer = open_consumer(settings)
    try:
        consumer.assign([TopicPartition(topic, partition, start)])
        last_seen = time.monotonic()
        while True:
            message = consumer.poll(0.5)
            if message is not None:
                last_seen = time.monotonic()
                error = message.error()
                if error is not None:
                    if error.code() == KafkaError._PARTITION_EOF:
                        return
                    raise LogReadError(f"{topic}, partition {partition} cannot be read: {error.str()}")
                found = to_log_message(message)
                if stop is not None and found.offset >= stop:
                    return
                yield found
            elif time.monotonic() - last_seen > settings.idle_seconds:
                seconds = settings.idle_seconds
                raise LogReadError(f"{topic}, partition {partition}: no message for {seconds:.0f} s before the end")
    finally:
        consumer.close()


def to_log_message(message: Message) -> LogMessage:
    """A confluent message as ours."""
    headers = [(name, value or b"") for name, value in _headers(message)]
    return LogMessage(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        _bytes(message.key()),
        _bytes(message.value()),
        headers,
    )


def end_offset(settings: KafkaSettings, topic: str, partition: int) -> int:
    """Offset after the last message of a partition (its high watermark)."""
    consumer = open_consumer(settings)
    try:
        found = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=settings.request_seconds)
    except KafkaException as error:
        raise LogReadError(f"{topic}, partition {partition} cannot be read: {error.args[0]}") from None
    finally:
        consumer.close()
    if found is None:
        raise LogReadError(f"{topic}, partition {partition}: no broker answered in {settings.request_seconds:.0f} s")
    return int(found[1])


def _headers(message: Message) -> list[tuple[str, bytes | None]]:
    found = message.headers() or []
    pairs = found.items() if isinstance(found, dict) else found
    return [(name, value.encode() if isinstance(value, str) else value) for name, value in pairs]


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
