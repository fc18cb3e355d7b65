"""`watchpost try`: the whole product on a practice tenant, in about a minute. Layer: streams.

A practice tenant is served over HTTPS by a process of its own; this process watches it as `run` watches a real one: token,
Management Activity API, Graph, engines, store, alerts. Practice time runs faster than the wall clock. At its end the report
lies in the folder.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from detectors.engine.knowledge import Knowledge
from schemas.contracts.incident import Tier
from streams.clock import PracticeClock
from streams.cloud.credentials import AccessError
from streams.cloud.tenant_settings import tenants_from
from streams.collectors.live.seam import JournalLost
from streams.collectors.network_facts import NetworkFacts
from streams.operations.garbage import collect_seldom
from streams.operations.incidents_command import Chosen, report_incidents
from streams.operations.live_feeds import DEFAULT
from streams.operations.live_settings import WatchedTenant, practice_clock
from streams.operations.live_view import LiveView
from streams.operations.one_line_group import STATUS_INCOMPLETE, STATUS_INTERRUPTED, STATUS_OK
from streams.operations.ownership import require_ownership
from streams.operations.refusal import Refusal
from streams.operations.run_command import DAY_MS, configured_sinks, ended_by_signals
from streams.operations.serve_command import SETTINGS
from streams.operations.settings import read_file
from streams.operations.try_story import closing_words, opening_words
from streams.operations.watch_board import WatchBoard
from streams.operations.watching import TICK_SECONDS, Watching, WatchPlan, watching
from streams.telemetry.health import Health
from streams.telemetry.telemetry import Telemetry

SPEED: Final = 150.0
ATTACK_MINUTES: Final = 60.0  # practice time after the start: the look-back is done by then
LOOK_BACK_DAYS: Final = 3
STORY_MINUTES: Final = 85.0  # from the rule to the last of the mail, and until the vendor has told of it
PATIENCE_SECONDS: Final = 150.0  # of wall time; a slow machine shows what it has by then
START_SECONDS: Final = 60.0
ACCOUNTS: Final = 50
SEED: Final = 4
STORE, REPORT, ALERTS, LOG = "watchpost.db", "report.html", "alerts.jsonl", "practice-tenant.log"


@dataclass(frozen=True, slots=True)
class TryOptions:
    """`folder` empty: a new one, `watchpost-try`, in the current folder."""

    folder: Path | None = None
    accounts: int = ACCOUNTS
    seed: int = SEED
    speed: float = SPEED


def run_try(options: TryOptions) -> int:
    """Show it; the exit status is 0 when the attack was found at tier `act`, 1 when it was not."""
    require_ownership()
    collect_seldom()
    folder = _new_folder(options.folder)
    with ended_by_signals() as stop, LiveView() as view:
        for text in opening_words(options.accounts, options.speed, LOOK_BACK_DAYS, folder):
            view.tell(text)
        with _practice_tenant(options, folder, stop) as settings:
            if stop.is_set():
                return STATUS_INTERRUPTED
            found = _watch(settings, folder, options.speed, view, stop)
    if stop.is_set() and not found:
        return STATUS_INTERRUPTED
    report_incidents(folder / STORE, (), Chosen(), folder / REPORT, "UTC")
    for text in closing_words(folder, STORE, REPORT, ALERTS, found):
        print(text)
    return STATUS_OK if found else STATUS_INCOMPLETE


def _new_folder(wanted: Path | None) -> Path:
    """The folder of this trial, made. Refusal when it holds something already."""
    if wanted is None:
        names = [Path("watchpost-try"), *(Path(f"watchpost-try-{number}") for number in range(2, 1000))]
        wanted = next(name for name in names if not name.exists())
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        if any(wanted.iterdir()):
            raise Refusal(f"the folder {wanted} is not empty: name another one")
    except OSError as error:
        raise Refusal(f"cannot write to {wanted}: {error.strerror}") from None
    return wanted


@contextmanager
def _practice_tenant(options: TryOptions, folder: Path, stop: threading.Event) -> Iterator[Path]:
    """The practice tenant, served by a process of its own; yields its settings file."""
    command = [sys.executable, "-m", "streams.operations", "simulate", "--serve", "--out", str(folder / "tenant")]
    command += ["--seed", str(options.seed), "--accounts", str(options.accounts), "--speed", str(options.speed)]
    command += ["--attack-minutes", str(ATTACK_MINUTES), "--past-days", str(LOOK_BACK_DAYS + 1)]
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        settings = folder / "tenant" / SETTINGS
        _wait_for(settings, process, folder / LOG, stop)
        yield settings
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(settings: Path, process: subprocess.Popen[bytes], log: Path, stop: threading.Event) -> None:
    until = time.monotonic() + START_SECONDS
    while not stop.wait(0.1):
        if settings.exists() and settings.read_text(encoding="utf-8").endswith("\n"):
            return
        if process.poll() is not None or time.monotonic() > until:
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise Refusal(f"the practice tenant did not start: {lines[-1] if lines else 'it said nothing'}")


def _watch(settings: Path, folder: Path, speed: float, view: LiveView, stop: threading.Event) -> bool:
    """Watch until the story is told; whether the attack was found at tier `act`."""
    table = read_file(settings)
    clock = practice_clock(table["practice"])
    try:
        tenants = [WatchedTenant(access, DEFAULT) for access in tenants_from(table, {})]
    except AccessError as error:
        raise Refusal(str(error)) from None
    sinks = configured_sinks([{"kind": "file", "path": str((folder / ALERTS).resolve())}], clock)
    knowledge = Knowledge(NetworkFacts(()), ())
    plan = WatchPlan(tenants, folder / STORE, clock, knowledge, sinks, back_fill_ms=LOOK_BACK_DAYS * DAY_MS)
    board = WatchBoard(clock, title="Watchpost on a practice tenant", say=lambda text: view.tell(f"watchpost: {text}"))
    telemetry = Telemetry(clock, version("watchpost"), "try")
    end_ms = clock.start_ms + int((ATTACK_MINUTES + STORY_MINUTES) * 60_000)
    try:
        with watching(plan, board, telemetry, Health(), stop, board.say) as process:
            if process is not None:
                _follow(process, view, stop, clock, end_ms)
                if process.lost:
                    raise Refusal(process.lost)
    except JournalLost as error:
        raise Refusal(str(error)) from None
    return any(incident.tier is Tier.ACT for incident in board.incidents())


def _follow(process: Watching, view: LiveView, stop: threading.Event, clock: PracticeClock, end_ms: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not stop.wait(TICK_SECONDS) and not process.lost and time.monotonic() < until:
        view.show(process.board.snapshot())
        if clock.now_ms() >= end_ms and process.caught_up() and _told(process):
            return


def _told(process: Watching) -> bool:
    """The attack's last stage is in an incident of tier `act`."""
    stages = {
        stage.stage for incident in process.board.incidents() if incident.tier is Tier.ACT for stage in incident.stages
    }
    return {"evasion", "impact"} <= stages
