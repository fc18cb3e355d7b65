"""What `run` exports is what the catalogue promises of it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import orjson
import pytest

from schemas.contracts.collected import Gap, GapKind
from streams.clock import WallClock
from streams.cloud.credentials import ManagedIdentity
from streams.cloud.seam import Endpoints
from streams.cloud.tenant_access import TenantAccess
from streams.drivers.embedded.retention import Retention
from streams.drivers.embedded.store import EmbeddedStore
from streams.operations import watching as module
from streams.operations.detection import knowledge_of
from streams.operations.live_settings import WatchedTenant
from streams.operations.other_sources import OtherSources
from streams.operations.watch_board import WatchBoard
from streams.operations.watching import WatchPlan, watching
from streams.telemetry.health import Health
from streams.telemetry.telemetry import Telemetry
from tests.unit.collectors.conftest import management


def value(telemetry: Telemetry, name: str, **labels: str) -> float:
    """A sample of the registry; 0 where there is none."""
    return telemetry.registry.get_sample_value(name, labels) or 0.0


def test_a_running_process_counts_entries_gaps_and_what_it_cannot_read(tmp_path: Path) -> None:
    now_ms = time.time_ns() // 1_000_000
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"".join(orjson.dumps(management(f"r{number}", now_ms)) + b"\n" for number in range(5)) + b"{}\n")
    access = TenantAccess("local", "", ManagedIdentity(), Endpoints("", "", "", ""), home_domains=("corp.example",))
    watched = WatchedTenant(access, (), OtherSources((str(file),)))
    clock, telemetry = WallClock(), Telemetry(WallClock(), "0", "run")
    plan = WatchPlan((watched,), tmp_path / "w.db", clock, knowledge_of((), ()))
    board = WatchBoard(clock, say=lambda text: None)
    with watching(plan, board, telemetry, Health(), threading.Event(), board.say) as process:
        assert process is not None
        until = time.monotonic() + 20
        while board.seen.dead < 1 and time.monotonic() < until:
            time.sleep(0.05)
        collector = process.tenants[0].collector
        assert collector is not None
        for over in (False, True):
            collector._journal.gap(Gap("f", GapKind.SILENT, now_ms, now_ms, "x", over=over))
    assert value(telemetry, "watchpost_engine_entries_total", tenant="local", kind="record") == 5
    assert value(telemetry, "watchpost_engine_entries_total", tenant="local", kind="profile") == 1
    assert value(telemetry, "watchpost_engine_entries_total", tenant="local", kind="gap") == 2
    assert value(telemetry, "watchpost_tenant_gaps_total", tenant="local", kind="silent") == 1
    assert value(telemetry, "watchpost_feed_records_total", tenant="local", feed="files/followed", outcome="dead") == 1
    assert value(telemetry, "watchpost_engine_incidents_total", tenant="local", tier="review", activity="create") == 1


def test_housekeeping_that_fails_is_told_once_and_deletes_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def prune(store: EmbeddedStore, retention: Retention) -> dict[str, int]:
        tries.append(1)
        raise OverflowError("secret")

    monkeypatch.setattr(EmbeddedStore, "prune", prune)
    monkeypatch.setattr(module, "HOUSEKEEPING_SECONDS", 0.01)
    monkeypatch.setattr(module, "FIRST_PRUNE_SECONDS", 0.02)
    clock, said = WallClock(), list[str]()
    board = WatchBoard(clock, say=said.append)
    plan = WatchPlan((), tmp_path / "w.db", clock, knowledge_of((), ()))
    with watching(plan, board, Telemetry(clock, "0", "run"), Health(), threading.Event(), board.say):
        until = time.monotonic() + 20
        while len(tries) < 3 and time.monotonic() < until:
            time.sleep(0.01)
    assert len(tries) >= 3
    assert said == ["housekeeping failed (OverflowError); it is tried again"]
