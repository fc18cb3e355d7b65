"""What takes off: a newsletter's weekly hour, and the owner's other device in the same country."""

from __future__ import annotations

from dataclasses import replace

from detectors.accounts.send_state import BUCKETS_A_DAY, SendState
from detectors.accounts.session_continuity import COMPANION_NATS, continuity
from detectors.accounts.session_state import Row, SessionState
from detectors.models.categories import CategoryNovelty

DAY = 20_000


def held(hour: int, count: int) -> SendState:
    state, hours = SendState(), [0] * 24
    hours[hour] = count
    state.held[DAY] = [hours, hours, hours]
    return state


def test_the_same_hour_a_week_later_is_a_rhythm() -> None:
    state = held(10, 2000)
    at = (DAY + 7) * BUCKETS_A_DAY
    assert state.week_before(1, at + 11 * 12, 2500, False)
    assert not state.week_before(1, at + 11 * 12, 9000, False)  # far more than a week before
    assert not state.week_before(1, at + 15 * 12, 2500, False)  # another time of the day
    assert not state.week_before(1, at - BUCKETS_A_DAY + 11 * 12, 2500, False)  # another day of the week
    assert state.week_before(1, at + BUCKETS_A_DAY + 9 * 12, 2500, True)  # the whole day's window, next morning


def row(**changes: int) -> Row:
    plain = Row(1, 10_000_000, 10_600_000, 7, 7, 33, 5, 0, 1, 1)
    return replace(plain, **changes)


def with_phone(**changes: int) -> list[str]:
    state = SessionState()
    agents = state.models["agent"] = CategoryNovelty(4)
    for minute in (0, 30 * 60):
        agents.learn_one({"value": 9, "time_ms": minute * 60_000})
    strange, phone = row(), row(key=2, network=8, wide=8, agent=9, session=2, system=3)
    state.rows[DAY] = {1: strange, 2: replace(phone, **changes)}
    return [reason.feature for reason in continuity(state, strange, 0.0, 6.0).reasons if reason.nats == COMPANION_NATS]


def test_a_known_phone_in_the_new_country_is_a_companion() -> None:
    assert with_phone() == ["companion"]


def test_no_companion_elsewhere_in_the_same_session_or_unknown() -> None:
    assert with_phone(country=34) == []
    assert with_phone(session=1) == []
    assert with_phone(agent=10) == []
    assert with_phone(network=7, wide=7) == []
