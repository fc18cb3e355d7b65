"""States that rest as bytes: nothing that is told or written depends on when they do."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from detectors.engine import account_states
from detectors.engine.account import Account, load_account
from detectors.engine.account_engine import AccountEngine
from detectors.engine.detector import Detector
from detectors.engine.entity_engine import EntityEngine
from detectors.engine.envelope import Section, open_envelope, seal_envelope
from detectors.engine.knowledge import Knowledge
from detectors.engine.signal_order import OrderedEntities
from detectors.incidents.book import QUIET_MS
from detectors.probe import NoFacts
from detectors.registry import entity_detectors
from schemas.contracts.log import LogEntry
from schemas.contracts.signal import Signal, Watermark
from tests.unit.engine.durable_run import Engines, practice_entries
from tests.unit.engine.told_detector import ADA, TENANT, Hand, Told, at, incidents

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> Sequence[LogEntry]:
    """Four days of eight accounts."""
    return practice_entries(tmp_path_factory.mktemp("practice"), 8, 4)


def success(ip: str, time_ms: int) -> Signal:
    """Somebody came in from an address."""
    return Signal(TENANT, "network", ip, ADA, "success", time_ms, f"r{ip}", "entra", "UserLoggedIn", ip, 0)


def live(engines: Engines) -> int:
    """Accounts whose state is live."""
    return sum(len(tenant.people) for tenant in engines.accounts._tenants.values())


def test_resting_at_random_entries_changes_no_effect_and_no_state(entries: Sequence[LogEntry]) -> None:
    chance, undisturbed, engines = random.Random(2), Engines(), Engines()
    fewest = 99
    for entry in entries:
        undisturbed.fold(entry)
        engines.fold(entry)
        if chance.random() < 0.03:
            if chance.random() < 0.8:
                engines.save()
            engines.accounts.rest()
            engines.entities.rest()
            fewest = min(fewest, live(engines))
    engines.save()
    assert fewest < live(undisturbed)
    assert engines.told == undisturbed.told
    assert engines.accounts.snapshot() == engines.store["accounts"] == undisturbed.accounts.snapshot()
    assert engines.entities.snapshot() == engines.store["entities"] == undisturbed.entities.snapshot()


def test_what_is_restored_rests_until_an_entry_needs_it(
    entries: Sequence[LogEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    engines, chance = Engines(), random.Random(5)
    for entry in entries:
        engines.fold(entry)
    loaded: list[int] = []

    def counted(data: bytes, number: int, detectors: tuple[Detector[Any], ...]) -> tuple[Account, int]:
        loaded.append(number)
        return load_account(data, number, detectors)

    monkeypatch.setattr(account_states, "load_account", counted)
    engines.restart(chance)
    assert loaded == [] and live(engines) == 0
    last = next(entry for entry in reversed(entries) if "@" in entry.account)
    for _ in range(2):
        engines.accounts.fold(last)
    assert len(loaded) == live(engines) == 1


def test_what_has_not_been_written_does_not_rest() -> None:
    hand = Hand()
    hand.record(at(0), Told(4.0))
    before = hand.state()
    hand.engine.rest()
    hand.engine.rest()
    assert hand.state() == before


def test_what_was_touched_since_the_last_rest_goes_on() -> None:
    hand = Hand()
    hand.record(at(0), Told(4.0))
    hand.engine.changed()
    hand.engine.rest()
    (tenant,) = hand.engine._tenants.values()
    assert list(tenant.people) == [ADA]
    hand.engine.rest()
    assert not tenant.people and list(hand.engine.states()) == [f"{TENANT}|{ADA}".encode()]


def test_an_incident_of_an_account_that_rests_stands_and_ends() -> None:
    straight, rested = Hand(), Hand()
    for hand in (straight, rested):
        hand.record(at(0), Told(11.0))
        hand.clock(at(0, 12))
        hand.engine.changed()
    for _ in range(2):
        rested.engine.rest()
    assert rested.engine.standing() == straight.engine.standing() != []
    for _ in range(2):
        rested.engine.rest()
    over = at(0) + QUIET_MS + 2 * HOUR_MS
    (closed,) = incidents(rested.clock(over))
    assert closed.activity == "close" and [closed] == incidents(straight.clock(over))
    assert rested.engine.snapshot() == straight.engine.snapshot()


def test_damage_of_an_account_that_rests_is_counted_when_it_is_needed() -> None:
    hand, after = Hand(), Hand()
    hand.record(at(0), Told(4.0))
    sections = [Section(one.number, one.version, one.data[:1]) for one in open_envelope(hand.state())]
    (number,) = (detector.info.number for detector in hand.detectors)
    broken = [
        one if one.number == number else whole for one, whole in zip(sections, open_envelope(hand.state()), strict=True)
    ]
    after.engine.restore([(f"{TENANT}|{ADA}".encode(), seal_envelope(broken))])
    assert after.engine.damaged == 0
    for hour in (9, 10):
        after.record(at(1, hour), Told(1.0))
    assert after.engine.damaged == 1


def test_damaged_evidence_is_counted_at_once() -> None:
    engine: AccountEngine = Hand().engine
    engine.restore(
        [(f"{TENANT}|{ADA}".encode(), b"XX"), (f"{TENANT}|bob".encode(), seal_envelope([Section(2, 1, b"no")]))]
    )
    assert engine.damaged == 2


def test_networks_that_rest_are_forgotten_in_their_time() -> None:
    def engine() -> OrderedEntities:
        return OrderedEntities(EntityEngine(entity_detectors(), Knowledge(NoFacts())))

    straight, rested = engine(), engine()
    for each in (straight, rested):
        for number in range(3):
            each.fold(success(f"192.0.2.{number}", at(0)))
        each.fold(Watermark(TENANT, 0, 1, at(0, 23)))
        each.changed()
    for _ in range(2):
        rested.rest()
    assert not rested._engine._entities and rested.snapshot() == straight.snapshot()
    for each in (straight, rested):
        each.fold(success("198.51.100.1", at(5)))
        each.fold(Watermark(TENANT, 0, 1, at(6)))
    changes = straight.changed()
    assert list(changes.values()).count(None) == 3
    assert rested.changed() == changes and rested.snapshot() == straight.snapshot()
