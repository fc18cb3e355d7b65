"""Accounts and bytes of a partition, from what changed: the same as counting everything."""

from __future__ import annotations

from collections import Counter

import pytest

from detectors.engine.account_engine import AccountEngine
from detectors.engine.knowledge import Knowledge
from detectors.probe import NoFacts
from detectors.registry import account_detectors
from schemas.contracts.incident import Activity, Incident, Tier
from schemas.contracts.log import LogEntry
from schemas.contracts.ocsf import encode_ocsf
from streams.drivers.kafka.held_states import MEASURE_SECONDS, REGISTER, REST_SECONDS, HeldStates
from streams.drivers.kafka.told_incidents import ToldIncidents
from tests.unit.engine.durable_run import practice_entries
from tests.unit.live.fakes import FakeClock
from tests.unit.sinks.conftest import incident


class Seconds:
    """A monotonic clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> list[LogEntry]:
    return practice_entries(tmp_path_factory.mktemp("practice"), 6, 3, clock_minutes=240)


def engine() -> AccountEngine:
    return AccountEngine(account_detectors(), Knowledge(NoFacts()))


def test_the_sums_are_those_of_the_snapshot_and_resting_changes_no_message(entries: list[LogEntry]) -> None:
    plain, measured, told, seconds = engine(), engine(), ToldIncidents(FakeClock()), Seconds()
    held, alerts, undisturbed = HeldStates(measured, seconds), list[bytes](), list[bytes]()
    rested = False
    for number, entry in enumerate(entries):
        undisturbed += [encode_ocsf(effect) for effect in plain.fold(entry) if isinstance(effect, Incident)]
        for effect in measured.fold(entry):
            if isinstance(effect, Incident):
                told.keep(effect)
                alerts.append(encode_ocsf(effect))
        seconds.now += REST_SECONDS / 100
        if number % 50 == 0 and held.due():
            rows = held.measure(told)
            rested |= any(tenant.saved.keys() - tenant.people.keys() for tenant in measured._tenants.values())
    seconds.now += MEASURE_SECONDS
    (row,) = held.measure(told)
    snapshot = plain.snapshot()
    accounts = [key for key in snapshot if not key.partition(b"|")[2].startswith(REGISTER)]
    assert rested and rows
    assert (row.accounts, row.states_bytes) == (len(accounts), sum(map(len, snapshot.values())))
    assert alerts == undisturbed != []
    assert row.open_review + row.open_act == len(plain.standing()) > 0


def test_it_is_measured_now_and_then(entries: list[LogEntry]) -> None:
    held, seconds = HeldStates(engine(), (time := Seconds())), MEASURE_SECONDS
    assert held.due()
    held.measure(ToldIncidents(FakeClock()))
    time.now = seconds - 0.1
    assert not held.due()
    time.now = seconds
    assert held.due()


def test_open_incidents_are_counted_by_their_last_tier() -> None:
    told = ToldIncidents(FakeClock())
    told.keep(incident(uid="a"))
    told.keep(incident(uid="b"))
    told.keep(incident(uid="b", tier=Tier.ACT, activity=Activity.UPDATE))
    told.keep(incident(uid="c"))
    told.keep(incident(uid="c", activity=Activity.CLOSE))
    assert told.open() == {"plain": Counter({Tier.REVIEW: 1, Tier.ACT: 1})}
