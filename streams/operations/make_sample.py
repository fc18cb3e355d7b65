"""Makes the sample that `watchpost scan` reads when no export is given: `python -m streams.operations.make_sample`.

A practice tenant of eight people with one attack (S2: an account taken over before the first record makes a hiding rule
and mails thousands), thinned to what shows it: no reading, deleting, files or settings, logons only as sign-ins, and of
those without a person every tenth. Layer: streams.
"""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson

from streams.simulation import SimulationOptions, simulate

TARGET = Path(__file__).parent / "sample" / "export.jsonl.gz"
SEED, ACCOUNTS, DAYS = 2, 8, 3
DOMAIN = "harbour-print.example"
_LEFT_OUT = (
    "MailItemsAccessed",
    "UserLoggedIn",
    "UserLoginFailed",
    "File",
    "Page",
    "MoveToDeletedItems",
    "SoftDelete",
    "Set-",
)
_EVERY = 10


def make_sample(target: Path = TARGET) -> int:
    """Write the sample; returns its size in bytes. The same bytes each time."""
    with tempfile.TemporaryDirectory() as folder:
        options = SimulationOptions(
            Path(folder), SEED, ACCOUNTS, DAYS, ("S2",), recipients="list", duplicates=0.01, domain=DOMAIN
        )
        simulate(options, None)
        lines = b"".join(_kept(Path(folder) / "input"))
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(gzip.compress(lines, 9, mtime=0))
    return target.stat().st_size


def _kept(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.iterdir()):
        with gzip.open(path) as file:
            yield from (line for number, line in enumerate(file) if not _left_out(orjson.loads(line), number))


def _left_out(record: dict[str, object], number: int) -> bool:
    if record.get("isInteractive") is False and number % _EVERY:
        return True
    return str(record.get("Operation", "")).startswith(_LEFT_OUT)


if __name__ == "__main__":
    print(f"{TARGET.name}: {make_sample()} bytes")
