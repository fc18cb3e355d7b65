"""Finds the cases: `tests/scenarios/<detector-id>/*.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def all_cases() -> list[tuple[str, dict[str, Any]]]:
    """(detector id, case) of every case, in order of file and place."""
    found: list[tuple[str, dict[str, Any]]] = []
    for path in sorted(FOLDER.glob("*/*.toml")):
        cases = tomllib.loads(path.read_text(encoding="utf-8"))["case"]
        found += [(path.parent.name, case) for case in cases]
    return found
