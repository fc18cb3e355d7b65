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
from detectors.engine.visibility import dump_visibility, load_visibility
from detectors.probe import NoFacts
from schemas.contracts.collected import Gap, GapKind
from schemas.contracts.gap import decode_gap, encode_gap
from schemas.contracts.incident import Incident
from schemas.contracts.log import EntryKind, LogEntry, MalformedEntry
from schemas.contracts.ocsf import encode_ocsf
from tests.unit.engine.told_detector import DAY, TENANT, Hand, Told, ToldDetector, at, incidents

HOUR = 3_600_000
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


def feeds(kind: GapKind, *names: str) -> list[Gap]:
    """Gaps of one kind, each an hour after the other."""
    hours = [(name, at(0) + number * HOUR) for number, name in enumerate(names)]
    return [Gap(name, kind, from_ms, from_ms + HOUR, f"{name} is blind", f"Mend {name}.") for name, from_ms in hours]


@pytest.mark.parametrize("kind", [GapKind.FAILING, GapKind.SILENT, GapKind.DISABLED])
def test_feeds_blind_in_the_same_way_are_one_incident_until_all_see_again(kind: GapKind) -> None:
    hand = Hand()
    gaps = feeds(kind, "a", "b", "c")
    told = [item for gap in gaps for item in tell(hand, gap)]
    assert [item.activity for item in told] == ["create", "update", "update"]
    assert len({item.uid for item in told}) == 1 and len({item.message_uid for item in told}) == 3
    assert "3 feeds" in told[-1].title and told[-1].blind_spots == ("a is blind", "b is blind", "c is blind")
    lines = told[-1].story.splitlines()
    assert [line.partition(": ")[2] for line in lines[:3]] == [f"{name} is blind." for name in "abc"]
    assert len({line.partition(": ")[0] for line in lines[:3]}) == 3
    assert told[-1].remediation == "Mend a. Mend b. Mend c."
    over = [tell(hand, replace(gap, to_ms=at(1, hour), over=True)) for hour, gap in enumerate(gaps)]
    assert [len(item) for item in over] == [0, 0, 1]
    close = over[-1][0]
    assert (close.activity, close.uid, close.first_ms) == ("close", told[0].uid, gaps[0].from_ms)
    assert close.story.count("is blind. Over at") == 3 and close.blind_spots == ()
    assert [item.activity for item in tell(hand, replace(gaps[0], from_ms=at(3), to_ms=at(4)))] == ["create"]


def test_a_feed_that_fails_again_while_others_still_do_is_news_of_the_same_incident() -> None:
    hand = Hand()
    first, second = feeds(GapKind.FAILING, "a", "b")
    (created,) = [*tell(hand, first), *tell(hand, second)][:1]
    assert tell(hand, replace(first, to_ms=at(1), over=True)) == []
    (blind,) = incidents(hand.record(at(1, 1), Told(11.0)))
    assert "b is blind" in blind.blind_spots and "a is blind" not in blind.blind_spots
    (again,) = tell(hand, replace(first, from_ms=at(1, 2), to_ms=at(1, 3)))
    assert (again.activity, again.uid) == ("update", created.uid)


def test_kinds_do_not_join_nor_do_gaps_that_are_no_feeds() -> None:
    hand = Hand()
    kinds = [GapKind.SILENT, GapKind.FAILING, GapKind.DISABLED, GapKind.BYPASS, GapKind.UNKNOWN, GapKind.EXPIRED]
    told = [item for kind in kinds for item in tell(hand, replace(SILENT, kind=kind))]
    told += tell(hand, replace(SILENT, kind=GapKind.UNKNOWN, feed="graph/x"))
    assert len({item.uid for item in told}) == 7 and {item.activity for item in told} == {"create"}


def test_that_a_feed_goes_on_failing_is_no_news_and_its_days_are_not_learnt() -> None:
    hand = Hand()
    for day in range(3):
        hand.record(at(day))
    gap = replace(SILENT, kind=GapKind.FAILING, from_ms=at(0, 23), to_ms=at(0, 23))
    assert len(tell(hand, gap)) == 1
    assert tell(hand, replace(gap, to_ms=at(1))) == []
    hand.clock(at(3, 6))
    hand.record(at(3, 7))
    assert hand.learnt().skipped == [DAY, DAY + 1]


def test_open_gaps_of_a_version_with_an_incident_per_feed_stay_what_they_were() -> None:
    gaps = feeds(GapKind.FAILING, "a", "b")
    rows = [[encode_gap(gap).decode(), gap.to_ms, f"uid of {gap.feed}", 1] for gap in gaps]
    held = load_visibility(orjson.dumps(rows))
    assert dump_visibility(held) == orjson.dumps(rows)
    (joined,) = held.note(TENANT, feeds(GapKind.FAILING, "", "", "c")[2], "p", False)
    assert (joined.uid, joined.activity) == ("uid of a", "update")
    (close,) = held.note(TENANT, replace(gaps[1], over=True), "p", False)
    assert (close.uid, close.activity) == ("uid of b", "close")


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


def test_an_incident_of_several_feeds_survives_a_restart_at_any_moment() -> None:
    gaps = feeds(GapKind.FAILING, "a", "b", "c")
    story = [gaps[0], gaps[1], replace(gaps[0], to_ms=at(1), over=True), gaps[2]]
    story += [replace(gap, to_ms=at(2), over=True) for gap in gaps[1:]]
    undisturbed = Hand()
    told = [encode_ocsf(item) for gap in story for item in tell(undisturbed, gap)]
    for cut in range(len(story)):
        before, after = Hand(), Hand()
        found = [item for gap in story[:cut] for item in tell(before, gap)]
        after.engine.restore(before.engine.snapshot().items())
        found += [item for gap in story[cut:] for item in tell(after, gap)]
        assert [encode_ocsf(item) for item in found] == told
        assert after.engine.snapshot() == undisturbed.engine.snapshot()


def test_the_state_of_a_tenant_with_very_many_blind_feeds_stays_small() -> None:
    hand = Hand()
    for gap in feeds(GapKind.FAILING, *(f"feed {number}" for number in range(300))):
        (told,) = tell(hand, gap)
    assert len(told.story.splitlines()) < 30 and len(told.blind_spots) <= 8
    assert max(len(data) for data in hand.engine.snapshot().values()) < 32_768
    assert len(tell(hand, replace(SILENT, kind=GapKind.BYPASS, from_ms=1, to_ms=2))) == 1


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
