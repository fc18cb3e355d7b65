"""What `run` costs: time and parts of a look-back, memory at rest, processor time per practice hour."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import orjson

from tests.bench.live_run import Runner, asked, clock_of, cpu_seconds, load, looked_back, memory_mib, running, serving
from tests.bench.live_service import Plan

PROFILE, MEMORY = "profile.json", "memory.json"


def look_back(plan: Plan, days: float) -> dict[str, Any]:
    """A first start that looks back so far: wall seconds, records, and on what the time was spent."""
    with serving(plan) as service:
        parts = plan.path / PROFILE
        runner = Runner(plan.path, days, program=("-m", "tests.bench.live_profile", str(parts)))
        began, made = time.monotonic(), cpu_seconds(service.pid)
        with running(runner):
            runner.wait_until(lambda: looked_back(runner.store), "the look-back", 3_600)
            wall, served = time.monotonic() - began, cpu_seconds(service.pid) - made
            assert runner.process is not None
            now, peak = memory_mib(runner.process.pid)
            spent = cpu_seconds(runner.process.pid)
            busy = load()
            time.sleep(2.5)  # the profile's last line
            runner.stop()
        found = _records(runner.store)
    return {
        "accounts": plan.accounts,
        "days": days,
        "speed": plan.speed,
        "wall_s": round(wall, 1),
        "records": found["read"],
        "records_per_s": round(found["read"] / wall),
        "cpu_s": round(spent, 1),
        "service_cpu_s": round(served, 1),
        "cpu_us_per_record": round(1e6 * spent / max(found["read"], 1), 1),
        "rss_mib": round(now),
        "peak_mib": round(peak),
        "store_mib": round(runner.store.stat().st_size / (1 << 20), 1),
        "load": busy,
        "profile": orjson.loads(parts.read_bytes()) if parts.exists() else None,
    }


def _records(store: Path) -> dict[str, int]:
    rows = asked(store, "SELECT coalesce(sum(records), 0), coalesce(sum(produced), 0) FROM feeds")
    return {"read": int(rows[0][0]), "produced": int(rows[0][1])} if rows else {"read": 0, "produced": 0}


def at_rate(plan: Plan, store: Path | None, seconds: float, settle: float) -> dict[str, Any]:
    """`run` in the present for so many wall seconds: CPU per practice second, memory. `store` has states from before."""
    with serving(plan):
        program = ("-m", "tests.bench.live_memory", str(plan.path / MEMORY))
        runner = Runner(plan.path, 0.0 if store is not None else 0.1, store_at=store, program=program)
        with running(runner):
            runner.wait_until(lambda: looked_back(runner.store), "the present", 900)
            time.sleep(settle)
            assert runner.process is not None
            clock, number = clock_of(plan.path), runner.process.pid
            begun, records = (time.monotonic(), clock.now_ms(), cpu_seconds(number)), _records(runner.store)["read"]
            time.sleep(seconds)
            runner.check()
            wall, practice = time.monotonic() - begun[0], (clock.now_ms() - begun[1]) / 1000
            spent, (now, peak) = cpu_seconds(number) - begun[2], memory_mib(number)
            read = _records(runner.store)["read"] - records
            runner.stop()
    (accounts,) = asked(runner.store, "SELECT count(*) FROM states WHERE side = 'accounts'")[0]
    return {
        "accounts": plan.accounts,
        "states": accounts,
        "speed": plan.speed,
        "wall_s": round(wall, 1),
        "practice_s": round(practice),
        "records": read,
        "cpu_s": round(spent, 2),
        "cpu_share_wall_%": round(100 * spent / wall, 2),
        "cpu_share_real_time_%": round(100 * spent / practice, 2),
        "rss_mib": round(now, 1),
        "peak_mib": round(peak, 1),
        "memory_mib": orjson.loads((plan.path / MEMORY).read_bytes()),
        "load": load(),
    }
