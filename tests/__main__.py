"""The whole check, in the order in which failures are cheapest: `python -m tests`.

The tests run as three sessions side by side: one that mostly computes, and two that mostly wait, one of them for a Kafka
broker, the other for servers, browsers and processes that are killed. What these two say is printed after the first.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from glob import glob
from pathlib import Path

BIN = Path(sys.executable).parent
BEFORE: tuple[tuple[str, ...], ...] = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
    ("coverage", "erase"),
)
FOLDERS = (
    "tests/integration",
    "tests/browser",
    "tests/unit/embedded",
    "tests/unit/live",
    "tests/unit/service",
)  # they wait
ON_KAFKA = "tests/integration/test_kafka_*.py"
WAITING: dict[str, tuple[str, ...]] = {
    "tests that wait for Kafka": tuple(sorted(glob(ON_KAFKA))),
    "tests that wait": (*FOLDERS, f"--ignore-glob={ON_KAFKA}"),
}
PYTEST = ("coverage", "run", "--parallel-mode", "-m", "pytest")
AFTER: tuple[tuple[str, ...], ...] = (("coverage", "combine", "--quiet"), ("coverage", "report"))


def command(step: tuple[str, ...]) -> list[str]:
    """A step with the tool of this environment."""
    return [str(BIN / step[0]), *step[1:]]


def told(name: str, status: int, start: float) -> bool:
    """Say how a step ended; whether it failed."""
    print(f"== {name}: {'ok' if status == 0 else 'FAILED'} in {time.monotonic() - start:.0f} s", flush=True)
    return status != 0


def run(step: tuple[str, ...]) -> bool:
    """Run a step; whether it failed."""
    print(f"== {' '.join(step)}", flush=True)
    start = time.monotonic()
    return told(step[0], subprocess.run(command(step), check=False).returncode, start)


def run_tests() -> list[str]:
    """All sessions; names of those that failed."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        begun = {name: begin(arguments, Path(folder, name)) for name, arguments in WAITING.items()}
        failed = ["tests that compute"] if run((*PYTEST, *(f"--ignore={folder}" for folder in FOLDERS))) else []
        return failed + [name for name, process in begun.items() if ended(name, process, Path(folder, name), start)]


def begin(arguments: tuple[str, ...], said: Path) -> subprocess.Popen[bytes]:
    """A session in the background that writes to a file."""
    with said.open("wb") as output:
        return subprocess.Popen(command((*PYTEST, *arguments)), stdout=output, stderr=subprocess.STDOUT)


def ended(name: str, process: subprocess.Popen[bytes], said: Path, start: float) -> bool:
    """Wait for a session and print what it said; whether it failed."""
    status = process.wait()
    print(f"== {name}", flush=True)
    sys.stdout.buffer.write(said.read_bytes())
    sys.stdout.flush()
    return told(name, status, start)


def main() -> int:
    """Run every step; the exit status is 1 when any failed."""
    failed = [" ".join(step) for step in BEFORE if run(step)]
    failed += run_tests()
    failed += [" ".join(step) for step in AFTER if run(step)]
    print("tests: passed" if not failed else f"tests: FAILED: {'; '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
