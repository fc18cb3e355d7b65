"""A store that runs full again and again, and is opened again when there is room, holds what one with room holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.contracts.collected import Batch
from schemas.records.decode import decode
from streams.drivers.embedded.database import StoreFull, StoreLost
from streams.drivers.embedded.engine_room import EngineRoom
from streams.drivers.embedded.store import EmbeddedStore, open_store
from tests.unit.embedded.store_run import FEED, HOME, TENANT, SetClock, contents_of, engines, intake, opened


def leave_room(store: EmbeddedStore, pages: int) -> None:
    """So many pages and no more may be added."""
    with store._workings.database.upkeep() as connection:
        (held,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {held + pages}")


def test_it_says_so_and_goes_on_from_what_is_stored(batches: list[Batch], undisturbed: Path, tmp_path: Path) -> None:
    path, clock, said, turns, done = tmp_path / "store.sqlite", SetClock(), list[str](), 0, 0
    while done < len(batches):
        turns += 1
        clock.time_ms = batches[max(0, done - 1)].collected_ms
        with opened(path, clock, route=lambda _: ("file", "mail")) as store:
            journal = store.journal(TENANT, intake, HOME)
            done = int(journal.checkpoint(FEED).get("batch", 0))
            leave_room(store, 150)
            try:
                for batch in batches[max(0, done - 1) :]:
                    clock.time_ms = batch.collected_ms
                    if int((batch.checkpoint or {})["batch"]) > done:
                        journal.commit(batch)
                        done += 1
                    journal.clock(decode(batch.records[-1]).time_ms)
            except StoreLost as error:
                said.append(str(error))
                done = 0
            assert store.full == (done == 0)
    assert turns > 3 and len(said) == turns - 1
    assert all("the disk is full; make room" in text and "\n" not in text for text in said)
    found, expected = contents_of(path), contents_of(undisturbed)
    assert {name for name, value in found.items() if value != expected[name]} == set()


def test_a_full_disk_at_the_start_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> None:
        raise StoreFull(f"{path}: the disk is full")

    monkeypatch.setattr("streams.drivers.embedded.store.open_database", full)
    with pytest.raises(ZeroDivisionError, match="the disk is full"), opened(tmp_path / "s", full=ZeroDivisionError):
        pass
    with pytest.raises(KeyError, match="the disk is full"), opened(tmp_path / "s", lost=KeyError):
        pass


def test_a_store_that_could_not_be_opened_for_want_of_room_is_opened_later_by_the_same_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.sqlite"

    def full(self: EngineRoom, connection: object) -> None:
        raise StoreFull(f"{path}: the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(EngineRoom, "catch_up", full)
        with pytest.raises(StoreLost), opened(path):
            pass
    with open_store(path, *engines(), wait=False) as store:
        assert store is not None
