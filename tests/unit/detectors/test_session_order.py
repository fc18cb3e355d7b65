"""Arrival order, repeats and restarts: `impossible-session` says the same."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.accounts import session_continuity
from schemas.records.event import AuditEvent
from tests.scenarios.building import MINUTE_MS, Builder
from tests.unit.detectors.session_life import HISTORY, KNOWLEDGE, NO_DATA, Life

PLACES = (
    "home",
    "home-far",
    "office",
    "cell",
    "resident",
    "hosting-nl",
    "hosting-us",
    "azure",
    "lagos",
    "vpn",
    "exchange",
)
CLIENTS = ("pc", "laptop", "pc-firefox", "linux", "phone", "axios", "outlook")
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TOLERANCE_NATS = 0.5
OPEN_MINUTES = 2 * 24 * 60

sighting = st.tuples(
    st.integers(0, OPEN_MINUTES - 1),
    st.sampled_from(PLACES),
    st.sampled_from(CLIENTS),
    st.sampled_from(("pc", "pc", "fresh", None)),
    st.sampled_from(("signin", "silent", "claim", "act", "bare act", "denied")),
)
sightings = st.lists(sighting, min_size=2, max_size=9, unique_by=lambda drawn: drawn[0])


def _events(start_ms: int, drawn: list[tuple[int, str, str, str | None, str]]) -> list[AuditEvent]:
    builder, events = Builder(), []
    for minute, place, client, session, kind in drawn:
        at = start_ms + minute * MINUTE_MS
        if kind.endswith("act"):
            events.append(builder.act(at, place, client if kind == "act" else None, session, "FileAccessed"))
        else:
            error = 50074 if kind == "denied" else 0
            silent = kind in ("silent", "claim")
            events.append(
                builder.sign_in(at, place, client, session, interactive=not silent, claim=kind == "claim", error=error)
            )
    return events


def _best(life: Life) -> dict[tuple[str, int], float]:
    return {key: held.nats for key, held in life.held().items()}


@given(sightings, st.randoms(use_true_random=False))
@QUICK
def test_any_order_of_arrival_finds_the_same(drawn, random) -> None:  # type: ignore[no-untyped-def]
    """Of terms that add. What takes off (a companion in the country) can only do so from what came before it."""
    one, other = Life(), Life()
    events = _events(one.start_ms, drawn)
    with patch.object(session_continuity, "COMPANION_NATS", 0.0):
        one.arrive(sorted(events, key=lambda event: event.time_ms))
        random.shuffle(events)
        other.arrive(events)
    ordered, shuffled = _best(one), _best(other)
    assert ordered.keys() == shuffled.keys()
    for key, nats in ordered.items():
        assert abs(nats - shuffled[key]) <= TOLERANCE_NATS, (key, nats, shuffled[key])


@given(sightings)
@QUICK
def test_records_delivered_again_change_no_finding(drawn) -> None:  # type: ignore[no-untyped-def]
    one, other = Life(), Life()
    events = _events(one.start_ms, drawn)
    one.arrive(events)
    other.arrive([*events, *events])
    assert _best(one) == _best(other)
    assert [held.peak.uid for held in one.held().values()] == [held.peak.uid for held in other.held().values()]


@given(
    sightings, st.integers(0, 9), st.booleans(), st.sampled_from((KNOWLEDGE, NO_DATA)), st.sampled_from((HISTORY, ""))
)
@QUICK
def test_a_restart_at_any_point_changes_nothing(drawn, place, sealed, knowledge, history) -> None:  # type: ignore[no-untyped-def]
    one, other = Life(history, knowledge), Life(history, knowledge)
    events = _events(one.start_ms, drawn)
    for life in (one, other):
        life.arrive(events[:place])
    other.restart()
    assert one.engine.states() == other.engine.states()
    later = [replace(event, time_ms=event.time_ms + 7) for event in events]
    assert one.arrive([*events[place:], *later]) == other.arrive([*events[place:], *later])
    if sealed:
        one.pass_day()
        other.pass_day()
    assert one.engine.states() == other.engine.states()
