"""A place that was accused and from which nothing followed is met, and never more than met by being accused."""

from __future__ import annotations

import pytest

from detectors.accounts.session_codec import dump_state, load_state
from detectors.accounts.session_state import PARDON_DAYS, SUSPECTS_MAX, Row, SessionState
from detectors.engine.detector import Accused
from schemas.contracts.incident import Activity, Incident
from tests.scenarios.building import DAY_MS, MINUTE_MS
from tests.unit.detectors.session_life import Life

DAY = 20_000
OWN, STRANGE, COUNTRY = 7, 70, 71


def _row(day: int, network: int = OWN, country: int = 3) -> Row:
    at = day * DAY_MS + MINUTE_MS
    return Row(network, at, at + MINUTE_MS, network, network + 1, country, 4, 5, 0)


def _seal(state: SessionState, day: int, row: Row, learn: bool = True, accused: Accused = Accused.NOTHING) -> None:
    state.rows[day] = {row.key: row}
    state.seal(day, learn, accused)


def _accused_once() -> SessionState:
    state = SessionState()
    for day in range(DAY - 20, DAY):
        _seal(state, day, _row(day))
    _seal(state, DAY, _row(DAY, STRANGE, COUNTRY), learn=False, accused=Accused.PLACES)
    return state


def test_it_is_met_once_the_incident_is_over_and_not_before() -> None:
    state = _accused_once()
    for day in range(DAY + 1, DAY + PARDON_DAYS):
        _seal(state, day, _row(day))
        assert state.familiarity("network", STRANGE) == 0.0
    _seal(state, DAY + PARDON_DAYS, _row(DAY + PARDON_DAYS))
    assert state.familiarity("network", STRANGE) == state.familiarity("country", COUNTRY) == 0.5
    assert not state.suspects


def test_accused_again_and_again_it_is_met_and_never_known() -> None:
    state = _accused_once()
    for again in range(1, 6):
        day = DAY + again * 10
        _seal(state, day - 1, _row(day - 1))
        _seal(state, day, _row(day, STRANGE, COUNTRY), learn=False, accused=Accused.PLACES)
    _seal(state, DAY + 60, _row(DAY + 60))
    assert state.familiarity("network", STRANGE) == 0.5


def test_an_ordinary_visit_after_it_makes_it_known() -> None:
    state = _accused_once()
    _seal(state, DAY + 8, _row(DAY + 8, STRANGE, COUNTRY))
    assert state.familiarity("network", STRANGE) == 1.0


def test_where_more_was_done_nothing_is_pardoned() -> None:
    state = _accused_once()
    _seal(state, DAY + 1, _row(DAY + 1, STRANGE, COUNTRY), learn=False, accused=Accused.ACTS)
    _seal(state, DAY + 30, _row(DAY + 30))
    assert state.familiarity("network", STRANGE) == 0.0


def test_a_day_lost_to_a_gap_changes_nothing() -> None:
    state = _accused_once()
    _seal(state, DAY + 1, _row(DAY + 1), learn=False)
    assert state.suspects
    _seal(state, DAY + 9, _row(DAY + 9))
    assert state.familiarity("network", STRANGE) == 0.5


def test_bytes_and_back() -> None:
    state = _accused_once()
    again = load_state(dump_state(state), 2)
    assert (again.suspects, again.accused_on) == (state.suspects, state.accused_on)
    assert dump_state(again) == dump_state(state)
    _seal(state, DAY + 9, _row(DAY + 9))
    _seal(again, DAY + 9, _row(DAY + 9))
    assert dump_state(again) == dump_state(state)
    damaged = bytearray(dump_state(_accused_once()))
    damaged[-9] = 200
    with pytest.raises(ValueError, match="damaged"):
        load_state(bytes(damaged), 2)


def test_they_are_bounded() -> None:
    state = _accused_once()
    for number in range(100, 160):
        _seal(state, DAY + 1, _row(DAY + 1, number, number), learn=False, accused=Accused.PLACES)
    assert len(state.suspects) == SUSPECTS_MAX


def _visit(life: Life, day: int) -> list[Incident]:
    """Signed in from abroad at noon of the n-th day, the days between lived at home; the incidents that this opens."""
    effects = life.arrive([life.builder.sign_in(life.at(24 * day + 12), "hotel", "linux", f"trip-{day}")])
    for ahead in range(1, PARDON_DAYS + 4):
        life.pass_to(24 * (day + ahead) + 6)
        at_home = life.at(24 * (day + ahead) + 9)
        effects += life.arrive([life.builder.sign_in(at_home, "home", "pc", "pc")])
    return [found for found in effects if isinstance(found, Incident) and found.activity is Activity.CREATE]


def test_the_same_journey_opens_one_incident_not_one_each_time() -> None:
    life = Life()
    assert len(_visit(life, 0)) == 1
    assert [len(_visit(life, day)) for day in (14, 28)] == [0, 0]
