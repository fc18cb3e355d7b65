"""Each term of `impossible-session` by itself: there when it should be, and not otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detectors.accounts.session_continuity import same_place
from detectors.accounts.session_evidence import familiarity
from detectors.accounts.session_state import Row, SessionState
from detectors.engine.detector import HOUR_MS, Context
from detectors.engine.knowledge import Knowledge
from detectors.probe import NoFacts
from schemas.contracts.profile import Profile
from schemas.records.event import AuditEvent
from tests.unit.detectors.session_life import Life

PC_AT_HOME = "20 workdays of pc at home in one session"
LAPTOP = "20 workdays of laptop at home in one session"


def _terms(life: Life, address: str) -> dict[tuple[str, str], float]:
    """Reasons of the evidence whose peak came from this address, by feature and observation."""
    for held in life.held().values():
        if held.peak.ip == address:
            return {(reason.feature, reason.observed): reason.nats for reason in held.reasons}
    return {}


def _alone(history: str, place: str, client: str, session: str | None = None, claim: bool = False) -> Life:
    life = Life(history)
    life.arrive([life.builder.sign_in(life.at(9), place, client, session, claim=claim)])
    return life


def _feature(life: Life, address: str, feature: str) -> float:
    return sum(nats for (name, _), nats in _terms(life, address).items() if name == feature)


def test_the_network_is_known_in_either_spelling() -> None:
    base = Row(1, 0, 0, 7, 8, 0, 0, 0, 0)
    assert same_place(base, replace(base, wide=9))
    assert same_place(base, replace(base, network=9))
    assert not same_place(base, replace(base, network=9, wide=9))
    assert not same_place(replace(base, network=0, wide=0), replace(base, network=0, wide=0))


@pytest.mark.parametrize(("place", "other"), [("home-far", "office"), ("home-renewed", "office")])
def test_churn_within_the_network_does_not_move_a_session(place: str, other: str) -> None:
    churned, moved = Life(PC_AT_HOME), Life(PC_AT_HOME)
    for life, at in ((churned, place), (moved, other)):
        life.arrive([life.builder.sign_in(life.at(9), at, "linux", "pc")])
    said = [held.sentence for held in churned.held().values()]
    assert said
    assert all("elsewhere" not in text for text in said)
    assert any("elsewhere" in held.sentence for held in moved.held().values())


def test_a_managed_device_speaks_for_its_owner() -> None:
    without, managed = _alone(PC_AT_HOME, "lagos", "pc", "t").best(), _alone(PC_AT_HOME, "lagos", "laptop", "t").best()
    assert without - managed == pytest.approx(3.0, abs=0.01)


def test_the_accounts_own_device_speaks_for_it_more() -> None:
    own, new = _alone(LAPTOP, "lagos", "laptop", "t").best(), _alone(LAPTOP, "lagos", "new-laptop", "t").best()
    assert new - own == pytest.approx(2.0, abs=0.01) or (own == 0.0 and new > 2.5)


def test_no_device_where_one_is_usual() -> None:
    life = _alone(LAPTOP, "lagos", "pc", "t")
    assert _terms(life, "197.210.1.1")[("device", "no registered device")] == 1.0
    assert _feature(_alone(PC_AT_HOME, "lagos", "pc", "t"), "197.210.1.1", "device") == 0.0


def test_a_script() -> None:
    assert _terms(_alone(PC_AT_HOME, "lagos", "axios"), "197.210.1.1")[("user_agent", "a script (axios)")] == 2.0


def test_the_class_of_network() -> None:
    strange = {place: _alone(PC_AT_HOME, place, "linux") for place in ("cafe", "strange-v6", "cell-2")}
    nats = {
        place: max(h.reasons, key=lambda r: r.feature == "network").nats
        for place, life in strange.items()
        for h in life.held().values()
    }
    assert nats["strange-v6"] - nats["cafe"] == pytest.approx(1.5, abs=0.01)
    assert nats["cell-2"] - nats["cafe"] == pytest.approx(-1.5, abs=0.01)


def test_a_second_factor_by_claim_counts_in_a_session_that_moved() -> None:
    for claim, session, expected in ((True, "pc", 1.0), (False, "pc", 0.0), (True, "t", 0.0)):
        life = _alone(PC_AT_HOME, "hosting-nl", "pc", session, claim)
        assert _feature(life, "185.10.68.1", "second_factor") == expected


def test_a_claim_that_comes_later_counts_too() -> None:
    life = _alone(PC_AT_HOME, "hosting-nl", "pc", "pc")
    life.arrive([life.builder.sign_in(life.at(9), "hosting-nl", "pc", "pc", claim=True)])
    assert _feature(life, "185.10.68.1", "second_factor") == 1.0


def test_a_country_that_colleagues_visit_says_less() -> None:
    rare, visited = _alone(PC_AT_HOME, "lagos", "pc", "t"), _alone(PC_AT_HOME, "hotel", "pc", "t")
    assert _feature(rare, "197.210.1.1", "country") > _feature(visited, "85.240.1.1", "country") + 0.4


def _with_home(client: str, *later: tuple[float, str, str]) -> Life:
    life = Life(PC_AT_HOME)
    steps = [(9.0, "home", client), *later]
    life.arrive(life.builder.sign_in(life.at(hours), place, name, "s") for hours, place, name in steps)
    return life


def test_another_browser_in_the_session() -> None:
    life = _with_home("pc", (9.2, "hosting-nl", "pc-edge"))
    assert _terms(life, "185.10.68.1")[("session", "changed its browser")] == 3.0
    for client in ("outlook", "teams"):
        life = _with_home("pc", (9.2, "hosting-nl", client))
        assert ("session", "changed its browser") not in _terms(life, "185.10.68.1")


def test_a_known_client_at_a_known_place_is_not_accused_of_the_intruders() -> None:
    life = Life("20 workdays of pc at home, office")
    events = [
        life.builder.sign_in(life.at(9), "home", "linux", "s"),
        life.builder.sign_in(life.at(9.5), "office", "pc", "s"),
    ]
    life.arrive(events)
    assert all(held.peak.ip != "198.51.100.7" for held in life.held().values())


def test_a_new_client_at_home_is_not_accused_of_what_came_from_elsewhere() -> None:
    life = _with_home("pc-firefox", (8.0, "hosting-nl", "linux"))
    terms = _terms(life, "91.10.4.20")
    assert ("session", "changed its operating system") not in terms


def test_another_system_is_certain_also_when_the_owners_record_comes_later() -> None:
    life = Life(PC_AT_HOME)
    stolen = life.builder.sign_in(life.at(9.5), "hosting-nl", "linux", "s")
    owner = life.builder.sign_in(life.at(9), "home", "pc", "s")
    life.arrive([stolen])
    assert not any(held.certain for held in life.held().values())
    life.arrive([owner])
    [held] = [held for held in life.held().values() if held.peak.uid == stolen.record_id]
    assert held.certain
    assert held.nats >= 14.7


def test_an_earlier_record_of_the_owner_shows_use_by_turns() -> None:
    life = Life(PC_AT_HOME)
    records = [(10.0, "home"), (9.5, "hosting-nl"), (9.0, "home")]  # the last one arrives late
    life.arrive(life.builder.sign_in(life.at(hours), place, "pc", "s") for hours, place in records)
    assert ("session", "used by turns at two networks") in _terms(life, "185.10.68.1")


def test_yesterdays_session_remembers_its_network_system_and_device() -> None:
    moved = _alone(LAPTOP, "resident", "linux", "laptop")
    terms = _terms(moved, "188.104.3.3")
    assert ("session", "continued from another network") in terms
    assert terms[("session", "changed its operating system")] == 6.0
    assert terms[("device", "none, the session began on a managed one")] == 3.0
    fresh = _terms(_alone(LAPTOP, "resident", "linux", "other"), "188.104.3.3")
    assert all(feature not in ("session",) for feature, _ in fresh)


def test_a_silent_sign_in_of_a_service_does_not_hide_a_person_at_the_same_address() -> None:
    life = Life(PC_AT_HOME)

    def come(interactive: bool) -> AuditEvent:
        return life.builder.sign_in(life.at(9), "azure", "pc", "s", interactive=interactive)

    life.arrive([come(False)])
    assert life.best() == 0.0
    life.arrive([come(True)])
    assert life.best() > 5.0


def test_in_the_first_days_a_place_of_the_same_day_is_half_known() -> None:
    life, other = Life("2 days of pc at office"), Life("2 days of pc at office")
    steps = [(8.0, "office", "pc", "a"), (9.0, "cafe", "pc", "b"), (12.0, "cafe", "axios", "c")]
    for who, chosen in ((life, steps), (other, [steps[0], steps[2]])):
        who.arrive(who.builder.sign_in(who.at(h), place, client, session) for h, place, client, session in chosen)
    assert life.best() < other.best()


@pytest.mark.parametrize(
    ("nats", "hours", "sealed_days", "expected"),
    [(4.0, 2.0, 2, 0.5), (6.0, 2.0, 2, 0.0), (4.0, 0.5, 2, 0.0), (4.0, 2.0, 7, 0.0)],
)
def test_in_the_first_days_a_grave_place_stays_strange_and_so_does_one_just_met(
    nats: float, hours: float, sealed_days: int, expected: float
) -> None:
    state, base = SessionState(), Row(1, 0, 0, 7, 8, 0, 0, 0, 0)
    earlier, row = replace(base, nats=nats), replace(base, key=2, first_ms=round(hours * HOUR_MS))
    state.rows[0] = {1: earlier, 2: row}
    context = Context(Knowledge(NoFacts()), Profile("t", -1), sealed_days=sealed_days)
    assert familiarity(state, row, context) == expected
