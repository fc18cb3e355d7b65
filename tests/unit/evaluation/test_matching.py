"""An attack is found by the first message that has one of its records as evidence and its account in front."""

from __future__ import annotations

import pytest

from schemas.contracts.incident import Tier
from streams.evaluation.matching import Matching
from streams.evaluation.messages import MessageError, read_message
from streams.evaluation.truth import load_set

from .conftest import Json, Make, attack, message, negative, told

SPRAY = attack(
    attack_id="spray",
    scenario="S14",
    account=["ann@corp.example", "bob@corp.example"],
    record_uids=["f1", "f2"],
    stages=[{"stage": "access", "technique": "T1110.003", "record_uids": ["f1", "f2"], "time_ms": 1_000_000}],
)


def matched(make: Make, attacks: list[Json], messages: list[Json], negatives: tuple[Json, ...] = ()) -> Matching:
    matching = Matching(load_set(make(*attacks, negatives=negatives)))
    for body in messages:
        matching.accept(body)
    return matching


def times(matching: Matching, attack_id: str = "a1") -> dict[Tier, int]:
    return {tier: found.time_ms for tier, found in matching.attacks[attack_id].first.items()}


def test_the_first_message_with_a_record_counts(make: Make) -> None:
    matching = matched(
        make,
        [attack()],
        [
            message(told("other", 1), time=5),
            message(told("other", 1), told("rule", 2), time=10),
            message(told("rule", 2), told("m1", 3), time=20),
        ],
    )
    assert times(matching) == {Tier.REVIEW: 10}
    assert matching.attacks["a1"].incidents == {"i1"}
    assert matching.false() == []


def test_act_is_timed_apart_and_implies_review(make: Make) -> None:
    assert times(
        matched(make, [attack()], [message(told("rule", 2), time=10), message(told("rule", 2), time=30, tier="act")])
    ) == {Tier.REVIEW: 10, Tier.ACT: 30}


def test_act_at_once(make: Make) -> None:
    found = matched(make, [attack()], [message(told("rule", 2), time=10, tier="act")])
    assert times(found) == {Tier.REVIEW: 10, Tier.ACT: 10}


def test_the_account_must_be_first_in_resources(make: Make) -> None:
    body = message(told("rule", 2), account="bob@corp.example")
    body["resources"].append({"type": "User", "uid": "ann@corp.example", "name": "ann"})
    matching = matched(make, [attack()], [body])
    assert times(matching) == {}
    assert matching.false() == []  # it has a record of an attack: neither found nor false


def test_the_account_is_compared_without_case(make: Make) -> None:
    assert times(matched(make, [attack()], [message(told("rule", 2), account="ANN@Corp.example")])) != {}


def test_records_of_others_find_nothing(make: Make) -> None:
    matching = matched(make, [attack()], [message(told("innocent", 2))])
    assert times(matching) == {}
    assert [seen.last.incident for seen in matching.false()] == ["i1"]


@pytest.mark.parametrize(
    ("account", "kind", "uid", "found"),
    [
        ("bob@corp.example", "User", "f1", True),
        ("net:198.51.100.7", "Network", "f2", True),
        ("net:198.51.100.7", "Network", "f9", False),
        ("eve@corp.example", "User", "f1", False),
    ],
)
def test_a_spray_is_found_at_any_account_or_its_network(
    make: Make, account: str, kind: str, uid: str, found: bool
) -> None:
    matching = matched(make, [SPRAY], [message(told(uid, 1), account=account, kind=kind)])
    assert bool(times(matching, "spray")) is found


def test_a_network_does_not_stand_for_an_attack_on_one_account(make: Make) -> None:
    assert times(matched(make, [attack()], [message(told("rule", 2), account="net:1", kind="Network")])) == {}


def test_two_attacks_may_share_an_incident_and_an_attack_two(make: Make) -> None:
    matching = matched(
        make,
        [attack(), attack(attack_id="a2", record_uids=["x"], stages=[])],
        [message(told("rule", 2), told("x", 3), incident="i1"), message(told("m1", 2), incident="i2")],
    )
    assert matching.attacks["a1"].incidents == {"i1", "i2"}
    assert matching.attacks["a2"].incidents == {"i1"}


def test_an_incident_that_once_had_a_record_of_an_attack_is_never_false(make: Make) -> None:
    matching = matched(
        make, [attack()], [message(told("rule", 2), time=1), message(told("innocent", 2), time=2)], (negative(),)
    )
    assert matching.false() == []


def test_visibility_is_counted_apart(make: Make) -> None:
    matching = matched(make, [attack()], [message(account="tenant-1", kind="Tenant")])
    assert matching.false() == []
    assert len(matching.visibility()) == 1


def test_a_look_alike_is_seen_with_its_incident(make: Make) -> None:
    matching = matched(
        make,
        [attack()],
        [
            message(told("n1", 1), incident="alone", account="bob@corp.example"),
            message(told("n1", 1), told("rule", 2), incident="within"),
        ],
        (negative(), negative(attack_id="b2", record_uids=["n2"])),
    )
    found = [
        (which.attack_id, seen.last.incident, matching.touches_attack(seen)) for which, seen in matching.look_alikes()
    ]
    assert found == [("b1", "alone", False), ("b1", "within", True)]


@pytest.mark.parametrize("lost", ["time", "finding_info", "resources", "evidences", "unmapped"])
def test_a_message_without_a_promised_field_is_an_error(lost: str) -> None:
    body = {name: value for name, value in message(told("rule", 1)).items() if name != lost}
    with pytest.raises(MessageError, match=r"message i1/1000000 is no incident"):
        read_message(body)


def test_an_unknown_tier_is_an_error() -> None:
    with pytest.raises(MessageError):
        read_message(message(tier="panic"))
