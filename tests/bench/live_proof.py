"""What a store must hold after a practice service was collected: everything that was served, once, and its consequences."""

from __future__ import annotations

import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from detectors.engine.account_engine import AccountEngine
from detectors.engine.entity_engine import EntityEngine
from detectors.engine.signal_order import OrderedEntities
from detectors.registry import account_detectors, entity_detectors
from schemas.contracts.incident import Incident
from schemas.contracts.ocsf import encode_ocsf
from streams.drivers.embedded.archive import read_entries, read_records, unpack_block
from streams.drivers.embedded.content_ledger import feed_ledgers
from streams.drivers.embedded.database import open_readonly
from streams.drivers.pipeline import LocalPipeline
from streams.operations.detection import knowledge_of
from tests.bench.live_service import CONTENT, CONTENTS, INVENTORY, digest

LOGS = ("activity/", "graph/")  # feeds whose records are kept as served; the inventory makes its own
_WALL = ("delay", "harm_clock")  # members of a message that hold wall time


@dataclass(frozen=True, slots=True)
class Proof:
    """Sums over all tenants that were up. Every list or count with a name in `FAULTS` must be empty or 0.

    `served` are distinct records that an answer held; `superseded` rows of an answer that died with its process and that had
    changed before they were asked for again, so that the archive has their later version; `expired_unstored` records of a
    content whose answer died with its process, and that had expired before it was asked for again (it is told as a gap);
    `repeats` records that were read and known already.
    """

    tenants: int
    served: int
    archived: int
    dead: int
    superseded: int
    expired_unstored: int
    not_archived: int
    never_served: int
    rows_never_read: int
    blobs: int
    blobs_fetched: int
    blobs_expired: int
    blobs_missing: int
    blobs_not_listed: int
    blobs_not_fetched: int
    read: int
    produced: int
    repeats: int
    wrong_sums: list[str]
    entries: int
    states: int
    other_states: int
    messages: int
    other_messages: int

    @property
    def holds(self) -> bool:
        """Nothing is missing, too much, or different."""
        return not self.wrong

    @property
    def wrong(self) -> dict[str, object]:
        """What should be empty or 0 and is not."""
        return {name: value for name in FAULTS if (value := getattr(self, name))}

    def figures(self) -> dict[str, object]:
        """For one line of JSON."""
        return asdict(self) | {"holds": self.holds}


FAULTS = (
    "not_archived", "never_served", "rows_never_read", "blobs_not_listed", "blobs_not_fetched", "wrong_sums",
    "other_states", "other_messages",
)  # fmt: skip


def proof(folder: Path, store: Path) -> Proof:
    """Compare service and store; folds the log anew."""
    held = orjson.loads((folder / INVENTORY).read_bytes())
    living = [tenant for tenant, found in held.items() if not found["down"]]
    with closing(open_readonly(store)) as connection:
        records: Counter[str] = Counter()
        for tenant in living:
            records.update(compared(folder, tenant, held[tenant], _kept(connection, tenant)))
        sums, wrong = _sums(connection, living)
        return Proof(
            tenants=len(living),
            wrong_sums=wrong,
            **{name: records[name] for name in COUNTED},
            **sums,
            **_folded(connection),
        )


