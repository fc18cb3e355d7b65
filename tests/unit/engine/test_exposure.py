"""What a closed incident leaves behind, and what ends it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest

from detectors import techniques
from detectors.engine.account import load_account
from detectors.engine.detector import Context, Control, Evidence, Place
from detectors.engine.exposure import Exposure, exposed, renewed
from schemas.contracts.incident import Stage
from schemas.contracts.log import EntryKind, LogEntry
from schemas.records.event import AuditEvent, DirectoryAudit, Source
from tests.unit.engine.told_detector import ADA, DAY_MS, TENANT, Hand, Learnt, Told, ToldDetector, at

REVIEW, ACT = 10.1, 14.7
NOON = at(0)


def left(score: float, before: Exposure | None = None, time_ms: int = NOON) -> Exposure:
    found = exposed(before, time_ms, score, REVIEW)
    assert found is not None
    return found


@pytest.mark.parametrize(("score", "chance"), [(REVIEW, 9 / 1009), (ACT, 9 / (9 + 1000 * math.exp(-4.6)))])
def test_how_likely_an_incident_was_true_follows_from_its_surprise(score: float, chance: float) -> None:
    assert left(score).chance == pytest.approx(chance, rel=1e-3)
    assert left(score).nats(NOON + 1) == pytest.approx(math.log(1 + 399 * chance), abs=0.01)


def test_what_review_and_act_are_worth_in_nats() -> None:
    assert left(REVIEW).nats(NOON + 1) == pytest.approx(1.52, abs=0.01)
    assert left(ACT).nats(NOON + 1) == pytest.approx(5.24, abs=0.01)


def test_the_tenants_own_threshold_is_what_counts() -> None:
    assert exposed(None, NOON, 12.0, 12.0) == left(REVIEW)


def test_nothing_is_worth_more_than_a_password_that_is_known() -> None:
    assert left(500.0).nats(NOON + 1) == pytest.approx(math.log(400), abs=0.01)


def test_it_halves_in_ninety_days_and_is_nothing_before() -> None:
    found = left(ACT)
    assert found.at(NOON + 90 * DAY_MS) == pytest.approx(found.chance / 2)
    assert found.at(NOON) == found.at(NOON - DAY_MS) == found.nats(NOON - DAY_MS) == 0.0


def test_incidents_add_up_and_stay_chances() -> None:
    first = left(ACT)
    later = NOON + 90 * DAY_MS
    both = left(ACT, first, later)
    assert both.time_ms == later
    assert both.chance == pytest.approx(1 - (1 - first.chance / 2) * (1 - first.chance), abs=1e-3)


def test_what_needs_no_password_leaves_nothing() -> None:
    assert exposed(None, NOON, 0.0, REVIEW) is None
    assert exposed(left(ACT), NOON + DAY_MS, 0.0, REVIEW) == left(ACT)


def test_a_change_after_the_last_evidence_ends_it_and_one_before_does_not() -> None:
    for hours, ends in ((1, True), (-1, False)):
        change = renewed(left(REVIEW, None, NOON - 9 * DAY_MS), NOON + hours * 3_600_000)
        assert change is not None
        found = left(ACT, change)
        assert (found == change) is ends and (found.nats(NOON + DAY_MS) == 0.0) is ends


def test_an_older_change_that_arrives_late_ends_nothing() -> None:
    assert renewed(left(ACT), NOON - 1) == left(ACT)


@pytest.mark.parametrize("found", [left(REVIEW), left(ACT), Exposure(NOON, 0.0)])
def test_bytes_and_back(found: Exposure) -> None:
    data = found.pack()
    assert Exposure.unpack(data) == found
    for cut in (data[:-1], data + b"x", b""):
        with pytest.raises(ValueError, match="damaged"):
            Exposure.unpack(cut)


@pytest.mark.parametrize(
    "found", [Exposure(NOON, math.nan), Exposure(NOON, 1.5), Exposure(-1, 0.5), Exposure(1 << 50, 0.5)]
)
def test_impossible_bytes_are_refused(found: Exposure) -> None:
    with pytest.raises(ValueError, match="damaged"):
        Exposure.unpack(found.pack())


# --- in the engine -----------------------------------------------------------------------------------------------


class Somewhere(ToldDetector):
    """Says where a record comes from, and remembers what it was told of earlier incidents."""

    def __init__(self, place: Place = Place.UNKNOWN) -> None:
        super().__init__()
        self.place = place
        self.exposures: list[Exposure] = []

    def observe(self, state: Learnt, event: AuditEvent, context: Context) -> Sequence[Evidence]:
        """As told."""
        context.place = self.place
        if context.exposure is not None:
            self.exposures.append(context.exposure)
        return super().observe(state, event, context)


def kept(hand: Hand) -> Exposure | None:
    account, damaged = load_account(hand.state(), 0, hand.detectors)
    assert damaged == 0
    return account.exposure


def directory(hand: Hand, time_ms: int, operation: str, role: str = "target", ok: bool = True) -> None:
    uid = f"d{time_ms}"
    detail = DirectoryAudit()
    event = AuditEvent(Source.MANAGEMENT, uid, TENANT, time_ms, operation, "Entra", "admin", ok=ok, detail=detail)
    hand.engine.fold(LogEntry(EntryKind.RECORD, TENANT, ADA, b"", "management", uid, role, 0, False, event))


def guessed(nats: float, **more: Any) -> Told:
    """A password that was seen accepted where many were tried."""
    return Told(nats, Stage.ACCESS, technique=techniques.PASSWORD_SPRAY, **more)


def closed(*found: Told, detector: ToldDetector | None = None) -> Hand:
    hand = Hand(detector or ToldDetector())
    hand.record(at(0), *found)
    hand.clock(at(4))
    return hand


def test_an_incident_leaves_its_chance_when_it_is_closed() -> None:
    hand = Hand()
    hand.record(at(0), guessed(14.0))
    assert kept(hand) is None
    hand.clock(at(4))
    assert kept(hand) == left(14.0)


def test_what_an_outsider_can_provoke_leaves_nothing() -> None:
    tried = guessed(16.0, control=Control.OUTSIDER)
    assert kept(closed(tried)) is None
    assert kept(closed(tried, guessed(11.0, control=Control.PASSWORD, value="p"))) == left(11.0)


@pytest.mark.parametrize("found", [Told(16.0), guessed(16.0, certain=False)])
def test_what_shows_no_guessed_password_leaves_nothing(found: Told) -> None:
    assert kept(closed(found)) is None


def test_it_is_told_to_the_detectors_also_after_a_restart() -> None:
    hand = closed(guessed(14.0))
    again = Hand(detector := Somewhere())
    again.engine.load_state(TENANT, ADA, hand.state())
    assert again.state() == hand.state()
    again.record(at(5))
    assert detector.exposures == [left(14.0)]


def test_it_is_not_told_to_another_account() -> None:
    hand = closed(guessed(14.0), detector=(detector := Somewhere()))
    hand.record(at(5), account="bob@home.example")
    assert detector.exposures == []


@pytest.mark.parametrize(
    ("operation", "role"),
    [
        ("Reset user password", "target"),
        ("Reset password (by admin)", "target"),
        ("Reset user password", "system"),
        ("Change user password", "actor"),
        ("Reset password (self-service)", "actor"),
    ],
)
@pytest.mark.parametrize("day", [0.5, 5])
def test_a_changed_password_ends_it_before_the_close_and_after(operation: str, role: str, day: float) -> None:
    hand = Hand()
    hand.record(at(0, 0), guessed(14.0))
    for now in (0.5, 4, 5):
        if now == day:
            directory(hand, at(0) + int(day * DAY_MS), operation, role)
        hand.clock(at(0) + int(now * DAY_MS) + 1)
    found = kept(hand)
    assert found is not None and found.chance == 0.0


@pytest.mark.parametrize(
    ("operation", "role", "ok", "place"),
    [
        ("Reset user password", "actor", True, Place.UNKNOWN),  # a colleague's
        ("Reset user password", "target", False, Place.UNKNOWN),
        ("Update user", "target", True, Place.UNKNOWN),
        ("Change user password", "actor", True, Place.STRANGE),  # perhaps by whoever holds it
    ],
)
def test_what_does_not_end_it(operation: str, role: str, ok: bool, place: Place) -> None:
    hand = closed(guessed(14.0), detector=Somewhere(place))
    directory(hand, at(5), operation, role, ok)
    assert kept(hand) == left(14.0)


def test_a_change_without_an_incident_is_not_kept() -> None:
    hand = Hand()
    directory(hand, at(0), "Reset user password")
    assert kept(hand) is None
