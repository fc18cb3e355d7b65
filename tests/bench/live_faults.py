"""Everything goes wrong while `run` collects, and it is killed: nothing may be missing or different; tenants are apart."""

from __future__ import annotations

import random
import statistics
import threading
import time
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
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
from tests.bench.live_service import HOUR_MS, SETTINGS, Plan

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
    """How far tenants lag (practice seconds) when two of them are throttled and down, or none."""
    own = with_two_disturbed(plan, disturbed)
    with serving(own), running(Runner(own.path)) as runner:
        quiet = own.tenants - 2 * disturbed
        life = own.hours * HOUR_MS / 1000 / own.speed
        runner.wait_until(lambda: looked_back(runner.store, quiet), "the look-back", 120 + life)
        with sampled(own.path, lambda: asked(runner.store, LAGS)) as lags:
            time.sleep(life / 2)
            runner.check()
        runner.stop()
    return lag_figures(own, lags) | {"cpu_s": round(sum(runner.usage), 1), "load": load()}


def with_two_disturbed(plan: Plan, disturbed: bool) -> Plan:
    """The plan in a folder of its own, with one tenant throttled and one down if so."""
    two = {"throttled": 0, "down": 1} if disturbed else {"throttled": -1, "down": -1}
    held = {name: getattr(plan, name) for name in plan.__slots__}
    return Plan(**held | two | {"folder": str(plan.path / ("disturbed" if disturbed else "alone"))})


def lag_figures(plan: Plan, lags: dict[str, list[float]]) -> dict[str, Any]:
    """The lags (practice seconds, by tenant) of those that are not disturbed, and of the one that is throttled."""
    order = tenants_of(plan.path)
    hard = order[plan.throttled] if plan.throttled >= 0 else ""
    apart = {hard, order[plan.down] if plan.down >= 0 else ""}
    rest = {tenant: lags[tenant] for tenant in order if tenant not in apart}
    return {
        "disturbed": bool(hard),
        "tenants": plan.tenants,
        "accounts": plan.accounts,
        "speed": plan.speed,
        "lag_s": _figures([lag for found in rest.values() for lag in found]),
        "worst_tenant_p95_s": max(_figures(found)["p95"] for found in rest.values()),
        "throttled_tenant_lag_s": _figures(lags[hard]) if hard else None,
    }


def tenants_of(folder: Path) -> list[str]:
    """The ids of the tenants in the order of the plan."""
    return [held["id"] for held in tomllib.loads((folder / SETTINGS).read_text())["tenants"]]


@contextmanager
def sampled(
    folder: Path, look: Callable[[], Iterable[tuple[Any, ...]]], every: float = 0.5
) -> Iterator[dict[str, list[float]]]:
    """While the block runs: how far behind the service's clock each feed is complete, practice seconds, by tenant.

    `look` gives tenant, feed, and up to when it is complete (UTC milliseconds, 0: not yet).
    """
    found: dict[str, list[float]] = defaultdict(list)
    clock, stop = clock_of(folder), threading.Event()

    def sample() -> None:
        while not stop.wait(every):
            rows, now_ms = look(), clock.now_ms()
            for tenant, _, done in rows:
                if done:
                    found[tenant].append((now_ms - done) / 1000)

    thread = threading.Thread(target=sample, daemon=True)
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
