"""Reading a partition's end while others have transactions open, on a real broker."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from schemas.contracts.topics import AUDIT, STATE
from streams.drivers.kafka.reading import LogReadError, end_offset, read_partition, read_settled
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.store import Outgoing, PartitionStore, TransactionalProducer
from streams.drivers.kafka.topics import create_topics

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(170)]


class Neighbour:
    """Another writer of the state topic's first partition, in the middle of a transaction."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._producer = TransactionalProducer(settings, f"{settings.application}|neighbour")._producer
        self._producer.begin_transaction()
        self._producer.produce(settings.topic(STATE), b"value", b"t1|somebody", 0)
        self._producer.flush(10)

    def commit(self) -> None:
        self._producer.commit_transaction(10)

    def abort(self) -> None:
        self._producer.abort_transaction(10)


def _store(settings: KafkaSettings) -> PartitionStore:
    return PartitionStore(settings, settings.topic(AUDIT), 0)


def _filled(settings: KafkaSettings) -> None:
    """Six messages in the audit log, so that positions up to 5 are possible."""
    log = TransactionalProducer(settings, f"{settings.application}|feed")
    log.publish([Outgoing(settings.topic(AUDIT), b"t1|x", b"{}", 0) for _ in range(6)])


@pytest.mark.parametrize("end", ["commit", "abort"])
def test_a_position_behind_an_open_transaction_is_found(settings: KafkaSettings, end: str) -> None:
    create_topics(settings)
    _filled(settings)
    first = _store(settings)
    first.commit([], 2)
    neighbour = Neighbour(settings)
    first.commit([], 5)
    visible = [message.value for message in read_partition(settings, settings.topic(STATE), 0)]
    assert len(visible) == 1, "without a wait the newest position is not seen: the reason for read_settled"
    successor = _store(settings)
    later = threading.Timer(1.0, getattr(neighbour, end))
    later.start()
    assert successor.position() == 5
    later.join()
    successor.commit([], 5)
    with pytest.raises(Exception, match="refused"):
        first.commit([], 5)


def test_a_dead_neighbours_transaction_is_outlived(settings: KafkaSettings) -> None:
    create_topics(settings)
    _filled(settings)
    neighbour = Neighbour(settings)
    store = _store(settings)
    store.commit([], 3)
    begun = time.monotonic()
    assert _store(settings).position() == 3  # the broker gives the transaction up by itself
    assert time.monotonic() - begun < settings.idle_seconds
    assert neighbour is not None


def test_a_transaction_that_does_not_end_is_told(settings: KafkaSettings) -> None:
    create_topics(settings)
    neighbour = Neighbour(settings)
    hasty = replace(settings, idle_seconds=1.0)
    with pytest.raises(LogReadError, match=r"partition 0: no message for 1 s before the end"):
        list(read_settled(hasty, settings.topic(STATE), 0))
    neighbour.commit()
    assert [message.key for message in read_settled(hasty, settings.topic(STATE), 0)] == [b"t1|somebody"]


def test_the_settled_end_of_an_empty_partition_and_of_one_that_ends_in_an_aborted_transaction(
    settings: KafkaSettings,
) -> None:
    create_topics(settings)
    state = settings.topic(STATE)
    assert list(read_settled(settings, state, 0)) == []
    Neighbour(settings).abort()
    assert end_offset(settings, state, 0) > 0
    assert list(read_settled(settings, state, 0)) == []
    assert list(read_settled(settings, state, 0, end_offset(settings, state, 0))) == []
