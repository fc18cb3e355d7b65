"""Changes written and read back at any moment: the engines go on as if nothing had happened."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from detectors.engine.account_engine import AccountEngine
from schemas.contracts.log import LogEntry
from tests.unit.engine.durable_run import Engines, fresh, practice_entries

RESTARTS = 40


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> list[LogEntry]:
    """A small tenant under every attack, with a clock each hour."""
    return practice_entries(tmp_path_factory.mktemp("practice"), 8, 4)


@pytest.fixture(scope="module")
def undisturbed(entries: Sequence[LogEntry]) -> Engines:
    """Folded without a restart."""
    engines = Engines()
    for entry in entries:
        engines.fold(entry)
    return engines


def test_restarts_at_random_entries_change_no_effect_and_no_state(
    entries: Sequence[LogEntry], undisturbed: Engines
) -> None:
    chance = random.Random(1)
    cuts = set(chance.sample(range(len(entries)), RESTARTS))
    engines = Engines()
    for place, entry in enumerate(entries):
        if place in cuts:
            engines.restart(chance)
        engines.fold(entry)
    assert any(told.startswith(b'{"activity_id":1') for told in undisturbed.told)
    assert engines.told == undisturbed.told
    assert engines.accounts.snapshot() == undisturbed.accounts.snapshot()
    assert engines.entities.snapshot() == undisturbed.entities.snapshot()
    assert engines.accounts.damaged == engines.entities.damaged == 0


def test_the_sum_of_all_changes_is_the_snapshot(entries: Sequence[LogEntry], undisturbed: Engines) -> None:
    engines, chance = Engines(), random.Random(3)
    for entry in entries:
        engines.fold(entry)
        if chance.random() < 0.02:
            engines.save()
    engines.save()
    assert engines.store["accounts"] == undisturbed.accounts.snapshot()
    assert engines.store["entities"] == undisturbed.entities.snapshot()


def test_what_was_read_back_is_what_was_written(undisturbed: Engines) -> None:
    accounts, entities = fresh()
    for former, engine in ((undisturbed.accounts, accounts), (undisturbed.entities, entities)):
        engine.restore(former.snapshot().items())
        assert engine.snapshot() == former.snapshot()


def test_without_an_entry_nothing_changes(undisturbed: Engines) -> None:
    accounts, entities = fresh()
    accounts.restore(undisturbed.accounts.snapshot().items())
    entities.restore(undisturbed.entities.snapshot().items())
    assert (accounts.changed(), entities.changed()) == ({}, {})


def test_an_entry_changes_its_account_and_its_share_of_the_day_only(
    entries: Sequence[LogEntry], undisturbed: Engines
) -> None:
    accounts, _ = fresh()
    accounts.restore(undisturbed.accounts.snapshot().items())
    last = next(entry for entry in reversed(entries) if "@" in entry.account)
    accounts.fold(last)
    changed = accounts.changed()
    registers = [key for key in changed if b"|\xff" in key]
    assert last.key in changed
    assert len(changed) - len(registers) == 1 and len(registers) <= 1


def test_damaged_registers_start_anew_and_are_counted(undisturbed: Engines) -> None:
    whole, chance = undisturbed.accounts.snapshot(), random.Random(4)
    registers = sorted(key for key in whole if b"|\xff" in key)
    for key in chance.sample(registers, min(30, len(registers))) + [key for key in registers if b"share" not in key]:
        accounts, _ = fresh()
        accounts.restore([(key, whole[key][:-3])])
        assert accounts.damaged == 1
        flipped = bytearray(whole[key])
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        fresh()[0].restore([(key, bytes(flipped))])


def test_a_tenant_that_is_forgotten_leaves_nothing(undisturbed: Engines) -> None:
    accounts, entities = fresh()
    accounts.restore(undisturbed.accounts.snapshot().items())
    entities.restore(undisturbed.entities.snapshot().items())
    accounts.forget_tenant("tenant")
    entities.forget_tenant("tenant")
    assert accounts.snapshot() == entities.snapshot() == {}
    assert (accounts.changed(), entities.changed()) == ({}, {})


def test_an_account_named_like_a_register_is_an_account() -> None:
    accounts: AccountEngine = fresh()[0]
    accounts.restore([(b"tenant|clock", b"WP\x01")])
    assert accounts.damaged == 0
    assert list(accounts.states()) == [b"tenant|clock"]
