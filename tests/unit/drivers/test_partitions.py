"""However the log is cut into partitions and however they run side by side: the incidents of one process."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Iterator

import pytest

from detectors.engine.account_engine import AccountEngine
from detectors.engine.entity_engine import EntityEngine
from detectors.engine.knowledge import Knowledge
from detectors.engine.signal_order import OrderedEntities
from detectors.probe import NoFacts
from detectors.registry import account_detectors, entity_detectors
from schemas.contracts.incident import Incident
from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.signal import SignalItem, Watermark, signal_key
from schemas.contracts.topics import partition_of
from streams.drivers.pipeline import LocalPipeline
from streams.operations.export import read_export
from streams.operations.standard_error import StandardError
from streams.simulation import SimulationOptions, simulate

PARTITIONS = 4


class SideBySide:
    """Partitions of accounts and entities, each with a queue, worked on in turns that a seed draws."""

    def __init__(self, seed: int) -> None:
        knowledge = Knowledge(NoFacts())
        self._random = random.Random(seed)
        self._accounts = [
            AccountEngine(account_detectors(), knowledge, number, PARTITIONS) for number in range(PARTITIONS)
        ]
        self._entities = [
            OrderedEntities(EntityEngine(entity_detectors(), knowledge), number) for number in range(PARTITIONS)
        ]
        self._log: list[deque[LogEntry]] = [deque() for _ in range(PARTITIONS)]
        self._signals: list[deque[SignalItem]] = [deque() for _ in range(PARTITIONS)]
        self._told: dict[str, Incident] = {}

    def run(self, entries: Iterable[LogEntry]) -> list[Incident]:
        """Write entries, wait at each clock until all is answered, as `collect` does; final state of each incident."""
        for number, entry in enumerate(entries):
            self._write(entry)
            if entry.kind is EntryKind.CLOCK:
                while any(self._log) or any(self._signals):
                    self._turn()
            elif number % 200 == 0:
                self._turn()
        return final(self._told, *self._accounts)

    def _turn(self) -> None:
        number, most = self._random.randrange(PARTITIONS), self._random.choice((1, 30, 1000))
        if self._random.random() < 0.5:
            self._work(self._accounts[number], self._log[number], most)
        else:
            self._work(self._entities[number], self._signals[number], most)

    def _work(
        self, engine: AccountEngine | OrderedEntities, queue: deque[LogEntry] | deque[SignalItem], n: int
    ) -> None:
        for _ in range(min(n, len(queue))):
            for effect in engine.fold(queue.popleft()):  # type: ignore[arg-type]
                if isinstance(effect, Incident):
                    self._told[effect.uid] = effect
                elif isinstance(effect, LogEntry):
                    self._write(effect)
                elif isinstance(effect, Watermark):
                    for waiting in self._signals:
                        waiting.append(effect)
                else:
                    self._signals[partition_of(signal_key(effect), PARTITIONS)].append(effect)

    def _write(self, entry: LogEntry) -> None:
        for queue in self._log if entry.account == "" else [self._log[partition_of(entry.key, PARTITIONS)]]:
            queue.append(entry)


def final(told: dict[str, Incident], *accounts: AccountEngine) -> list[Incident]:
    standing = {incident.uid: incident for engine in accounts for incident in engine.standing()}
    return sorted((told | standing).values(), key=lambda incident: (incident.first_ms, incident.uid))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[LogEntry]]:
    """Entries of a tenant with a hiding rule and a password spray."""
    folder = tmp_path_factory.mktemp("tenant")
    simulate(SimulationOptions(folder, seed=11, accounts=12, days=5, scenarios=("S7", "S14"), recipients="none"), None)
    with StandardError() as said, read_export([folder / "input"], [], said) as export:
        yield list(export.entries(said))


@pytest.fixture(scope="module")
def alone(log: list[LogEntry]) -> list[Incident]:
    """What one process finds."""
    knowledge = Knowledge(NoFacts())
    accounts = AccountEngine(account_detectors(), knowledge)
    pipeline = LocalPipeline(accounts, OrderedEntities(EntityEngine(entity_detectors(), knowledge)))
    return final({incident.uid: incident for entry in log for incident in pipeline.fold(entry)}, accounts)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_incidents_do_not_depend_on_the_partitions(log: list[LogEntry], alone: list[Incident], seed: int) -> None:
    assert any("password-spray" in incident.detectors for incident in alone)
    assert len(alone) >= 3
    assert SideBySide(seed).run(log) == alone
