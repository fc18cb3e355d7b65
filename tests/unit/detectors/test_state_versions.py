"""States of older versions say the same in the newest one, in fewer bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.engine.account import dump_account, load_account
from detectors.registry import account_detectors
from tests.golden.cases import golden_files

FILES = list(golden_files())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_state_written_anew_is_the_same_state(path: Path) -> None:
    data, detectors = path.read_bytes(), account_detectors()
    account, _ = load_account(data, 0, detectors)
    rewritten = dump_account(account, detectors)
    again, damaged = load_account(rewritten, 0, detectors)
    assert damaged == 0
    for detector, state, other in zip(detectors, account.states, again.states, strict=True):
        assert detector.dump(state) == detector.dump(other), detector.info.id
    assert account.open_days == again.open_days
    assert len(rewritten) <= len(data)


def test_rows_of_the_first_version_keep_their_sessions_and_records() -> None:
    detectors = account_detectors()
    place = next(n for n, detector in enumerate(detectors) if detector.info.id == "impossible-session")
    accused = next(path for path in FILES if path.name == "v0.1-accused.bin")
    first, _ = load_account(accused.read_bytes(), 0, detectors)
    second, _ = load_account(dump_account(first, detectors), 0, detectors)
    rows, again = first.states[place].rows, second.states[place].rows
    assert rows == again
    assert any(row.record for day in rows.values() for row in day.values())
    assert first.states[place].sessions == second.states[place].sessions
