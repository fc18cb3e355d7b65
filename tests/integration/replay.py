"""The real engines over a log that was read out, and what an export should have become there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from detectors.engine.account_engine import AccountEngine
from detectors.engine.knowledge import Knowledge
from schemas.contracts.incident import Incident
from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.topics import AUDIT
from streams.drivers.kafka.app import Engines
from streams.drivers.kafka.partition import decode_entry
from streams.drivers.kafka.read_back import Folded, fold_log, read_log
from streams.drivers.kafka.settings import KafkaSettings
from streams.operations.detection import knowledge_of
from streams.operations.export import read_export
from streams.operations.kafka_engines import kafka_engines
from streams.operations.standard_error import StandardError


class Refold:
    """A log folded in fresh engines: what was told, the states, and each incident in its final state."""

    def __init__(self, settings: KafkaSettings) -> None:
        knowledge: Knowledge = knowledge_of([], [])
        self._real = kafka_engines(knowledge, settings.partitions)
        self._accounts: list[AccountEngine] = []
        self._told: dict[str, Incident] = {}
        self.folded: Folded = fold_log(settings, Engines(self._keep, self._real.entities, self._encode))

    def _keep(self, partition: int) -> AccountEngine:
        engine = self._real.accounts(partition)
        assert isinstance(engine, AccountEngine)
        self._accounts.append(engine)
        return engine

    def _encode(self, incident: Incident) -> bytes:
        self._told[incident.uid] = incident
        return self._real.encode_incident(incident)

    def final(self) -> list[bytes]:
        """Every incident as it stands at the end, in the order of `scan`."""
        standing = {incident.uid: incident for engine in self._accounts for incident in engine.standing()}
        incidents = sorted((self._told | standing).values(), key=lambda incident: (incident.first_ms, incident.uid))
        return [self._real.encode_incident(incident) for incident in incidents]


Held = Counter[tuple[bytes, tuple[str, str, str], bytes]]


def expected_records(paths: list[Path]) -> Held:
    """(key, identity, bytes) of the record entries that an export gives."""
    with StandardError() as said, read_export(paths, [], said) as export:
        return _records(export.entries(said))


def records_in_log(settings: KafkaSettings) -> Held:
    """The same of the audit log."""
    return _records(decode_entry(message) for _, _, message in read_log(settings, AUDIT))


def _records(entries: Iterable[LogEntry]) -> Held:
    held: Held = Counter()
    for entry in entries:
        if entry.kind is EntryKind.RECORD:
            held[entry.key, entry.identity, entry.value] += 1
    return held
