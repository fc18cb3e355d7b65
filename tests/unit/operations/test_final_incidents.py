"""Which message of an incident is kept, and in which order."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.engine.effects import Effect
from schemas.contracts.incident import Incident, Tier
from schemas.contracts.log import EntryKind, LogEntry
from streams.drivers.pipeline import LocalPipeline
from streams.operations.final_incidents import FinalIncidents
from streams.operations.scan_command import fold_into
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


class Accounts:
    """Tells a new incident at each entry; the open one has grown since."""

    def fold(self, item: object) -> Iterable[Effect]:
        """The incident as it was opened."""
        return [incident("a")]

    def standing(self) -> Iterable[Incident]:
        """The same, with more behind it."""
        return [incident("a", count=9)]


def test_an_open_incident_is_taken_as_it_stands_at_the_end() -> None:
    found = FinalIncidents()
    fold_into(found, LocalPipeline(Accounts(), Accounts()), [LogEntry(EntryKind.RECORD, "t", "a", b"")])
    assert [item.count for item in found.ordered()] == [9]
