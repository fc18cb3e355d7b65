"""What the wheel holds, told by the build's configuration and the tree it packs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = "streams/operations/sample/"  # the small export that the command reads when it is given none
REPORT = {"report.html.j2", "report_parts.html.j2", "report.css", "report.js"}  # what the incident report is made of
WHEEL_BYTES_MAX = 3_000_000


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """The build's configuration."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def packed(project: dict[str, Any]) -> list[Path]:
    """The files that hatchling puts into the wheel: everything in the packages that git does not ignore."""
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return [
        path
        for package in packages
        for path in sorted((ROOT / package).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


def test_three_packages_and_nothing_else(project: dict[str, Any]) -> None:
    """No tests, no docs; nothing is forced in past the list."""
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel == {"packages": ["schemas", "detectors", "streams"]}
    assert project["tool"]["hatch"]["build"].keys() == {"targets"}
    assert project["build-system"]["build-backend"] == "hatchling.build"


def test_console_script_is_there(project: dict[str, Any]) -> None:
    """The one command, and a module of the wheel behind it."""
    assert list(project["project"]["scripts"]) == ["watchpost"]
    module, _, name = project["project"]["scripts"]["watchpost"].partition(":")
    source = ROOT / (module.replace(".", "/") + ".py")
    assert source in packed(project)
    assert f"def {name}(" in source.read_text()


def test_types_travel_along(project: dict[str, Any]) -> None:
    """Each package says that it is typed."""
    names = {path.relative_to(ROOT).as_posix() for path in packed(project)}
    assert {f"{package}/py.typed" for package in ("schemas", "detectors", "streams")} <= names


def test_no_data(project: dict[str, Any]) -> None:
    """Modules, type markers, the report's parts and the sample; no network database, no vendor's records, no tests."""
    report = {f"streams/sinks/{name}" for name in REPORT}
    assert report <= {path.relative_to(ROOT).as_posix() for path in packed(project)}
    other = []
    for path in packed(project):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix != ".py" and path.name != "py.typed" and not name.startswith(SAMPLE) and name not in report:
            other.append(name)
        assert not path.name.startswith(("test_", "conftest"))
        assert b"\xab\xcd\xefMaxMind.com" not in path.read_bytes()[-200_000:]
    assert other == []
    assert sum(path.stat().st_size for path in packed(project)) < WHEEL_BYTES_MAX


def test_every_package_folder_is_a_package(project: dict[str, Any]) -> None:
    """A folder of modules without `__init__` is found from a checkout and missing for who installs it with other tools."""
    folders = {path.parent for path in packed(project) if path.suffix == ".py"}
    assert [str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
