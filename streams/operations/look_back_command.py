"""`watchpost look-back`: what the APIs still hold of the last days, day by day, and what is already there. Layer: streams.

It is `run` that ends when the past has been told: the same feeds, engines and store, so that `run` on the same file goes on
from here.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

from detectors.engine.knowledge import Knowledge
from streams.clock import Clock
from streams.collectors.live.feed_status import FeedState, FeedStatus
from streams.collectors.live.schedule import BACK_FILL_MS
from streams.collectors.live.seam import JournalLost
from streams.drivers.embedded.database import StoreLost
from streams.drivers.embedded.incidents import IncidentReader
from streams.operations.console import result_console
from streams.operations.garbage import collect_seldom
from streams.operations.inventory_view import FEED, inventory_view
from streams.operations.live_feeds import MAKERS
from streams.operations.live_settings import WatchedTenant
from streams.operations.live_view import LiveView
from streams.operations.look_back_result import TenantSeen, add_incidents, tenant_seen
from streams.operations.look_back_text import json_lines, show
from streams.operations.one_line_group import STATUS_INCOMPLETE, STATUS_OK
from streams.operations.output import chosen_format
from streams.operations.output_format import OutputFormat
from streams.operations.ownership import require_ownership
from streams.operations.refusal import Refusal
from streams.operations.run_command import ended_by_signals
from streams.operations.watch_board import WatchBoard
from streams.operations.watching import TICK_SECONDS, Watching, WatchPlan, watching
from streams.telemetry.health import Health
from streams.telemetry.telemetry import Telemetry

DAY_MS: Final = 86_400_000
HOPELESS_POLLS: Final = 3  # attempts of every feed without one success: nothing will come
_FAILED: Final = (FeedState.FAILING, FeedState.UNAVAILABLE)


def run_look_back(
    tenants: Sequence[WatchedTenant],
    clock: Clock,
    store: Path,
    knowledge: Knowledge,
    form: OutputFormat | None = None,
    days: float = 7.0,
) -> int:
    """Look back and print what was found and what could be seen; 1 when of some tenant nothing could be seen. Refusal."""
    require_ownership()
    collect_seldom()
    chosen = chosen_format(form, None)
    if chosen is OutputFormat.HTML:
        raise Refusal("--format is table or jsonl; `watchpost incidents report` makes a page of what was found")
    if not 0 < days <= 7:
        raise Refusal("--days is more than 0 and at most 7: the vendor lists no more")
    watched = [with_inventory(tenant) for tenant in tenants]
    plan = WatchPlan(watched, store, clock, knowledge, back_fill_ms=min(int(days * DAY_MS), BACK_FILL_MS))
    found = _collected(plan)
    _print(found, chosen)
    return STATUS_INCOMPLETE if any(seen.blind or not seen.whole for seen in found) else STATUS_OK


def with_inventory(tenant: WatchedTenant) -> WatchedTenant:
    """The tenant with the inventory among its feeds, whichever the settings name."""
    if FEED in tenant.feeds or FEED not in MAKERS:
        return tenant
    return replace(tenant, feeds=(*tenant.feeds, FEED))


def _collected(plan: WatchPlan) -> list[TenantSeen]:
    """Watch until the past is told; what was seen. Refusal when the store is lost."""
    telemetry = Telemetry(plan.clock, version("watchpost"), "look-back")
    with LiveView() as view, ended_by_signals() as stop:
        board = WatchBoard(plan.clock, several=len(plan.tenants) > 1, say=lambda text: view.tell(f"watchpost: {text}"))
        view.tell(f"watchpost: looking back; what is learnt is kept in {plan.store}, where `watchpost run` goes on")
        try:
            with watching(plan, board, telemetry, Health(), stop, board.say) as process:
                if process is None:
                    raise Refusal("ended before the store was free")
                begun_ms = plan.clock.now_ms()
                _follow(process, view, stop, begun_ms)
                if process.lost:
                    raise Refusal(process.lost)
                found = [
                    tenant_seen(process.store, one.tenant, one.statuses, _told(process, one.tenant, begun_ms))
                    for one in process.tenants
                ]
            with IncidentReader(plan.store) as reader:
                for seen in found:
                    add_incidents(reader, seen)
        except (JournalLost, StoreLost) as error:
            raise Refusal(str(error)) from None
    return found


def _follow(process: Watching, view: LiveView, stop: threading.Event, begun_ms: int) -> None:
    """Until every tenant is told or hopeless, the store is lost, or somebody ends it."""
    while not stop.wait(TICK_SECONDS) and not process.lost:
        view.show(process.board.snapshot())
        if all(_told(process, one.tenant, begun_ms) or hopeless(one.statuses) for one in process.tenants):
            return


def _told(process: Watching, tenant: str, begun_ms: int) -> bool:
    """The back-fill is done, every feed had its turn, and an inventory that is not older than a day is whole."""
    (one,) = (held for held in process.tenants if held.tenant == tenant)
    if one.collector is None or one.collector.back_filling:
        return False
    if any(status.state is FeedState.STARTING for status in one.statuses if status.name != FEED):
        return False
    inventory = inventory_view(process.store.checkpoint(tenant, FEED))
    if inventory.doing:
        process.board.phase = f"looking at {inventory.doing}"
    wanted = any(status.name == FEED for status in one.statuses)
    return not wanted or inventory.finished_ms > begun_ms - DAY_MS


def hopeless(statuses: Sequence[FeedStatus]) -> bool:
    """No feed has ever worked, each after several attempts."""
    others = [status for status in statuses if status.name != FEED]
    return bool(others) and all(
        status.state in _FAILED
        and not status.last_success_ms
        and (status.state is FeedState.UNAVAILABLE or status.polls >= HOPELESS_POLLS)
        for status in others
    )


def _print(found: Sequence[TenantSeen], form: OutputFormat) -> None:
    if form is OutputFormat.TABLE:
        show(result_console(), found)
        return
    for line in json_lines(found):
        sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()
