"""Incidents: opening, updates, tiers, control class, limits, notices, closing."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.engine.detector import Control
from schemas.contracts.incident import Stage
from schemas.contracts.notice import Notice
from tests.unit.engine.told_detector import ADA, TENANT, Hand, Told, ToldDetector, at, incidents

REVIEW, ACT = 10.1, 14.7


def tiers(effects: Any) -> list[tuple[str, str]]:
    return [(item.activity.value, item.tier.value) for item in incidents(effects)]


def test_it_opens_at_the_entry_that_lifts_it_to_review() -> None:
    hand = Hand()
    assert incidents(hand.record(at(0, 9), Told(10.0))) == []
    (told,) = incidents(hand.record(at(0, 10), Told(10.2, value="more")))
    assert tiers([told]) == [("create", "review")]
    assert told.created_ms == told.time_ms == at(0, 10) and told.first_ms == at(0, 9)
    assert told.tier_times == {"review": at(0, 10)}
    assert told.resources[0].uid == ADA and told.count == 2
    assert told.maturity == "learning"


def test_weak_evidence_is_not_kept() -> None:
    hand = Hand()
    hand.record(at(0, 9), *(Told(2.4, stage) for stage in Stage))
    (told,) = incidents(hand.record(at(0, 10), Told(11.0, value="strong")))
    assert [record.uid for record in told.evidence] == ["r0002"]


def test_what_is_weak_is_told_only_as_the_best_of_its_stage() -> None:
    hand = Hand()
    hand.record(at(0, 9), Told(4.0, value="weak"), Told(4.5, Stage.ACCESS, value="best"), Told(4.0, Stage.ACCESS))
    (told,) = incidents(hand.record(at(0, 10), Told(11.0, value="strong")))
    assert told.count == 2 and told.stages == (Stage.ACCESS, Stage.EVASION)


def test_weak_evidence_keeps_no_incident_open() -> None:
    hand = Hand()
    hand.record(at(0, 9), Told(11.0))
    for day in range(1, 4):
        hand.record(at(day, 8), Told(4.0, value="weak"))
    assert [item.activity.value for item in incidents(hand.clock(at(3, 11)))] == ["close"]


def test_stages_add_up_and_the_best_of_each_counts() -> None:
    hand = Hand()
    hand.record(at(0, 9), Told(7.0, Stage.ACCESS))
    assert incidents(hand.record(at(0, 9), Told(7.0, Stage.ACCESS, value="other"))) == []
    hand.record(at(0, 9), Told(6.0, Stage.EVASION))
    (told,) = incidents(hand.record(at(0, 9), Told(6.0, Stage.IMPACT)))
    assert told.score_nats == pytest.approx(4.5 + 3.5 + 3.5)
    assert told.stages == (Stage.ACCESS, Stage.EVASION, Stage.IMPACT)


def test_evidence_fades_with_twelve_hours() -> None:
    hand = Hand()
    hand.record(at(0, 0), Told(9.0, Stage.ACCESS))
    assert incidents(hand.record(at(0, 12), Told(9.0, Stage.IMPACT))) == []  # 4.5 - 2.5 + 6.5 = 8.5
    late = Hand()
    late.record(at(0, 11), Told(9.0, Stage.ACCESS))
    assert incidents(late.record(at(0, 12), Told(9.0, Stage.IMPACT)))


def test_updates_come_with_a_stage_a_tier_and_a_doubled_count_only() -> None:
    hand = Hand()
    assert tiers(hand.record(at(0, 9), Told(11.0))) == [("create", "review")]
    assert tiers(hand.record(at(0, 9), Told(12.0, repeat=True))) == [("update", "review")]  # doubled: 2
    assert tiers(hand.record(at(0, 9), Told(11.5))) == []  # 3
    assert tiers(hand.record(at(0, 9), Told(3.0, repeat=True))) == [("update", "review")]  # doubled: 4
    assert tiers(hand.record(at(0, 9), Told(3.0, Stage.IMPACT))) == [("update", "review")]  # joined: a stage
    assert tiers(hand.record(at(0, 9), Told(16.0, value="other"))) == [("update", "act")]
    assert tiers(hand.record(at(0, 9), Told(5.0, value="third"))) == []
    assert tiers(hand.record(at(0, 9))) == []


def test_a_detector_that_joins_is_an_update() -> None:
    hand = Hand(ToldDetector(900, "told"), ToldDetector(901, "second"))
    hand.record(at(0, 9), *[Told(11.0, value=str(n)) for n in range(9)])
    hand.detectors[1].finds["joins"] = [Told(6.0)]
    (told,) = incidents(hand.record(at(0, 10), uid="joins"))
    assert told.activity.value == "update" and told.detectors == ("told", "second")


def test_messages_of_an_incident_share_its_uid_and_have_their_own() -> None:
    hand = Hand()
    told = incidents([*hand.record(at(0, 9), Told(11.0)), *hand.record(at(0, 9), Told(16.0, Stage.IMPACT))])
    told += incidents(hand.clock(at(4)))
    assert [item.activity.value for item in told] == ["create", "update", "close"]
    assert len({item.uid for item in told}) == 1 and len({item.message_uid for item in told}) == 3


def test_what_an_outsider_can_provoke_never_reaches_act() -> None:
    for control in (Control.OUTSIDER, Control.PASSWORD):
        hand = Hand()
        found = [Told(16.0, stage, control) for stage in Stage]
        assert tiers(hand.record(at(0, 9), *found)) == [("create", "review")]


def test_outsider_evidence_beside_a_weak_session_does_not_reach_act() -> None:
    hand = Hand()
    found = [Told(16.0, stage, Control.OUTSIDER) for stage in Stage]
    assert tiers(hand.record(at(0, 9), *found, Told(9.0, value="session"))) == [("create", "review")]


def test_act_needs_proof_of_a_used_session() -> None:
    hand = Hand()
    assert tiers(hand.record(at(0, 9), Told(16.0, proof=False))) == [("create", "review")]
    assert tiers(hand.record(at(0, 9), Told(3.0, Stage.IMPACT))) == [("update", "act")]


def test_behaviour_of_a_young_account_must_surprise_more() -> None:
    young = Hand()
    assert incidents(young.record(at(0, 9), Told(11.9, certain=False))) == []
    assert incidents(young.record(at(0, 9), Told(12.2, certain=False))) != []
    assert incidents(Hand().record(at(0, 9), Told(10.2))) != []
    grown = Hand()
    for day in range(2):
        for hour in range(8, 18):
            grown.record(at(day, hour))
        grown.clock(at(day + 1, 6))
    (told,) = incidents(grown.record(at(2, 9), Told(10.2, certain=False)))
    assert [reason.feature for reason in told.evidence[0].reasons] == ["told"]


def test_the_surcharge_is_among_the_reasons() -> None:
    (told,) = incidents(Hand().record(at(0, 9), Told(13.0, certain=False)))
    (record,) = told.evidence
    assert record.nats == pytest.approx(11.0)
    assert sum(reason.nats for reason in record.reasons) == pytest.approx(record.nats)
    assert {reason.feature for reason in record.reasons} == {"told", "history"}


def test_at_most_32_evidences_are_kept_and_the_strongest_stay() -> None:
    hand = Hand()
    for n in range(50):
        hand.record(at(0, 9), Told(5.1 + n / 100, value=f"v{n:02d}"))
    (told,) = incidents(hand.record(at(0, 10), Told(11.0, value="strong")))
    assert told.count == 32
    kept = {reason.nats for record in told.evidence for reason in record.reasons}
    assert min(kept) == pytest.approx(5.1 + 19 / 100)
    assert len(hand.state()) <= 16_384


def test_a_message_names_at_most_64_records_in_order_of_time() -> None:
    hand = Hand()
    for n in range(40):
        for hour, nats in ((9.0, 4.0), (9.5, 5.0), (9.9, 4.5)):
            hand.record(at(0, hour + n / 1000), Told(nats, value=f"v{n:02d}"))
    (told,) = incidents(hand.record(at(0, 10), Told(11.0, value="strong")))
    assert len(told.evidence) == 64 and told.count >= 64
    order = [(record.time_ms, record.uid) for record in told.evidence]
    assert order == sorted(order)
    assert any(record.nats == 11.0 for record in told.evidence)


def test_it_closes_72_hours_after_its_last_evidence() -> None:
    hand = Hand()
    hand.record(at(0, 9), Told(11.0))
    hand.record(at(1, 9), Told(6.0))
    assert incidents(hand.clock(at(4, 8.9))) == []
    (told,) = incidents(hand.clock(at(4, 10.1)))
    assert told.activity.value == "close" and told.time_ms == at(1, 9)
    assert incidents(hand.clock(at(9))) == []
    (again,) = incidents(hand.record(at(9, 13), Told(11.0)))
    assert again.activity.value == "create" and again.count == 1 and again.uid != told.uid


def test_without_an_incident_evidence_is_forgotten_after_72_hours() -> None:
    hand = Hand()
    hand.record(at(0, 9), Told(9.9))
    hand.record(at(3, 10), Told(3.0, Stage.IMPACT))
    (told,) = incidents(hand.record(at(3, 10), Told(11.0, Stage.ACCESS)))
    assert told.first_ms == at(3, 10)


def test_historical_until_the_first_live_evidence() -> None:
    hand = Hand()
    (told,) = incidents(hand.record(at(0, 9), Told(11.0), historical=True))
    assert told.historical
    hand.record(at(0, 9), Told(4.0, repeat=True), historical=True)
    (live,) = incidents(hand.record(at(0, 10), Told(4.0, repeat=True)))
    assert live.activity.value == "update" and not live.historical


def test_a_notice_is_evidence_with_the_record_of_the_success() -> None:
    hand = Hand()
    hand.record(at(0, 8))
    times = (at(0, 7), at(0, 8), at(0, 8))
    notice = Notice(
        "told",
        "network",
        "203.0.113.0/24",
        9,
        30,
        1,
        0.1,
        12.0,
        *times,
        "s1",
        "signin",
        "Sign-in",
        "203.0.113.7",
        False,
    )
    (told,) = incidents(hand.notice(notice))
    assert [(record.uid, record.time_ms) for record in told.evidence] == [("s1", at(0, 8))]
    assert told.evidence[0].ip == "203.0.113.7" and told.stages == (Stage.ACCESS,)


def test_equal_evidence_in_any_order_of_arrival_tells_the_same() -> None:
    records = [(at(0, 9 + n / 10), Told(4.0 + n, Stage.ACCESS if n % 2 else Stage.IMPACT), f"u{n}") for n in range(7)]
    final = set()
    for order in (records, records[::-1], records[3:] + records[:3]):
        hand = Hand()
        for time_ms, told, uid in order:
            hand.record(time_ms, told, uid=uid)
        (close,) = incidents(hand.clock(at(5)))
        final.add((close.score_nats, close.tier, close.evidence, close.stages, close.count))
    assert len(final) == 1


def test_accounts_and_tenants_do_not_mix() -> None:
    hand = Hand()
    hand.record(at(0, 9), Told(9.9))
    assert incidents(hand.record(at(0, 9), Told(9.9, Stage.IMPACT), account="bob@home.example")) == []
    assert hand.engine.states().keys() == {f"{TENANT}|{who}@home.example".encode() for who in ("ada", "bob")}
