"""Everything goes wrong while `run` collects, and it is killed: nothing may be missing or different; tenants are apart."""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.live_proof import Proof, proof
from tests.bench.live_run import (
    NotReached,
    Runner,
    asked,
    clock_of,
    fetched_everything,
    load,
    looked_back,
    running,
    serving,
)
from tests.bench.live_service import HOUR_MS, Plan

LAGS = (
    "SELECT t.id, f.feed, f.complete_ms FROM feeds f JOIN tenants t ON t.no = f.tenant"
    " WHERE f.feed LIKE 'activity/%' OR f.feed LIKE 'graph/%'"
)


def collected(plan: Plan, kills: int, patience: float) -> tuple[Proof, dict[str, Any]]:
    """Collect a service's whole life, killed that many times at random; the proof, and how it went.

    `patience` is how long to wait for the end, in units of the time that life takes.
    """
    dice = random.Random(plan.seed)
    life = plan.hours * HOUR_MS / 1000 / plan.speed
    with serving(plan):
        began, runner = time.monotonic(), Runner(plan.path)
        for at in sorted(dice.uniform(0.0, life) for _ in range(kills)):
            with running(runner):
                _let_run(runner, began + at)
                runner.kill()
        with running(runner):
            runner.wait_until(lambda: fetched_everything(plan.path, runner.store), "the end", 60 + patience * life)
            wall = time.monotonic() - began
            status = runner.stop()
        found = proof(plan.path, runner.store)
    return found, {
        "kills": runner.kills,
        "status": status,
        "wall_s": round(wall, 1),
        "cpu_s": round(sum(runner.usage), 1),
        "load": load(),
    }


def _let_run(runner: Runner, until: float) -> None:
    """Let it work until then, and a moment at least."""
    time.sleep(max(0.3, until - time.monotonic()))
    runner.check()


def fairness(plan: Plan, disturbed: bool) -> dict[str, Any]:
    """How far tenants lag (practice seconds) when two of them are throttled or down, or none."""
    two = {"throttled": 0, "down": 1} if disturbed else {"throttled": -1, "down": -1}
    held = {name: getattr(plan, name) for name in plan.__slots__}
    folder = plan.path / ("disturbed" if disturbed else "alone")
    own = Plan(**held | two | {"folder": str(folder)})
    with serving(own), running(Runner(folder)) as runner:
        quiet = own.tenants - 2 * disturbed
        life = own.hours * HOUR_MS / 1000 / own.speed
        runner.wait_until(lambda: looked_back(runner.store, quiet), "the look-back", 120 + life)
        with sampled(folder, runner.store) as lags:
            time.sleep(life / 2)
            runner.check()
        runner.stop()
    order = [tenant for (tenant,) in asked(runner.store, "SELECT id FROM tenants ORDER BY id")]
    hard, gone = _disturbed(own) if disturbed else ("", "")
    rest = [lag for tenant in order if tenant not in (hard, gone) for lag in lags[tenant]]
    return {
        "disturbed": disturbed,
        "tenants": own.tenants,
        "accounts": own.accounts,
        "speed": own.speed,
        "lag_s": _figures(rest),
        "worst_tenant_p95_s": max(_figures(lags[t])["p95"] for t in order if t not in (hard, gone)),
        "throttled_tenant_lag_s": _figures(lags[hard]) if hard else None,
        "cpu_s": round(sum(runner.usage), 1),
        "load": load(),
    }


def _disturbed(plan: Plan) -> tuple[str, str]:
    """The ids of the tenants that are throttled and down."""
    import tomllib

    ids = [held["id"] for held in tomllib.loads((plan.path / "watchpost.toml").read_text())["tenants"]]
    return ids[plan.throttled], ids[plan.down]


@contextmanager
def sampled(folder: Path, store: Path, every: float = 0.5) -> Iterator[dict[str, list[float]]]:
    """While the block runs: how far behind the service's clock each feed is complete, practice seconds, by tenant."""
    found: dict[str, list[float]] = defaultdict(list)
    clock, stop = clock_of(folder), threading.Event()

    def look() -> None:
        while not stop.wait(every):
            rows, now_ms = asked(store, LAGS), clock.now_ms()
            for tenant, _, done in rows:
                if done:
                    found[tenant].append((now_ms - done) / 1000)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


def _figures(lags: list[float]) -> dict[str, float]:
    if len(lags) < 2:
        raise NotReached("no lag was seen")
    cuts = statistics.quantiles(lags, n=100)
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "most": round(max(lags), 1), "samples": len(lags)}
