"""Reading a partition of a log from an offset to its end, committed messages only. Layer: streams."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.drivers.kafka.settings import KafkaSettings

T = TypeVar("T")
READ_COMMITTED = "read_committed"
READ_UNCOMMITTED = "read_uncommitted"
WITHOUT_LEADER = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError._TRANSPORT)
FETCH_WAIT_MS = 50  # a broker answers at the end of a log after this; librdkafka's own 500 ms are paid at every end
QUEUED_KIB = 4096  # read ahead at most; librdkafka's own 64 MiB of values took 140 MiB for each reader, one per tenant
QUEUE_WAIT_MS = 20  # a full queue is looked at again after this; librdkafka's own second made reading five times slower


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


def open_consumer(settings: KafkaSettings, isolation: str = READ_COMMITTED) -> Consumer:
    """A consumer without a group of its own: partitions are assigned by hand, nothing is ever committed."""
    return Consumer(
        settings.client(
            group_id=f"{settings.application}|reader",
            isolation_level=isolation,
            enable_auto_commit=False,
            enable_auto_offset_store=False,
            auto_offset_reset="earliest",
            enable_partition_eof=True,
            fetch_wait_max_ms=FETCH_WAIT_MS,
            queued_max_messages_kbytes=QUEUED_KIB,
            fetch_queue_backoff_ms=QUEUE_WAIT_MS,
        )
    )


def read_partition(
    settings: KafkaSettings, topic: str, partition: int, start: int = 0, stop: int | None = None
) -> Iterator[LogMessage]:
    """Messages from `start` on, up to the offset `stop` (not included) or to the end of what is committed.

    What was committed behind a transaction that is still open is not seen: the log ends, for readers, where the oldest
    open transaction begins. Who takes over from somebody else reads with `read_settled`.
    """
    return _read(settings, topic, partition, start, stop, 0)


def read_settled(settings: KafkaSettings, topic: str, partition: int, start: int = 0) -> Iterator[LogMessage]:
    """Every message from `start` on that was committed before this call; LogReadError when it does not come in time.

    Other writers' transactions that are open at the call are waited for: at most their timeout, should they be dead.
    """
    goal = end_offset(settings, topic, partition, READ_UNCOMMITTED)
    return _read(settings, topic, partition, start, None, goal)


def _read(
    settings: KafkaSettings, topic: str, partition: int, start: int, stop: int | None, goal: int
) -> Iterator[LogMessage]:
    """Messages up to `stop`, or to the first end of the log that lies at the offset `goal` or behind it."""
    consumer = open_consumer(settings)
    try:
        consumer.assign([TopicPartition(topic, partition, start)])
        last_seen = time.monotonic()
        while True:
            message = consumer.poll(0.5)
            error = message.error() if message is not None else None
            if message is not None and error is None:
                last_seen = time.monotonic()
                found = to_log_message(message)
                if stop is not None and found.offset >= stop:
                    return
                yield found
                continue
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise LogReadError(f"{topic}, partition {partition} cannot be read: {error.str()}")
            if message is not None and (message.offset() or 0) >= goal:
                return
            if time.monotonic() - last_seen > settings.idle_seconds:
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


def end_offset(settings: KafkaSettings, topic: str, partition: int, isolation: str = READ_COMMITTED) -> int:
    """Offset after the last message of a partition: of its last stable one, or of any (its high watermark)."""
    place = TopicPartition(topic, partition)
    consumer = open_consumer(settings, isolation)
    try:
        found = _asked(settings, place, lambda seconds: consumer.get_watermark_offsets(place, timeout=seconds))
    finally:
        consumer.close()
    if found is None:
        raise LogReadError(f"{topic}, partition {partition}: no broker answered in {settings.request_seconds:.0f} s")
    return int(found[1])


def offset_of(settings: KafkaSettings, topic: str, partition: int, time_ms: int) -> int | None:
    """Offset of the first message written at or after this time (the broker's wall clock); None when there is none.

    Also of one that lies in or behind a transaction that is still open.
    """
    place = TopicPartition(topic, partition, max(0, time_ms))
    consumer = open_consumer(settings, READ_UNCOMMITTED)
    try:
        found = _asked(settings, place, lambda seconds: consumer.offsets_for_times([place], timeout=seconds))[0]
    finally:
        consumer.close()
    return None if found.offset < 0 else int(found.offset)


def _asked(settings: KafkaSettings, place: TopicPartition, ask: Callable[[float], T]) -> T:
    """A broker's answer; while a partition has no leader it is asked again. LogReadError."""
    deadline = time.monotonic() + settings.request_seconds
    while True:
        try:
            return ask(max(0.1, deadline - time.monotonic()))
        except KafkaException as error:
            reason = error.args[0]
            if reason.code() not in WITHOUT_LEADER or time.monotonic() > deadline:
                raise LogReadError(
                    f"{place.topic}, partition {place.partition} cannot be read: {reason.str()}"
                ) from None
            time.sleep(0.1)


def _headers(message: Message) -> list[tuple[str, bytes | None]]:
    found = message.headers() or []
    pairs = found.items() if isinstance(found, dict) else found
    return [(name, value.encode() if isinstance(value, str) else value) for name, value in pairs]


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
