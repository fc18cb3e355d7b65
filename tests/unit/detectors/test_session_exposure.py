"""An account whose password was guessed is met at a strange place again."""

from __future__ import annotations

import pytest

from detectors.engine.account import dump_account, load_account
from detectors.engine.exposure import Exposure
from detectors.incidents.book import Held
from schemas.contracts.log import EntryKind, LogEntry
from schemas.records.event import AuditEvent, DirectoryAudit, Source
from tests.scenarios.building import ACCOUNT, TENANT
from tests.unit.detectors.session_life import DETECTORS, Life

PC_AT_HOME = "20 workdays of pc at home in one session"
A_WEEK = 7 * 24 + 6.0  # hours: its days are closed


def _lived(exposed: bool) -> Life:
    """A month at home; perhaps the password was guessed on the first day of a week that is over."""
    life = Life(PC_AT_HOME)
    life.arrive([life.builder.sign_in(life.at(9), "home", "pc", "pc")])
    if exposed:
        (state,) = life.engine.states().values()
        account, _ = load_account(state, 0, DETECTORS)
        account.exposure = Exposure(life.at(9.3), 0.3)
        life.engine.load_state(TENANT, ACCOUNT, dump_account(account, DETECTORS))
    life.pass_to(A_WEEK)
    assert not life.held()
    return life


def _later(life: Life, place: str, client: str, day: int = 7, error: int = 0) -> Held | None:
    life.arrive([life.builder.sign_in(life.at(24 * day + 9), place, client, "new", error=error)])
    return next(iter(life.held().values()), None)


def _guessed(held: Held) -> float:
    return sum(reason.nats for reason in held.reasons if reason.feature == "password_guessed")


def test_a_strange_place_after_that_is_stranger_by_the_odds() -> None:
    plain, again = _later(_lived(False), "lagos", "pc"), _later(_lived(True), "lagos", "pc")
    assert plain is not None and again is not None
    assert _guessed(plain) == 0.0 and _guessed(again) > 1.5
    assert again.nats == pytest.approx(plain.nats + _guessed(again), abs=0.1)
    assert plain.nats < 10.1 < again.nats
    assert "guessed" not in plain.sentence and "reset" not in plain.advice
    assert again.sentence.endswith(
        "; somebody may have guessed its password on 2026-02-02, and no change of it was seen since."
    )
    assert "reset its password" in again.advice


def test_it_fades() -> None:
    soon, late = (_later(_lived(True), "lagos", "pc", day) for day in (7, 60))
    assert soon is not None and late is not None
    assert _guessed(late) < _guessed(soon) - 0.2


@pytest.mark.parametrize(("place", "client"), [("home", "pc"), ("home-far", "pc"), ("exchange", "pc"), ("cell", "pc")])
def test_where_nothing_is_strange_it_adds_nothing(place: str, client: str) -> None:
    assert _later(_lived(True), place, client) is None


def test_a_known_place_with_a_new_client_is_the_owners() -> None:
    held = _later(_lived(True), "home", "linux")
    assert held is None or _guessed(held) == 0.0


def test_a_password_that_was_reset_ends_it() -> None:
    life = _lived(True)
    time_ms = life.at(24 * 7 + 8)
    uid, detail = life.builder.record_id(), DirectoryAudit()
    event = AuditEvent(
        *(Source.MANAGEMENT, uid, TENANT, time_ms, "Reset user password", "AzureActiveDirectory", "admin@home.example"),
        ok=True,
        detail=detail,
    )
    life.engine.fold(LogEntry(EntryKind.RECORD, TENANT, ACCOUNT, b"", "management", uid, "target", event=event))
    held = _later(life, "lagos", "pc")
    assert held is not None and _guessed(held) == 0.0


def test_a_password_that_was_accepted_and_no_more_stays_below_review() -> None:
    held = _later(_lived(True), "lagos", "pc", error=500121)
    assert held is not None
    assert _guessed(held) > 1.5 and held.nats == 9.0


def test_a_restart_changes_nothing() -> None:
    life, again = _lived(True), _lived(True)
    states = again.engine.states()
    again.restart()
    again.pass_to(A_WEEK)
    assert again.engine.states() == states
    one, other = _later(life, "lagos", "pc"), _later(again, "lagos", "pc")
    assert one is not None and other is not None
    assert (one.nats, one.reasons, one.sentence) == (other.nats, other.reasons, other.sentence)
