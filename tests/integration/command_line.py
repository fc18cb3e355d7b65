"""The program's commands as processes, with their settings in variables."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from streams.drivers.kafka.settings import KafkaSettings
from tests.integration.processes import ROOT, wait_until

ENTRY = "import sys; sys.argv[0] = 'watchpost'; from streams.operations.cli import main; main()"


def start(
    settings: KafkaSettings, *arguments: str, log: Path | None = None, address: str = "off"
) -> subprocess.Popen[bytes]:
    """A command; its lines go to `log`, or to pipes. `address` is where it serves metrics and health."""
    command = [sys.executable, "-c", ENTRY, *arguments]
    if log is None:
        return subprocess.Popen(
            command, env=_environ(settings, address), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    with log.open("ab") as lines:
        return subprocess.Popen(command, env=_environ(settings, address), cwd=ROOT, stdout=lines, stderr=lines)


def run(settings: KafkaSettings, *arguments: str, seconds: float = 150.0) -> subprocess.CompletedProcess[str]:
    """A command to its end."""
    process = start(settings, *arguments)
    try:
        out, err = process.communicate(timeout=seconds)
    finally:
        process.kill()
    return subprocess.CompletedProcess(arguments, process.returncode, out.decode(), err.decode())


@contextmanager
def detecting(
    settings: KafkaSettings, log: Path, address: str = "off", arguments: Sequence[str] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """`watchpost detect`, begun; killed when the block ends, if it still runs."""
    before = log.stat().st_size if log.exists() else 0
    process = start(settings, "detect", *arguments, log=log, address=address)
    try:
        wait_until(lambda: b"detecting on" in log.read_bytes()[before:] or process.poll() is not None, "detect's start")
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def terminate(process: subprocess.Popen[bytes], seconds: float = 20.0) -> int:
    """SIGTERM, and the exit status."""
    process.send_signal(signal.SIGTERM)
    return process.wait(seconds)


def _environ(settings: KafkaSettings, address: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WATCHPOST_")}
    own = {
        f"WATCHPOST_KAFKA_{item.name.upper()}": str(getattr(settings, item.name))
        for item in fields(settings)
        if item.name != "librdkafka"
    }
    own |= {f"WATCHPOST_KAFKA_{name.upper().replace('.', '_')}": value for name, value in settings.librdkafka.items()}
    return kept | own | {"PYTHONPATH": str(ROOT), "WATCHPOST_METRICS_ADDRESS": address}
