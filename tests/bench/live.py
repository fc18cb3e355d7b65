"""`watchpost run` on practice tenants over HTTPS: nothing lost, what it costs, how soon it tells. One JSON line per measure.

`--mode faults`: every fault, kills, and the proof that everything served is archived once and judged as undisturbed;
with `--tenants` also how far tenants lag while one is throttled and one is down. `--mode look-back`, `--mode idle` (on the
folder of a look-back) and `--mode rate`: time, memory and CPU. `--mode delay`: from a record's bytes to the alert;
`--mode flood`: the same of one tenant among many that look back, leg by leg (`live_legs`).
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path
from typing import Any

import orjson

from tests.bench.live_cost import at_rate, look_back
from tests.bench.live_delay import among_floods, arrival_to_alert, sent_before_alert
from tests.bench.live_faults import collected, fairness
from tests.bench.live_run import STORE
from tests.bench.live_service import Plan


def tell(measure: str, figures: dict[str, Any]) -> None:
    """One line."""
    print(orjson.dumps({"measure": measure, **figures}).decode(), flush=True)


def faults(options: argparse.Namespace, folder: Path) -> None:
    """Proof under faults and kills; fairness of many tenants."""
    plan = Plan(
        str(folder / "faults"), options.seed, options.tenants, options.accounts, options.speed, options.hours,
        faults="all", expiring=0.01, unknown=0.003, attacks=(("seed", 100.0), ("S1", 200.0)),
    )  # fmt: skip
    found, course = collected(plan, options.kills, options.patience)
    tell("faults", {"accounts": plan.accounts, "hours": plan.hours, "speed": plan.speed} | course | found.figures())
    if options.tenants > 1:
        quiet = Plan(
            str(folder / "fairness"), options.seed, options.tenants, options.accounts, options.speed, options.hours
        )
        for disturbed in (False, True):
            tell("fairness", fairness(quiet, disturbed))


def look_backs(options: argparse.Namespace, folder: Path) -> None:
    """A first start that looks back for days."""
    plan = Plan(
        str(folder / "look-back"), options.seed, 1, options.accounts, options.speed, 1.0, int(options.days) + 1,
        real_time=options.speed == 1.0,
    )  # fmt: skip
    tell("look-back", look_back(plan, options.days))


def idle(options: argparse.Namespace, folder: Path) -> None:
    """Nothing arrives: memory and processor time with the states of a look-back that lies in the folder."""
    plan = Plan(str(folder / "idle"), options.seed, 1, options.accounts, 1.0, -400.0, real_time=True)
    store = folder / "look-back" / STORE
    tell("idle", at_rate(plan, store if store.exists() else None, options.seconds, options.settle))


def rate(options: argparse.Namespace, folder: Path) -> None:
    """A tenant at work, faster than real time."""
    plan = Plan(str(folder / "rate"), options.seed, 1, options.accounts, options.speed, 16.0)
    tell("rate", at_rate(plan, None, options.seconds, options.settle))


def delay(options: argparse.Namespace, folder: Path) -> None:
    """How soon alerts come."""
    dice = random.Random(options.seed)
    stories = ("seed", "S1", "S2", "S7", "S14")
    minutes = [options.hours * 60 * (place + 0.5) / (options.attacks + 2) for place in range(options.attacks)]
    plan = Plan(
        str(folder / "delay"), options.seed, 1, options.accounts, options.speed, options.hours, 8, lateness=0.02,
        attacks=tuple((dice.choice(stories), at) for at in minutes), wire=True, work_hours=True,
    )  # fmt: skip
    tell("delay", arrival_to_alert(plan))


def flood(options: argparse.Namespace, folder: Path) -> None:
    """How soon alerts of a quiet tenant come, alone and while others flood."""
    dice = random.Random(options.seed)
    stories = ("seed", "S1", "S2", "S7", "S14")
    minutes = [options.hours * 60 * (place + 1.0) / (options.attacks + 2) for place in range(options.attacks)]
    attacks = tuple((dice.choice(stories), at) for at in minutes)
    for tenants in {1: None, options.tenants: None}:
        plan = Plan(
            str(folder / f"flood-{tenants}"), options.seed, tenants, options.accounts, options.speed, options.hours,
            lateness=0.02, attacks=attacks, wire=True, work_hours=True, flood_accounts=options.flood_accounts,
            flood_days=int(options.days) + 1,
        )  # fmt: skip
        tell("flood", among_floods(plan, options.days))


def seed(options: argparse.Namespace, folder: Path) -> None:
    """How far the seed's mail had come at the alert: every feed or message trace alone, prompt or as late as usual."""
    for name, feeds, lateness in (
        ("all", (), 1.0),
        ("prompt", (), 0.02),
        ("trace", ("messageTraces",), 0.02),
        ("late-trace", ("messageTraces",), 1.0),
    ):
        plan = Plan(
            str(folder / f"seed-{name}"), options.seed, 1, options.accounts, options.speed, options.hours, 8,
            lateness=lateness, attacks=(("seed", 20.0),), work_hours=True,
        )  # fmt: skip
        tell("seed", {"story": name} | sent_before_alert(plan, feeds))


MODES = {
    "delay": delay,
    "faults": faults,
    "look-back": look_backs,
    "idle": idle,
    "rate": rate,
    "seed": seed,
    "flood": flood,
}


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=sorted(MODES), required=True)
    parser.add_argument("--accounts", type=int, default=12)
    parser.add_argument("--hours", type=float, default=6.0, help="practice hours of life")
    parser.add_argument("--speed", type=float, default=600.0, help="practice seconds per second")
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--tenants", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=4.0, help="how long the rest may take, in lives")
    parser.add_argument("--days", type=float, default=7.0, help="of a look-back")
    parser.add_argument("--attacks", type=int, default=60, help="of the measure of delay")
    parser.add_argument("--flood-accounts", type=int, default=60, help="of each tenant that floods")
    parser.add_argument("--seconds", type=float, default=60.0, help="of wall time that are measured")
    parser.add_argument("--settle", type=float, default=10.0, help="wall seconds before that")
    parser.add_argument("--folder", type=Path, help="kept; otherwise a temporary one")
    options = parser.parse_args()
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        MODES[options.mode](options, options.folder)
        return
    with tempfile.TemporaryDirectory(prefix="watchpost-live-") as folder:
        MODES[options.mode](options, Path(folder))


if __name__ == "__main__":
    main()
