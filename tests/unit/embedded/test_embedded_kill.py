"""Killed at any moment and started again, the store holds what an undisturbed run leaves, byte for byte."""

from __future__ import annotations

import random
from pathlib import Path

from streams.drivers.embedded.archive import read_entries
from streams.drivers.embedded.database import open_readonly
from streams.drivers.pipeline import LocalPipeline
from tests.unit.embedded.kills import forked, killed_at_random, status_of
from tests.unit.embedded.store_run import contents_of, engines, folded


def test_killed_at_random_it_holds_what_an_undisturbed_run_holds(
    undisturbed: Path, batch_file: Path, tmp_path: Path
) -> None:
    killed_at_random(tmp_path, batch_file, contents_of(undisturbed), random.Random(7), 1 / 6)


def test_ended_within_a_transaction_at_each_of_its_steps_it_goes_on(
    undisturbed: Path, batch_file: Path, tmp_path: Path
) -> None:
    expected, path, chance = contents_of(undisturbed), tmp_path / "store.sqlite", random.Random(8)
    for stop_at in [1, 2, 3, 4, 5, 6, 7, 8, 9, *(chance.randrange(10, 40) for _ in range(6))]:
        assert status_of(forked(path, batch_file, str(stop_at))) in (0, 9)
    assert status_of(forked(path, batch_file)) == 0
    assert contents_of(path) == expected


def test_the_log_folded_anew_gives_the_states_and_findings_of_the_store(undisturbed: Path) -> None:
    connection = open_readonly(undisturbed)
    accounts, entities = engines()
    pipeline, told = LocalPipeline(accounts, entities), []
    for _, entry in read_entries(connection):
        told += [incident.message_uid for incident in pipeline.fold(entry)]
    connection.close()
    held = contents_of(undisturbed)
    assert told == [uid for _, uid, *_ in held["messages"]] != []
    assert folded(accounts, entities) == held["states"]
