"""A practice service and `watchpost run` as processes: started, killed, started again, looked at from outside."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from streams.clock import PracticeClock
from streams.drivers.embedded.database import open_readonly
from streams.operations.live_settings import practice_clock
from tests.bench.live_service import END_MS, INVENTORY, SETTINGS, Plan, write_plan

ROOT = Path(__file__).resolve().parents[2]
_MAIN = "import sys; sys.argv[0] = 'watchpost'; from streams.operations.cli import main; main()"
CONFIG, STORE, ALERTS, LOG = "run.toml", "watchpost.db", "alerts.jsonl", "run.log"
START_SECONDS = 900.0
DAY_MS = 86_400_000
_TICKS = os.sysconf("SC_CLK_TCK")


class NotReached(RuntimeError):
    """What was waited for did not come in time."""


@contextmanager
def serving(plan: Plan) -> Iterator[subprocess.Popen[bytes]]:
    """The practice service, answering; its settings with a file sink lie in `CONFIG`."""
    command = [sys.executable, "-m", "tests.bench.live_service", str(write_plan(plan))]
    with (plan.path / "service.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        settings = plan.path / SETTINGS
        wait_for(lambda: settings.exists() or process.poll() is not None, "the practice service", START_SECONDS)
        if process.poll() is not None:
            raise NotReached((plan.path / "service.log").read_text())
        sink = f'\n[[sinks]]\nkind = "file"\npath = "{plan.path / ALERTS}"\n'
        (plan.path / CONFIG).write_text(settings.read_text() + sink)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def clock_of(folder: Path) -> PracticeClock:
    """The clock that service and `run` share."""
    return practice_clock(tomllib.loads((folder / SETTINGS).read_text())["practice"])


def first_tenant(folder: Path) -> str:
    """The id of the tenant that the settings name first."""
    return str(tomllib.loads((folder / SETTINGS).read_text())["tenants"][0]["id"])


@dataclass(slots=True)
class Runner:
    """`watchpost run` on a folder. `program` is what Python runs; `store_at` a store elsewhere."""

    folder: Path
    look_back_days: float = 0.5
    feeds: Sequence[str] = ()
    address: str = "off"
    program: Sequence[str] = ("-c", _MAIN)
    store_at: Path | None = None
    log: str = LOG
    kills: int = 0
    process: subprocess.Popen[bytes] | None = None
    usage: list[float] = field(default_factory=list)  # CPU seconds of processes that have ended

    def start(self) -> subprocess.Popen[bytes]:
        """Start it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WATCHPOST_")}
        if self.feeds:
            kept["WATCHPOST_FEEDS"] = ",".join(self.feeds)
        command = [sys.executable, *self.program, "run", "--config", str(self.folder / CONFIG)]
        command += ["--store", str(self.store), "--metrics-address", self.address]
        command += ["--look-back-days", str(self.look_back_days)]
        with (self.folder / self.log).open("ab") as log:
            environment = kept | {"PYTHONPATH": str(ROOT)}
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
        return self.process

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)
        self.kills += 1

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.usage.append(cpu_seconds(self.process.pid))
            self.process.send_signal(number)
        return self.process.wait(60)

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def store(self) -> Path:
        """The store's file."""
        return self.store_at or self.folder / STORE

    def said(self) -> str:
        """Everything it printed."""
        path = self.folder / self.log
        return path.read_text(errors="replace") if path.exists() else ""

    def check(self) -> None:
        """`NotReached` when it has ended by itself."""
        if self.process is not None and self.process.poll() is not None:
            raise NotReached(f"run ended with {self.process.returncode}: {self.said()[-2000:]}")

    def wait_until(self, true: Callable[[], bool], what: str, seconds: float) -> None:
        """Wait, while it lives."""

        def living() -> bool:
            self.check()
            return true()

        wait_for(living, what, seconds)


@contextmanager
def running(runner: Runner) -> Iterator[Runner]:
    """Start it; it is killed when the block ends, if it still runs."""
    runner.start()
    try:
        yield runner
    finally:
        runner.close()


def wait_for(true: Callable[[], bool], what: str, seconds: float, every: float = 0.25) -> None:
    """Wait for a condition; `NotReached` with `what`."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise NotReached(f"{what} did not come within {seconds:.0f} s")
        time.sleep(every)


def asked(store: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of a store that a process writes to; none while there is no store."""
    if not store.exists() or store.stat().st_size == 0:
        return []
    try:
        with closing(open_readonly(store)) as connection:
            return connection.execute(sql, values).fetchall()
    except (sqlite3.Error, RuntimeError):
        return []


def collectors(store: Path) -> dict[str, dict[str, Any]]:
    """The collectors' own checkpoints by tenant."""
    rows = asked(
        store, "SELECT t.id, f.checkpoint FROM feeds f JOIN tenants t ON t.no = f.tenant WHERE feed = 'collector'"
    )
    return {tenant: orjson.loads(held) for tenant, held in rows}


def looked_back(store: Path, tenants: int = 1) -> bool:
    """Whether the first start's look-back is done for so many tenants."""
    done = [held for held in collectors(store).values() if held["clock"] >= held["until"] > 0]
    return len(done) >= tenants


def fetched_everything(folder: Path, store: Path) -> bool:
    """Life is over, the night's second listing too, and nothing that was listed waits (tenants that are down left out)."""
    if not (folder / INVENTORY).exists():
        return False
    held = orjson.loads((folder / INVENTORY).read_bytes())
    living = {tenant for tenant, found in held.items() if not found["down"]}
    states = {tenant: state for tenant, state in collectors(store).items() if tenant in living}
    nights = [
        night
        for state in states.values()
        for feed, night in state["relisted"].items()
        if feed != "inventory"  # it is not listed again
    ]
    waiting = asked(
        store, "SELECT DISTINCT t.id FROM contents c JOIN tenants t ON t.no = c.tenant WHERE state = 'listed'"
    )
    done = len(nights) >= len(living) and min(nights) >= END_MS // DAY_MS
    return done and states.keys() == living and not living & {tenant for (tenant,) in waiting}


def cpu_seconds(process: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_mib(process: int) -> tuple[float, float]:
    """Resident memory now and at its peak, MiB."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines() if ":" in line)
    return int(lines["VmRSS"].split()[0]) / 1024, int(lines["VmHWM"].split()[0]) / 1024


def load() -> float:
    """How busy the machine is, of the last minute."""
    return round(os.getloadavg()[0], 1)
