"""What the tenants of one process read of Kafka together, instead of each alone: archive, identities, days' ends. Layer: streams.

A collector is often given all its tenants at once, at its start. Each reads back what its predecessor wrote, from topics in
which all tenants lie: alone, twenty tenants would read the log twenty times.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from streams.drivers.kafka.collect import DayBarrier, never
from streams.drivers.kafka.heard import TURN_SECONDS
from streams.drivers.kafka.reading import LogMessage, offset_of, read_settled
from streams.drivers.kafka.settings import KafkaSettings

Take = Callable[[int, LogMessage], None]


@dataclass(slots=True, eq=False)
class _Reader:
    """A tenant that reads: `take` gets partition and message, in the order of each partition."""

    tenant: bytes
    since_ms: int
    take: Take
    ended: Callable[[], bool]
    over: bool = False
    error: Exception | None = None


class SharedReads:
    """One per process. Every method may be called from the tenants' threads."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._waiting: defaultdict[str, list[_Reader]] = defaultdict(list)
        self._barrier: DayBarrier | None = None

    def read(
        self,
        topic: str,
        partitions: int,
        tenant: str,
        take: Take,
        *,
        since_ms: int = 0,
        ended: Callable[[], bool] = never,
    ) -> None:
        """Give `take` every message of the tenant that was committed before this call, by partition.

        From a time of the broker (UTC milliseconds) on; the messages before it may come too. Who calls while others read
        waits for the end of their pass, and reads the next one together with all who came meanwhile. Returns early when
        `ended` says so. LogReadError, and whatever `take` raises: to the tenant whose it is.
        """
        reader = _Reader(tenant.encode(), since_ms, take, ended)
        with self._lock:
            self._waiting[topic].append(reader)
            turn = self._turns[topic]
        while not turn.acquire(timeout=TURN_SECONDS):
            if ended():
                return  # who reads now, or next, finds that it has ended
        try:
            if not reader.over:
                with self._lock:
                    readers = self._waiting.pop(topic)
                self._pass(topic, partitions, readers)
        finally:
            turn.release()
        if reader.error is not None:
            raise reader.error

    def barrier(self) -> DayBarrier:
        """Waits for the ends of days. LogReadError, TopicsError, KafkaException."""
        with self._lock:
            if self._barrier is None:
                self._barrier = DayBarrier(self.settings)
            return self._barrier

    def close(self) -> None:
        """No tenant waits any more."""
        if self._barrier is not None:
            self._barrier.close()

    def _pass(self, topic: str, partitions: int, readers: list[_Reader]) -> None:
        by_tenant: defaultdict[bytes, list[_Reader]] = defaultdict(list)
        for reader in readers:
            by_tenant[reader.tenant].append(reader)
        try:
            for number in range(partitions):
                if any(map(_reads, readers)):
                    self._partition(topic, number, by_tenant, readers)
        except Exception as error:  # everybody's: nobody has read to the end
            for reader in readers:
                reader.error = reader.error or error
        finally:
            for reader in readers:
                reader.over = True

    def _partition(
        self, topic: str, number: int, by_tenant: Mapping[bytes, list[_Reader]], readers: list[_Reader]
    ) -> None:
        since_ms = min(reader.since_ms for reader in readers)
        start = offset_of(self.settings, topic, number, since_ms) if since_ms else 0
        if start is None:
            return
        for message in read_settled(self.settings, topic, number, start):
            found = by_tenant.get(message.key.partition(b"|")[0]) if message.key is not None else None
            if found is not None:
                _give(found, number, message)
            if not any(map(_reads, readers)):
                return


def _give(readers: Iterable[_Reader], number: int, message: LogMessage) -> None:
    for reader in readers:
        if _reads(reader):
            try:
                reader.take(number, message)
            except Exception as error:  # this tenant's alone
                reader.error = error


def _reads(reader: _Reader) -> bool:
    return reader.error is None and not reader.ended()
