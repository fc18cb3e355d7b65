"""Worker processes of the tests: started, waited for, always ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import orjson
from confluent_kafka import TopicPartition

from schemas.contracts.topics import AUDIT, SIGNALS, STATE
from streams.drivers.kafka.reading import end_offset, open_consumer, read_partition
from streams.drivers.kafka.settings import KafkaSettings

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def worker(settings: KafkaSettings, log: Path, delay: float = 0.0, die: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A toy `detect` process; killed when the block ends, if it still runs."""
    command = [sys.executable, str(Path(__file__).with_name("toy_worker.py")), orjson.dumps(asdict(settings)).decode()]
    environment = dict(os.environ) | {"PYTHONPATH": str(ROOT), "TOY_DELAY": str(delay)}
    if die:
        environment["TOY_DIE"] = die
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def stop(process: subprocess.Popen[bytes], seconds: float = 20.0) -> int:
    """SIGTERM, and the exit status."""
    process.send_signal(signal.SIGTERM)
    return process.wait(seconds)


def wait_until(true: Callable[[], bool], what: str, seconds: float = 40.0) -> None:
    """Wait for a condition; AssertionError with `what` when it does not come."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds:.0f} s"
        time.sleep(0.05)


class PositionWatch:
    """Follows the positions that workers store, without delay."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._found: dict[tuple[str, int], int] = {}
        self._consumer = open_consumer(settings)
        state = settings.topic(STATE)
        self._consumer.assign([TopicPartition(state, partition, 0) for partition in range(settings.partitions)])

    def read(self) -> dict[tuple[str, int], int]:
        """Positions by topic and partition, as they are now; a worker that goes on storing does not keep us."""
        end = time.monotonic() + 0.2
        while time.monotonic() < end and (message := self._consumer.poll(0.05)) is not None:
            key, value = message.key(), message.value()
            if message.error() is None and key and value and key.startswith(b"position|"):
                _, topic, number = key.decode().split("|")
                self._found[topic, int(number)] = orjson.loads(value)["offset"]
        return self._found

    def processed(self) -> int:
        """Sum of the positions in the audit log."""
        return sum(offset for (topic, _), offset in self.read().items() if topic == self._settings.topic(AUDIT))

    def beyond(self, goal: int) -> Callable[[], bool]:
        """A condition to wait for."""
        return lambda: self.processed() > goal


def settled(settings: KafkaSettings) -> Callable[[], bool]:
    """Whether every source partition was processed to its last committed message."""
    watch = PositionWatch(settings)

    def true() -> bool:
        found = watch.read()
        return all(
            _last(settings, settings.topic(topic), partition) <= found.get((settings.topic(topic), partition), -1)
            for topic in (AUDIT, SIGNALS)
            for partition in range(settings.partitions)
        )

    return true


def _last(settings: KafkaSettings, topic: str, partition: int) -> int:
    start = max(0, end_offset(settings, topic, partition) - 50)
    return max((message.offset for message in read_partition(settings, topic, partition, start)), default=-1)
