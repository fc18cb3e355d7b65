"""A practice tenant fed through the embedded store in batches, in this process or in a child that is killed."""

from __future__ import annotations

import gzip
import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from detectors.engine.account_engine import AccountEngine
from detectors.engine.entity_engine import EntityEngine
from detectors.engine.knowledge import Knowledge
from detectors.engine.signal_order import OrderedEntities
from detectors.probe import NoFacts
from detectors.registry import account_detectors, entity_detectors
from schemas.contracts.collected import Batch, Content
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from streams.collectors.live.intake import Intake
from streams.drivers.embedded.journal import EmbeddedJournal
from streams.drivers.embedded.record_index import StoredIndex
from streams.drivers.embedded.store import EmbeddedStore, open_store
from streams.simulation import SimulationOptions, simulate

TENANT = "11111111-2222-3333-4444-555555555555"
HOME = ("contoso.example",)
FEED = "activity/Audit.Exchange"
LATE_MS = 120_000


@dataclass
class SetClock:
    """A clock that shows what it is set to."""

    time_ms: int = 1_800_000_000_000

    def now_ms(self) -> int:
        """UTC milliseconds."""
        return self.time_ms

    def wait(self, seconds: float, stop: Any) -> bool:
        """Does not wait."""
        return bool(stop.is_set())


def engines() -> tuple[AccountEngine, OrderedEntities]:
    """Engines that have seen nothing."""
    knowledge = Knowledge(NoFacts())
    return AccountEngine(account_detectors(), knowledge), OrderedEntities(EntityEngine(entity_detectors(), knowledge))


def intake(identity_map: IdentityMap, index: StoredIndex, tenant: str = TENANT) -> Intake:
    """As `run` makes it."""
    return Intake(tenant, identity_map, index, HOME)


@contextmanager
def opened(path: Path, clock: SetClock | None = None, **options: Any) -> Iterator[EmbeddedStore]:
    """The store of a test."""
    with open_store(path, *engines(), clock=clock or SetClock(), **options) as store:
        assert store is not None
        yield store


def practice_batches(folder: Path, accounts: int, days: int, scenarios: tuple[str, ...], size: int) -> list[Batch]:
    """Batches in order of event time, each a content of its own, with repeats and something unreadable among them."""
    simulate(SimulationOptions(folder, 5, accounts, days, scenarios, attacks_per_scenario=1, domain=HOME[0]))
    lines: list[tuple[int, bytes]] = []
    for path in sorted((folder / "input").glob("*.gz")):
        lines += [(decode(line).time_ms, line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    lines.sort()
    batches = []
    for at in range(0, len(lines), size):
        part = lines[at : at + size]
        created = part[-1][0] + LATE_MS
        content = Content(f"content-{at}", created, created + 7 * 86_400_000)
        batches.append(
            Batch(
                FEED,
                [line for _, line in part],
                content,
                listed=[content],
                checkpoint={"batch": len(batches) + 1},
                complete_ms=created,
                collected_ms=created + 5_000,
                unreadable=[(b"{ cut", "cut")] if at % 7 == 0 else [],
            )
        )
    return batches


def feed_batch(journal: EmbeddedJournal, batch: Batch) -> None:
    """A batch and the clock behind it."""
    journal.commit(batch)
    journal.clock((batch.records and decode(batch.records[-1]).time_ms) or 0, batch.historical)


def run_child(path: Path, batches: Path, stop_at: str) -> None:
    """Feed all that is not yet stored, like a feed that was killed; ends itself at the n-th step where it is told to."""
    held: list[Batch] = pickle.loads(batches.read_bytes())
    clock = SetClock()
    steps = [int(stop_at or 0)]

    def step(name: str) -> None:
        steps[0] -= 1
        if steps[0] == 0:
            os._exit(9)

    with open_store(path, *engines(), clock=clock, route=lambda _: ("file", "mail"), step=step) as store:
        assert store is not None
        clock.time_ms = held[0].collected_ms
        journal = store.journal(TENANT, intake, HOME)
        done = int(journal.checkpoint(FEED).get("batch", 0))
        for batch in held[max(0, done - 1) :]:  # the last one again: its clock may be missing
            clock.time_ms = batch.collected_ms
            feed_batch(journal, batch) if int(batch.checkpoint["batch"]) > done else journal.clock(  # type: ignore[index]
                decode(batch.records[-1]).time_ms, batch.historical
            )
    print("done", flush=True)


def contents_of(path: Path) -> dict[str, Any]:
    """What a store holds: findings, states, entries, records, ledger and outbox."""
    import sqlite3

    from streams.drivers.embedded.archive import read_entries, read_records

    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    query = connection.execute
    found: dict[str, Any] = {
        "messages": query("SELECT incident, uid, activity, told_ms, message FROM messages ORDER BY seq").fetchall(),
        "incidents": query("SELECT * FROM incidents ORDER BY uid").fetchall(),
        "states": dict(((side, key), data) for side, key, data in query("SELECT side, key, data FROM states")),
        "entries": [
            (seq, entry.kind, entry.key, entry.value, entry.identity, entry.collected_ms, entry.historical)
            for seq, entry in read_entries(connection)
        ],
        "records": list(read_records(connection, TENANT)),
        "contents": query("SELECT * FROM contents ORDER BY id").fetchall(),
        "feeds": query("SELECT * FROM feeds").fetchall(),
        "outbox": query("SELECT sink, message, incident, created_ms, state FROM outbox ORDER BY id").fetchall(),
        "identities": query("SELECT * FROM identities ORDER BY kind, held").fetchall(),
        "seen": query("SELECT count(*) FROM seen").fetchone(),
        "dead": query("SELECT feed, content, stage, reason FROM dead ORDER BY id").fetchall(),
        "clock": query("SELECT clock_ms FROM tenants").fetchone(),
    }
    connection.close()
    return found


def json_of(message: bytes) -> Any:
    """A message as a reader gets it."""
    return orjson.loads(message)


if __name__ == "__main__":
    run_child(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])


def folded(accounts: AccountEngine, entities: OrderedEntities) -> dict[tuple[str, bytes], bytes]:
    """States as the store keys them."""
    prefix = f"{TENANT}|".encode()
    sides = (("accounts", accounts.snapshot()), ("entities", entities.snapshot()))
    return {(side, key.removeprefix(prefix)): data for side, states in sides for key, data in states.items()}
