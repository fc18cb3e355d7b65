"""Turns at one store: how long a quiet tenant waits for its transaction while others flood, and what the flood gets done.

`python -m tests.bench.live_turns --floods 19 --seconds 60`: tenants of one process, each a thread that hands its records over
as a look-back does, three thousand at a time and without a pause; one tenant hands over five records every quarter of a second.
Without HTTP, so that only the store's turns count. One JSON line without floods, one with.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from detectors.engine.account_engine import AccountEngine
from detectors.engine.entity_engine import EntityEngine
from detectors.engine.signal_order import OrderedEntities
from detectors.registry import account_detectors, entity_detectors
from schemas.contracts.collected import Batch, Content
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from streams.collectors.live.group import BATCHES_MAX, RECORDS_MAX
from streams.collectors.live.intake import Intake
from streams.drivers.embedded.journal import EmbeddedJournal
from streams.drivers.embedded.record_index import StoredIndex
from streams.drivers.embedded.store import EmbeddedStore, open_store
from streams.operations.detection import knowledge_of
from streams.simulation import SimulationOptions, simulate

HOME = ("contoso.example",)
FEED = "activity/Audit.Exchange"
QUIET_RECORDS, QUIET_SECONDS = 5, 0.25
BLOB_RECORDS = 120


@dataclass
class Course:
    """What happened: seconds of each of the quiet tenant's transactions, of the wall and of this process's processor time in
    between (what the wait would be on a machine that does nothing else, but for the disk); records that floods stored."""

    waits: list[float] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)
    flooded: int = 0
    stop: threading.Event = field(default_factory=threading.Event)


def records(folder: Path, accounts: int, days: int) -> list[bytes]:
    """A practice tenant's records in order of event time."""
    simulate(SimulationOptions(folder, 5, accounts, days, ("S1",), attacks_per_scenario=1, domain=HOME[0]))
    lines: list[tuple[int, bytes]] = []
    for path in sorted((folder / "input").glob("*.gz")):
        lines += [(decode(line).time_ms, line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    return [line for _, line in sorted(lines)]


def blobs(lines: Sequence[bytes], historical: bool, size: int, prefix: str = "c") -> list[Batch]:
    """Batches of a content each, some of two or three times the size."""
    dice, at, found = random.Random(1), 0, list[Batch]()
    while at < len(lines):
        part = list(lines[at : at + size * dice.choice((1, 1, 2, 3))])
        content = Content(f"{prefix}{at}", 1_700_000_000_000 + at)
        found.append(
            Batch(FEED, part, content, listed=[content], historical=historical, collected_ms=1_700_000_000_000)
        )
        at += len(part)
    return found


def _flood(journal: EmbeddedJournal, lines: Sequence[bytes], course: Course) -> None:
    turn = 0
    while not course.stop.is_set():
        turn += 1
        held = blobs(lines, True, BLOB_RECORDS, f"{turn}-")
        while held and not course.stop.is_set():
            count = size = 0
            while count < min(len(held), BATCHES_MAX) and size < RECORDS_MAX:
                size += len(held[count].records)
                count += 1
            journal.commit_all(held[:count])
            course.flooded += size
            held = held[count:]


def _quiet(journal: EmbeddedJournal, lines: Sequence[bytes], course: Course) -> None:
    for batch in blobs(lines, False, QUIET_RECORDS):
        if course.stop.wait(QUIET_SECONDS):
            return
        begun, used = time.perf_counter(), time.process_time()
        journal.commit(batch)
        course.waits.append(time.perf_counter() - begun)
        course.spent.append(time.process_time() - used)


def _journal(store: EmbeddedStore, tenant: str) -> EmbeddedJournal:
    def make(identity_map: IdentityMap, index: StoredIndex) -> Intake:
        return Intake(tenant, identity_map, index, HOME)

    return store.journal(tenant, make, HOME)


def measured(path: Path, lines: Sequence[bytes], few: Sequence[bytes], floods: int, seconds: float) -> dict[str, Any]:
    """The figures of so many floods beside the quiet tenant."""
    knowledge, course = knowledge_of((), ()), Course()
    accounts = AccountEngine(account_detectors(), knowledge)
    entities = OrderedEntities(EntityEngine(entity_detectors(), knowledge))
    with open_store(path, accounts, entities) as store:
        assert store is not None
        works = [partial(_flood, _journal(store, f"flood-{number}"), lines, course) for number in range(floods)]
        quiet = _journal(store, "quiet")
        threads = [threading.Thread(target=work, daemon=True) for work in works]
        threads.append(threading.Thread(target=partial(_quiet, quiet, few, course), daemon=True))
        used, begun = time.process_time(), time.monotonic()
        for thread in threads:
            thread.start()
        course.stop.wait(seconds)
        course.stop.set()
        for thread in threads:
            thread.join(120)
        wall, used = time.monotonic() - begun, time.process_time() - used
    return {
        "floods": floods,
        "transactions": len(course.waits),
        "wall": _quantiles(course.waits),
        "processor": _quantiles(course.spent),
        "flood_records": course.flooded,
        "flood_records_per_cpu_s": round(course.flooded / used),
        "wall_s": round(wall, 1),
        "cpu_s": round(used, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def _quantiles(seconds: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return {
        "p50_ms": round(1000 * cuts[49], 1),
        "p99_ms": round(1000 * cuts[98], 1),
        "most_ms": round(1000 * max(seconds), 1),
    }


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--floods", type=int, default=19)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--accounts", type=int, default=60)
    parser.add_argument("--days", type=int, default=6)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="watchpost-turns-") as name:
        folder = Path(name)
        lines = records(folder / "many", options.accounts, options.days)
        few = records(folder / "few", 20, 6)
        for floods in (0, options.floods):
            found = measured(folder / f"{floods}.db", lines, few, floods, options.seconds)
            print(orjson.dumps({"measure": "turns", **found}).decode(), flush=True)


if __name__ == "__main__":
    main()
