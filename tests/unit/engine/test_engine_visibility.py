"""Gap entries: days that are not learnt, blind spots, incidents on the tenant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from detectors.engine.account_engine import AccountEngine
from detectors.engine.knowledge import Knowledge
from detectors.probe import NoFacts
from schemas.contracts.collected import Gap, GapKind
from schemas.contracts.gap import decode_gap, encode_gap
from schemas.contracts.incident import Incident
from schemas.contracts.log import EntryKind, LogEntry, MalformedEntry
from schemas.contracts.ocsf import encode_ocsf
from tests.unit.engine.told_detector import DAY, TENANT, Hand, Told, ToldDetector, at, incidents

SILENT = Gap("activity/Audit.Exchange", GapKind.SILENT, at(0), at(1), "Exchange has told nothing for a day.", nats=14.2)


def tell(hand: Hand, gap: Gap) -> list[Incident]:
    """Fold a gap entry."""
    entry = LogEntry(EntryKind.GAP, TENANT, "", encode_gap(gap), "gap", f"{gap.feed}|{gap.kind}|{gap.to_ms}")
    return incidents(hand.engine.fold(entry))


@pytest.mark.parametrize("kind", list(GapKind))
def test_a_gap_survives_its_bytes(kind: GapKind) -> None:
    gap = replace(SILENT, kind=kind, over=True, remedy="Look.")
    assert decode_gap(encode_gap(gap)) == gap


@pytest.mark.parametrize(
    "value",
    [b"", b"{]", b"true", b"[]", b"null", b"-5", b"1e400", b'"x"', b"{}", b"99999999999999999999"]
    + [
        orjson.dumps(orjson.loads(encode_gap(SILENT)) | change)
        for change in ({"kind": "odd"}, {"from_ms": -1}, {"to_ms": "1"}, {"to_ms": True}, {"nats": "x"})
    ],
)
def test_what_is_no_gap_is_refused_and_changes_nothing(value: bytes) -> None:
    hand = Hand()
    with pytest.raises(MalformedEntry):
        hand.engine.fold(LogEntry(EntryKind.GAP, TENANT, "", value))
    assert tell(hand, SILENT)


def test_days_from_the_beginning_to_the_end_are_not_learnt() -> None:
    hand = Hand()
    for day in range(4):
        hand.record(at(day))
    tell(hand, replace(SILENT, from_ms=at(1), to_ms=at(2)))
    hand.clock(at(4, 6))
    hand.record(at(4, 7))
    assert (hand.learnt().days, hand.learnt().skipped) == ([DAY, DAY + 3], [DAY + 1, DAY + 2])


@pytest.mark.parametrize("kind", [GapKind.UNLICENSED, GapKind.BYPASS, GapKind.SKEW])
def test_days_are_learnt_where_no_feed_was_missing(kind: GapKind) -> None:
    hand = Hand()
    hand.record(at(0))
    tell(hand, replace(SILENT, kind=kind, from_ms=at(0), to_ms=at(3)))
    hand.clock(at(4, 6))
    hand.record(at(4, 7))
    assert hand.learnt().skipped == []


def test_a_gap_of_years_keeps_the_state_small() -> None:
    hand = Hand()
    tell(hand, replace(SILENT, from_ms=0, to_ms=at(0)))
    assert max(len(data) for data in hand.engine.snapshot().values()) < 8_192


def test_an_incident_opens_is_updated_and_closes_once() -> None:
    hand = Hand()
    (told,) = tell(hand, SILENT)
    assert (told.activity, told.resources[0].type, told.resources[0].uid) == ("create", "Tenant", TENANT)
    assert (told.tier, told.score_nats, told.count) == ("review", 14.2, 0)
    assert tell(hand, replace(SILENT, to_ms=SILENT.to_ms + 60_000)) == []
    (longer,) = tell(hand, replace(SILENT, to_ms=at(2)))
    (over,) = tell(hand, replace(SILENT, to_ms=at(3), over=True))
    assert (longer.activity, over.activity) == ("update", "close")
    assert len({item.uid for item in (told, longer, over)}) == 1
    assert len({item.message_uid for item in (told, longer, over)}) == 3
    assert tell(hand, replace(SILENT, to_ms=at(3), over=True)) == []
    (again,) = tell(hand, replace(SILENT, from_ms=at(4), to_ms=at(5)))
    assert again.activity == "create" and again.uid != told.uid


def test_each_feed_and_kind_has_its_own_incident() -> None:
    hand = Hand()
    told = [*tell(hand, SILENT), *tell(hand, replace(SILENT, feed="graph/x"))]
    told += tell(hand, replace(SILENT, kind=GapKind.FAILING))
    assert len({item.uid for item in told}) == 3


def test_a_wrong_clock_is_of_no_feed_and_still_an_incident() -> None:
    hand = Hand()
    skew = Gap("", GapKind.SKEW, at(0), at(0), "The clock of this machine is wrong.", "Let it keep time.")
    (told,) = tell(hand, skew)
    (over,) = tell(hand, replace(skew, to_ms=at(1), over=True))
    assert (told.activity, over.activity) == ("create", "close")
    assert "clock" in told.title and "()" not in told.title


def test_only_the_first_partition_tells() -> None:
    engine = AccountEngine((ToldDetector(),), Knowledge(NoFacts()), 1, 2)
    assert engine.fold(LogEntry(EntryKind.GAP, TENANT, "", encode_gap(SILENT))) == []


def test_what_is_not_licensed_is_told_in_incidents_until_it_is_over() -> None:
    hand = Hand()
    unlicensed = replace(SILENT, kind=GapKind.UNLICENSED, text="no sign-ins: they need Entra ID P1")
    assert tell(hand, unlicensed) == []
    (told,) = incidents(hand.record(at(1), Told(11.0)))
    assert "no sign-ins: they need Entra ID P1" in told.blind_spots
    tell(hand, replace(unlicensed, over=True))
    (later,) = incidents(hand.record(at(1, 13), Told(16.0, value="other")))
    assert "no sign-ins: they need Entra ID P1" not in later.blind_spots


def test_open_gaps_survive_a_restart() -> None:
    hand, after = Hand(), Hand()
    tell(hand, SILENT)
    after.engine.restore(hand.engine.snapshot().items())
    assert tell(after, SILENT) == []
    (over,) = tell(after, replace(SILENT, over=True))
    tell(hand, replace(SILENT, over=True))
    assert over.activity == "close" and after.engine.snapshot() == hand.engine.snapshot()


@pytest.fixture(scope="module")
def schema() -> Any:
    """The published schema, closed and without profiles."""
    whole = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0"))
    return whole.get_class_schema(class_name="detection_finding", profiles=[])


@pytest.mark.parametrize("kind", [kind for kind in GapKind if kind is not GapKind.UNLICENSED])
def test_the_message_is_valid_by_the_published_schema(kind: GapKind, schema: Any) -> None:
    hand = Hand()
    told = tell(hand, replace(SILENT, kind=kind, text="A \x1b[31mfeed", nats=0.0, remedy=""))
    told += tell(hand, replace(SILENT, kind=kind, over=True))
    for item in told:
        message = orjson.loads(encode_ocsf(item))
        assert list(Draft202012Validator(schema).iter_errors(message)) == []
        assert message["finding_info"]["attacks"] and message["remediation"]["desc"]
        assert "\x1b" not in message["finding_info"]["desc"]
