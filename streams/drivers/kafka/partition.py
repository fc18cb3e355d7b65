"""The worker of one partition: an engine, a store, and the rule that output and position move together. Layer: streams.

The engine's state is rebuilt from the log when the partition is opened: effects up to the stored position are dropped,
what lies behind it is processed. What Faust delivers afterwards goes on from there; an offset at or below the position was
processed already and is skipped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Generic, Protocol, TypeVar

from detectors.engine.effects import Effect
from schemas.contracts.incident import Incident
from schemas.contracts.log import LogEntry, MalformedEntry, entry_from_message
from schemas.contracts.signal import MalformedSignal, SignalItem, decode_signal
from schemas.records.errors import UnreadableRecord
from streams.clock import Clock, WallClock
from streams.drivers.kafka.held_states import Changing, HeldStates
from streams.drivers.kafka.observing import Unobserved, Worked, WorkObserver
from streams.drivers.kafka.outbox import Outbox
from streams.drivers.kafka.reading import LogMessage
from streams.drivers.kafka.store import Outgoing, Store
from streams.drivers.kafka.told_incidents import ToldIncidents
from streams.drivers.measures import TenantMeasures

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
SNAPSHOT_CHUNK = 1000
MALFORMED = (MalformedEntry, MalformedSignal, UnreadableRecord)
ReadRange = Callable[[int, int | None], Iterator[LogMessage]]
Report = Callable[[Sequence[TenantMeasures]], None]


class Engine(Protocol[T_contra]):
    """The pure fold, as a driver sees it."""

    def fold(self, item: T_contra, /) -> list[Effect]:
        """Take one item, return what it causes."""
        ...

    def states(self) -> dict[bytes, bytes]:
        """State bytes by key."""
        ...


@dataclass(slots=True)
class Counts:
    """What a partition's worker did since it was opened."""

    rebuilt: int = 0
    processed: int = 0
    redelivered: int = 0
    dead_letters: int = 0
    caught_up: int = 0  # records that were read from the log because nobody had delivered them


def decode_entry(message: LogMessage) -> LogEntry:
    """An entry of the audit log."""
    return entry_from_message(message.key, message.value, message.headers)


def decode_signal_message(message: LogMessage) -> SignalItem:
    """An item of the signal log."""
    return decode_signal(message.value)


class Abandoned(RuntimeError):
    """The partition was taken away while it was being opened."""


class PartitionWorker(Generic[T]):
    """One partition of one source topic. Not thread-safe: its owner calls it from one place at a time.

    `take_over` opens the store, which fences the former owner; it is called by `open`, not before. `report` is told now and
    then what the engine holds, and nothing more when the partition is given up. `clock` is what alerts are timed by.
    """

    def __init__(
        self,
        engine: Engine[T],
        decode: Callable[[LogMessage], T],
        take_over: Callable[[], Store],
        outbox: Outbox,
        read: ReadRange,
        batch: int = 1000,
        observer: WorkObserver | None = None,
        report: Report | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.engine = engine
        self.counts = Counts()
        self.position = -1
        self.opened = False
        self.abandoned = False
        self._decode = decode
        self._take_over = take_over
        self._store: Store | None = None
        self._outbox = outbox
        self._read = read
        self._batch = batch
        self._observer = observer or Unobserved()
        self._told = ToldIncidents(clock or WallClock())
        self._report = report
        self._held = HeldStates(engine) if report is not None and isinstance(engine, Changing) else None
        self._verified = False  # the first delivery after an assignment is compared with the log

    def open(self) -> None:
        """Fence the former owner, rebuild the state up to the position, process what is committed behind it."""
        self._store = self._take_over()
        self.position = self._store.position()
        self._told.restore(self._store.told())
        messages = self._read(0, None)
        rest: list[LogMessage] = []
        for message in messages:
            if message.offset > self.position:
                rest = [message]
                break
            self._rebuild(message)
            self.counts.rebuilt += 1
            if self.abandoned:
                raise Abandoned
        self._catch_up(chain(rest, messages))
        self._measure()
        self.opened = True

    def reassigned(self) -> None:
        """The partition stays ours after a rebalance: what is delivered next is compared with the log again."""
        self._verified = False

    def abandon(self) -> None:
        """The partition is no longer ours (called from another thread): opening it ends early."""
        self.abandoned = True

    def handle(self, messages: Sequence[LogMessage]) -> None:
        """Process delivered messages in order: one transaction of their output and the new position."""
        new = [message for message in messages if message.offset > self.position]
        if len(new) < len(messages):
            self.counts.redelivered += len(messages) - len(new)
            self._observer.redelivered(len(messages) - len(new))
        if not new:
            return
        if not self._verified:
            self._verified = True
            if new[0].offset > self.position + 1:
                self._catch_up(self._read(self.position + 1, new[0].offset))
        self._process(new)
        self._measure()

    def close(self, snapshot: Callable[[bytes, bytes], Outgoing] | None = None) -> None:
        """Give the partition up; with `snapshot` the states of an opened one are written first."""
        if self._report is not None:
            self._report([])
        if self._store is None:
            return
        if snapshot is not None and self.opened and self.position >= 0:
            states = iter(sorted(self.engine.states().items()))
            while chunk := list(islice(states, SNAPSHOT_CHUNK)):
                self._store.commit([snapshot(key, value) for key, value in chunk], self.position)
        self._store.close()

    def _catch_up(self, messages: Iterator[LogMessage]) -> None:
        while part := list(islice(messages, self._batch)):
            if self.abandoned:
                raise Abandoned
            self.counts.caught_up += len(part)
            self._process(part)

    def _process(self, messages: Sequence[LogMessage]) -> None:
        if self._store is None:
            raise RuntimeError("a partition must be opened before it is worked on")
        work, output, begun = Worked(), list[Outgoing](), time.monotonic()
        for message in messages:
            output += self._fold(message, work)
        folded = time.monotonic()
        output += [self._outbox.first_told(messages[0], *change) for change in self._told.take_changes().items()]
        self._store.commit(output, messages[-1].offset)
        self.position = messages[-1].offset
        self.counts.processed += len(messages)
        work.fold_seconds, work.commit_seconds = folded - begun, time.monotonic() - folded
        self._observer.worked(work)

    def _measure(self) -> None:
        if self._held is not None and self._report is not None and self._held.due():
            self._report(self._held.measure(self._told))

    def _rebuild(self, message: LogMessage) -> None:
        """Fold what was processed before: its output is published."""
        try:
            item = self._decode(message)
            effects = self.engine.fold(item)
        except MALFORMED:
            self.counts.dead_letters += 1
            return
        if isinstance(item, LogEntry):
            self._told.heed(item)
        for effect in effects:
            if isinstance(effect, Incident):
                self._told.keep(effect)

    def _fold(self, message: LogMessage, work: Worked) -> list[Outgoing]:
        stage = "decode"
        try:
            item = self._decode(message)
            stage = "fold"
            effects = self.engine.fold(item)
        except MALFORMED as error:
            self.counts.dead_letters += 1
            work.dead += 1
            return [self._outbox.dead_letter(message, stage, error)]
        if isinstance(item, LogEntry):
            work.entries[item.tenant, item.kind.value] += 1
            self._told.heed(item)
            effects = [self._told.tell(item, one) if isinstance(one, Incident) else one for one in effects]
            work.told += [effect for effect in effects if isinstance(effect, Incident)]
        return [out for effect in effects for out in self._outbox.messages(effect)]
