"""Home domains that a collector tells once the log has begun."""

from __future__ import annotations

import pytest

from detectors.engine.tenant_state import HOME, MARK, Tenant
from schemas.contracts.home_domains import home_domains_entry
from schemas.contracts.profile import Profile, decode_profile, encode_profile
from tests.unit.engine.told_detector import DAY, TENANT, Hand, at, contributions

OLD, NEW = ("old.example",), ("a.example", "b.example")


def told(day: int = -1) -> Profile:
    return Profile(TENANT, day, OLD)


def test_they_hold_from_then_on_and_reach_the_next_profile() -> None:
    hand = Hand()
    hand.profile(told())
    hand.engine.fold(home_domains_entry(told(), reversed(NEW)))
    assert hand.engine.profile(TENANT).home_domains == NEW
    hand.record(at(0))
    assert contributions(hand.clock(at(1, 6)))[0].home_domains == list(NEW)


def test_a_profile_that_was_on_its_way_does_not_bring_the_former_ones_back() -> None:
    hand = Hand()
    hand.profile(told())
    hand.engine.fold(home_domains_entry(told(), NEW))
    late = Profile(TENANT, DAY, OLD, review_nats=9.0)
    hand.profile(late)
    profile = hand.engine.profile(TENANT)
    assert (profile.day, profile.review_nats, profile.home_domains) == (DAY, 9.0, NEW)
    assert profile.id not in ("", decode_profile(encode_profile(late)).id)  # the score can be reproduced


def test_of_an_older_profile_nothing_but_the_domains_counts() -> None:
    hand = Hand()
    hand.profile(Profile(TENANT, DAY, OLD, review_nats=9.0))
    hand.engine.fold(home_domains_entry(told(), NEW))
    profile = hand.engine.profile(TENANT)
    assert (profile.day, profile.review_nats, profile.home_domains) == (DAY, 9.0, NEW)


def test_they_are_durable_and_only_where_they_were_told() -> None:
    name = f"{TENANT}|".encode() + MARK + HOME
    silent, hand, again = Hand(), Hand(), Hand()
    silent.profile(told())
    assert name not in silent.engine.snapshot()
    hand.engine.fold(home_domains_entry(told(), NEW))
    assert hand.engine.changed()[name] == hand.engine.snapshot()[name] == b'["a.example","b.example"]'
    again.engine.restore(hand.engine.snapshot().items())
    again.profile(told(DAY))
    assert again.engine.profile(TENANT).home_domains == NEW
    assert again.engine.damaged == 0


@pytest.mark.parametrize("data", [b"{}", b"[1]", b"[", b'"a.example"'])
def test_damaged_ones_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="home domains are damaged"):
        Tenant(TENANT).load_register(HOME, data)
