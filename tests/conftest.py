"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# CI draws the same examples every time; elsewhere each run draws new ones. A busy machine fails no test.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("patient", PATIENT)
settings.register_profile("ci", PATIENT, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "patient")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Folder with public vendor samples: ``WATCHPOST_TEST_DATA`` or ``../shared/data`` beside the repository."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("WATCHPOST_TEST_DATA", str(root.parent / "shared" / "data")))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}")
    return folder
