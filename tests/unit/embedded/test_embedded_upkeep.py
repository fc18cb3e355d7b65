"""Reading incidents, deleting what is past its time, removing a tenant with all of it."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.contracts.collected import Batch, Gap, GapKind
from streams.drivers.embedded.database import StoreLost
from streams.drivers.embedded.feedback import Feedback, Verdict, write_verdict
from streams.drivers.embedded.incidents import IncidentReader
from streams.drivers.embedded.retention import Retention
from streams.drivers.embedded.tables import OF_TENANTS
from streams.drivers.embedded.tenants import list_tenants, remove_tenant
from tests.unit.embedded.store_run import FEED, HOME, TENANT, SetClock, contents_of, feed_batch, intake, json_of, opened

OTHER = "99999999-2222-3333-4444-555555555555"
DAY_MS = 86_400_000


@pytest.fixture
def store_path(undisturbed: Path, tmp_path: Path) -> Path:
    """A copy of the store that may be changed."""
    return Path(shutil.copy(undisturbed, tmp_path / "store.sqlite"))


def test_incidents_are_found_by_id_and_by_its_beginning(store_path: Path) -> None:
    with IncidentReader(store_path) as reader:
        rows = reader.incidents()
        assert [row.created_ms for row in rows] == sorted((row.created_ms for row in rows), reverse=True)
        for row in rows:
            assert reader.find(row.uid) == reader.find(row.uid[:10].upper()) == row
            history = reader.history(row.uid)
            assert history[-1] == reader.message(row.uid)
            assert {json_of(item)["finding_info"]["uid"] for item in history} == {row.uid}
        assert reader.incidents(tenant=TENANT) == rows and reader.incidents(tenant=OTHER) == []
        assert {row.tier for row in reader.incidents(tier="act")} <= {"act"}
        assert reader.incidents(most=1) == rows[:1]


@pytest.mark.parametrize("uid", ["", "%", "zz", "_", "\\", "'"])
def test_an_id_that_names_none_or_several_is_told(store_path: Path, uid: str) -> None:
    with opened(store_path) as store:
        store.journal(TENANT, intake, HOME).gap(Gap(FEED, GapKind.SILENT, 1, 2, "x"))
        store.journal(TENANT, intake, HOME)
    with IncidentReader(store_path) as reader:
        with pytest.raises(LookupError, match="begin with" if uid == "" else "there is no incident"):
            reader.find(uid)
        with pytest.raises(LookupError):
            reader.message(uid)
        assert reader.history(uid) == []


def test_the_last_verdict_counts(store_path: Path) -> None:
    with IncidentReader(store_path) as reader:
        uid = reader.incidents()[0].uid
        assert reader.find(uid).verdict == ""
        for verdict in (Verdict.UNSURE, Verdict.MALICIOUS):
            write_verdict(store_path, Feedback(uid, verdict, "eve", "looked", 5))
        assert reader.find(uid).verdict == "malicious"
        assert [item["verdict"] for item in reader.feedback(uid)] == ["unsure", "malicious"]


def test_what_is_past_its_time_goes_and_what_is_open_stays(store_path: Path, batches: list[Batch]) -> None:
    last_ms = batches[-1].collected_ms
    with IncidentReader(store_path) as reader:
        open_before = {row.uid for row in reader.incidents(open_only=True)}
    assert open_before
    clock = SetClock(last_ms + 40 * DAY_MS)
    with opened(store_path, clock) as store:
        journal = store.journal(TENANT, intake, HOME)
        gap = Gap(FEED, GapKind.SILENT, 1, 2, "x")
        journal.gap(gap)
        journal.gap(replace(gap, over=True))
        clock.time_ms += 400 * DAY_MS
        deleted = store.prune(Retention())
        assert all(deleted[name] for name in ("log", "blocks", "dead", "contents", "seen", "messages", "incidents"))
        assert store.prune(Retention()) == dict.fromkeys(deleted, 0)
        assert journal.checkpoint(FEED)
    after = contents_of(store_path)
    assert after["entries"] == after["records"] == after["contents"] == after["dead"] == []
    assert {row[1] for row in after["incidents"]} == open_before
    assert after["seen"] == (0,) and after["states"]


def test_a_short_archive_does_not_make_old_records_new(store_path: Path, batches: list[Batch]) -> None:
    clock = SetClock(batches[-1].collected_ms + 10 * DAY_MS)
    with opened(store_path, clock) as store:
        journal = store.journal(TENANT, intake, HOME)
        assert store.prune(Retention(archive_days=1))["log"]
        again = journal.commit(replace(batches[-1], listed=[], content=None))
        assert again.duplicates == again.read > 0


def test_what_waits_for_a_sink_is_kept(store_path: Path, batches: list[Batch]) -> None:
    clock = SetClock(batches[-1].collected_ms + 500 * DAY_MS)
    with opened(store_path, clock) as store:
        waiting = len(store.outbox.due(clock.time_ms, "file"))
        store.prune(Retention())
        assert len(store.outbox.due(clock.time_ms, "file")) == waiting > 0


def test_within_its_time_nothing_goes(store_path: Path, batches: list[Batch]) -> None:
    before = contents_of(store_path)
    with opened(store_path, SetClock(batches[-1].collected_ms + DAY_MS)) as store:
        assert set(store.prune(Retention()).values()) == {0}
    assert contents_of(store_path) == before


def test_a_removed_tenant_leaves_no_row_and_no_trace(store_path: Path, batches: list[Batch]) -> None:
    with opened(store_path) as store:
        other = store.journal(OTHER, lambda ids, index: intake(ids, index, OTHER), HOME)
        for batch in batches[:3]:
            feed_batch(other, batch)
    kept = rows_of(store_path, OTHER)
    assert [row.tenant for row in list_tenants(store_path)] == [TENANT, OTHER]
    removal = remove_tenant(store_path, TENANT)
    assert removal.complete and removal.before["log"] > 1_000 and set(removal.after) == {*OF_TENANTS, "tenants"}
    assert rows_of(store_path, TENANT) == {} and rows_of(store_path, OTHER) == kept
    assert [row.tenant for row in list_tenants(store_path)] == [OTHER]
    with opened(store_path) as store:
        assert store.journal(TENANT, intake, HOME).checkpoint(FEED) == {}
    with pytest.raises(LookupError):
        remove_tenant(store_path, "nobody")


def rows_of(path: Path, tenant: str) -> dict[str, int]:
    """Rows of a tenant by table, where there are any."""
    connection = sqlite3.connect(path)
    sql = "SELECT count(*) FROM {} WHERE tenant = (SELECT no FROM tenants WHERE id = ?)"
    found = {table: connection.execute(sql.format(table), (tenant,)).fetchone()[0] for table in OF_TENANTS}
    connection.close()
    return {table: count for table, count in found.items() if count}


def test_a_tenant_is_not_removed_under_a_running_process(store_path: Path) -> None:
    with opened(store_path), pytest.raises(StoreLost, match="stop it"):
        remove_tenant(store_path, TENANT)
    assert rows_of(store_path, TENANT)


def test_a_store_that_is_missing_is_told(tmp_path: Path) -> None:
    verdict = Feedback("nothing", Verdict.UNSURE, "eve", "", 5)
    calls = (
        list_tenants,
        lambda path: remove_tenant(path, TENANT),
        IncidentReader,
        lambda path: write_verdict(path, verdict),
    )
    for read in calls:
        with pytest.raises(StoreLost, match="no store yet"):
            read(tmp_path / "none.sqlite")
    assert not (tmp_path / "none.sqlite").exists()
