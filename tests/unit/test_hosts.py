"""No file of the repository names the host of a package registry or a path of the machine it was written on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOME, WORK = ("/" + "/".join(parts) for parts in (("home", "ada"), ("work", "x")))
SKIPPED = {".git", ".venv", "__pycache__", "dist", "uv.lock"}
SKIPPED_PREFIXES = (".mypy", ".ruff", ".pytest", ".hypothesis", ".import_linter", ".coverage", "watchpost-")
MUST_BE_READ = (
    "requirements/runtime.lock",
    "requirements/test.lock",
    "pyproject.toml",
    ".ci/run",
    "run.py",
    "README.md",
)
# In pieces: this file is one of those that must not name them.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        *(("pypi", "org"), ("pythonhosted", "org"), ("pypi", "python", "org"), ("anaconda", "org"), ("npmjs", "org")),
        *(("npmjs", "com"), ("maven", "org"), ("maven", "apache", "org"), ("crates", "io"), ("proxy", "golang", "org")),
    )
]
OPTIONS = ["-".join(parts) for parts in (("index", "url"), ("find", "links"), ("trusted", "host"))]
HOST = re.compile("|".join(re.escape(name) for name in REGISTRIES), re.IGNORECASE)
OPTION = re.compile("--(?:extra-)?(?:" + "|".join(OPTIONS) + ")|^(?:extra-)?" + OPTIONS[0] + r"\s*=", re.MULTILINE)
MACHINE = re.compile(r"(?<![\w.~$}/-])/(?:home|Users|root|work)/[\w.-]|[A-Z]:\\Users\\")


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file that belongs to the repository."""
    for path in sorted(folder.iterdir()):
        if path.name in SKIPPED or path.name.startswith(SKIPPED_PREFIXES) or path.is_symlink():
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def offences(text: str, machine: tuple[str, ...] = ()) -> list[str]:
    """What a text names that it must not; `machine` are paths of this machine."""
    found = [match.group() for pattern in (HOST, OPTION, MACHINE) for match in pattern.finditer(text)]
    return found + [path for path in machine if path in text]


def test_every_file() -> None:
    """Neither the folder of this checkout nor that of this user is anywhere."""
    machine = tuple(path for path in (str(ROOT), os.path.expanduser("~")) if path.count("/") > 1)
    read = []
    wrong = {}
    for path in files():
        read.append(path.relative_to(ROOT).as_posix())
        if found := offences(path.read_bytes().decode("utf-8", "replace"), machine):
            wrong[read[-1]] = found
    assert wrong == {}
    assert set(MUST_BE_READ) <= set(read)


@pytest.mark.parametrize(
    "text",
    [
        *(f"https://files.{host}/packages/x" for host in REGISTRIES),
        f"--{OPTIONS[0]} https://mirror.example/simple",
        f"--extra-{OPTIONS[0]}=https://mirror.example/simple",
        f"a==1\n{OPTIONS[0]} = https://mirror.example/simple",
        "path = " + "/".join(("", "home", "ada", "watchpost")),
        "see " + "/".join(("", "work", "main", "docs")),
        "C:" + "\\Users\\Ada",
    ],
)
def test_what_would_be_found(text: str) -> None:
    """The patterns know what they look for."""
    assert offences(text)


@pytest.mark.parametrize(
    "text", [f"https://example.org{HOME}", f"$HOME{WORK}", f"docs{WORK}", "../shared/data", f"~{WORK}"]
)
def test_what_is_no_offence(text: str) -> None:
    """Addresses and relative paths are none."""
    assert offences(text) == []
