"""Tenants of one process read together: how often the log is read, whose error it is, who ends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from streams.drivers.kafka import shared_reads
from streams.drivers.kafka.reading import LogMessage, LogReadError
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.shared_reads import SharedReads
from tests.unit.kafka.memory_broker import SETTINGS

TENANTS = [f"tenant-{number}" for number in range(20)]
PARTITIONS = 2


class Log:
    """A log of three messages of each tenant in every partition. `gate` holds the first reading up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.readings: list[int] = []
        self.gate = threading.Event()
        self.broken = ""
        monkeypatch.setattr(shared_reads, "read_settled", self.read)

    def read(self, settings: KafkaSettings, topic: str, partition: int, start: int = 0) -> Iterator[LogMessage]:
        self.readings.append(partition)
        assert self.gate.wait(10)
        if self.broken:
            raise LogReadError(self.broken)
        for offset in range(3 * len(TENANTS)):
            key = f"{TENANTS[offset % len(TENANTS)]}|ann@corp.example".encode()
            yield LogMessage(topic, partition, offset, key, b"%d" % offset, [])
        yield LogMessage(topic, partition, 99, None, b"", [])


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    return Log(monkeypatch)


def read_at_once(log: Log, reads: SharedReads) -> dict[str, list[tuple[int, int]] | str]:
    """What each tenant got, or its error, when the first reads already while all others come."""
    found: dict[str, list[tuple[int, int]] | str] = {}

    def one(tenant: str) -> None:
        got: list[tuple[int, int]] = []

        def take(number: int, message: LogMessage) -> None:
            if tenant == TENANTS[5] and message.offset > len(TENANTS):
                raise ValueError("no entry")
            got.append((number, message.offset))

        try:
            reads.read("audit", PARTITIONS, tenant, take)
            found[tenant] = got
        except (ValueError, LogReadError) as error:
            found[tenant] = str(error)

    with ThreadPoolExecutor(len(TENANTS)) as pool:
        pool.submit(one, TENANTS[0])
        until(lambda: bool(log.readings))
        others = [pool.submit(one, tenant) for tenant in TENANTS[1:]]
        until(lambda: len(reads._waiting["audit"]) == len(others))
        log.gate.set()
    return found


def until(true: object) -> None:
    assert callable(true)
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_who_comes_while_others_read_reads_once_together_and_each_gets_its_own(log: Log) -> None:
    found = read_at_once(log, SharedReads(SETTINGS))
    assert log.readings == [*range(PARTITIONS)] * 2
    for place, tenant in enumerate(TENANTS):
        own = [(number, place + turn * len(TENANTS)) for number in range(PARTITIONS) for turn in range(3)]
        assert found[tenant] == ("no entry" if tenant == TENANTS[5] else own)


def test_a_log_that_cannot_be_read_is_told_to_everybody_and_read_anew_by_who_comes_next(log: Log) -> None:
    log.broken = "audit cannot be read"
    reads = SharedReads(SETTINGS)
    assert set(read_at_once(log, reads).values()) == {log.broken}
    log.broken = ""
    got: list[int] = []
    reads.read("audit", 1, TENANTS[3], lambda number, message: got.append(message.offset))
    assert got == [3, 23, 43]


def test_it_ends_when_nobody_wants_it_any_more(log: Log) -> None:
    log.gate.set()
    got: list[int] = []
    SharedReads(SETTINGS).read(
        "audit", PARTITIONS, TENANTS[0], lambda number, message: got.append(message.offset), ended=lambda: bool(got)
    )
    assert got == [0]
    assert log.readings == [0]


def test_who_is_given_up_while_it_waits_for_others_does_not_wait_for_their_end(log: Log) -> None:
    reads, given_up = SharedReads(SETTINGS), threading.Event()
    got: list[int] = []
    with ThreadPoolExecutor(2) as pool:
        reading = pool.submit(reads.read, "audit", 1, TENANTS[0], lambda number, message: None)
        until(lambda: bool(log.readings))
        waiting = pool.submit(
            reads.read,
            "audit",
            1,
            TENANTS[1],
            lambda number, message: got.append(message.offset),
            ended=given_up.is_set,
        )
        until(lambda: bool(reads._waiting["audit"]))
        given_up.set()
        waiting.result(10)
        assert not reading.done()
        log.gate.set()
        reading.result(10)
    reads.read("audit", 1, TENANTS[2], lambda number, message: None)
    assert got == []


def test_it_begins_at_the_earliest_time_that_anybody_asks_for(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def offset_of(settings: KafkaSettings, topic: str, partition: int, time_ms: int) -> int | None:
        asked.append(time_ms)
        return None

    monkeypatch.setattr(shared_reads, "offset_of", offset_of)
    log.gate.set()
    SharedReads(SETTINGS).read("audit", PARTITIONS, TENANTS[0], lambda number, message: None, since_ms=7)
    assert asked == [7] * PARTITIONS
    assert log.readings == []
