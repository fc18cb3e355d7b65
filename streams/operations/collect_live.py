"""`watchpost collect` without files: the live feeds of tenants, to Kafka. Layer: streams."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from importlib.metadata import version

from schemas.contracts.topics import FEEDS
from streams.clock import Clock
from streams.collectors.live.schedule import BACK_FILL_MS
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import TopicsError, existing_partitions, require_topics
from streams.operations.collecting_live import Collecting, CollectPlan
from streams.operations.garbage import collect_seldom
from streams.operations.live_settings import WatchedTenant
from streams.operations.live_view import LiveView
from streams.operations.memory import TRIM_SECONDS, few_arenas, give_back
from streams.operations.one_line_group import STATUS_INCOMPLETE, STATUS_OK
from streams.operations.ownership import require_ownership
from streams.operations.refusal import Refusal
from streams.operations.run_command import ended_by_signals, served
from streams.operations.watch_board import WatchBoard
from streams.telemetry.health import Health
from streams.telemetry.server import DEFAULT_ADDRESS
from streams.telemetry.telemetry import Telemetry

TICK_SECONDS = 0.5
SKEW_SECONDS = 5.0
STOP_SECONDS = 25.0
LOST_SECONDS = 5.0  # nothing more can be stored: leave the group, so that others take over at once


def run_collect_live(
    tenants: Sequence[WatchedTenant],
    settings: KafkaSettings,
    clock: Clock,
    metrics_address: str = DEFAULT_ADDRESS,
    back_fill_ms: int = BACK_FILL_MS,
) -> int:
    """Collect until SIGINT or SIGTERM; returns the exit status.

    1 when this process may no longer write: fenced by another collector after a pause, no broker, a defect. One line says
    so. `back_fill_ms` is how far the first start looks back. All collectors of one `application` must be given the same
    tenants: the broker shares them out, and gives a tenant to whoever comes first, also to one that does not know it.
    """
    require_ownership()
    few_arenas()
    collect_seldom()
    plan = _plan(tenants, settings, clock, back_fill_ms)
    telemetry, health = Telemetry(clock, version("watchpost"), "collect"), Health()
    with LiveView() as view, ended_by_signals() as stop, served(metrics_address, telemetry, health) as where:
        board = WatchBoard(clock, several=len(tenants) > 1, say=lambda text: view.tell(f"watchpost: {text}"))
        for text in _greeting(plan, where):
            board.say(text)
        process = Collecting(plan, board, telemetry, health)
        process.start()
        try:
            _show(process, view, stop)
        finally:
            if not process.end(LOST_SECONDS if process.lost else STOP_SECONDS) and not process.lost:
                board.say("some tenants did not end in time; what they had not stored comes again at the next start")
        if process.lost:
            board.say(process.lost)
            return STATUS_INCOMPLETE
    return STATUS_OK


def _plan(tenants: Sequence[WatchedTenant], settings: KafkaSettings, clock: Clock, back_fill_ms: int) -> CollectPlan:
    try:
        require_topics(settings)
        partitions = existing_partitions(settings)[settings.topic(FEEDS)]
    except TopicsError as error:
        raise Refusal(str(error)) from None
    return CollectPlan(tenants, settings, clock, partitions, back_fill_ms)


def _greeting(plan: CollectPlan, where: str) -> list[str]:
    count = len(plan.tenants)
    yours = f"tenant {plan.tenants[0].id}" if count == 1 else f"{count} tenants"
    lines = [f"records of {yours} go to Kafka at {plan.settings.brokers}"]
    return [*lines, f"metrics and health: {where}/metrics, /live, /ready"] if where else lines


def _show(process: Collecting, view: LiveView, stop: threading.Event) -> None:
    """Show the board until it is over; tell once when other collectors have the tenants."""
    begun, measured, told = time.monotonic(), 0.0, False
    trimmed = begun
    patience = process.plan.settings.session_seconds
    while not stop.wait(TICK_SECONDS) and not process.over.is_set():
        now = time.monotonic()
        if now - measured >= SKEW_SECONDS:
            measured = now
            process.measure()
        if now - trimmed >= TRIM_SECONDS:
            trimmed = now
            give_back()
        if process.held:
            view.show(process.board.snapshot())
        elif not told and now - begun > patience:
            told = True
            process.board.say(f"waiting: another collector has {', '.join(process.waiting)}")
    view.show(process.board.snapshot())
