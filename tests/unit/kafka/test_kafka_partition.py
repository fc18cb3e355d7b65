"""The worker of a partition, with a store and a log in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from detectors.engine.effects import Effect
from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.profile import Profile, encode_profile
from schemas.contracts.signal import Contribution, Signal, encode_signal
from schemas.contracts.topics import (
    AUDIT,
    DEAD_LETTERS,
    PROFILES,
    SIGNALS,
    partition_of,
)
from schemas.records.errors import UnreadableRecord
from streams.drivers.kafka.outbox import Outbox
from streams.drivers.kafka.partition import Abandoned, PartitionWorker, decode_entry
from streams.drivers.kafka.reading import LogMessage
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.store import Outgoing, Store, StoreLost

SETTINGS = KafkaSettings(brokers="nowhere:1", partitions=3)
OUTBOX = Outbox(SETTINGS, lambda incident: incident.uid.encode())


class MemoryStore:
    """Keeps what was committed; refuses when it was fenced."""

    def __init__(self, position: int = -1) -> None:
        self.stored = position
        self.output: list[Outgoing] = []
        self.commits: list[int] = []
        self.first_told: dict[str, int] = {}
        self.fenced = self.closed = False

    def position(self) -> int:
        return self.stored

    def told(self) -> dict[str, int]:
        return dict(self.first_told)

    def commit(self, output: Sequence[Outgoing], position: int) -> None:
        if self.fenced:
            raise StoreLost("fenced")
        self.output += output
        self.stored = position
        self.commits.append(position)

    def close(self) -> None:
        self.closed = True


class Echo:
    """Remembers entries; answers each with a contribution that names it."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def fold(self, item: LogEntry, /) -> list[Effect]:
        if item.value == b"broken":
            raise UnreadableRecord("not JSON")
        if item.value == b"bug":
            raise ZeroDivisionError
        self.seen.append(item.record_id)
        return [Contribution(item.tenant, int(item.record_id), 0, 1)]

    def states(self) -> dict[bytes, bytes]:
        return {b"seen": ",".join(self.seen).encode()}


def message(offset: int, value: bytes = b"{}") -> LogMessage:
    entry = LogEntry(EntryKind.RECORD, "t", "a@example.com", value, "source", str(offset), "actor")
    return LogMessage(AUDIT, 0, offset, entry.key, value, entry.headers())


def make(store: Store, log: Sequence[LogMessage], batch: int = 2) -> tuple[PartitionWorker[LogEntry], Echo]:
    engine = Echo()

    def read(start: int, stop: int | None) -> Iterator[LogMessage]:
        return (m for m in log if m.offset >= start and (stop is None or m.offset < stop))

    def take_over() -> Store:
        return store

    return PartitionWorker(engine, decode_entry, take_over, OUTBOX, read, batch), engine


def days(store: MemoryStore) -> list[int]:
    return [int(m.value.split(b'"day":')[1].split(b",")[0]) for m in store.output if m.value and b'"day"' in m.value]


def test_opening_rebuilds_without_effects_and_processes_the_rest() -> None:
    store = MemoryStore(position=3)
    worker, engine = make(store, [message(n) for n in (0, 1, 3, 4, 6, 9)])
    worker.open()
    assert engine.seen == ["0", "1", "3", "4", "6", "9"]
    assert days(store) == [4, 6, 9]
    assert (store.commits, worker.position, worker.opened) == ([6, 9], 9, True)


def test_what_was_processed_is_skipped_and_counted() -> None:
    store = MemoryStore()
    worker, engine = make(store, [message(0), message(1)])
    worker.open()
    worker.handle([message(0), message(1), message(2)])
    worker.handle([message(2)])
    assert engine.seen == ["0", "1", "2"]
    assert worker.counts.redelivered == 3
    assert store.stored == 2


def test_a_record_that_was_never_delivered_is_read_from_the_log() -> None:
    store, log = MemoryStore(), [message(0)]
    worker, engine = make(store, log)
    worker.open()
    log += [message(1), message(2), message(3)]
    worker.handle([message(3)])  # offsets 1 and 2 were lost on the way
    assert engine.seen == ["0", "1", "2", "3"]
    worker.reassigned()
    log += [message(4), message(6)]
    worker.handle([message(6)])
    assert engine.seen[-2:] == ["4", "6"]


def test_the_malformed_are_dead_letters_and_move_the_position() -> None:
    store = MemoryStore()
    worker, _ = make(store, [])
    worker.open()
    no_key = LogMessage(AUDIT, 0, 1, None, b"x", [])
    worker.handle([message(0, b"broken"), no_key])
    letters = [(m.topic, m.value, dict(m.headers)) for m in store.output]
    assert [(topic, value) for topic, value, _ in letters] == [(DEAD_LETTERS, b"broken"), (DEAD_LETTERS, b"x")]
    assert letters[0][2] == {
        "reason": b"not JSON",
        "stage": b"fold",
        "original-topic": AUDIT.encode(),
        "partition": b"0",
        "offset": b"0",
        "error": b"UnreadableRecord",
    }
    assert (letters[1][2]["stage"], store.stored) == (b"decode", 1)


@pytest.mark.parametrize("why", ["bug", "fenced"])
def test_an_unexpected_error_commits_nothing(why: str) -> None:
    store = MemoryStore()
    worker, _ = make(store, [])
    worker.open()
    store.fenced = why == "fenced"
    with pytest.raises((ZeroDivisionError, StoreLost)):
        worker.handle([message(0), message(1, b"bug" if why == "bug" else b"{}")])
    assert (store.output, store.commits, worker.position) == ([], [], -1)


def test_opening_ends_early_when_the_partition_is_taken_away() -> None:
    worker, _ = make(MemoryStore(), [message(0)])
    worker.abandon()
    with pytest.raises(Abandoned):
        worker.open()


def test_states_are_written_on_closing_when_asked() -> None:
    store = MemoryStore()
    worker, _ = make(store, [message(0), message(1)])
    worker.open()
    worker.close(lambda key, value: Outgoing("states", key, value))
    assert store.output[-1] == Outgoing("states", b"seen", b"0,1")
    assert store.closed


def test_where_effects_go() -> None:
    signal = Signal("t", "network", "n", "a", "failure", 1, "r", "s", "o", None, 50126)
    (sent,) = OUTBOX.messages(signal)
    assert (sent.topic, sent.key, sent.value) == (SIGNALS, b"t|network|n", encode_signal(signal))
    assert sent.partition == partition_of(b"t|network|n", 3)
    profile = LogEntry(EntryKind.PROFILE, "t", "", encode_profile(Profile("t", 7)))
    everywhere = OUTBOX.messages(profile)
    assert [(m.topic, m.partition) for m in everywhere] == [(AUDIT, 0), (AUDIT, 1), (AUDIT, 2), (PROFILES, None)]
    assert everywhere[-1].key == b"t|7"
    notice = LogEntry(EntryKind.NOTICE, "t", "a@example.com", b"{}")
    (sent,) = OUTBOX.messages(notice)
    assert (sent.topic, sent.partition) == (AUDIT, partition_of(b"t|a@example.com", 3))
