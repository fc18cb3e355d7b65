"""Batches to entries: copies, duplicates, revisions, dead letters."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import orjson
import pytest

from schemas.contracts.collected import Batch
from schemas.contracts.log import EntryKind
from schemas.identity.identity_map import IdentityMap
from streams.collectors.live.intake import Intake, Taken
from tests.unit.collectors.conftest import NINE, TENANT, entries, management, signin, trace
from tests.unit.live.fakes import MemoryIndex
from tests.unit.records.samples import hub

HOME = ("corp.example",)


def intake() -> Intake:
    return Intake(TENANT, IdentityMap(HOME), MemoryIndex(), HOME)


def take(taker: Intake, *records: dict[str, Any] | bytes, **more: Any) -> Taken:
    raw = [record if isinstance(record, bytes) else orjson.dumps(record) for record in records]
    return taker.take(Batch("feed", records=raw, **more))


def test_one_copy_per_concerned_account_with_the_bytes_as_received() -> None:
    raw = b' {"Note" : 1.50, ' + orjson.dumps(management(MailboxOwnerUPN="bob@corp.example", Operation="SendAs"))[1:]
    taken = take(intake(), raw, collected_ms=7, historical=True)
    assert [(entry.account, entry.role) for entry in taken.entries] == [
        ("ann@corp.example", "actor"),
        ("bob@corp.example", "mailbox"),
    ]
    assert all(entry.value == raw and entry.kind is EntryKind.RECORD for entry in taken.entries)
    assert all(entry.collected_ms == 7 and entry.historical and entry.tenant == TENANT for entry in taken.entries)


def test_entries_are_those_of_a_sorted_export() -> None:
    records = [management("a"), signin("b", NINE + 1_000), trace("c", NINE + 2_000)]
    expected = [entry for entry in entries(records, HOME) if entry.kind is EntryKind.RECORD]
    found = take(intake(), *records).entries
    assert [(e.account, e.value, e.identity) for e in found] == [(e.account, e.value, e.identity) for e in expected]


def test_the_same_content_again_is_a_duplicate_whatever_its_layout() -> None:
    taker = intake()
    record = management()
    again = orjson.dumps(dict(reversed(record.items())), option=orjson.OPT_INDENT_2)
    assert take(taker, record).tally.produced == 1
    taken = take(taker, again, record)
    assert (taken.tally.read, taken.tally.duplicates, taken.entries) == (2, 2, [])


def test_a_management_revision_makes_no_entry_but_teaches_the_map() -> None:
    taker = intake()
    take(taker, management())
    taken = take(taker, management(MailboxGuid="aa-bb", MailboxOwnerUPN="bob@corp.example"))
    assert (taken.entries, taken.tally.produced, taken.revisions, taken.skipped) == ([], 1, 1, 1)
    assert taker.identity_map.resolve("aa-bb") == "bob@corp.example"


def test_a_signin_with_its_risk_is_delivered_again() -> None:
    taker = intake()
    first, second = take(taker, signin()), take(taker, signin(riskState="atRisk"))
    assert len(first.entries) == len(second.entries) == 1
    assert second.revisions == 1


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_trace_row_is_delivered_once_in_a_final_state_in_any_order(order: tuple[int, ...]) -> None:
    rows = [trace(status=status, size=size) for status in ("pending", "delivered") for size in (1, 2)]
    taker = intake()
    details = [entry.event.detail for row in order for entry in take(taker, rows[row]).entries if entry.event]
    final = [detail for detail in details if getattr(detail, "status", "") == "delivered"]
    assert len(final) == 1


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{", "not JSON"),
        (b"1", "not an object"),
        (b'{"a":1}', "no known kind"),
        (b"\xff\xfe{}", "not JSON"),
        (b'{"CreationTime":"never","Id":"1","Operation":"Send"}', ""),
    ],
)
def test_what_is_no_record_is_a_dead_letter_with_a_reason(raw: bytes, reason: str) -> None:
    taken = take(intake(), raw, management())
    assert [letter.raw for letter in taken.dead] == [raw]
    assert reason in taken.dead[0].reason
    assert (taken.tally.read, taken.tally.produced, taken.tally.dead) == (2, 1, 1)


def test_unreadable_pieces_of_the_batch_are_dead_letters_too() -> None:
    taken = intake().take(Batch("feed", unreadable=[(b"17", "no object")]))
    assert taken.dead == [(b"17", "no object")]
    assert (taken.tally.read, taken.tally.dead) == (1, 1)


def test_a_page_and_an_envelope_are_opened() -> None:
    page = orjson.dumps({"records": [management("a"), {"category": "SignInLogs", "properties": signin("b")}]})
    taken = take(intake(), page)
    assert [entry.record_id for entry in taken.entries] == ["a", "b"]


def test_what_no_detector_can_read_is_skipped_counted_by_type_and_still_delivered() -> None:
    taken = take(intake(), management(Operation="Odd", ClientIP=None, RecordType=999))
    assert (taken.skipped, len(taken.entries)) == (1, 1)
    assert taken.tally.unread_types == {"999": 1}


def test_the_bootstrap_profile_names_the_home_domains() -> None:
    assert intake().bootstrap().kind is EntryKind.PROFILE


@pytest.mark.parametrize("record", [management(), signin(), trace(), trace(status="pending")])
def test_what_the_archive_holds_is_not_delivered_again(record: dict[str, Any]) -> None:
    taker = intake()
    taker.recall(orjson.dumps(record))
    assert take(taker, record).tally.duplicates == 1


@pytest.mark.parametrize(("record", "delivered"), [(management(), 0), (signin(), 1), (trace(), 0)])
def test_nor_is_a_revision_of_it_that_adds_nothing(record: dict[str, Any], delivered: int) -> None:
    taker = intake()
    taker.recall(orjson.dumps(record))
    assert len(take(taker, record | {"Extra": 1}).entries) == delivered


def test_a_category_that_nobody_reads_is_archived_and_counted_and_no_dead_letter() -> None:
    taker = intake()
    record = hub(
        "MicrosoftGraphActivityLogs", {"requestId": "x", "userId": "ab", "requestUri": "https://graph.test/me"}
    )
    taken = take(taker, {"records": [record]}, collected_ms=7)
    assert (taken.tally.read, taken.tally.produced, taken.tally.dead, taken.skipped) == (1, 1, 0, 1)
    assert taken.entries == [] and taken.tally.unread_types == {}
    (kept,) = taken.archived
    assert (kept.role, kept.source, kept.record_id, kept.account) == ("archive", "diagnostic", "x", "ab")
    assert kept.collected_ms == 7 and orjson.loads(kept.value) == record
    again = take(taker, {"records": [record | {"time": "2026-08-14T11:45:55Z"}]})
    assert (again.tally.duplicates, again.archived) == (1, [])
    assert take(taker, hub("MyOwnLogs", {"requestId": "x"})).tally.dead == 1
