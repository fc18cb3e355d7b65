"""How soon `watchpost run` tells a silence, from the crossing of the threshold to the alert. One JSON line per feed.

`python -m tests.bench.silence_live --speed 30`: a practice tenant over HTTPS whose three weeks of blobs are what the collector
has learnt (put into its checkpoint: nobody waits three weeks); an hour later two content types bring nothing any more, though
every listing succeeds. Times are practice minutes.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import orjson

from streams.clock import PracticeClock
from streams.collectors.live.expected_silence import MINUTE_MS, ArrivalModel
from streams.collectors.live.watch import SILENCE_NATS
from streams.simulation.service import PracticeService, ServiceOptions, TenantOptions, client_toml
from streams.simulation.service.item import Item
from streams.simulation.service.stores import Change
from streams.simulation.service.tenant import PracticeTenant
from tests.bench.live_run import ALERTS, CONFIG, Runner, collectors, load, looked_back, running, wait_for

START_MS: Final = 1_773_306_000_000  # 2026-03-12 09:00 UTC, a Thursday
PAST_DAYS: Final = 22
CUT: Final = ("Audit.AzureActiveDirectory", "Audit.Exchange")
FEEDS: Final = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint")
_SECOND_MS: Final = 1000
_SEEN_MS: Final = 90 * _SECOND_MS  # half a poll after a blob was listed
_PATIENCE_SECONDS: Final = 900.0


@contextmanager
def serving(folder: Path, accounts: int, speed: float, cut_minutes: float) -> Iterator[PracticeTenant]:
    """The service, with the settings for `run`."""
    tenant = TenantOptions(seed=1, accounts=accounts, past_days=PAST_DAYS, ahead_days=2, subscribed=FEEDS)
    clock = PracticeClock(START_MS, time.time_ns() // 1_000_000, speed)
    service = PracticeService(ServiceOptions(folder, (tenant,)), clock)
    practice = service.tenant(service.tenants[0].id)
    practice.stores.change = _muted(practice.stores.change, START_MS + int(cut_minutes * MINUTE_MS))
    practice.catch_up(START_MS)
    object.__setattr__(clock, "wall_ms", time.time_ns() // 1_000_000)  # it stood still until now
    service.start()
    sink = f'\n[[sinks]]\nkind = "file"\npath = "{folder / ALERTS}"\n'
    (folder / CONFIG).write_text(client_toml(service) + sink)
    try:
        yield practice
    finally:
        service.stop()


def _muted(change: Change, cut_ms: int) -> Change:
    """Nothing of two content types arrives after the cut."""

    def muting(name: str, item: Item) -> list[tuple[str, Item]]:
        return [] if name in CUT and item.arrival > cut_ms else change(name, item)

    return muting


def learnt(practice: PracticeTenant) -> dict[str, list[Any]]:
    """What a collector that had listened all the time would have learnt."""
    models = {}
    for name, store in practice.stores.blobs.items():
        model = ArrivalModel()
        for blob in store.blobs:
            if blob.visible + _SEEN_MS < START_MS:
                model.arrived(blob.visible + _SEEN_MS)
        models[f"activity/{name}"] = model.dump()
    return models


def teach(store: Path, models: dict[str, list[Any]]) -> None:
    """Put models into the checkpoint of a collector that does not run."""
    with closing(sqlite3.connect(store)) as connection, connection:
        (held,) = connection.execute("SELECT checkpoint FROM feeds WHERE feed = 'collector'").fetchone()
        state = orjson.loads(held)
        state["watch"]["arrivals"] = models
        connection.execute("UPDATE feeds SET checkpoint = ? WHERE feed = 'collector'", (orjson.dumps(state),))


def watch_of(store: Path) -> dict[str, Any]:
    """What the collector's watch keeps; empty while there is no checkpoint."""
    return next((dict(state["watch"]) for state in collectors(store).values()), {})


def silent(store: Path) -> dict[str, int]:
    """Feeds that were told, and when."""
    return {row[0]: row[3] for row in watch_of(store).get("open", []) if row[1] == "silent"}


def crossed_ms(held: list[Any]) -> int:
    """When a model's silence became improbable."""
    model = ArrivalModel.load(held)
    seconds = range(7 * 86_400)
    return model.last_ms + _SECOND_MS * bisect_left(
        seconds, True, key=lambda one: model.improbability(model.last_ms + one * _SECOND_MS) >= SILENCE_NATS
    )


def measure(folder: Path, accounts: int, speed: float, cut_minutes: float) -> list[dict[str, Any]]:
    """The whole experiment."""
    cut_ms = START_MS + int(cut_minutes * MINUTE_MS)
    runner = Runner(folder, look_back_days=0.05, feeds=FEEDS)
    names = [f"activity/{name}" for name in CUT]
    with serving(folder, accounts, speed, cut_minutes) as practice:
        with running(runner):
            runner.wait_until(lambda: looked_back(runner.store), "the look-back", _PATIENCE_SECONDS)
            runner.stop()
        teach(runner.store, learnt(practice))
        with running(runner):
            wait_for(lambda: silent(runner.store).keys() >= set(names), "the notice", _PATIENCE_SECONDS)
            runner.stop()
    alerts = [orjson.loads(line) for line in (folder / ALERTS).read_bytes().splitlines()]
    told = {alert["finding_info"]["uid"] for alert in alerts if "silent" in alert["finding_info"]["title"]}
    at, models = silent(runner.store), watch_of(runner.store)["arrivals"]
    return [
        {
            "feed": name,
            "accounts": accounts,
            "speed": speed,
            "last_record_after_cut": round((models[name][0] - cut_ms) / MINUTE_MS, 1),
            "improbable_after_cut": round((crossed_ms(models[name]) - cut_ms) / MINUTE_MS, 1),
            "told_after_improbable": round((at[name] - crossed_ms(models[name])) / MINUTE_MS, 2),
            "incidents": len(told),
            "load": load(),
        }
        for name in names
    ]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=60)
    parser.add_argument("--speed", type=float, default=30.0)
    parser.add_argument("--cut", type=float, default=60.0, help="practice minutes after the start")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for row in measure(Path(folder), options.accounts, options.speed, options.cut):
            print(orjson.dumps(row).decode(), flush=True)


if __name__ == "__main__":
    main()
