"""Does an incident name what made the attack an attack, in the right order, and nothing else."""

from __future__ import annotations

import pytest

from streams.evaluation.explanation import explained, in_order, purity, same_feature, strongest_features
from streams.evaluation.messages import Evidence, read_message
from streams.evaluation.truth import Attack, load_set

from .conftest import Json, Make, attack, message, told


@pytest.fixture
def one(make: Make) -> Attack:
    return load_set(make(attack())).attacks[0]


def evidence(*items: Json) -> tuple[Evidence, ...]:
    return read_message(message(*items)).evidence


@pytest.mark.parametrize(
    ("key", "feature"),
    [
        ("rule name", "rule_name"),
        ("delete", "delete_message"),
        ("mark", "mark_as_read"),
        ("recipients", "external_recipients"),
        ("recipients", "newRecipients"),
        ("country", "countries"),
        ("user agent", "user-agent"),
        ("words", "condition_words"),
    ],
)
def test_the_same_feature_in_other_words(key: str, feature: str) -> None:
    assert same_feature(key, feature)


@pytest.mark.parametrize(
    ("key", "feature"),
    [("ip", "recipients"), ("rule name", "rule_content"), ("messages", "recipients"), ("", "x"), ("x", "--")],
)
def test_another_feature(key: str, feature: str) -> None:
    assert not same_feature(key, feature)


def test_a_key_feature_among_the_top_three_explains(one: Attack) -> None:
    assert explained(one, evidence(told("rule", 1, a=9.0, b=8.0), told("m1", 2, external_recipients=7.0, d=6.0)))
    assert not explained(one, evidence(told("rule", 1, a=9.0, b=8.0), told("m1", 2, c=7.5, external_recipients=7.0)))
    assert not explained(one, ())


def test_a_feature_told_by_many_records_counts_once(one: Attack) -> None:
    items = [told(uid, 1, night=9.0) for uid in ("m1", "m2", "m3", "m4")]
    assert explained(one, evidence(*items, told("rule", 1, rule_name=2.0)))


def test_strongest_features_by_nats_then_name() -> None:
    assert strongest_features(evidence(told("x", 1, b=1.0, a=1.0), told("y", 1, c=-2.0, b=3.0))) == ["b", "a", "c"]


def test_order_of_stages(one: Attack) -> None:
    rule, mail = told("rule", 1_000_000), told("m1", 1_100_000, "impact")
    assert in_order(one, evidence(rule, mail))
    assert in_order(one, evidence(mail, rule))  # told by time, not by place in the list
    assert not in_order(one, evidence(told("rule", 1_200_000), mail))


def test_a_stage_that_nobody_saw_is_no_disorder(one: Attack) -> None:
    assert in_order(one, evidence(told("m1", 1_100_000, "impact")))


def test_wrong_names_alone_are_no_order(one: Attack) -> None:
    assert not in_order(one, evidence(told("rule", 1_000_000, "access")))
    assert not in_order(one, evidence(told("innocent", 1_000_000)))


def test_purity(one: Attack) -> None:
    assert purity(one, evidence(told("rule", 1), told("x", 1), told("m1", 1), told("m2", 1))) == 0.75
    assert purity(one, ()) == 0.0
