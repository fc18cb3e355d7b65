"""The journal of a tenant's live feeds on Kafka: records, clock, ledger and checkpoints in one transaction. Layer: streams.

One transactional producer per tenant (`application|collect|tenant`): opening it fences the former owner, who ends at its
next write. What a new owner needs is read back before it writes: the feeds' rows from `watchpost.feeds.v1`, the identity
map from `watchpost.identities.v1`, and the exact set of records from the archive itself, `watchpost.audit.v1`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import orjson
from confluent_kafka import KafkaException, TopicPartition

from schemas.contracts.collected import Batch, Content, Gap, Tally
from schemas.contracts.gap import encode_gap
from schemas.contracts.log import EntryKind, LogEntry, clock_bytes, entry_from_message
from schemas.contracts.topics import AUDIT, DEAD_LETTERS, FEEDS, IDENTITIES
from streams.clock import Clock, WallClock
from streams.drivers.kafka.collect import DayBarrier, closed_day
from streams.drivers.kafka.feed_book import Change, FeedBook
from streams.drivers.kafka.outbox import entry_messages
from streams.drivers.kafka.reading import LogReadError, open_consumer, read_partition
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.store import Outgoing, StoreLost, TransactionalProducer
from streams.drivers.kafka.tenancy import feeds_partition
from streams.drivers.kafka.topics import existing_partitions

ARCHIVE_BACK_MS = 9 * 86_400_000  # records collected before can no longer be listed by a vendor
IdentityRow = tuple[str, str, str | None]
STAGE = "collect"


class DeadRecord(Protocol):
    """A piece that is no vendor record."""

    @property
    def raw(self) -> bytes:
        """Its bytes."""
        ...

    @property
    def reason(self) -> str:
        """One plain line."""
        ...


class Took(Protocol):
    """What became of a batch."""

    @property
    def entries(self) -> list[LogEntry]:
        """Entries of the accounts' logs."""
        ...

    @property
    def dead(self) -> Sequence[DeadRecord]:
        """Pieces that could not be read."""
        ...

    @property
    def tally(self) -> Tally:
        """Counts."""
        ...


class Identities(Protocol):
    """The identity map's durable side."""

    def changes(self) -> list[IdentityRow]:
        """Rows since the last call."""
        ...

    def restore(self, rows: Iterable[IdentityRow]) -> None:
        """Take rows back."""
        ...


class Intake(Protocol):
    """Makes entries of raw records; what it remembers is rebuilt by `recall`."""

    @property
    def identity_map(self) -> Identities:
        """The tenant's ids."""
        ...

    def take(self, batch: Batch) -> Took:
        """Entries of what was never delivered."""
        ...

    def recall(self, raw: bytes) -> None:
        """A record of the archive: it was delivered."""
        ...

    def bootstrap(self) -> LogEntry:
        """The first profile."""
        ...


