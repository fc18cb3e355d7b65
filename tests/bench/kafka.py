"""How fast records go through Kafka: `python -m tests.bench.kafka [ACCOUNTS [DAYS]]` prints one JSON line per measure.

The broker is the one of the integration tests (`WATCHPOST_TEST_KAFKA`, else its own, on the same cores). `collect` alone
writes without waiting; `detect` then works off what lies there; at last both together, as a replay is done.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import orjson

from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import create_topics
from streams.simulation import SimulationOptions, simulate
from tests.integration.broker import BROKER_VARIABLE, own_broker
from tests.integration.command_line import detecting, run, terminate
from tests.integration.conftest import fresh_settings
from tests.integration.processes import PositionWatch, settled, wait_until

PARTITIONS = 4


def main() -> int:
    """Measure on a practice tenant of ACCOUNTS (30) and DAYS (8)."""
    accounts, days = (int(text) for text in (*sys.argv[1:], "30", "8")[:2])
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "tenant"
        simulate(SimulationOptions(export, seed=1, accounts=accounts, days=days), None)
        named = os.environ.get(BROKER_VARIABLE)
        with nullcontext(named) if named else own_broker() as brokers:
            _measure(brokers, str(export / "input"), Path(folder))
    return 0


def _measure(brokers: str, export: str, folder: Path) -> None:
    settings = replace(fresh_settings(brokers), partitions=PARTITIONS, profile_seconds=120.0, states_on_stop=False)
    create_topics(settings)
    written, seconds = _collect(settings, export, "--no-wait")
    _show("collect alone", written, seconds)
    _show("detect, what was waiting", *_catch_up(settings, folder / "waiting"))
    settings = replace(settings, **_names(fresh_settings(brokers)))
    create_topics(settings)
    with detecting(settings, folder / "both") as process:
        wait_until(lambda: b"opened" in (folder / "both").read_bytes(), "an assignment")
        written, seconds = _collect(settings, export)
        wait_until(settled(settings), "processing everything", 120)
        terminate(process)
    _show("collect and detect, day by day", written, seconds)


def _names(settings: KafkaSettings) -> dict[str, str]:
    return {"application": settings.application, "topic_prefix": settings.topic_prefix}


def _collect(settings: KafkaSettings, export: str, *options: str) -> tuple[int, float]:
    """Entries written and the seconds of the whole command: reading, sorting, writing, waiting."""
    started = time.monotonic()
    done = run(settings, "collect", *options, "--from", export, seconds=900)
    if done.returncode:
        raise SystemExit(done.stderr)
    found = re.search(r"wrote (\d+) entries", done.stderr)
    return int(found[1]) if found else 0, time.monotonic() - started


def _catch_up(settings: KafkaSettings, log: Path) -> tuple[int, float]:
    """Audit messages worked off and the seconds from the first stored position to the last."""
    watch, all_done = PositionWatch(settings), settled(settings)
    with detecting(settings, log) as process:
        wait_until(watch.beyond(0), "the first position")
        began, started = watch.processed(), time.monotonic()
        wait_until(all_done, "processing everything", 300)
        seconds = time.monotonic() - started
        terminate(process)
    return watch.processed() - began, seconds


def _show(measure: str, messages: int, seconds: float) -> None:
    body = {"measure": measure, "messages": messages, "seconds": round(seconds, 2), "per_s": round(messages / seconds)}
    print(orjson.dumps(body).decode(), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
