"""How soon `watchpost run` tells a silence, from the crossing of the threshold to the alert. One JSON line per feed.

`python -m tests.bench.silence_live --speed 30`: a practice tenant over HTTPS, a look-back of seven days, and some minutes of the
present; then two content types bring nothing any more, though every listing succeeds. Times are practice minutes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from streams.clock import PracticeClock
from streams.collectors.live.expected_silence import DAY_MS, MINUTE_MS, ArrivalModel
from streams.collectors.live.watch import SILENCE_NATS
from streams.simulation.service import PracticeService, ServiceOptions, TenantOptions, client_toml
from streams.simulation.service.item import Item
from streams.simulation.service.stores import Change
from tests.bench.live_run import ALERTS, CONFIG, Runner, collectors, load, looked_back, running

START_MS: Final = 1_773_298_800_000  # 2026-03-12 07:00 UTC, a Thursday
PAST_DAYS: Final = 8
CUT: Final = ("Audit.AzureActiveDirectory", "Audit.Exchange")
FEEDS: Final = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint")
_SECOND_MS: Final = 1000
_PATIENCE_SECONDS: Final = 900.0


@dataclass(slots=True)
class Cut:
    """Nothing of `CUT` arrives after this moment, UTC milliseconds."""

    at_ms: int = 1 << 62

    def within(self, change: Change) -> Change:
        """A change of a tenant's stores that also mutes."""

        def muting(name: str, item: Item) -> list[tuple[str, Item]]:
            return [] if name in CUT and item.arrival > self.at_ms else change(name, item)

        return muting


@contextmanager
def serving(folder: Path, accounts: int, speed: float, cut: Cut) -> Iterator[PracticeClock]:
    """The service, with the settings for `run`."""
    tenant = TenantOptions(
        seed=1, accounts=accounts, past_days=PAST_DAYS, ahead_days=2, subscribed=FEEDS, backlog_ms=8 * DAY_MS
    )
    clock = PracticeClock(START_MS, time.time_ns() // 1_000_000, speed)
    service = PracticeService(ServiceOptions(folder, (tenant,)), clock)
    practice = service.tenant(service.tenants[0].id)
    practice.stores.change = cut.within(practice.stores.change)
    practice.catch_up(START_MS)
    object.__setattr__(clock, "wall_ms", time.time_ns() // 1_000_000)  # it stood still until now
    service.start()
    sink = f'\n[[sinks]]\nkind = "file"\npath = "{folder / ALERTS}"\n'
    (folder / CONFIG).write_text(client_toml(service) + sink)
    try:
        yield clock
    finally:
        service.stop()


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


def measure(folder: Path, accounts: int, speed: float, minutes: float) -> list[dict[str, Any]]:
    """The whole experiment."""
    cut, names = Cut(), [f"activity/{name}" for name in CUT]
    runner = Runner(folder, look_back_days=7.0, feeds=FEEDS)
    with serving(folder, accounts, speed, cut) as clock, running(runner):
        runner.wait_until(lambda: looked_back(runner.store), "the look-back", _PATIENCE_SECONDS)
        cut.at_ms = cut_ms = clock.now_ms() + int(minutes * MINUTE_MS)
        runner.wait_until(lambda: silent(runner.store).keys() >= set(names), "the notice", _PATIENCE_SECONDS)
        runner.stop()
    alerts = [orjson.loads(line) for line in (folder / ALERTS).read_bytes().splitlines()]
    told = {alert["finding_info"]["uid"] for alert in alerts if "silent" in alert["finding_info"]["title"]}
    at, models = silent(runner.store), watch_of(runner.store)["arrivals"]
    return [
        {
            "feed": name,
            "accounts": accounts,
            "speed": speed,
            "cut": datetime.fromtimestamp(cut_ms / 1000, UTC).isoformat(" ", "minutes"),
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
    parser.add_argument("--minutes", type=float, default=30.0, help="of practice time from the look-back to the cut")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for row in measure(Path(folder), options.accounts, options.speed, options.minutes):
            print(orjson.dumps(row).decode(), flush=True)


if __name__ == "__main__":
    main()
