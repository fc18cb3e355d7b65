"""While a tenant looks back its states are written seldom: killed at any moment, the log makes up for what was not."""

from __future__ import annotations

import pickle
import random
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.contracts.collected import Batch
from streams.drivers.embedded.archive import read_entries
from streams.drivers.embedded.behind import ENTRIES_MIN
from streams.drivers.embedded.database import open_readonly
from streams.drivers.embedded.tenants import remove_tenant
from streams.drivers.pipeline import LocalPipeline
from tests.unit.embedded.kills import forked, killed_at_random, status_of
from tests.unit.embedded.store_run import FEED, HOME, TENANT, contents_of, engines, folded, intake, opened, run_child


@pytest.fixture(scope="module")
def past(batches: list[Batch]) -> list[Batch]:
    """The practice tenant's batches as a look-back hands them over."""
    return [replace(batch, historical=True) for batch in batches]


@pytest.fixture(scope="module")
def past_file(past: list[Batch], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for a child process."""
    path = tmp_path_factory.mktemp("past") / "batches"
    path.write_bytes(pickle.dumps(past))
    return path


@pytest.fixture(scope="module")
def whole(past_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store after a look-back that nothing disturbed. Not to be changed."""
    path = tmp_path_factory.mktemp("whole") / "store.sqlite"
    run_child(path, past_file, "0")
    return path


def behind(path: Path) -> list[str]:
    """Rows that say that states are behind."""
    with closing(open_readonly(path)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM meta WHERE name LIKE 'states behind|%'")]


def states_of_the_log(path: Path) -> dict[tuple[str, bytes], bytes]:
    """The whole log folded by fresh engines."""
    accounts, entities = engines()
    pipeline = LocalPipeline(accounts, entities)
    with closing(open_readonly(path)) as connection:
        for _, entry in read_entries(connection):
            pipeline.fold(entry)
    return folded(accounts, entities)


def test_states_are_behind_after_a_kill_and_read_back_as_the_log_says(past_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    assert status_of(forked(path, past_file, "60")) == 9
    assert behind(path) and contents_of(path)["states"] != states_of_the_log(path)
    with opened(path):
        pass
    assert not behind(path) and contents_of(path)["states"] == states_of_the_log(path)


def test_killed_at_random_while_it_looks_back_it_holds_what_an_undisturbed_run_holds(
    past_file: Path, whole: Path, tmp_path: Path
) -> None:
    seen: list[Path] = []

    def look(path: Path) -> None:
        if path.exists() and has_tables(path) and behind(path):
            seen.append(path)

    killed_at_random(tmp_path, past_file, contents_of(whole), random.Random(9), 1 / 3, look)
    assert seen, "no kill met states that were behind"


def has_tables(path: Path) -> bool:
    """Whether the process was not killed before it had made the store."""
    try:
        with closing(open_readonly(path)):
            return True
    except RuntimeError:
        return False


def test_ended_at_each_step_while_it_looks_back(past_file: Path, whole: Path, tmp_path: Path) -> None:
    expected, path, chance = contents_of(whole), tmp_path / "store.sqlite", random.Random(10)
    for stop_at in [*range(1, 12), *(chance.randrange(12, 60) for _ in range(6))]:
        assert status_of(forked(path, past_file, str(stop_at))) in (0, 9)
    assert status_of(forked(path, past_file)) == 0
    assert contents_of(path) == expected


def test_what_is_live_is_saved_at_once(past: list[Batch], tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with opened(path) as store:
        journal = store.journal(TENANT, intake, HOME)
        journal.commit(past[0])
        assert behind(path) and len(past[0].records) < ENTRIES_MIN
        journal.commit(Batch(FEED, checkpoint={"live": 1}))
        assert not behind(path) and contents_of(path)["states"] == states_of_the_log(path)


def test_the_archive_is_not_pruned_before_states_are_saved(past: list[Batch], tmp_path: Path) -> None:
    from streams.drivers.embedded.retention import Retention

    path = tmp_path / "store.sqlite"
    with opened(path) as store:
        store.journal(TENANT, intake, HOME).commit(past[0])
        expected = states_of_the_log(path)
        store.prune(Retention(archive_days=-1.0))
        assert not behind(path) and contents_of(path)["entries"] == []
        assert contents_of(path)["states"] == expected


def test_a_tenant_that_is_removed_is_not_behind(past_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    assert status_of(forked(path, past_file, "60")) == 9
    assert behind(path)
    assert remove_tenant(path, TENANT).complete and not behind(path)
    with opened(path) as store:
        assert store.measures() == []
