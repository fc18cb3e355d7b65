"""The feed of a Kafka topic with vendor records, Event Hubs' endpoint among them. Layer: streams.

The offsets are the checkpoint: they are stored with the records, never at the broker. Partitions are assigned by hand, in a group
of ours that nobody joins. A topic cannot say what it does not hold yet: the clock stays behind by the declared lateness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.contracts.collected import Batch, Content, ContentState, Gap, GapKind
from schemas.text import printable
from streams.broker_refusals import BrokerRefusals
from streams.cloud.seam import Unreachable
from streams.collectors.live.gaps import tell_past
from streams.collectors.live.seam import Journal, Unavailable, Window
from streams.collectors.live.value_forms import records_of

MESSAGES_MAX: Final = 500  # of one batch
BYTES_MAX: Final = 4 << 20
_TIMEOUT_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.5
_EMPTY_POLLS_MAX: Final = 20
_FAR_MS: Final = 3_650 * 86_400_000
_DEFAULTS: Final = {
    "isolation.level": "read_committed",
    "metadata.max.age.ms": "180000",  # Event Hubs closes what is idle for 240 s
    "connections.max.idle.ms": "180000",
    "socket.keepalive.enable": "true",
    "log_level": "0",  # what matters is raised
}
_OURS: Final = {
    "enable.auto.commit": "false",
    "enable.auto.offset.store": "false",
    "enable.partition.eof": "true",
    "auto.offset.reset": "earliest",
}

Connect = Callable[[dict[str, Any]], Any]


class TopicFeed:
    """`properties` are librdkafka's (`bootstrap.servers`, `sasl.…`). The name is "kafka/" and the topic."""

    def __init__(
        self,
        journal: Journal,
        topic: str,
        properties: Mapping[str, str],
        *,
        now_ms: Callable[[], int],
        lateness_ms: int = 15 * 60_000,
        poll_seconds: float = 5.0,
        connect: Connect = Consumer,
    ) -> None:
        self.name = f"kafka/{topic}"
        self.poll_seconds = poll_seconds
        self.overlap_ms = 0
        self.reach_ms = _FAR_MS
        self.lateness_ms = lateness_ms
        self._journal = journal
        self._topic = topic
        self._now_ms = now_ms
        self._refusals = BrokerRefusals(properties)
        own = {**_OURS, "error_cb": self._refusals.noted}
        self._properties: dict[str, Any] = {"group.id": "watchpost-collector", **_DEFAULTS, **properties, **own}
        self._connect = connect
        self._consumer: Any = None
        self._ends: dict[int, int] = {}  # reached, beyond the last message: marks of transactions are no messages

    def prepare(self) -> None:
        """Connect, and see that the topic is there; `Unavailable`, `Unreachable`."""
        self._partitions()

    def collect(self, window: Window) -> None:
        """Read every partition on to its end, or to the end of a window of the past; `Unreachable`."""
        spans = {number: self._span(number, window) for number in self._partitions()}
        behind = {number: span for number, span in spans.items() if span[0] < span[1]}
        if behind:
            self._read(behind, window)

    def close(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def _open(self) -> Any:
        if self._consumer is None:
            try:
                self._consumer = self._connect(dict(self._properties))
            except (KafkaException, ValueError, TypeError) as error:
                raise Unavailable(f"{self.name} is not seen: {_reason(error)}", "Correct its settings.") from None
        return self._consumer

    def _partitions(self) -> list[int]:
        try:
            found = self._open().list_topics(self._topic, timeout=_TIMEOUT_SECONDS).topics.get(self._topic)
        except KafkaException as error:
            raise self._lost(error) from None
        self._refusals.forget()
        if found is None or found.error is not None or not found.partitions:
            raise Unavailable(f"{self.name} is not seen: there is no such topic", "Create it, or correct its name.")
        return sorted(found.partitions)

    def _span(self, number: int, window: Window) -> tuple[int, int]:
        """Offsets from (inclusive) to (exclusive) of one partition that this call is to read."""
        try:
            low, high = self._open().get_watermark_offsets(
                TopicPartition(self._topic, number), timeout=_TIMEOUT_SECONDS
            )
        except (KafkaException, TypeError) as error:  # TypeError: nothing came in time
            raise self._lost(error) from None
        held = self._journal.checkpoint(self.name).get("offsets", {}).get(str(number))
        if held is None:
            start = self._offset_at(number, window.from_ms, high)
        elif held > high:  # the topic was made anew; what was read before is recognised
            start = low
        else:
            end = self._ends.get(number, 0)
            start = end if held < end <= high else held
            if start < low:
                self._tell_lost(number, low - start)
        end = self._offset_at(number, window.to_ms, high) if window.historical else high
        return max(start, low), min(end, high)

    def _offset_at(self, number: int, time_ms: int, high: int) -> int:
        """The first offset whose message was written at this time or later; the end where there is none."""
        try:
            place = TopicPartition(self._topic, number, max(0, time_ms))
            found = self._open().offsets_for_times([place], timeout=_TIMEOUT_SECONDS)[0]
        except KafkaException as error:
            raise self._lost(error) from None
        return int(found.offset) if found.offset >= 0 else high

    def _read(self, spans: dict[int, tuple[int, int]], window: Window) -> None:
        consumer = self._open()
        held: dict[int, _Held] = {}
        consumer.assign([TopicPartition(self._topic, number, span[0]) for number, span in spans.items()])
        try:
            for number, message in self._messages(consumer, spans):
                batch = held.setdefault(number, _Held(spans[number][0]))
                if message is not None:
                    batch.add(message)
                if batch.messages and (message is None or batch.full):
                    self._store(number, batch, window)
                    held[number] = _Held(batch.next)
        finally:
            if consumer is self._consumer:
                consumer.unassign()

    def _messages(self, consumer: Any, spans: dict[int, tuple[int, int]]) -> Iterator[tuple[int, Message | None]]:
        """Partition and message, None once where a partition is read to its end."""
        left, empty = set(spans), 0
        while left:
            message = consumer.poll(_POLL_SECONDS)
            if message is None:
                empty += 1
                if empty > _EMPTY_POLLS_MAX:
                    raise Unreachable(f"{self.name}: no message came for {_POLL_SECONDS * empty:.0f} s before the end")
                continue
            empty, number, error = 0, message.partition(), message.error()
            if number not in left:
                continue
            ended = error is not None and error.code() == KafkaError._PARTITION_EOF
            if error is not None and not ended:
                raise self._lost(error)
            if not ended and message.offset() < spans[number][1]:
                yield number, message
                ended = message.offset() + 1 >= spans[number][1]
            elif ended:
                self._ends[number] = message.offset() or 0
            else:
                ended = True
            if ended:
                left.discard(number)
                yield number, None

    def _store(self, number: int, held: _Held, window: Window) -> None:
        content = Content(
            f"{number}:{held.start}-{held.next}", held.created_ms or self._now_ms(), state=ContentState.FETCHED
        )
        offsets = dict(self._journal.checkpoint(self.name).get("offsets", {}))
        offsets[str(number)] = held.next
        batch = Batch(
            self.name,
            content=content,
            checkpoint={"offsets": offsets},
            collected_ms=self._now_ms(),
            historical=window.is_historical(content.created_ms),
        )
        for value in held.messages:
            records, unreadable = records_of(value)
            batch.records += records
            batch.unreadable += unreadable
        self._journal.commit(batch)

    def _tell_lost(self, number: int, count: int) -> None:
        now_ms = self._now_ms()
        text = f"{self.name}, partition {number}: {count} messages were deleted by the broker before they were read."
        from_ms = self._journal.complete_ms(self.name) or now_ms
        remedy = "Keep messages longer than the collector may stand still."
        tell_past(self._journal, Gap(self.name, GapKind.EXPIRED, from_ms, now_ms, text, remedy))

    def _lost(self, error: Any) -> Unreachable:
        """What to raise. A client that is refused would knock again and again: it is closed until the next poll."""
        if self._consumer is not None:
            self._consumer.poll(0.0)  # the client tells why; what it hands out on the way comes again
        refused = self._refusals.reason
        if refused:
            self.close()
        return Unreachable(f"{self.name} cannot be read: {refused or _reason(error)}")


class _Held:
    """Messages of one partition that are not stored yet."""

    def __init__(self, start: int) -> None:
        self.start = self.next = start
        self.messages: list[bytes] = []
        self.created_ms = 0
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Enough for a batch."""
        return len(self.messages) >= MESSAGES_MAX or self._bytes >= BYTES_MAX

    def add(self, message: Message) -> None:
        """Take a message; one without a value holds nothing."""
        value = message.value()
        if value is not None:
            self.messages.append(value if isinstance(value, bytes) else value.encode())
            self._bytes += len(value)
        self.next = (message.offset() or 0) + 1
        self.created_ms = self.created_ms or message.timestamp()[1]


def _reason(error: Any) -> str:
    """librdkafka's words, which name brokers and settings but no passwords."""
    held = error.args[0] if isinstance(error, KafkaException) and error.args else error
    return printable(held.str() if isinstance(held, KafkaError) else "no broker answered in time", 200)
