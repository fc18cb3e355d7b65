"""A small practice tenant, generated once for all tests here."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.simulation import SimulationOptions, SimulationSummary, simulate
from streams.simulation.record import FEED_FILES

ACCOUNTS, DAYS = 20, 5


@dataclass(frozen=True)
class Small:
    """A generated set."""

    options: SimulationOptions
    summary: SimulationSummary

    def lines(self, name: str) -> list[bytes]:
        """The lines of one vendor file; none when it was not written."""
        return read_lines(self.options.out, name)

    def truth(self, name: str) -> list[dict[str, Any]]:
        """The objects of one truth file."""
        data = (self.options.out / "truth" / name).read_bytes()
        return [orjson.loads(line) for line in data.splitlines()]

    def bodies(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Identity and body of every line."""
        for name in FEED_FILES:
            for line in self.lines(name):
                body = orjson.loads(line)
                yield identity(body), body


def read_lines(folder: Path, name: str) -> list[bytes]:
    """The lines of one vendor file."""
    path = folder / "input" / name
    if not path.exists():
        return []
    with gzip.open(path) as stream:
        return stream.read().splitlines()


def identity(body: dict[str, Any]) -> str:
    """The identity of a vendor record, as evaluation names it."""
    if "recipientAddress" in body:
        return f"{body['id']}|{body['recipientAddress']}".lower()
    return str(body["Id"] if "Id" in body else body["id"])


def generate(folder: Path, **changes: Any) -> Small:
    """Generate a small set."""
    options = SimulationOptions(**{"out": folder, "seed": 3, "accounts": ACCOUNTS, "days": DAYS, **changes})
    return Small(options, simulate(options))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """All scenarios."""
    return generate(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """The same tenant without attacks."""
    return generate(tmp_path_factory.mktemp("calm"), scenarios=())
