"""The journal of a tenant's live feeds on Kafka: records, clock, ledger and checkpoints in one transaction. Layer: streams.

One transactional producer per tenant (`application|collect|tenant`): opening it fences the former owner, who ends at its
next write. What a new owner needs is read back before it writes: the feeds' rows from `watchpost.feeds.v1`, the identity
map from `watchpost.identities.v1`, and the exact set of records from the archive itself, `watchpost.audit.v1`. Where the log
tells other home domains than the collector knows now, an entry in every partition tells them.

Every record that was produced is in the archive, as received: also one that adds nothing to another, as an entry of the role
`archive`. What is larger than a message of the log may be is a dead letter, cut.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from itertools import groupby
from typing import Any

import orjson
from confluent_kafka import KafkaException

from schemas.contracts.collected import Batch, Content, Gap, Tally
from schemas.contracts.gap import encode_gap
from schemas.contracts.log import EntryKind, LogEntry, MalformedEntry, clock_bytes, entry_from_message
from schemas.contracts.topics import AUDIT, DEAD_LETTERS, FEEDS, IDENTITIES
from streams.clock import Clock, WallClock
from streams.drivers.batch_parts import TRANSACTION_BYTES_MAX as BYTES_MAX
from streams.drivers.batch_parts import TRANSACTION_RECORDS_MAX as RECORDS_MAX
from streams.drivers.batch_parts import parts_of
from streams.drivers.kafka.collect import CollectError, WaitEnded, closed_day
from streams.drivers.kafka.feed_book import Change, DamagedBook, FeedBook
from streams.drivers.kafka.outbox import entry_messages
from streams.drivers.kafka.reading import LogMessage, LogReadError, read_settled
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.shared_reads import SharedReads
from streams.drivers.kafka.store import Outgoing, StoreLost, TransactionalProducer
from streams.drivers.kafka.taking import IdentityRow, Intake
from streams.drivers.kafka.tenancy import feeds_partition
from streams.drivers.kafka.told_domains import ToldDomains
from streams.drivers.kafka.topics import MESSAGE_SLACK, TopicsError, existing_partitions, record_bytes_max

ARCHIVE_BACK_MS = 9 * 86_400_000  # records collected before can no longer be listed by a vendor
STAGE = "collect"
ID = "id"  # the identity map's table of ids
TOO_LARGE = "the record is larger than a message of the log may be"
DEAD_BYTES_MAX = 65_536  # of a dead letter that is too large for the log
Say = Callable[[str], None]


class KafkaJournal:
    """One tenant's journal. `lost` makes the exception that ends its collector (StoreLost, unless the caller has its own).

    `reads` is shared by the tenants of a process. When `stop` is set what waits here ends. `say` is told what it waits for,
    once.
    """

    def __init__(
        self,
        reads: SharedReads,
        tenant: str,
        intake: Intake,
        clock: Clock,
        lost: Callable[[str], Exception] = StoreLost,
        stop: threading.Event | None = None,
        say: Say = lambda text: None,
    ) -> None:
        self.tenant = tenant
        self.recalled = 0  # records of the archive that the intake was told of
        self._reads = reads
        self._settings = settings = reads.settings
        self._intake = intake
        self._clock = clock
        self._lost = lost
        self._stop = stop or threading.Event()
        self._say = say
        self._book = FeedBook(tenant)
        try:
            self._producer = TransactionalProducer(settings, f"{settings.application}|collect|{tenant}")
            partitions = existing_partitions(settings)
            self._bytes_max = record_bytes_max(settings) - MESSAGE_SLACK
            self._partition = feeds_partition(tenant, partitions[settings.topic(FEEDS)])
            self._read_back(partitions)
        except (StoreLost, LogReadError, TopicsError, DamagedBook, MalformedEntry, KafkaException) as error:
            raise lost(str(error)) from None
        self._awaited = self._book.clock_ms if self._book.historical else 0  # a clock whose day may have no profile yet

    # --- reading back --------------------------------------------------------------------------------------------

    def _read_back(self, partitions: dict[str, int]) -> None:
        self._book = read_book(self._settings, self.tenant, self._partition)
        self._intake.identity_map.restore(self._identities(partitions))
        written, told = self._recall(partitions)
        if not written and not self._book.feeds:
            self._publish([*entry_messages(self._settings, self._intake.bootstrap())])
        elif (changed := told.changed(self._intake.home_domains)) is not None:
            self._publish([*entry_messages(self._settings, changed)])

    def _identities(self, partitions: dict[str, int]) -> list[IdentityRow]:
        topic, rows = self._settings.topic(IDENTITIES), list[IdentityRow]()

        def take(number: int, message: LogMessage) -> None:
            if message.value:
                row = orjson.loads(message.value)
                rows.append((row["kind"], row["held"], row["upn"]))

        self._reads.read(topic, partitions[topic], self.tenant, take, ended=self._stop.is_set)
        return rows

    def _recall(self, partitions: dict[str, int]) -> tuple[bool, ToldDomains]:
        """Tell the intake of every record of the archive; whether there is any entry, and the home domains that were told."""
        topic = self._settings.topic(AUDIT)
        told, entries = ToldDomains(self.tenant, partitions[topic]), 0

        def take(number: int, message: LogMessage) -> None:
            nonlocal entries
            entries += 1
            entry = entry_from_message(message.key, message.value, message.headers)
            if entry.kind is EntryKind.RECORD:
                self._intake.recall(entry.value)
                self.recalled += 1
            elif entry.kind is EntryKind.PROFILE:
                told.learn(number, entry)

        since_ms = _broker_ms(self._clock) - ARCHIVE_BACK_MS
        self._reads.read(topic, partitions[topic], self.tenant, take, since_ms=since_ms, ended=self._stop.is_set)
        if self._stop.is_set():
            raise StoreLost(f"tenant {self.tenant} was given up while its archive was read")
        return entries > 0, told

    # --- what a feed asks and says -------------------------------------------------------------------------------

    def checkpoint(self, feed: str) -> dict[str, Any]:
        """The feed's last checkpoint; empty at first."""
        row = self._book.feeds.get(feed)
        return {} if row is None else deepcopy(row.checkpoint)

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
        """Write a batch: its records once per account, dead letters, ledger and checkpoint, in one transaction.

        In several where it is large (`parts_of`). What is history waits for the profile of the day before it.
        """
        return self.commit_all([batch])[0]

    def commit_all(self, batches: Sequence[Batch]) -> list[Tally]:
        """Write batches in their order, as many in one transaction as are small together. One tally each."""
        if self._awaited and any(batch.historical for batch in batches):
            self._await_profile()
        tallies = [Tally() for _ in batches]
        output: list[Outgoing] = []
        records = size = 0
        for whole, batch in zip(tallies, batches, strict=True):
            for part in parts_of(batch):
                more = sum(map(len, part.records))
                if output and (records + len(part.records) > RECORDS_MAX or size + more > BYTES_MAX):
                    self._publish(output)
                    output, records, size = [], 0, 0
                output += self._messages(part, whole)
                records, size = records + len(part.records), size + more
        self._publish(output)
        return tallies

    def _messages(self, batch: Batch, whole: Tally) -> list[Outgoing]:
        """All that a batch writes; what became of its records is added to `whole`."""
        took = self._intake.take(batch)
        for entry in took.entries:  # says whose delay an alert had
            entry.content_ms, entry.skew_ms = batch.content.created_ms if batch.content else 0, batch.skew_ms
        tally, output = took.tally, [self._dead_letter(batch.feed, dead.raw, dead.reason) for dead in took.dead]
        for record in _by_record(took.entries + took.archived):
            messages = [message for entry in record for message in entry_messages(self._settings, entry)]
            if max(map(_size, messages)) <= self._bytes_max:
                output += messages
            else:
                output.append(self._dead_letter(batch.feed, record[0].value, TOO_LARGE))
                tally.produced, tally.dead = tally.produced - 1, tally.dead + 1
        output += self._identity_messages()
        output += self._rows(self._book.apply(batch, tally, self._clock.now_ms()))
        whole.add(tally)
        return output

    def clock(self, time_ms: int, historical: bool = False) -> None:
        """Write the tenant's clock to every partition; while a back-fill runs wait for the profile of the day it closes."""
        if time_ms <= self._book.clock_ms:
            return
        value = clock_bytes(time_ms)
        entry = LogEntry(EntryKind.CLOCK, self.tenant, "", value, "clock", str(time_ms), historical=historical)
        rows = self._rows([self._book.clock(time_ms, historical)])
        self._publish([*entry_messages(self._settings, entry), *rows])
        self._awaited = time_ms if historical else 0
        if historical:
            self._await_profile()

    def _await_profile(self) -> None:
        """Wait for what the clock of a back-fill causes; what is missing is told once. Ends early when `stop` is set."""
        day, said = closed_day(self._awaited), False
        try:
            barrier = self._reads.barrier()
            while not self._stop.is_set():
                try:
                    barrier.wait(self.tenant, day, self._stop.is_set)
                    self._awaited = 0
                    return
                except CollectError as error:
                    if not said:
                        self._say(f"{error} The back-fill waits for it.")
                    said = True
                except WaitEnded:
                    return
        except (LogReadError, TopicsError, KafkaException) as error:
            raise self._lost(str(error)) from None

    def gap(self, gap: Gap) -> None:
        """Write a gap to every partition."""
        value = encode_gap(gap)
        name = f"{gap.feed}|{gap.kind.value}|{gap.from_ms}|{gap.to_ms}|{int(gap.over)}"
        entry = LogEntry(EntryKind.GAP, self.tenant, "", value, "gap", name)
        self._publish(entry_messages(self._settings, entry))

    def close(self) -> None:
        """Give the tenant up."""
        self._producer.close()

    # --- messages ------------------------------------------------------------------------------------------------

    def _publish(self, output: Sequence[Outgoing]) -> None:
        try:
            self._producer.publish(output)
        except StoreLost as error:
            raise self._lost(f"tenant {self.tenant} can no longer be written by this process: {error}") from None

    def _rows(self, changes: Iterable[Change]) -> list[Outgoing]:
        topic = self._settings.topic(FEEDS)
        return [Outgoing(topic, key, value, self._partition) for key, value in changes]

    def _identity_messages(self) -> list[Outgoing]:
        topic = self._settings.topic(IDENTITIES)
        return [
            Outgoing(topic, self._identity_key(kind, held), orjson.dumps({"held": held, "kind": kind, "upn": upn}))
            for kind, held, upn in self._intake.identity_map.changes()
        ]

    def _identity_key(self, kind: str, held: str) -> bytes:
        """Ids are their own keys; aliases and addresses, which may look like one, are named as such."""
        return f"{self.tenant}|{held if kind == ID else f'{kind}:{held}'}".encode()

    def _dead_letter(self, feed: str, raw: bytes, reason: str) -> Outgoing:
        headers = [
            ("reason", reason.encode("utf-8", "replace")),
            ("stage", STAGE.encode()),
            ("original-topic", feed.encode()),
            ("error", b"UnreadableRecord"),
        ]
        value = raw if len(raw) <= self._bytes_max - len(reason) else raw[:DEAD_BYTES_MAX]
        if len(value) < len(raw):
            headers.append(("cut-from", b"%d" % len(raw)))
        return Outgoing(self._settings.topic(DEAD_LETTERS), f"{self.tenant}|".encode(), value, None, headers)


def read_book(settings: KafkaSettings, tenant: str, partition: int) -> FeedBook:
    """The ledger of a tenant's feeds as it lies in this partition; nobody is fenced. LogReadError, DamagedBook."""
    book = FeedBook(tenant)
    for message in read_settled(settings, settings.topic(FEEDS), partition):
        book.load(message.key or b"", message.value)
    return book


def _by_record(entries: Iterable[LogEntry]) -> list[list[LogEntry]]:
    """Entries that are copies of one record, together; they follow each other."""
    return [
        list(copies)
        for _, copies in groupby(entries, key=lambda entry: (id(entry.value), entry.source, entry.record_id))
    ]


def _size(message: Outgoing) -> int:
    return (
        len(message.key or b"")
        + len(message.value or b"")
        + sum(len(name) + len(held) for name, held in message.headers)
    )


def _broker_ms(clock: Clock) -> int:
    """The time that messages bear: the broker's wall clock, whatever practice time shows."""
    return min(clock.now_ms(), WallClock().now_ms())
