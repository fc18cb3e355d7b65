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

from schemas.contracts.topics import AUDIT, SIGNALS, STATE
from streams.drivers.kafka.reading import end_offset, read_partition
from streams.drivers.kafka.settings import KafkaSettings

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def worker(settings: KafkaSettings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A toy `detect` process; killed when the block ends, if it still runs."""
    command = [sys.executable, str(Path(__file__).with_name("toy_worker.py")), orjson.dumps(asdict(settings)).decode()]
    environment = dict(os.environ) | {"PYTHONPATH": str(ROOT)}
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
        time.sleep(0.3)


def settled(settings: KafkaSettings) -> bool:
    """Every source partition was processed to its last committed message."""
    return all(
        _last(settings, settings.topic(topic), partition)
        <= positions(settings).get((settings.topic(topic), partition), -1)
        for topic in (AUDIT, SIGNALS)
        for partition in range(settings.partitions)
    )


def positions(settings: KafkaSettings) -> dict[tuple[str, int], int]:
    """Stored positions by topic and partition."""
    found: dict[tuple[str, int], int] = {}
    for partition in range(settings.partitions):
        for message in read_partition(settings, settings.topic(STATE), partition):
            if message.key and message.key.startswith(b"position|") and message.value:
                _, topic, number = message.key.decode().split("|")
                found[topic, int(number)] = orjson.loads(message.value)["offset"]
    return found


def _last(settings: KafkaSettings, topic: str, partition: int) -> int:
    start = max(0, end_offset(settings, topic, partition) - 50)
    return max((message.offset for message in read_partition(settings, topic, partition, start)), default=-1)
