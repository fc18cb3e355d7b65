"""The whole check, in the order in which failures are cheapest: `python -m tests`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
STEPS: tuple[tuple[str, ...], ...] = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
    ("coverage", "run", "-m", "pytest"),
    ("coverage", "report"),
)


def main() -> int:
    """Run every step; the exit status is 1 when any failed."""
    failed = []
    for step in STEPS:
        print(f"== {' '.join(step)}", flush=True)
        start = time.monotonic()
        status = subprocess.run([str(BIN / step[0]), *step[1:]], check=False).returncode
        print(f"== {step[0]}: {'ok' if status == 0 else 'FAILED'} in {time.monotonic() - start:.0f} s", flush=True)
        if status:
            failed.append(" ".join(step))
    print("tests: passed" if not failed else f"tests: FAILED: {'; '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
