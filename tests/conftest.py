"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# CI draws the same examples every time; elsewhere each run draws new ones.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Folder with public vendor samples: ``WATCHPOST_TEST_DATA`` or ``../shared/data`` beside the repository."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("WATCHPOST_TEST_DATA", str(root.parent / "shared" / "data")))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}")
    return folder