COUNTED = (
    "served", "archived", "dead", "superseded", "expired_unstored", "not_archived", "never_served", "rows_never_read",
    "blobs", "blobs_fetched", "blobs_expired", "blobs_missing", "blobs_not_listed", "blobs_not_fetched",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of one tenant: digests of the records of its logs and of its dead letters, what stays of its rows of
    Graph, the state of each content by (feed, id), and where the look-back began (UTC milliseconds)."""

    archived: set[bytes]
    dead: set[bytes]
    rows: set[str]
    contents: dict[tuple[str, str], str]
    start_ms: int

    def add(self, raw: bytes, of_graph: bool) -> None:
        """A record of the archive."""
        self.archived.add(digest(raw))
        if of_graph:
            self.rows.update(_row(raw))


def compared(folder: Path, tenant: str, held: dict[str, Any], kept: Kept) -> dict[str, int]:
    """What the service served and had (`held`, of the inventory), against what is stored; members as in `Proof`."""
    return _records(folder, tenant, held, kept) | _blobs(held, kept)


def _records(folder: Path, tenant: str, held: dict[str, Any], kept: Kept) -> dict[str, int]:
    """Served against archived, as sets of distinct contents; and the rows that were there to be read.

    What is lost is named on standard error.
    """
    known, served, superseded = kept.archived | kept.dead, set[bytes](), set[bytes]()
    for _, raw in _served(folder, tenant):
        key = digest(raw)
        served.add(key)
        if key not in known and kept.rows.issuperset(_row(raw)):
            superseded.add(key)
    unread = sum(
        time_ms >= kept.start_ms and bytes.fromhex(key) not in known
        for rows in held["rows"].values()
        for time_ms, key in rows
    )
    expired = (served - known) & _only_in_expired(folder / "served" / tenant / CONTENTS, kept)
    lost = served - known - superseded - expired
    for feed, raw in _served(folder, tenant) if lost else ():
        if digest(raw) in lost:
            print(f"not archived: {tenant} {feed} {orjson.loads(raw).get('Id') or _row(raw)[0]}", file=sys.stderr)
    return {
        "served": len(served),
        "archived": len(kept.archived),
        "dead": len(kept.dead),
        "superseded": len(superseded),
        "expired_unstored": len(expired),
        "not_archived": len(lost),
        "never_served": len(known - served),
        "rows_never_read": unread,
    }


def _served(folder: Path, tenant: str) -> Iterator[tuple[str, bytes]]:
    """Feed and record of every answer."""
    for path in (folder / "served" / tenant).glob("*.jsonl"):
        with path.open("rb") as lines:
            for line in lines:
                yield path.stem, line.rstrip(b"\n")


def _only_in_expired(contents: Path, kept: Kept) -> set[bytes]:
    """Digests of records that were sent in contents which the ledger says had expired, and in no other one."""
    found: dict[bool, set[bytes]] = {True: set(), False: set()}
    for line in contents.read_text().splitlines() if contents.exists() else ():
        feed, identity, *digests = line.split(" ")
        found[kept.contents.get((feed, identity)) == "expired"].update(map(bytes.fromhex, digests))
    return found[True] - found[False]


def _row(raw: bytes) -> tuple[str]:
    """What stays of a row of Graph when it changes."""
    held = orjson.loads(raw)
    return (f"{held.get('id')}|{held.get('recipientAddress', '')}",)


def _blobs(held: dict[str, Any], kept: Kept) -> dict[str, int]:
    """Blobs that the service had since the look-back's start, by what became of them."""
    found = Counter[str]()
    for name, blobs in held["blobs"].items():
        if name not in CONTENT:
            continue
        for identity, created_ms, _, missing in blobs:
            if created_ms < kept.start_ms:
                continue
            state = kept.contents.get((f"activity/{name}", identity), "unlisted")
            found["blobs"] += 1
            found["blobs_fetched"] += state == "fetched"
            found["blobs_expired"] += state == "expired"
            found["blobs_missing"] += state == "missing" and missing
            found["blobs_not_listed"] += state == "unlisted"
            found["blobs_not_fetched"] += state == "listed" or (state == "missing" and not missing)
    return dict(found)


def _kept(connection: sqlite3.Connection, tenant: str) -> Kept:
    """Of a store."""
    of_tenant = "tenant = (SELECT no FROM tenants WHERE id = ?)"
    buried = connection.execute(
        f"SELECT data FROM dead WHERE stage = 'decode' AND feed != 'inventory' AND {of_tenant}", (tenant,)
    )
    dead = {digest(raw) for (data,) in buried for raw in unpack_block(data)}
    rows = connection.execute(f"SELECT feed, id, state FROM contents WHERE {of_tenant}", (tenant,))
    contents = {(feed, identity): state for feed, identity, state in rows}
    kept = Kept(set(), dead, set(), contents, _looked_back_to(connection, tenant))
    for feed, _, raw in read_records(connection, tenant):
        if feed.startswith(LOGS):
            kept.add(raw, feed.startswith("graph/"))
    return kept


def _looked_back_to(connection: sqlite3.Connection, tenant: str) -> int:
    sql = "SELECT checkpoint FROM feeds WHERE feed = 'collector' AND tenant = (SELECT no FROM tenants WHERE id = ?)"
    (checkpoint,) = connection.execute(sql, (tenant,)).fetchone()
    return int(orjson.loads(checkpoint)["start"])


def _sums(connection: sqlite3.Connection, tenants: list[str]) -> tuple[dict[str, int], list[str]]:
    """read = produced + duplicates + dead by feed; of feeds, of contents and of blocks the same."""
    wrong: list[str] = []
    total = Counter[str]()
    for row in feed_ledgers(connection):
        if row.tenant not in tenants:
            continue
        key = (row.tenant, row.feed)
        total.update({"read": row.records, "produced": row.produced, "repeats": row.duplicates})
        contents = connection.execute(
            "SELECT count(*), coalesce(sum(records), 0), coalesce(sum(produced), 0), coalesce(sum(duplicates), 0),"
            " coalesce(sum(dead), 0) FROM contents c JOIN tenants t ON t.no = c.tenant WHERE t.id = ? AND feed = ?",
            key,
        ).fetchone()
        (kept,) = connection.execute(
            "SELECT coalesce(sum(records), 0) FROM blocks b JOIN tenants t ON t.no = b.tenant WHERE t.id = ? AND feed = ?",
            key,
        ).fetchone()
        sums = (row.listed, row.records, row.produced, row.duplicates, row.dead)
        if row.records != row.produced + row.duplicates + row.dead:
            wrong.append(f"{row.feed}: {row.records} read")
        if contents[0] and contents != sums:
            wrong.append(f"{row.feed}: contents {contents}, feed {sums}")
        if kept != row.produced:
            wrong.append(f"{row.feed}: {kept} archived, {row.produced} produced")
    return {name: total[name] for name in ("read", "produced", "repeats")}, wrong


def _folded(connection: sqlite3.Connection) -> dict[str, int]:
    """The whole log folded once by fresh engines, against the states and messages that the store holds."""
    knowledge = knowledge_of((), ())
    accounts = AccountEngine(account_detectors(), knowledge)
    entities = OrderedEntities(EntityEngine(entity_detectors(), knowledge))
    pipeline = LocalPipeline(accounts, entities)
    told: list[Incident] = []
    entries = 0
    for _, entry in read_entries(connection):
        entries += 1
        told += pipeline.fold(entry)
    names = dict(connection.execute("SELECT no, id FROM tenants"))
    states = {
        (side, f"{names[number]}|".encode() + key): data
        for number, side, key, data in connection.execute("SELECT tenant, side, key, data FROM states")
    }
    anew = {
        (side, key): data
        for side, found in (("accounts", accounts.snapshot()), ("entities", entities.snapshot()))
        for key, data in found.items()
    }
    messages = [_timeless(data) for (data,) in connection.execute("SELECT message FROM messages ORDER BY seq")]
    again = [_timeless(encode_ocsf(incident)) for incident in told]
    return {
        "entries": entries,
        "states": len(states),
        "other_states": sum(states.get(key) != anew.get(key) for key in states.keys() | anew.keys()),
        "messages": len(messages),
        "other_messages": sum(one != other for one, other in zip(messages, again, strict=False))
        + abs(len(messages) - len(again)),
    }


def _timeless(message: bytes) -> bytes:
    """A message without what wall time adds to it."""
    held = orjson.loads(message)
    for name in _WALL:
        held.get("unmapped", held).pop(name, None)
    return orjson.dumps(held)
