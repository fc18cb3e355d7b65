"""Killed at any moment and started again, the store holds what an undisturbed run leaves, byte for byte."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from detectors.engine.account_engine import AccountEngine
from detectors.engine.signal_order import OrderedEntities
from streams.drivers.embedded.archive import read_entries
from streams.drivers.embedded.database import open_readonly
from streams.drivers.pipeline import LocalPipeline
from tests.unit.embedded.store_run import TENANT, contents_of, engines, run_child

KILLS = int(os.environ.get("WATCHPOST_KILLS", "20"))


def forked(path: Path, batch_file: Path, stop_at: str = "0") -> int:
    """A child that feeds the rest of the batches; its process id."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            run_child(path, batch_file, stop_at)
            status = 0
        finally:
            os._exit(status)
    return child


def status_of(child: int) -> int:
    """How the child ended: its exit status, or minus the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_killed_at_random_it_holds_what_an_undisturbed_run_holds(
    undisturbed: Path, batch_file: Path, tmp_path: Path
) -> None:
    started = time.monotonic()
    assert status_of(forked(tmp_path / "once.sqlite", batch_file)) == 0
    whole = time.monotonic() - started
    expected, chance, kills, turn = contents_of(undisturbed), random.Random(7), 0, 0
    while kills < KILLS:
        turn += 1
        path = tmp_path / f"store-{turn}.sqlite"
        done = False
        while not done:
            child = forked(path, batch_file)
            if kills < KILLS:
                time.sleep(chance.uniform(0.0, whole / 6))
                os.kill(child, signal.SIGKILL)
            status = status_of(child)
            assert status in (0, -signal.SIGKILL)
            done, kills = status == 0, kills + (status != 0)
        found = contents_of(path)
        assert {name: value for name, value in found.items() if value != expected[name]} == {}


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


def folded(accounts: AccountEngine, entities: OrderedEntities) -> dict[tuple[str, bytes], bytes]:
    """States as the store keys them."""
    prefix = f"{TENANT}|".encode()
    sides = (("accounts", accounts.snapshot()), ("entities", entities.snapshot()))
    return {(side, key.removeprefix(prefix)): data for side, states in sides for key, data in states.items()}
