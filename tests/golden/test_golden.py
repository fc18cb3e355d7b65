"""Golden files load for ever and never change."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from detectors.engine.account import dump_account, load_account
from detectors.engine.account_engine import AccountEngine
from detectors.engine.knowledge import Knowledge
from detectors.probe import NoFacts
from detectors.registry import account_detectors
from schemas.contracts.log import EntryKind, LogEntry
from tests.golden.cases import FOLDER, WRITERS, golden_files
from tests.scenarios.building import ACCOUNT, DAY_MS, MONDAY_MS, TENANT, Builder

FILES = list(golden_files())


def test_the_files_are_those_that_were_written() -> None:
    listed = FOLDER / "digests.txt"
    lines = listed.read_text(encoding="ascii").splitlines() if listed.exists() else []
    found = [f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.name}" for path in FILES]
    assert sorted(lines) == sorted(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_golden_state_loads_and_works_on(path: Path) -> None:
    data, detectors = path.read_bytes(), account_detectors()
    account, damaged = load_account(data, 0, detectors)
    assert damaged == 0
    assert account.sealed_days > 0 and account.last_ms > account.first_ms >= MONDAY_MS
    assert dump_account(account, detectors)
    engine = AccountEngine(detectors, Knowledge(NoFacts()))
    engine.load_state(TENANT, ACCOUNT, data)
    later = Builder().send(account.last_ms + DAY_MS, ("friend1@known.example",))
    engine.fold(LogEntry(EntryKind.RECORD, TENANT, ACCOUNT, b"", "management", "later", "actor", 0, False, later))
    assert engine.damaged == 0


@pytest.mark.parametrize("case", sorted(WRITERS))
def test_what_would_be_written_is_the_same_each_time_and_loads(case: str) -> None:
    data = WRITERS[case]()
    assert data == WRITERS[case]()
    account, damaged = load_account(data, 0, account_detectors())
    assert damaged == 0
    assert dump_account(account, account_detectors()) == data
    assert (account.book.incident is not None) == (case != "quiet")


def test_nothing_is_overwritten() -> None:
    name = FILES[0].name.partition("-")[0] if FILES else "bad/name"
    done = subprocess.run([sys.executable, "-m", "tests.golden.write", name], capture_output=True, check=False)
    assert done.returncode == (1 if FILES else 2)
