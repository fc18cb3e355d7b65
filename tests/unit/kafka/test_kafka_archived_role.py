"""Records that are only archived leave no trace in an engine."""

from __future__ import annotations

from dataclasses import replace

from detectors.engine.account_engine import AccountEngine
from detectors.engine.knowledge import Knowledge
from detectors.registry import account_detectors
from schemas.contracts.log import ARCHIVED, EntryKind, LogEntry
from tests.unit.collectors.conftest import NINE, entries, management, signin
from tests.unit.kafka.test_kafka_names import NoFacts

HOUR_MS = 3_600_000


def engine() -> AccountEngine:
    return AccountEngine(account_detectors(), Knowledge(NoFacts()))


def log() -> list[LogEntry]:
    records = [signin(f"s{number}", NINE + number * HOUR_MS) for number in range(60)]
    return entries([*records, *(management(f"m{number}", NINE + number * HOUR_MS) for number in range(60))])


def test_archived_records_change_neither_states_nor_effects() -> None:
    plain, mixed = engine(), engine()
    expected = [str(effect) for entry in log() for effect in plain.fold(entry)]
    found: list[str] = []
    for entry in log():
        if entry.kind is EntryKind.RECORD:
            for value in (entry.value, b"{"):
                assert mixed.fold(replace(entry, role=ARCHIVED, value=value, event=None)) == []
        found += [str(effect) for effect in mixed.fold(entry)]
    assert found == expected
    assert mixed.states() == plain.states()


def test_a_tenant_of_which_only_archived_records_came_is_unknown() -> None:
    alone = engine()
    for entry in log():
        alone.fold(replace(entry, kind=EntryKind.RECORD, role=ARCHIVED))
    assert alone.states() == {}
