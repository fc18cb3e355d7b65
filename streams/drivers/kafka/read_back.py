"""Reading the log out, and folding it directly: the proof that a worker published what the log says. Layer: streams.

Notices and profiles are entries of the audit log themselves, so every partition can be folded on its own, in offset order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import orjson

from schemas.contracts.incident import Incident
from schemas.contracts.topics import ALERTS, AUDIT, SIGNALS, STATE
from streams.drivers.kafka.app import Engines
from streams.drivers.kafka.partition import MALFORMED, Engine, decode_entry, decode_signal_message
from streams.drivers.kafka.reading import LogMessage, read_partition
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.store import FIRST_TOLD, POSITION
from streams.drivers.kafka.topics import existing_partitions

T = TypeVar("T")


@dataclass(slots=True)
class Folded:
    """Result of a fold: incident messages in the order they were caused, states by key, and what was no entry."""

    incidents: list[bytes] = field(default_factory=list)
    states: dict[bytes, bytes] = field(default_factory=dict)
    malformed: int = 0


def read_log(settings: KafkaSettings, topic: str) -> Iterator[tuple[int, int, LogMessage]]:
    """Every committed message of a topic (named as in the contract): partition by partition, in offset order."""
    name = settings.topic(topic)
    for partition in range(existing_partitions(settings).get(name, 0)):
        for message in read_partition(settings, name, partition):
            yield partition, message.offset, message


def fold_log(settings: KafkaSettings, engines: Engines) -> Folded:
    """Fold the audit and the signal log in fresh engines."""
    folded = Folded()
    for partition in range(settings.partitions):
        log = read_partition(settings, settings.topic(AUDIT), partition)
        _fold_partition(engines.accounts(partition), decode_entry, log, engines, folded)
        log = read_partition(settings, settings.topic(SIGNALS), partition)
        _fold_partition(engines.entities(partition), decode_signal_message, log, engines, folded)
    return folded


def published_alerts(settings: KafkaSettings) -> list[bytes]:
    """Every alert message of the alerts topic."""
    return [message.value or b"" for _, _, message in read_log(settings, ALERTS)]


def without_times(alert: bytes) -> bytes:
    """An alert without what wall time added to it: what the log alone says."""
    body = orjson.loads(alert)
    body["unmapped"] |= {"delay": {}, "harm_clock": {}}
    return orjson.dumps(body)


def stored_states(settings: KafkaSettings) -> dict[bytes, bytes]:
    """The latest states of the state topic; positions and times of alerts left out."""
    found: dict[bytes, bytes] = {}
    others = tuple(f"{name}|".encode() for name in (POSITION, FIRST_TOLD))
    for _, _, message in read_log(settings, STATE):
        if message.key and not message.key.startswith(others):
            found[message.key] = message.value or b""
    return found


def _fold_partition(
    engine: Engine[T],
    decode: Callable[[LogMessage], T],
    log: Iterator[LogMessage],
    engines: Engines,
    folded: Folded,
) -> None:
    for message in log:
        try:
            effects = engine.fold(decode(message))
        except MALFORMED:
            folded.malformed += 1
            continue
        folded.incidents += [engines.encode_incident(effect) for effect in effects if isinstance(effect, Incident)]
    folded.states.update(engine.states())
