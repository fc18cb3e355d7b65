"""Waiting until the entities have answered what is in the signal log. Layer: streams.

Answers are entries of the audit log, committed together with the position in the signal log: when the position has passed a
signal, its answer lies before whatever is written to the audit log afterwards.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.contracts.topics import SIGNALS, STATE
from streams.drivers.kafka.reading import READ_UNCOMMITTED, LogReadError, open_consumer
from streams.drivers.kafka.settings import KafkaSettings

TURN_SECONDS = 0.1  # who waits looks this often at what another thread has read meanwhile
TAIL = 64  # offsets read back from a partition's end to find its last message: the others are transaction markers


class NotHeard(RuntimeError):
    """The entities did not come so far in time."""


class SignalsHeard:
    """Follows the positions of the workers in the signal log.

    Several threads may wait; what one of them reads all know.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._turn = threading.Lock()
        self._asked = 0.0  # when the last look at the signal log's ends began
        self._goals: dict[int, int] = {}
        self._settings = settings
        self._signals, self._state = settings.topic(SIGNALS), settings.topic(STATE)
        self._prefix = f"position|{self._signals}|".encode()
        self._positions = dict.fromkeys(range(settings.partitions), -1)
        self._workers = open_consumer(settings)
        self._workers.assign([TopicPartition(self._state, number, 0) for number in self._positions])
        self._log = open_consumer(settings)
        self._ends = open_consumer(settings, READ_UNCOMMITTED)

    def wait(self, ended: Callable[[], bool] = lambda: False) -> float:
        """Wait until what the signal log holds now was heard and answered; returns the seconds it took. NotHeard.

        Returns early when `ended` says so.
        """
        started = time.monotonic()
        goals = self._goals_since(started)
        while not ended() and any(self._positions[number] < goal for number, goal in goals.items()):
            if self._turn.acquire(timeout=TURN_SECONDS):
                try:
                    self._follow(0.2)
                finally:
                    self._turn.release()
            if time.monotonic() - started > self._settings.profile_seconds:
                raise NotHeard
        return time.monotonic() - started

    def _goals_since(self, asked: float) -> dict[int, int]:
        """What the signal log held at this time or later: another thread's look that began after it is as good."""
        with self._turn:
            if self._asked < asked:
                begun = time.monotonic()
                self._goals = self._last_offsets()
                self._asked = begun
            return self._goals

    def _last_offsets(self) -> dict[int, int]:
        """Offset of the last message committed until now in each partition, -1 where there is none.

        Transactions that are open now are waited for: what was committed behind them is not to be seen before they end.
        """
        found = dict.fromkeys(self._positions, -1)
        seconds = self._settings.request_seconds
        ends = {number: _watermarks(self._ends, self._signals, number, seconds) for number in found}
        tails = {number: max(low, high - TAIL) for number, (low, high) in ends.items()}
        self._log.assign([TopicPartition(self._signals, number, tail) for number, tail in tails.items()])
        open_ends = set(found)
        started = time.monotonic()
        while open_ends:
            message = self._log.poll(0.2)
            if message is not None:
                number = message.partition() or 0
                if not _at_end(message, self._signals):
                    found[number] = max(found[number], message.offset() or 0)
                elif (message.offset() or 0) >= ends[number][1]:
                    open_ends.discard(number)
            elif time.monotonic() - started > self._settings.idle_seconds:
                raise LogReadError(f"{self._signals}: the ends of its partitions cannot be read")
        return found

    def _follow(self, seconds: float) -> None:
        """Take in positions until nothing comes at once."""
        message = self._workers.poll(seconds)
        while message is not None:
            key = message.key()
            if not _at_end(message, self._state) and isinstance(key, bytes) and key.startswith(self._prefix):
                offset = int(orjson.loads(message.value() or b"{}")["offset"])
                self._positions[int(key.removeprefix(self._prefix))] = offset
            message = self._workers.poll(0)

    def close(self) -> None:
        """Stop following."""
        self._workers.close()
        self._log.close()
        self._ends.close()


def _at_end(message: Message, topic: str) -> bool:
    """The end of a partition (True) or a message (False); LogReadError for anything else."""
    error = message.error()
    if error is None:
        return False
    if error.code() == KafkaError._PARTITION_EOF:
        return True
    raise LogReadError(f"{topic} cannot be read: {error.str()}")


def _watermarks(consumer: Consumer, topic: str, number: int, seconds: float) -> tuple[int, int]:
    try:
        found = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=seconds)
    except KafkaException as error:
        raise LogReadError(f"{topic}, partition {number} cannot be read: {error.args[0]}") from None
    if found is None:
        raise LogReadError(f"{topic}, partition {number}: no broker answered in {seconds:.0f} s")
    return int(found[0]), int(found[1])
