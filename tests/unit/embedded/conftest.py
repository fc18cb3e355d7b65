"""A practice tenant's batches, and the store that holds them after an undisturbed run."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from schemas.contracts.collected import Batch
from tests.unit.embedded.store_run import practice_batches, run_child


@pytest.fixture(scope="session")
def batches(tmp_path_factory: pytest.TempPathFactory) -> list[Batch]:
    """A small tenant under attack S1, 300 records at a time."""
    return practice_batches(tmp_path_factory.mktemp("practice"), 8, 3, ("S1",), 300)


@pytest.fixture(scope="session")
def batch_file(batches: list[Batch], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The batches for a child process."""
    path = tmp_path_factory.mktemp("batches") / "batches"
    path.write_bytes(pickle.dumps(batches))
    return path


@pytest.fixture(scope="session")
def undisturbed(batch_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store after a run that nothing disturbed. Not to be changed."""
    path = tmp_path_factory.mktemp("undisturbed") / "store.sqlite"
    run_child(path, batch_file, "0")
    return path
