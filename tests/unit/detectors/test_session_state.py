"""What `impossible-session` keeps: rows of open days within bounds, and no more after a seal."""

from __future__ import annotations

import pytest

from detectors.accounts.session_codec import dump_state, load_state
from detectors.accounts.session_state import (
    ROWS_MAX,
    SESSION_DAYS,
    SESSIONS_MAX,
    Row,
    SessionState,
)
from schemas.records.event import AuditEvent
from tests.scenarios.building import DAY_MS, MINUTE_MS
from tests.unit.detectors.session_life import Life

DAY = 20_000


def _row(number: int, day: int = DAY, session: int = 0, network: int = 7) -> Row:
    at = day * DAY_MS + number * MINUTE_MS
    return Row(number + 1, at, at + MINUTE_MS, network, network + 1, 3, 4, 5, session)


def _addresses(life: Life, count: int) -> list[AuditEvent]:
    """One silent sign-in each from so many addresses of one network."""
    events = []
    for n in range(count):
        event = life.builder.sign_in(life.at(9) + n * MINUTE_MS, "home", "pc", "pc", interactive=False)
        event.ip = f"91.10.{n // 250}.{n % 250}"
        events.append(event)
    return events


def test_rows_of_a_day_are_bounded_and_a_restart_beyond_the_bound_changes_nothing() -> None:
    one, other = Life(), Life()
    events = _addresses(one, 2 * ROWS_MAX)
    strange = one.builder.sign_in(one.at(12), "hosting-nl", "linux", "pc")
    for life in (one, other):
        life.arrive(events)
    other.restart()
    more = [*events, strange, strange]
    assert one.arrive(more) == other.arrive(more)
    assert one.engine.states() == other.engine.states()
    assert one.best() >= 10.1


def test_a_sealed_day_leaves_its_values_and_no_rows() -> None:
    state = SessionState()
    state.rows[DAY] = {row.key: row for row in (_row(1), _row(2, session=9))}
    state.shown[DAY], state.failed[DAY] = {7}, {8}
    state.seal(DAY, learn=True)
    assert (state.rows, state.shown, state.failed, state.newest_ms) == ({}, {}, {}, 0)
    assert state.familiarity("network", 7) == 0.5
    assert list(state.sessions) == [9]


def test_a_day_that_is_not_learnt_leaves_nothing() -> None:
    state = SessionState()
    state.rows[DAY] = {1: _row(0, session=9)}
    state.seal(DAY, learn=False)
    assert dump_state(state) == b""


def test_neutral_rows_teach_clients_and_no_places() -> None:
    state, row = SessionState(), _row(1, session=9)
    row.kind |= 1
    state.rows[DAY] = {row.key: row}
    state.seal(DAY, learn=True)
    assert state.familiarity("agent", 4) == 0.5
    assert state.familiarity("network", 7) == state.familiarity("country", 3) == 0.0
    assert not state.sessions


def test_a_session_keeps_what_later_records_do_not_say() -> None:
    state, signed_in, silent = SessionState(), _row(1, session=9), _row(2, session=9, network=70)
    signed_in.system, signed_in.held = 3, 3
    state.rows[DAY] = {row.key: row for row in (signed_in, silent)}
    state.seal(DAY, learn=True)
    held = state.sessions[9]
    assert (held.network, held.system, held.held) == (70, 3, 3)


def test_sessions_are_forgotten_by_age_and_number() -> None:
    state = SessionState()
    for n in range(SESSIONS_MAX + 3):
        state.rows[DAY + n] = {1: _row(0, DAY + n, session=100 + n)}
        state.seal(DAY + n, learn=True)
    assert list(state.sessions) == [103 + n for n in range(SESSIONS_MAX)]
    later = DAY + SESSION_DAYS + 10
    state.rows[later] = {1: _row(0, later, session=1)}
    state.seal(later, learn=True)
    assert list(state.sessions) == [110, 111, 112, 113, 114, 1]


def test_bytes_come_back_as_they_were() -> None:
    state = SessionState()
    row = _row(3, session=9)
    row.nats, row.own_nats, row.record = 4.5, 2.25, ("id", "Sign-in", "203.0.113.9", None)
    row.trusted_on = 12
    state.rows[DAY] = {row.key: row}
    state.failed[DAY + 1] = {5, 6}
    state.shown[DAY] = {7}
    again = load_state(dump_state(state), 2)
    assert again.rows == state.rows
    assert (again.failed, again.shown, again.newest_ms) == (state.failed, state.shown, row.first_ms)


@pytest.mark.parametrize("cut", [1, 8, 20, 60])
def test_damaged_bytes_are_refused(cut: int) -> None:
    state = SessionState()
    state.rows[DAY] = {1: _row(0)}
    data = dump_state(state)
    for damaged in (data[:-cut], data + b"\0" * cut):
        with pytest.raises(ValueError, match="impossible-session"):
            load_state(damaged, 2)
