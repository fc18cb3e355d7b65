"""Clock, sealing, ledger, profile, gaps, late records."""

from __future__ import annotations

import pytest

from schemas.contracts.log import EntryKind, LogEntry, MalformedEntry
from schemas.contracts.profile import Profile
from tests.unit.engine.told_detector import ADA, DAY, TENANT, Hand, Told, at, contributions, incidents

BOB = "bob@home.example"


def test_a_day_is_sealed_when_the_clock_passes_six() -> None:
    hand = Hand()
    hand.record(at(0))
    hand.clock(at(1, 5.99))
    hand.record(at(1, 7))
    assert hand.learnt().days == []
    hand.clock(at(1, 6))
    assert hand.learnt().days == []  # an account learns at its own next entry
    hand.record(at(1, 8))
    assert hand.learnt().days == [DAY]


def test_only_days_with_own_acts_are_learnt_in_order() -> None:
    hand = Hand()
    hand.record(at(2))
    hand.record(at(0))
    hand.record(at(1), role="target")
    hand.clock(at(9, 6))
    hand.record(at(9, 7))
    assert hand.learnt().days == [DAY, DAY + 2]


def test_a_clock_that_is_not_greater_changes_nothing() -> None:
    hand = Hand()
    hand.record(at(0))
    assert contributions(hand.clock(at(1, 6)))
    assert hand.clock(at(1, 6)) == []
    assert hand.clock(at(0, 6)) == []


def test_a_close_sends_one_contribution_per_day_empty_ones_too() -> None:
    hand = Hand()
    hand.record(at(0))
    hand.record(at(0), account=BOB)
    first = contributions(hand.clock(at(1, 6)))
    assert [(item.day, item.people, item.popularity) for item in first] == [(DAY, 2, {"agent": {"browser": 2}})]
    later = contributions(hand.clock(at(4, 6)))
    assert [(item.day, item.people) for item in later] == [(DAY + 1, 0), (DAY + 2, 0), (DAY + 3, 0)]


def test_what_reached_act_is_no_noise_to_set_thresholds_by() -> None:
    hand = Hand()
    hand.record(at(0), Told(15.0))
    (closed,) = contributions(hand.clock(at(1, 6)))
    assert closed.maxima == {}


def test_who_has_an_open_incident_does_not_vote() -> None:
    hand = Hand()
    hand.record(at(0))
    hand.record(at(0), account=BOB)
    hand.record(at(0, 13), Told(14.0))
    (closed,) = contributions(hand.clock(at(1, 6)))
    assert closed.people == 1 and closed.popularity == {"agent": {"browser": 1}}
    assert closed.maxima == {"56": 1}  # the quantile needs the tail
    hand.record(at(1, 7))
    assert contributions(hand.clock(at(2, 6)))[0].people == 0
    hand.clock(at(3, 15))  # 72 h after the evidence: the incident is closed
    hand.record(at(4, 7))
    assert contributions(hand.clock(at(5, 6)))[-1].people == 1


def test_an_open_incident_read_back_from_bytes_does_not_vote_and_closes() -> None:
    before, hand = Hand(), Hand()
    before.record(at(0), Told(15.0))
    hand.engine.load_state(TENANT, ADA, before.state())
    hand.record(at(0, 20))
    effects = hand.clock(at(1, 6))
    assert contributions(effects)[0].people == 0
    assert [item.activity for item in incidents(hand.clock(at(3, 13)))] == ["close"]


def test_a_late_record_is_scored_and_counted_but_not_learnt() -> None:
    hand = Hand()
    hand.record(at(0))
    hand.clock(at(1, 6))
    (told,) = incidents(hand.record(at(0, 18), Told(11.0)))
    assert told.time_ms == at(0, 18)
    assert hand.told.contexts[-1][0] is True
    hand.clock(at(2, 6))
    hand.record(at(2, 7))
    assert hand.learnt().days == [DAY]
    assert hand.learnt().late == 1


def test_a_day_with_a_gap_is_not_learnt() -> None:
    hand = Hand()
    hand.record(at(0))
    hand.record(at(1))
    hand.gap(at(0, 3))
    hand.clock(at(2, 6))
    hand.record(at(2, 7))
    assert (hand.learnt().days, hand.learnt().skipped) == ([DAY + 1], [DAY])


def test_days_that_an_open_incident_touches_are_not_learnt() -> None:
    hand = Hand()
    hand.record(at(0))
    hand.record(at(1), Told(15.0))
    hand.record(at(1, 23))
    hand.clock(at(2, 6))
    hand.record(at(2, 7))
    assert (hand.learnt().days, hand.learnt().skipped) == ([DAY], [DAY + 1])


def test_days_of_an_incident_are_not_learnt_after_it_closed_in_silence() -> None:
    hand = Hand()
    hand.record(at(0), Told(15.0))
    for day in range(1, 8):
        hand.clock(at(day, 6))
    hand.record(at(8))
    assert (hand.learnt().days, hand.learnt().skipped) == ([], [DAY])


def test_sealed_days_and_active_hours_grow_with_what_was_learnt() -> None:
    hand = Hand()
    for day in range(3):
        for hour in (9, 9.5, 14):
            hand.record(at(day, hour))
        hand.clock(at(day + 1, 6))
    hand.record(at(3))
    assert hand.told.contexts[-1][1:3] == (3, 6)


def test_the_profile_of_the_latest_day_is_in_force() -> None:
    hand = Hand()
    hand.profile(Profile(TENANT, DAY, review_nats=9.0))
    hand.profile(Profile(TENANT, DAY - 1, review_nats=14.0))
    (told,) = incidents(hand.record(at(1), Told(9.5)))
    assert told.profile.startswith(f"{TENANT}/{DAY}/")
    hand.profile(Profile(TENANT, DAY + 1, review_nats=14.0))
    assert incidents(hand.record(at(1), Told(13.0), account=BOB)) == []


@pytest.mark.parametrize("kind", [EntryKind.CLOCK, EntryKind.PROFILE, EntryKind.NOTICE, EntryKind.GAP])
def test_a_malformed_entry_is_named_and_changes_nothing(kind: EntryKind) -> None:
    hand = Hand()
    hand.record(at(0))
    before = hand.state()
    with pytest.raises(MalformedEntry):
        hand.engine.fold(LogEntry(kind, TENANT, ADA, b"{]"))
    assert hand.state() == before
