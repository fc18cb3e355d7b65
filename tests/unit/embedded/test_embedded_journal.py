"""The journal: ledger, repeats, checkpoints, clock, gaps, feedback, delays, several tenants."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.contracts.collected import Batch, Content, ContentState, Gap, GapKind, Tally
from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.profile import Profile, decode_profile
from streams.drivers.batch_parts import parts_of
from streams.drivers.delays import with_delays, with_harm_clock
from streams.drivers.embedded.archive import pack_block, read_entries, unpack_block
from streams.drivers.embedded.database import open_readonly
from streams.drivers.embedded.engine_room import EngineRoom, Told
from streams.drivers.embedded.feedback import Feedback, Verdict, write_verdict
from streams.drivers.embedded.incidents import IncidentReader
from streams.drivers.embedded.retention import Retention
from tests.unit.contracts.test_ocsf import incident
from tests.unit.embedded.store_run import (
    FEED,
    HOME,
    TENANT,
    SetClock,
    contents_of,
    intake,
    json_of,
    opened,
)

CONTENT = Content("c1", 1_700_000_000_000, 1_700_600_000_000, "https://x.example/c1")


def login(number: int, user: str = "ann@contoso.example", tenant: str = TENANT) -> bytes:
    """A vendor record."""
    return orjson.dumps(
        {
            "Id": f"00000000-0000-0000-0000-{number:012d}",
            "CreationTime": f"2023-11-14T{number // 60 % 24:02d}:{number % 60:02d}:00",
            "Operation": "UserLoggedIn",
            "OrganizationId": tenant,
            "RecordType": 15,
            "UserType": 0,
            "UserId": user,
            "UserKey": "10032001",
            "Workload": "AzureActiveDirectory",
            "ClientIP": "203.0.113.7",
            "ResultStatus": "Success",
        }
    )


def batch(*numbers: int, content: Content | None = CONTENT, **changes: Any) -> Batch:
    """A batch of logins."""
    return replace(Batch(FEED, [login(n) for n in numbers], content, collected_ms=1_700_000_060_000), **changes)


def test_repeats_are_counted_and_never_stored_twice(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with opened(path) as store:
        journal = store.journal(TENANT, intake, HOME)
        assert journal.commit(batch(1, 2, 2, unreadable=[(b"{", "cut")])) == Tally(4, 2, 1, 1)
    with opened(path) as store:
        journal = store.journal(TENANT, intake, HOME)
        assert journal.commit(batch(2, 3, content=replace(CONTENT, id="c2"))) == Tally(2, 1, 1, 0)
        (ledger,) = store.feeds()
    assert (ledger.records, ledger.produced, ledger.duplicates, ledger.dead) == (6, 3, 2, 1)
    found = contents_of(path)
    assert [raw for _, _, raw in found["records"]] == [login(1), login(2), login(3)]
    assert [kind for _, kind, *_ in found["entries"]] == ["profile", "record", "record", "record"]
    assert found["dead"] == [(FEED, "c1", "decode", "cut")]


def test_a_content_fetched_again_after_a_kill_keeps_its_sums_true(tmp_path: Path) -> None:
    with opened(tmp_path / "store.sqlite") as store:
        journal = store.journal(TENANT, intake, HOME)
        journal.commit(batch(1, 2, partial=True))
        assert [item.id for item in journal.pending(FEED)] == ["c1"]
        journal.commit(batch(1, 2, 3))
        assert journal.pending(FEED) == []
        (ledger,) = store.feeds()
        assert ledger.records == ledger.produced + ledger.duplicates + ledger.dead == 5


def test_listed_contents_wait_until_they_are_fetched_or_lost(tmp_path: Path) -> None:
    contents = [replace(CONTENT, id=f"c{n}", created_ms=10 - n) for n in range(4)]
    with opened(tmp_path / "store.sqlite") as store:
        journal = store.journal(TENANT, intake, HOME)
        assert journal.unseen(FEED, [*contents, contents[0]]) == contents
        journal.commit(Batch(FEED, listed=contents))
        journal.commit(Batch(FEED, listed=contents))
        assert journal.unseen(FEED, contents) == [] and journal.unseen("other", contents) == contents
        assert journal.pending(FEED) == contents[::-1]
        journal.commit(batch(1, content=contents[0]))
        journal.commit(Batch(FEED, content=replace(contents[1], state=ContentState.EXPIRED)))
        journal.commit(Batch(FEED, content=replace(contents[2], state=ContentState.MISSING)))
        assert journal.pending(FEED) == [contents[3]]
        (ledger,) = store.feeds()
    assert (ledger.listed, ledger.pending, ledger.expired, ledger.missing, ledger.oldest_ms) == (4, 1, 1, 1, 7)


def test_the_checkpoint_moves_with_the_batch_and_completeness_never_goes_back(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with opened(path) as store:
        journal = store.journal(TENANT, intake, HOME)
        assert (journal.checkpoint(FEED), journal.complete_ms(FEED)) == ({}, 0)
        journal.commit(Batch(FEED, checkpoint={"next": "ä"}, complete_ms=50))
        journal.commit(Batch(FEED, complete_ms=40))
        journal.commit(Batch("other", complete_ms=7))
    with opened(path) as store:
        journal = store.journal(TENANT, intake, HOME)
        assert (journal.checkpoint(FEED), journal.complete_ms(FEED)) == ({"next": "ä"}, 50)
        assert (journal.checkpoint("other"), journal.complete_ms("other")) == ({}, 7)


def test_a_clock_that_is_not_later_is_no_entry(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    for time_ms in (1_000, 2_000):
        with opened(path) as store:
            journal = store.journal(TENANT, intake, HOME)
            for _ in range(2):
                journal.clock(time_ms)
            journal.clock(time_ms - 500)
            assert journal.clock_ms() == time_ms
    assert [row[3] for row in contents_of(path)["entries"][1:]] == [b"1000", b"2000"]


def test_a_gap_is_an_entry_and_an_incident_for_every_sink(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with opened(path, route=lambda told: ("file", "mail", "file")) as store:
        journal = store.journal(TENANT, intake, HOME)
        gap = Gap(FEED, GapKind.SILENT, 1_000, 90_000_000, "Nothing for a day.")
        journal.gap(gap)
        journal.gap(replace(gap, over=True, to_ms=91_000_000))
        assert [item.sink for item in store.outbox.due(10**14, "mail")] == ["mail", "mail"]
    with IncidentReader(path) as reader:
        (row,) = reader.incidents()
        assert (row.account, row.closed, len(reader.history(row.uid))) == (TENANT, True, 2)
        assert reader.incidents(open_only=True) == []


def test_a_verdict_given_while_the_store_is_open_comes_into_the_log(undisturbed: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(undisturbed.read_bytes())
    with IncidentReader(path) as reader:
        row = reader.incidents()[0]
    with opened(path) as store:
        journal = store.journal(TENANT, intake, HOME)
        write_verdict(path, Feedback(row.uid, Verdict.BENIGN, "eve", "a test", 5))
        with IncidentReader(path) as reader:
            assert reader.find(row.uid[:8]).verdict == "benign"
        assert (journal.take_feedback(), journal.take_feedback()) == (1, 0)
    connection = open_readonly(path)
    (entry,) = [entry for _, entry in read_entries(connection) if entry.kind is EntryKind.FEEDBACK]
    connection.close()
    assert (entry.account, json_of(entry.value)["verdict"]) == (row.account, "benign")
    with pytest.raises(LookupError):
        write_verdict(path, Feedback("nothing", Verdict.BENIGN, "eve", "", 5))


def test_the_identity_map_survives(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    guid = "abcdefab-0000-0000-0000-000000000001"
    record = orjson.loads(login(1)) | {"MailboxGuid": guid, "MailboxOwnerUPN": "ann@contoso.example"}
    record |= {"RecordType": 2, "Workload": "Exchange", "Operation": "SoftDelete"}
    with opened(path) as store:
        store.journal(TENANT, intake, HOME).commit(replace(batch(), records=[orjson.dumps(record)]))
    with opened(path) as store:
        journal = store.journal(TENANT, intake, HOME)
        assert journal._identity_map.resolve(guid) == "ann@contoso.example"


def test_a_great_batch_is_several_transactions_and_its_checkpoint_comes_last() -> None:
    whole = batch(*range(11), listed=[CONTENT], checkpoint={"a": 1}, complete_ms=9, unreadable=[(b"", "cut")])
    parts = parts_of(whole, 5)
    assert [len(part.records) for part in parts] == [5, 5, 1]
    assert [part.partial for part in parts] == [True, True, False]
    assert [part.checkpoint for part in parts] == [None, None, {"a": 1}]
    assert [len(part.listed) + len(part.unreadable) for part in parts] == [2, 0, 0]
    assert parts_of(whole, 11) == [whole]


def test_tenants_do_not_see_each_other(tmp_path: Path) -> None:
    other = "99999999-2222-3333-4444-555555555555"
    path = tmp_path / "store.sqlite"
    with opened(path) as store:
        first = store.journal(TENANT, intake, HOME)
        second = store.journal(other, lambda ids, index: intake(ids, index, other), HOME)
        assert first.commit(batch(1)).produced == second.commit(batch(1)).produced == 1
        first.clock(5)
        assert (first.clock_ms(), second.clock_ms(), second.checkpoint(FEED)) == (5, 0, {})
    connection = open_readonly(path)
    assert [entry.tenant for _, entry in read_entries(connection, tenant=other)] == [other, other]
    connection.close()


def test_a_flooding_tenant_lets_others_between(tmp_path: Path) -> None:
    other = "99999999-2222-3333-4444-555555555555"
    order: list[str] = []
    with opened(tmp_path / "store.sqlite") as store:
        flood = store.journal(TENANT, intake, HOME)
        quiet = store.journal(other, lambda ids, index: intake(ids, index, other), HOME)
        begun = threading.Event()

        def flooding() -> None:
            for number in range(40):
                flood.commit(batch(*range(number * 20, number * 20 + 20)))
                order.append("flood")
                begun.set()

        thread = threading.Thread(target=flooding)
        thread.start()
        begun.wait(10)
        quiet.commit(batch(1))
        order.append("quiet")
        thread.join(60)
    assert order.index("quiet") < 20


def test_messages_say_whose_delay_it_was(undisturbed: Path) -> None:
    with IncidentReader(undisturbed) as reader:
        row = next(row for row in reader.incidents() if "@" in row.account)
        first = json_of(reader.history(row.uid)[0])["unmapped"]
    assert set(first["harm_clock"]) == {"alert_wall_ms", "acts_before", "acts_after"}
    assert first["harm_clock"]["alert_wall_ms"] == row.alert_ms
    assert first["delay"] == {} or first["delay"]["collector_ms"] == 5_000


def test_home_domains_that_became_known_later_hold_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"

    def profiles() -> list[Profile]:
        with closing(open_readonly(path)) as connection:
            entries = [entry for _, entry in read_entries(connection)]
        return [decode_profile(entry.value) for entry in entries if entry.kind is EntryKind.PROFILE]

    with opened(path) as store:
        store.journal(TENANT, intake, ())
    for domains in (("b.example", "a.example"), ("a.example", "b.example"), ()):
        with opened(path) as store:
            journal = store.journal(TENANT, intake, domains)
    assert [profile.home_domains for profile in profiles()] == [HOME, ("a.example", "b.example")]
    with opened(path) as store:
        journal = store.journal(TENANT, intake, ("a.example", "b.example"))
        day_ms = 86_400_000
        for day in range(20_000, 20_003):
            journal.clock(day * day_ms + 6 * 3_600_000)
        later = journal._workings.room.profile(TENANT)
    assert later.day > 0 and later.home_domains == ("a.example", "b.example")


def test_the_delay_split_adds_up() -> None:
    told = incident(delay_ms={}, harm_clock={})
    entry = next(iter(_entries(told.time_ms + 90_000)))
    split = with_delays(told, entry, told.time_ms + 60_000, told.time_ms + 90_500).delay_ms
    assert split == {"vendor_ms": 60_000, "collector_ms": 30_000, "watchpost_ms": 500}
    for unknown in (0, told.time_ms - 3_600_000):  # not known, or a window of time that the record lies in
        assert with_delays(told, entry, unknown, told.time_ms + 90_500).delay_ms == {"watchpost_ms": 500}
    historical = replace(told, historical=True)
    assert with_delays(historical, entry, 5, 6) is historical


def test_the_harm_clock_counts_what_came_after_the_first_alert() -> None:
    told = incident(harm_clock={})
    first = min(record.time_ms for record in told.evidence)
    assert with_harm_clock(told, first).harm_clock == {"alert_wall_ms": first, "acts_before": 1, "acts_after": 1}


@pytest.mark.parametrize("skew_ms", [0, -600_000, 600_000])
def test_a_wrong_clock_of_ours_changes_neither_delay_nor_harm_clock(
    skew_ms: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = incident(delay_ms={}, harm_clock={})
    before, after = sorted(record.time_ms for record in told.evidence)
    told = replace(told, time_ms=before)
    alert_ms = (before + after) // 2
    monkeypatch.setattr(
        EngineRoom, "fold", lambda room, entries: ([Told(entry, told) for entry in entries if entry.collected_ms], [])
    )
    clock = SetClock(alert_ms - skew_ms)
    with opened(tmp_path / "store.sqlite", clock) as store:
        journal = store.journal(TENANT, intake, HOME)
        content = replace(CONTENT, created_ms=before + 200)
        journal.commit(batch(1, content=content, collected_ms=alert_ms - 700, skew_ms=skew_ms))
        clock.time_ms += 3_600_000
        journal.commit(batch(2, content=replace(content, id="c2"), collected_ms=alert_ms + 1, skew_ms=skew_ms))
    with IncidentReader(tmp_path / "store.sqlite") as reader:
        first, second = (json_of(message)["unmapped"] for message in reader.history(told.uid))
        (row,) = reader.incidents()
    assert first["delay"]["watchpost_ms"] == 700
    assert first["delay"]["vendor_ms"] + first["delay"]["collector_ms"] == alert_ms - 700 - before
    assert first["harm_clock"] == {"alert_wall_ms": alert_ms, "acts_before": 1, "acts_after": 1}
    assert second["harm_clock"] == first["harm_clock"]
    assert (row.alert_ms, row.told_ms) == (alert_ms, clock.time_ms)


def _entries(collected_ms: int) -> list[Any]:
    return [LogEntry(EntryKind.RECORD, TENANT, "a", b"", collected_ms=collected_ms)]


def test_blocks_give_records_back_as_they_were() -> None:
    records = [b"", b"{}", "ä\n\0".encode(), b"x" * 300_000]
    assert unpack_block(pack_block(records)) == records


def test_a_journal_that_is_lost_says_so_in_the_callers_class(tmp_path: Path) -> None:
    class Lost(RuntimeError):
        """As the seam of the feeds names it."""

    def step(name: str) -> None:
        if name == "saved" and armed:
            raise MemoryError("no room")

    armed: list[int] = []
    path = tmp_path / "store.sqlite"
    with opened(path, SetClock(), lost=Lost, step=step) as store:
        journal = store.journal(TENANT, intake, HOME)
        armed.append(1)
        with pytest.raises(MemoryError):
            journal.commit(batch(1))
        with pytest.raises(Lost):
            journal.commit(batch(2))
        for call in (
            lambda: journal.checkpoint(FEED),
            store.outbox.backlog,
            store.feeds,
            lambda: store.prune(Retention()),
        ):
            with pytest.raises(Lost):
                call()
    found = contents_of(path)
    assert len(found["entries"]) == 1 and found["records"] == []


def test_feeding_tells_the_attack(batches: list[Batch], undisturbed: Path) -> None:
    found = contents_of(undisturbed)
    assert found["incidents"] and found["outbox"] and len(found["records"]) > 1_000
    served = [raw for part in batches for raw in part.records]
    archived = [raw for _, _, raw in found["records"]]
    assert len(archived) == len(set(archived)) and set(archived) == set(served)
