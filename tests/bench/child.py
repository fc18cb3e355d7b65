"""A measured run of the command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

_MAIN = "from streams.operations.cli import main; main()"


@dataclass(slots=True, frozen=True)
class Finished:
    """How a process ended. Times in seconds, memory in MiB."""

    status: int
    wall: float
    cpu: float
    peak_mib: float
    out: str
    error: str


def watchpost(*arguments: str) -> Finished:
    """Run `watchpost` to its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-c", _MAIN, *arguments], stdout=out, stderr=error)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        error.seek(0)
        texts = out.read().decode(errors="replace"), error.read().decode(errors="replace")
    cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    return Finished(process.returncode, wall, cpu, peak, *texts)
