"""Start-up check: the generic package names `schemas`, `detectors`, `streams` are ours (design 2). Layer: streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

from streams.operations.refusal import Refusal

DISTRIBUTION = "watchpost"
PACKAGES = ("schemas", "detectors", "streams")


def require_ownership() -> None:
    """Refusal when another distribution or folder owns one of the names."""
    problem = foreign_owner(packages_distributions()) or scattered({name: _folder(name) for name in PACKAGES})
    if problem:
        raise Refusal(problem)


def foreign_owner(owners: Mapping[str, Sequence[str]]) -> str:
    """What is wrong with `top-level name -> distributions`; empty when nothing is."""
    for name in PACKAGES:
        others = sorted({owner for owner in owners.get(name, ()) if owner.lower() != DISTRIBUTION})
        if others:
            return f"the package {name} also belongs to {', '.join(others)}: install Watchpost in an environment of its own"
    return ""


def scattered(folders: Mapping[str, Path | None]) -> str:
    """What is wrong with where the packages are imported from; empty when all lie in one folder."""
    home = folders[PACKAGES[-1]]
    for name, folder in folders.items():
        if folder is None or folder != home:
            place = "nowhere" if folder is None else str(folder / name)
            return f"the package {name} is imported from {place}, not from Watchpost: check PYTHONPATH and the folder you are in"
    return ""


def _folder(package: str) -> Path | None:
    spec = find_spec(package)
    if spec is None or not spec.origin:
        return None
    return Path(spec.origin).resolve().parent.parent