class KafkaJournal:
    """One tenant's journal. `lost` makes the exception that ends its collector (StoreLost, unless the caller has its own)."""

    def __init__(
        self,
        settings: KafkaSettings,
        tenant: str,
        intake: Intake,
        clock: Clock,
        lost: Callable[[str], Exception] = StoreLost,
    ) -> None:
        self.tenant = tenant
        self.recalled = 0  # records of the archive that the intake was told of
        self._settings = settings
        self._intake = intake
        self._clock = clock
        self._lost = lost
        self._book = FeedBook(tenant)
        self._barrier: DayBarrier | None = None
        try:
            self._producer = TransactionalProducer(settings, f"{settings.application}|collect|{tenant}")
            partitions = existing_partitions(settings)
            self._partition = feeds_partition(tenant, partitions[settings.topic(FEEDS)])
            self._read_back(partitions)
        except (StoreLost, LogReadError, KafkaException) as error:
            raise lost(str(error)) from None

    # --- reading back --------------------------------------------------------------------------------------------

    def _read_back(self, partitions: dict[str, int]) -> None:
        for message in read_partition(self._settings, self._settings.topic(FEEDS), self._partition):
            self._book.load(message.key or b"", message.value)
        self._intake.identity_map.restore(self._identities(partitions))
        written = False
        for number in range(partitions[self._settings.topic(AUDIT)]):
            written |= self._recall(number)
        if not written and not self._book.feeds:
            self._publish([*entry_messages(self._settings, self._intake.bootstrap())])

    def _identities(self, partitions: dict[str, int]) -> Iterator[IdentityRow]:
        topic = self._settings.topic(IDENTITIES)
        prefix = f"{self.tenant}|".encode()
        for number in range(partitions[topic]):
            for message in read_partition(self._settings, topic, number):
                if message.key and message.value and message.key.startswith(prefix):
                    row = orjson.loads(message.value)
                    yield row["kind"], message.key.removeprefix(prefix).decode(), row["upn"]

    def _recall(self, number: int) -> bool:
        topic, found = self._settings.topic(AUDIT), False
        start = _offset_of(self._settings, topic, number, _broker_ms(self._clock) - ARCHIVE_BACK_MS)
        if start is None:
            return False
        prefix = f"{self.tenant}|".encode()
        for message in read_partition(self._settings, topic, number, start):
            if message.key is None or not message.key.startswith(prefix):
                continue
            found = True
            entry = entry_from_message(message.key, message.value, message.headers)
            if entry.kind is EntryKind.RECORD:
                self._intake.recall(entry.value)
                self.recalled += 1
        return found

    # --- what a feed asks and says -------------------------------------------------------------------------------

    def checkpoint(self, feed: str) -> dict[str, Any]:
        """The feed's last checkpoint; empty at first."""
        row = self._book.feeds.get(feed)
        return {} if row is None else row.checkpoint

    def complete_ms(self, feed: str) -> int:
        """Content time up to which the feed is complete; 0 at first."""
        row = self._book.feeds.get(feed)
        return 0 if row is None else row.complete_ms

    def unseen(self, feed: str, contents: Sequence[Content]) -> list[Content]:
        """Those that were never listed before."""
        return self._book.unseen(feed, contents)

    def pending(self, feed: str) -> list[Content]:
        """Listed and not yet fetched, oldest first."""
        return self._book.pending(feed)

    def commit(self, batch: Batch) -> Tally:
        """Write a batch: its records once per account, dead letters, ledger and checkpoint, in one transaction."""
        took = self._intake.take(batch)
        output = [message for entry in took.entries for message in entry_messages(self._settings, entry)]
        output += [self._dead_letter(batch.feed, dead) for dead in took.dead]
        output += self._identity_messages()
        output += self._rows(self._book.apply(batch, took.tally, self._clock.now_ms()))
        self._publish(output)
        return took.tally

    def clock(self, time_ms: int, historical: bool = False) -> None:
        """Write the tenant's clock to every partition; while a back-fill runs wait for the profile of the day it closes."""
        if time_ms <= self._book.clock_ms:
            return
        entry = LogEntry(EntryKind.CLOCK, self.tenant, "", clock_bytes(time_ms), "clock", str(time_ms))
        self._publish([*entry_messages(self._settings, entry), *self._rows([self._book.clock(time_ms)])])
        if historical:
            self._barrier = self._barrier or DayBarrier(self._settings)
            try:
                self._barrier.wait(self.tenant, closed_day(time_ms))
            except RuntimeError as error:
                raise self._lost(str(error)) from None

    def gap(self, gap: Gap) -> None:
        """Write a gap to every partition."""
        value = encode_gap(gap)
        name = f"{gap.feed}|{gap.kind.value}|{gap.from_ms}|{int(gap.over)}"
        entry = LogEntry(EntryKind.GAP, self.tenant, "", value, "gap", name, collected_ms=self._clock.now_ms())
        self._publish(entry_messages(self._settings, entry))

    def close(self) -> None:
        """Give the tenant up."""
        self._producer.close()
        if self._barrier is not None:
            self._barrier.close()

    # --- messages ------------------------------------------------------------------------------------------------

    def _publish(self, output: Sequence[Outgoing]) -> None:
        try:
            self._producer.publish(output)
        except StoreLost as error:
            raise self._lost(str(error)) from None

    def _rows(self, changes: Iterable[Change]) -> list[Outgoing]:
        topic = self._settings.topic(FEEDS)
        return [Outgoing(topic, key, value, self._partition) for key, value in changes]

    def _identity_messages(self) -> list[Outgoing]:
        topic = self._settings.topic(IDENTITIES)
        return [
            Outgoing(topic, f"{self.tenant}|{held}".encode(), orjson.dumps({"kind": kind, "upn": upn}))
            for kind, held, upn in self._intake.identity_map.changes()
        ]

    def _dead_letter(self, feed: str, dead: DeadRecord) -> Outgoing:
        headers = [
            ("reason", dead.reason.encode("utf-8", "replace")),
            ("stage", STAGE.encode()),
            ("original-topic", feed.encode()),
            ("error", b"UnreadableRecord"),
        ]
        key = f"{self.tenant}|".encode()
        return Outgoing(self._settings.topic(DEAD_LETTERS), key, dead.raw, None, headers)


def _broker_ms(clock: Clock) -> int:
    """The time that messages bear: the broker's wall clock, whatever practice time shows."""
    return min(clock.now_ms(), WallClock().now_ms())


def _offset_of(settings: KafkaSettings, topic: str, partition: int, time_ms: int) -> int | None:
    """Offset of the first message written at or after this time (wall clock of the broker); None when there is none."""
    consumer = open_consumer(settings)
    try:
        place = TopicPartition(topic, partition, max(0, time_ms))
        found = consumer.offsets_for_times([place], timeout=settings.request_seconds)[0]
    finally:
        consumer.close()
    return None if found.offset < 0 else int(found.offset)
