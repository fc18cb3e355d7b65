"""The whole check, in the order in which failures are cheapest: `python -m tests`.

The tests run as two sessions side by side: one that mostly computes, and one that mostly waits (for brokers, servers, browsers,
processes that are killed). What the second says is printed after the first.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(sys.executable).parent
BEFORE: tuple[tuple[str, ...], ...] = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
    ("coverage", "erase"),
)
WAITING = ("tests/integration", "tests/browser", "tests/unit/embedded", "tests/unit/live", "tests/unit/service")
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
    """Both sessions; names of those that failed."""
    rest = tuple(f"--ignore={folder}" for folder in WAITING)
    start = time.monotonic()
    with tempfile.TemporaryFile() as output:
        waiting = subprocess.Popen(command((*PYTEST, *WAITING)), stdout=output, stderr=subprocess.STDOUT)
        failed = ["tests that compute"] if run((*PYTEST, *rest)) else []
        status = waiting.wait()
        output.seek(0)
        print(f"== pytest {' '.join(WAITING)}", flush=True)
        sys.stdout.buffer.write(output.read())
        sys.stdout.flush()
    if told("pytest", status, start):
        failed.append("tests that wait")
    return failed


def main() -> int:
    """Run every step; the exit status is 1 when any failed."""
    failed = [" ".join(step) for step in BEFORE if run(step)]
    failed += run_tests()
    failed += [" ".join(step) for step in AFTER if run(step)]
    print("tests: passed" if not failed else f"tests: FAILED: {'; '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
