"""Which message of an incident is kept, and in which order."""

from __future__ import annotations

from schemas.contracts.incident import Tier
from streams.operations.final_incidents import FinalIncidents
from tests.unit.operations.conftest import incident


def test_the_last_message_stands() -> None:
    found = FinalIncidents()
    found.take([incident(count=1), incident(count=7, tier=Tier.ACT)])
    assert [(item.count, item.tier) for item in found.ordered()] == [(7, Tier.ACT)]
    assert (found.count(Tier.REVIEW), found.count(Tier.ACT)) == (0, 1)


def test_order_is_by_first_evidence_then_uid() -> None:
    found = FinalIncidents()
    found.take([incident("c", first_ms=5), incident("b", first_ms=5), incident("a", first_ms=9)])
    assert [item.uid for item in found.ordered()] == ["b", "c", "a"]


def test_tiers() -> None:
    found = FinalIncidents()
    assert not found.reached(Tier.REVIEW)
    found.take([incident("a")])
    assert found.reached(Tier.REVIEW)
    assert not found.reached(Tier.ACT)
    assert found.ordered(Tier.ACT) == []
