"""Which partitions of a topic this process works on, between Faust's loop and the workers' threads. Layer: streams.

A worker is kept while its partition stays assigned. An error that a worker does not expect stops the process: nothing is
acknowledged that was not published, and live objects that are ahead of the store are thrown away.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from streams.drivers.kafka.observing import Unobserved, WorkObserver
from streams.drivers.kafka.partition import PartitionWorker
from streams.drivers.kafka.reading import LogMessage
from streams.drivers.kafka.store import Outgoing, StoreLost

log = logging.getLogger("watchpost.kafka")
Snapshot = Callable[[int, bytes, bytes], Outgoing]


class Delivered(Protocol):
    """The part of a Faust event that the desk reads."""

    message: Any


E = TypeVar("E", bound=Delivered)


class Halt:
    """The order to stop the process, with the reason when it is a failure."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self.event = asyncio.Event()

    def fail(self, reason: str) -> None:
        """Stop because of an error; the first one is told."""
        if self.reason is None:
            self.reason = reason
            log.error("stopping: %s", reason)
        self.event.set()


class Desk:
    """The workers of one source topic. `make` makes a worker for a partition, not yet opened."""

    def __init__(
        self,
        topic: str,
        make: Callable[[int], PartitionWorker[Any]],
        halt: Halt,
        observer: WorkObserver | None = None,
    ) -> None:
        self.topic = topic
        self.workers: dict[int, PartitionWorker[Any]] = {}
        self._make = make
        self._halt = halt
        self._observer = observer or Unobserved()
        self._busy: dict[int, asyncio.Future[None]] = {}  # what runs in a thread now, by partition
        self._suspended = False

    async def assign(self, partitions: set[int]) -> None:
        """Faust assigned these partitions: leave the others, open the new ones in the background."""
        for partition in sorted(self.workers.keys() - partitions):
            await self._leave(partition)
        self._suspended = False
        for partition in sorted(partitions):
            if partition in self.workers:
                self.workers[partition].reassigned()
            else:
                worker = self.workers[partition] = self._make(partition)
                self._busy[partition] = asyncio.ensure_future(
                    self._run(partition, partial(self._open, partition, worker))
                )
        self._tell()

    async def revoke(self, seconds: float) -> None:
        """A rebalance begins: finish what is being processed, begin nothing new."""
        self._suspended = True
        running = [task for p, task in self._busy.items() if not task.done() and self.workers[p].opened]
        if running:
            await asyncio.wait(running, timeout=seconds)

    async def handle(self, events: Sequence[E]) -> list[E]:
        """Process a batch; returns the events whose output is published, to be acknowledged. Never raises."""
        done: list[E] = []
        for partition, group in _by_partition(events).items():
            busy = self._busy.get(partition)
            if busy is not None:
                await asyncio.shield(busy)
            worker = self.workers.get(partition)
            if worker is None or self._suspended:
                continue  # no longer ours: the next owner gets them
            messages = [_log_message(event.message) for event in group]
            task = asyncio.ensure_future(self._run(partition, partial(worker.handle, messages)))
            self._busy[partition] = task
            await asyncio.shield(task)
            done += group
        return done

    async def close(self, snapshot: Snapshot | None = None) -> None:
        """Give up every partition; with `snapshot` the states are written first."""
        self._suspended = True
        for partition in sorted(self.workers):
            await self._leave(partition, snapshot)

    def _open(self, partition: int, worker: PartitionWorker[Any]) -> None:
        worker.open()
        log.info("%s, partition %d: opened at offset %d, %s", self.topic, partition, worker.position, worker.counts)
        self._tell()

    def _tell(self) -> None:
        workers = list(self.workers.values())
        opened = sum(worker.opened for worker in workers)
        self._observer.partitions(self.topic, opened, len(workers) - opened)

    async def _leave(self, partition: int, snapshot: Snapshot | None = None) -> None:
        worker = self.workers.pop(partition)
        worker.abandon()
        busy = self._busy.pop(partition, None)
        if busy is not None and not busy.done() and not self._halt.event.is_set():
            await asyncio.wait([busy])
        counts = worker.counts
        log.info("%s, partition %d: left at offset %d, %s", self.topic, partition, worker.position, counts)
        try:
            await asyncio.to_thread(worker.close, partial(snapshot, partition) if snapshot else None)
        except StoreLost as error:
            self._halt.fail(f"{self.topic}, partition {partition}: {error}")

    async def _run(self, partition: int, work: Callable[[], None]) -> None:
        """Work in a thread. When it fails the process stops, and nobody who waits for this goes on."""
        worker = self.workers.get(partition)
        try:
            await asyncio.to_thread(work)
        except Exception as error:
            if worker is not None and worker.abandoned:
                return
            self._halt.fail(f"{self.topic}, partition {partition}: {type(error).__name__}: {error}")
            log.debug("the error in full", exc_info=True)
            await asyncio.Event().wait()


def _by_partition(events: Iterable[E]) -> dict[int, list[E]]:
    groups: dict[int, list[E]] = {}
    for event in events:
        groups.setdefault(event.message.partition, []).append(event)
    return groups


def _log_message(message: Any) -> LogMessage:
    headers = message.headers or ()
    pairs = headers.items() if isinstance(headers, dict) else headers
    return LogMessage(message.topic, message.partition, message.offset, message.key, message.value, list(pairs))
