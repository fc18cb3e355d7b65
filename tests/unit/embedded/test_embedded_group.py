"""Several batches in one transaction: the same store, fewer transactions, and alerts told after them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.contracts.collected import Batch, Content, Tally
from streams.drivers.batch_parts import TRANSACTION_RECORDS_MAX
from streams.drivers.embedded import journal as journal_module
from streams.drivers.embedded.database import open_readonly
from tests.unit.embedded.store_run import FEED, HOME, TENANT, SetClock, contents_of, intake, opened


def test_batches_together_leave_the_store_that_they_leave_one_by_one(batches: list[Batch], tmp_path: Path) -> None:
    one, all_together = tmp_path / "one.sqlite", tmp_path / "together.sqlite"
    with opened(one, route=lambda _: ("file",)) as store:
        journal = store.journal(TENANT, intake, HOME)
        tallies = [journal.commit(batch) for batch in batches]
    with opened(all_together, route=lambda _: ("file",)) as store:
        assert store.journal(TENANT, intake, HOME).commit_all(batches) == tallies
    found, expected = contents_of(all_together), contents_of(one)
    assert {name for name, value in found.items() if value != expected[name]} == set()
    assert expected["messages"] and len(expected["contents"]) == len(batches)


def test_a_transaction_has_a_bounded_number_of_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "PATIENCE_SECONDS", 600.0)  # the lease's renewal may come between
    steps: list[str] = []
    size = TRANSACTION_RECORDS_MAX // 2
    held = [Batch(FEED, [b'{"Id":"%d-%d"}' % (part, n) for n in range(size)], _content(part)) for part in range(3)]
    with opened(tmp_path / "store.sqlite", step=steps.append) as store:
        tallies = store.journal(TENANT, intake, HOME).commit_all(held)
    assert steps.count("committed") == 2
    assert [tally.read for tally in tallies] == [size] * 3


def test_a_batch_that_is_too_large_alone_is_counted_once_and_whole(tmp_path: Path) -> None:
    size = TRANSACTION_RECORDS_MAX + 1
    held = [Batch(FEED, [b'{"Id":"%d"}' % n for n in range(size)], _content(0)), Batch(FEED, [b"{}"], _content(1))]
    with opened(tmp_path / "store.sqlite") as store:
        assert [tally.read for tally in store.journal(TENANT, intake, HOME).commit_all(held)] == [size, 1]
        assert store.journal(TENANT, intake, HOME).commit_all([]) == []


def test_of_nothing_nothing_is_told(tmp_path: Path) -> None:
    steps: list[str] = []
    with opened(tmp_path / "store.sqlite", step=steps.append) as store:
        journal = store.journal(TENANT, intake, HOME)
        assert journal.commit(Batch(FEED)) == Tally()
        journal.clock(1_700_000_000_000)
    assert "told" not in steps


def test_an_alert_is_told_when_it_can_be_read(batches: list[Batch], tmp_path: Path) -> None:
    path, waiting = tmp_path / "store.sqlite", []

    def step(name: str) -> None:
        if name == "told":
            with closing(open_readonly(path)) as connection:
                (count,) = connection.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'").fetchone()
            waiting.append(count)

    with opened(path, SetClock(), route=lambda _: ("file",), step=step) as store:
        journal = store.journal(TENANT, intake, HOME)
        for batch in batches:
            journal.commit(replace(batch, unreadable=[]))
    assert waiting and waiting == sorted(set(waiting)) and waiting[0] > 0
    assert waiting[-1] == len(contents_of(path)["messages"])


def _content(number: int) -> Content:
    return Content(f"c{number}", 1_700_000_000_000 + number)
