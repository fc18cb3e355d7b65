"""Writing a tenant's entries to the audit log, day by day. Layer: streams.

One transactional producer per tenant (`application|collect|tenant`): a paused collector that wakes is fenced. Records, the
clock and the first profile are written in transactions, a clock together with the records before it. After a clock the
next record waits for the profile of the day that it closed and for the entities' answers to that day's signals, so that a
replay is judged as `scan` judges it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, TopicPartition

from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.topics import DAY_MS, PROFILES
from streams.drivers.kafka.heard import TURN_SECONDS, NotHeard, SignalsHeard
from streams.drivers.kafka.outbox import entry_messages
from streams.drivers.kafka.reading import LogReadError, open_consumer
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.store import Outgoing, TransactionalProducer
from streams.drivers.kafka.topics import existing_partitions, require_topics

SEAL_HOUR_MS = 6 * 3_600_000


class CollectError(RuntimeError):
    """Collecting cannot go on; the text is one line and says what to do."""


@dataclass(slots=True)
class CollectResult:
    """What was written. `days` are the closed days whose profile arrived."""

    entries: int = 0
    records: int = 0
    transactions: int = 0
    days: int = 0
    seconds: float = 0.0
    waited_seconds: float = 0.0
    tenants: set[str] = field(default_factory=set)


Progress = Callable[[CollectResult], None]


def collect(
    entries: Iterator[LogEntry],
    settings: KafkaSettings,
    wait_for_profile: bool = True,
    progress: Progress | None = None,
) -> CollectResult:
    """Write entries in their order; returns when the last one is committed. CollectError, TopicsError, StoreLost."""
    require_topics(settings)
    started = time.monotonic()
    result = CollectResult()
    barrier = DayBarrier(settings) if wait_for_profile else None
    tenants: dict[str, _TenantWriter] = {}
    try:
        for entry in entries:
            writer = tenants.get(entry.tenant)
            if writer is None:
                writer = tenants[entry.tenant] = _TenantWriter(settings, entry.tenant, result)
            writer.add(entry)
            if entry.kind is EntryKind.CLOCK:
                writer.flush()
                if barrier is not None:
                    result.waited_seconds += barrier.wait(entry.tenant, closed_day(entry.clock_ms()))
                    result.days = barrier.days
                if progress is not None:
                    progress(result)
        for writer in tenants.values():
            writer.flush()
    finally:
        if barrier is not None:
            barrier.close()
        for writer in tenants.values():
            writer.close()
    result.tenants = set(tenants)
    result.seconds = time.monotonic() - started
    return result


def closed_day(clock_ms: int) -> int:
    """The last day (days since 1970-01-01 UTC) that a clock closes: a day is sealed at the next day's 06:00."""
    return (clock_ms - SEAL_HOUR_MS) // DAY_MS - 1


class _TenantWriter:
    """The transactions of one tenant. Entries are held back until a transaction is full, so that it is open only briefly."""

    def __init__(self, settings: KafkaSettings, tenant: str, result: CollectResult) -> None:
        self._settings = settings
        self._result = result
        self._producer = TransactionalProducer(settings, f"{settings.application}|collect|{tenant}")
        self._held: list[Outgoing] = []
        self._bytes = 0

    def add(self, entry: LogEntry) -> None:
        """Take an entry; writes a transaction when enough is held."""
        self._held += entry_messages(self._settings, entry)
        self._bytes += len(entry.value)
        self._result.entries += 1
        self._result.records += entry.kind is EntryKind.RECORD
        if len(self._held) >= self._settings.transaction_records or self._bytes >= self._settings.transaction_bytes:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if self._held:
            self._producer.publish(self._held)
            self._result.transactions += 1
            self._held, self._bytes = [], 0

    def close(self) -> None:
        """Give the producer up; what is held and was not flushed is not written."""
        self._producer.close()


class WaitEnded(RuntimeError):
    """The wait was ended from outside."""


def never() -> bool:
    """Nobody ends the wait."""
    return False


class DayBarrier:
    """Between the days of a replay: the closed day's profile and all answers to its signals lie in the audit log.

    One for all tenants of a process; each waits in a thread of its own.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self.days = 0
        self._settings = settings
        self._profiles = ProfileWatch(settings)
        self._signals = SignalsHeard(settings)
        self._passed: dict[str, int] = {}

    def wait(self, tenant: str, day: int, ended: Callable[[], bool] = never) -> float:
        """Wait for what a clock causes; returns the seconds it took. A clock that closes no day is not waited for.

        CollectError when it does not come in time; WaitEnded when `ended` says so. It may be called again after both.
        """
        if self._passed.get(tenant, -1) >= day:
            return 0.0
        seconds = self._profiles.wait(tenant, day, ended)
        try:
            seconds += self._signals.wait(ended)
        except NotHeard:
            raise CollectError(
                f"the signals of tenant {tenant} for day {_date(day)} were not answered in"
                f" {self._settings.profile_seconds:.0f} s: is a `watchpost detect` missing?"
            ) from None
        if ended():
            raise WaitEnded
        self._passed[tenant] = day
        self.days += 1
        return seconds

    def close(self) -> None:
        """Stop following."""
        self._profiles.close()
        self._signals.close()


class ProfileWatch:
    """Follows the profiles topic. A profile there was committed together with its entries in every audit partition.

    Several threads may wait; what one of them reads all know.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._turn = threading.Lock()
        self._topic = settings.topic(PROFILES)
        self._latest: dict[str, int] = {}
        count = existing_partitions(settings)[self._topic]
        self._consumer = open_consumer(settings)
        self._consumer.assign([TopicPartition(self._topic, partition, 0) for partition in range(count)])

    def latest(self, tenant: str) -> int:
        """The latest day of which a profile was met, -1 before the first."""
        return self._latest.get(tenant, -1)

    def wait(self, tenant: str, day: int, ended: Callable[[], bool] = never) -> float:
        """Wait until the tenant's profile of this day (or a later one) is there; returns the seconds it took."""
        started = time.monotonic()
        while self.latest(tenant) < day:
            if ended():
                raise WaitEnded
            if self._turn.acquire(timeout=TURN_SECONDS):
                try:
                    self._poll()
                finally:
                    self._turn.release()
            if time.monotonic() - started > self._settings.profile_seconds:
                raise CollectError(
                    f"no profile of tenant {tenant} for day {_date(day)} came in {self._settings.profile_seconds:.0f} s:"
                    f" is `watchpost detect` running on {self._settings.brokers} as application"
                    f" {self._settings.application!r}?"
                )
        return time.monotonic() - started

    def _poll(self) -> None:
        message = self._consumer.poll(0.2)
        if message is None:
            return
        error = message.error()
        if error is not None:
            if error.code() != KafkaError._PARTITION_EOF:
                raise LogReadError(f"{self._topic} cannot be read: {error.str()}")
            return
        key = message.key() or b""
        tenant, _, day = (key if isinstance(key, str) else key.decode()).rpartition("|")
        if day.lstrip("-").isdigit():
            self._latest[tenant] = max(self._latest.get(tenant, -1), int(day))

    def close(self) -> None:
        """Stop following."""
        self._consumer.close()


def _date(day: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(day * DAY_MS // 1000))
