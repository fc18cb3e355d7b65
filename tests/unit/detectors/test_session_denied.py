"""Failures: the password known to somebody, and what the network is told."""

from __future__ import annotations

import pytest

from detectors.engine.detector import Control
from schemas.contracts.incident import Stage
from schemas.contracts.signal import Signal
from schemas.records.event import AuditEvent
from tests.unit.detectors.session_life import Life

BAD, KNOWN = 50126, 500121


def _failure(life: Life, hours: float, place: str, error: int, client: str = "linux") -> AuditEvent:
    return life.builder.sign_in(life.at(hours), place, client, None, error=error)


def _failures(life: Life, events: list[AuditEvent]) -> list[tuple[str, int]]:
    found = [effect for effect in life.arrive(events) if isinstance(effect, Signal)]
    return [(signal.entity, signal.error) for signal in found if signal.what == "failure"]


def test_a_known_password_is_evidence_of_a_password_alone() -> None:
    life = Life()
    life.arrive([_failure(life, 9, "lagos", KNOWN)])
    [held] = life.held().values()
    assert held.value.startswith("denied:")
    assert (held.stage, held.control, held.proof, held.certain) == (Stage.ACCESS, Control.PASSWORD, False, False)
    assert held.nats == 9.0
    assert sum(reason.nats for reason in held.reasons) == pytest.approx(9.0, abs=0.02)
    assert held.sentence == (
        "The password was accepted from 197.210.1.1 (Glo Nigeria, AS37148, Lagos, NG) with Chrome on Linux,"
        " which is none of this account's known networks; the sign-in was not completed."
    )


def test_it_never_acts_however_often_it_comes() -> None:
    life = Life()
    places = ("lagos", "hosting-us", "hosting-nl", "azure", "strange-v6")
    effects = life.arrive([_failure(life, 9 + n / 10, place, KNOWN) for n, place in enumerate(places * 3)])
    assert len(life.held()) == len(places)
    assert all(isinstance(effect, Signal) for effect in effects)  # no incident


@pytest.mark.parametrize("place", ["home", "office", "home-far", "exchange", "entra"])
@pytest.mark.parametrize("client", ["pc", "axios"])
def test_known_places_and_services_are_no_evidence(place: str, client: str) -> None:
    life = Life()
    life.arrive([_failure(life, 9, place, KNOWN, client)])
    assert not life.held()


@pytest.mark.parametrize("error", [BAD, 53003, 50140, 65001])
def test_other_failures_are_no_evidence(error: int) -> None:
    life = Life()
    life.arrive([_failure(life, 9, "lagos", error)])
    assert not life.held()


def test_the_success_at_the_same_place_is_another_evidence() -> None:
    life = Life()
    life.arrive([_failure(life, 9, "lagos", KNOWN), life.builder.sign_in(life.at(9.1), "lagos", "linux", "s")])
    assert sorted(held.value.partition(":")[0] for held in life.held().values()) == ["denied", "network"]


def test_failures_of_one_class_are_told_once_in_ten_minutes() -> None:
    life = Life()
    same = [_failure(life, 9, "lagos", BAD), _failure(life, 9.05, "lagos", BAD)]
    assert len(_failures(life, same)) == 3  # address, network and agent, tenant
    assert not _failures(life, same)
    assert len(_failures(life, [_failure(life, 9.2, "lagos", BAD)])) == 3


def test_a_known_password_right_after_a_wrong_one_is_told() -> None:
    life = Life()
    events = [_failure(life, 9, "lagos", BAD), _failure(life, 9.01, "lagos", KNOWN)]
    assert [error for _, error in _failures(life, events)] == [BAD] * 3 + [KNOWN] * 3
    assert life.best() == 9.0


def test_what_was_told_survives_a_restart_without_any_success() -> None:
    life = Life(history="")
    event = _failure(life, 9, "lagos", BAD)
    assert _failures(life, [event])
    life.restart()
    assert not _failures(life, [event])


def test_failures_of_a_sealed_day_leave_nothing_behind() -> None:
    life = Life()
    life.pass_day()
    sizes: set[int] = set()
    for n, place in enumerate(("lagos", "hosting-us", "hosting-nl")):
        assert life.arrive([_failure(life, 9 + n, place, KNOWN)])
        sizes.update(len(data) for data in life.engine.states().values())
    assert len(sizes) == 1
    assert not life.held()


def _stranger(life: Life, client: str) -> float:
    found = [effect for effect in life.arrive([_failure(life, 9, "office", BAD, client)]) if isinstance(effect, Signal)]
    return found[0].stranger


def test_a_failure_tells_how_much_likelier_a_stranger_has_its_client() -> None:
    life = Life()
    assert _stranger(life, "pc") < -0.2  # a client that seven in ten use here
    assert _stranger(life, "linux") > 1.0
    assert _stranger(Life(history=""), "pc") == 0.0  # nothing is known of the account
