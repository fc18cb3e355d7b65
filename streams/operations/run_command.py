"""`watchpost run`: one process that watches tenants from this minute on. Layer: streams."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from os.path import lexists
from pathlib import Path
from types import FrameType

from schemas.text import printable
from streams.clock import Clock
from streams.collectors.live.seam import JournalLost
from streams.drivers.embedded.retention import Retention
from streams.operations.detection import knowledge_of
from streams.operations.full_disk import StoreFull, wait_for_room
from streams.operations.garbage import collect_briefly
from streams.operations.live_settings import WatchedTenant
from streams.operations.live_view import LiveView
from streams.operations.memory import few_arenas
from streams.operations.one_line_group import STATUS_INCOMPLETE, STATUS_INTERRUPTED, STATUS_OK
from streams.operations.ownership import require_ownership
from streams.operations.refusal import Refusal
from streams.operations.standard_error import tell
from streams.operations.watch_board import WatchBoard
from streams.operations.watching import TICK_SECONDS, Watching, WatchPlan, watching
from streams.sinks.sink_settings import ConfiguredSink, shown, sinks_from
from streams.sinks.sink_table import SinkError
from streams.telemetry.health import Health
from streams.telemetry.server import DEFAULT_ADDRESS, AddressError, TelemetryServer, address
from streams.telemetry.telemetry import Telemetry

DEFAULT_STORE = Path("watchpost.db")
DAY_MS = 86_400_000
BACK_FILL_SLACK_MS = 300_000  # the vendor lists seven days less a moment
STANDARD_OUTPUT = {"kind": "stdout"}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of the command. `look_back_days` is how far the first start looks back. `sinks` are tables of the file."""

    tenants: Sequence[WatchedTenant]
    clock: Clock
    store: Path = DEFAULT_STORE
    sinks: Sequence[Mapping[str, object]] = ()
    geo: tuple[Path, ...] = ()
    egress: tuple[str, ...] = ()
    metrics_address: str = DEFAULT_ADDRESS
    look_back_days: float = 7.0
    retention: Retention = field(default_factory=Retention)


def run_watch(options: RunOptions) -> int:
    """Watch until SIGINT or SIGTERM; 1 when the store was lost to another process or damage. On a full disk it waits."""
    require_ownership()
    collect_briefly()
    few_arenas()
    plan = plan_of(options, configured_sinks(options.sinks, options.clock))
    telemetry, health = Telemetry(options.clock, version("watchpost"), "run"), Health()
    with LiveView() as view, ended_by_signals() as stop, served(options.metrics_address, telemetry, health) as where:
        board = WatchBoard(
            options.clock, several=len(options.tenants) > 1, say=lambda text: view.tell(f"watchpost: {text}")
        )
        for text in _greeting(plan, where):
            view.tell(f"watchpost: {text}")
        while True:
            lost, full = _watched(plan, board, telemetry, health, stop, view)
            if not lost:
                return STATUS_OK
            board.say(lost)
            if not full:
                return STATUS_INCOMPLETE
            if not wait_for_room(plan.store, health, stop, board.say):
                return STATUS_OK
            plan = plan_of(options, configured_sinks(options.sinks, options.clock))


def _watched(
    plan: WatchPlan, board: WatchBoard, telemetry: Telemetry, health: Health, stop: threading.Event, view: LiveView
) -> tuple[str, bool]:
    """Watch until told to stop or the store is lost; why it was (empty: it was not), and whether for want of room."""
    try:
        with watching(plan, board, telemetry, health, stop, board.say) as process:
            if process is None:
                return "", False
            _show(process, view, stop)
            return process.lost, process.store.full
    except StoreFull as error:
        return str(error), True
    except JournalLost as error:
        return str(error), False


def sink_tables(value: object) -> list[Mapping[str, object]]:
    """`[[sinks]]` of the settings file. Refusal when it is something else."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
        raise Refusal("sinks must be a list of tables: write [[sinks]] before each sink")
    return value


def configured_sinks(tables: Sequence[Mapping[str, object]], clock: Clock) -> list[ConfiguredSink]:
    """The sinks of the settings file; standard output when it names none. Refusal."""
    try:
        return sinks_from([dict(table) for table in tables] or [dict(STANDARD_OUTPUT)], os.environ, clock)
    except SinkError as error:
        raise Refusal(str(error)) from None


def plan_of(options: RunOptions, sinks: Sequence[ConfiguredSink]) -> WatchPlan:
    """What is watched, from the options. Refusal."""
    if not 0 <= options.look_back_days <= 7:
        raise Refusal("look_back_days is from 0 to 7: the vendor lists no more")
    days_ms = int(options.look_back_days * DAY_MS)
    return WatchPlan(
        tenants=options.tenants,
        store=options.store,
        clock=options.clock,
        knowledge=knowledge_of(options.geo, options.egress),
        sinks=sinks,
        retention=options.retention,
        back_fill_ms=max(0, min(days_ms, 7 * DAY_MS - BACK_FILL_SLACK_MS)),
    )


@contextmanager
def ended_by_signals() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set; a second one ends the process as usual."""
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise SystemExit(STATUS_INTERRUPTED)
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    former = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextmanager
def served(text: str, telemetry: Telemetry, health: Health) -> Iterator[str]:
    """Metrics and health over HTTP while the block runs; where, empty when off. Refusal.

    Somebody else at the address that nobody chose is told, and lived with.
    """
    try:
        at = address(text)
        server = None if at is None else TelemetryServer(at, telemetry, health)
    except AddressError as error:
        if text != DEFAULT_ADDRESS:
            raise Refusal(str(error)) from None
        tell(f"no metrics and health: {error}")
        at = server = None
    if at is None or server is None:
        yield ""
        return
    server.start()
    try:
        yield f"http://{at.host or '0.0.0.0'}:{server.port}"
    finally:
        server.stop()


def _greeting(plan: WatchPlan, where: str) -> list[str]:
    count = len(plan.tenants)
    yours = plan.tenants[0].id if count == 1 else f"{count} tenants"
    lines = [f"watching {yours}; all that is learnt is kept in {plan.store}"]
    lines += [f"alerts go to {text}" for text in shown(plan.sinks)]
    paths = [path for tenant in plan.tenants for path in tenant.other.follow]
    lines += [f"{printable(path)} does not exist yet; it is read once it does" for path in paths if not lexists(path)]
    return [*lines, f"metrics and health: {where}/metrics, /live, /ready"] if where else lines


def _show(process: Watching, view: LiveView, stop: threading.Event) -> None:
    while not stop.wait(TICK_SECONDS) and not process.lost:
        view.show(process.board.snapshot())
    view.show(process.board.snapshot())
