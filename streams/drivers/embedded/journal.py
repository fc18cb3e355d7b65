"""One tenant's journal in the store: what its feeds hand over, folded and kept in one transaction each. Layer: streams.

Structurally the `Journal` of the live feeds. How records become entries is injected (`Taking`), because drivers know no
collectors; so is the class of the error that says the store is lost (`Database.error`).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from schemas.contracts.collected import Batch, Content, Gap, Tally
from schemas.contracts.gap import encode_gap
from schemas.contracts.home_domains import home_domains_entry
from schemas.contracts.incident import Incident
from schemas.contracts.log import EntryKind, LogEntry, clock_bytes
from schemas.identity.identity_map import IdentityMap
from streams.drivers.batch_parts import TRANSACTION_BYTES_MAX, TRANSACTION_RECORDS_MAX, parts_of
from streams.drivers.embedded.archive import BLOCK_BYTES, BLOCK_RECORDS, DAY_MS, Archive, Origin
from streams.drivers.embedded.content_ledger import checkpoint_of, complete_of, note_batch, pending_of, unseen_of
from streams.drivers.embedded.feedback import take_feedback
from streams.drivers.embedded.record_index import StoredIndex
from streams.drivers.embedded.telling import store_told
from streams.drivers.embedded.workings import Workings

PATIENCE_SECONDS = 0.1  # that a transaction may go on while somebody waits: see `_commit`


class Taken(Protocol):
    """What became of a batch's records."""

    entries: list[LogEntry]
    tally: Tally

    @property
    def dead(self) -> Sequence[tuple[bytes, str]]:
        """Pieces that are no vendor record, with the reason."""
        ...


class Taking(Protocol):
    """Makes entries of one tenant's records."""

    def bootstrap(self) -> LogEntry:
        """The first entry of the tenant's log."""
        ...

    def take(self, batch: Batch) -> Taken:
        """Entries of every record that was never delivered."""
        ...


MakeTaking = Callable[[IdentityMap, StoredIndex], Taking]


class EmbeddedJournal:
    """One tenant's archive, ledger, checkpoints and fold. Its methods may be called from any thread."""

    def __init__(self, workings: Workings, tenant: str, make: MakeTaking, home_domains: Sequence[str] = ()) -> None:
        self.tenant = tenant
        self._workings = workings
        self._identity_map = IdentityMap(home_domains)
        self._skew_ms = 0  # the service's time minus ours, of the last batch
        with self._workings.database.transaction(self.tenant) as connection:
            fresh = self._enrol(connection)
            rows = connection.execute("SELECT kind, held, upn FROM identities WHERE tenant = ?", (self._number,))
            self._identity_map.restore(rows)
            self._index = StoredIndex(self._number)
            self._taking = make(self._identity_map, self._index)
            first = [self._taking.bootstrap()] if fresh else self._moved(home_domains)
            if first:
                self._fold(connection, Origin("", "", self._now_ms()), [], first)
                self._save(connection)

    def _moved(self, home_domains: Sequence[str]) -> list[LogEntry]:
        """The profile in force with other home domains, where they changed since the log began; days pass them on."""
        profile, domains = self._workings.room.profile(self.tenant), tuple(sorted(home_domains))
        return [home_domains_entry(profile, domains)] if domains and domains != profile.home_domains else []

    def _enrol(self, connection: sqlite3.Connection) -> bool:
        """Find the tenant's number; whether the tenant is new."""
        row = connection.execute("SELECT no, clock_ms FROM tenants WHERE id = ?", (self.tenant,)).fetchone()
        if row is None:
            cursor = connection.execute("INSERT INTO tenants (id) VALUES (?)", (self.tenant,))
            self._number, self._clock_ms = int(cursor.lastrowid or 0), 0
            return True
        self._number, self._clock_ms = row
        return False

    # --- reading -------------------------------------------------------------------------------------------------

    def checkpoint(self, feed: str) -> dict[str, Any]:
        """The feed's last checkpoint; empty at first."""
        with self._workings.database.reading() as connection:
            return checkpoint_of(connection, self._number, feed)

    def complete_ms(self, feed: str) -> int:
        """Content time up to which the feed is complete, UTC milliseconds; 0 at first."""
        with self._workings.database.reading() as connection:
            return complete_of(connection, self._number, feed)

    def unseen(self, feed: str, contents: Sequence[Content]) -> list[Content]:
        """Those that were never listed before, in their order, each once."""
        with self._workings.database.reading() as connection:
            return unseen_of(connection, self._number, feed, contents)

    def pending(self, feed: str) -> list[Content]:
        """Listed and not yet fetched, oldest first."""
        with self._workings.database.reading() as connection:
            return pending_of(connection, self._number, feed)

    def clock_ms(self) -> int:
        """The tenant's clock, UTC milliseconds; 0 at first."""
        return self._clock_ms

    # --- writing -------------------------------------------------------------------------------------------------

    def commit(self, batch: Batch) -> Tally:
        """Store a batch: one transaction, or several where it has more than 2,000 records or somebody else waits."""
        return self.commit_all([batch])[0]

    def commit_all(self, batches: Sequence[Batch]) -> list[Tally]:
        """Store batches in their order: as many in one transaction as have 2,000 records together, or fewer where others
        wait. One tally each."""
        tallies = [Tally() for _ in batches]
        parts = [
            (part, tally)
            for batch, tally in zip(batches, tallies, strict=True)
            for part in parts_of(batch, BLOCK_RECORDS, BLOCK_BYTES)
        ]
        while parts:
            parts = parts[self._commit(parts[: _together(part for part, _ in parts)]) :]
        return tallies

    def clock(self, time_ms: int, historical: bool = False) -> None:
        """Write the tenant's clock: every enabled feed is complete up to this time. Ignored when not later than the last."""
        if time_ms <= self._clock_ms:
            return
        value = clock_bytes(time_ms)
        entry = LogEntry(EntryKind.CLOCK, self.tenant, "", value, "clock", str(time_ms), historical=historical)
        told: list[Incident] = []
        with self._workings.database.transaction(self.tenant, live=not historical) as connection:
            if time_ms > self._clock_ms:
                told = self._fold(connection, Origin("", "", self._now_ms()), [], [entry])
                self._save(connection, historical)
                connection.execute("UPDATE tenants SET clock_ms = ? WHERE no = ?", (time_ms, self._number))
                self._clock_ms = time_ms
        self._tell(told)

    def gap(self, gap: Gap) -> None:
        """Write that something could not be seen, or can be again."""
        name = f"{gap.feed}|{gap.kind.value}|{gap.from_ms}|{gap.to_ms}|{int(gap.over)}"
        entry = LogEntry(EntryKind.GAP, self.tenant, "", encode_gap(gap), "gap", name)
        with self._workings.database.transaction(self.tenant) as connection:
            told = self._fold(connection, Origin(gap.feed, "", self._now_ms()), [], [entry])
            self._save(connection)
        self._tell(told)

    def take_feedback(self) -> int:
        """Take what people said since the last time into the log; how many."""
        with self._workings.database.reading() as connection:
            sql = "SELECT count(*) FROM feedback WHERE tenant = ? AND taken = 0"
            (waiting,) = connection.execute(sql, (self._number,)).fetchone()
        if waiting:
            with self._workings.database.transaction(self.tenant) as connection:
                told = self._fold(connection, Origin("", "", self._now_ms()), [], [])
                self._save(connection)
            self._tell(told)
        return int(waiting)

    # --- one transaction -----------------------------------------------------------------------------------------

    def _commit(self, parts: Sequence[tuple[Batch, Tally]]) -> int:
        """Store batches in one transaction, and add what became of their records to their tallies; how many were stored.

        Not all, where somebody waits who seldom wants a transaction, or anybody in a back-fill: there a short transaction
        costs little, since it leaves the states unwritten, and makes the round of all short.
        """
        step, database = self._workings.step, self._workings.database
        now_ms = self._now_ms()
        told: list[Incident] = []
        found: list[tuple[Tally, Tally]] = []
        with database.transaction(self.tenant, live=not _looks_back(parts)) as connection:
            until = time.monotonic() + PATIENCE_SECONDS
            step("begun")
            self._index.within(connection, now_ms // DAY_MS)
            for batch, whole in parts:
                tally, incidents = self._store(connection, batch, now_ms)
                told += incidents
                found.append((whole, tally))
                if time.monotonic() >= until and database.wanted(anybody=_looks_back([(batch, whole)])):
                    break
            self._save(connection, _looks_back(parts[: len(found)]))
            step("folded")
        step("committed")
        self._tell(told)
        for whole, tally in found:
            whole.add(tally)
        return len(found)

    def _store(self, connection: sqlite3.Connection, batch: Batch, now_ms: int) -> tuple[Tally, list[Incident]]:
        """Take and fold a batch within a transaction."""
        step, content = self._workings.step, batch.content
        records, entries, dead, tally = self._take(batch)
        step("taken")
        origin = Origin(batch.feed, content.id if content else "", now_ms)
        self._skew_ms = batch.skew_ms
        Archive(connection, self._number, origin).bury("decode", dead)
        note_batch(connection, self._number, batch, tally, now_ms)
        step("noted")
        return tally, self._fold(connection, origin, records, entries, content.created_ms if content else 0)

    def _take(self, batch: Batch) -> tuple[list[bytes], list[LogEntry], list[tuple[bytes, str]], Tally]:
        """Records that are new, their entries, what is unreadable, and the tally."""
        records: list[bytes] = []
        entries: list[LogEntry] = []
        dead: list[tuple[bytes, str]] = []
        tally = Tally()
        single = replace(batch, unreadable=[])
        for pieces in ([], *([raw] for raw in batch.records)):
            single.records = pieces
            taken = self._taking.take(single if pieces else replace(batch, records=[]))
            entries += taken.entries
            dead += taken.dead
            tally.add(taken.tally)
            if taken.tally.produced:
                records += pieces
        return records, entries, dead, tally

    def _fold(
        self,
        connection: sqlite3.Connection,
        origin: Origin,
        records: list[bytes],
        entries: list[LogEntry],
        created_ms: int = 0,
    ) -> list[Incident]:
        """Archive entries, fold them, write messages. What people said comes first. `_save` must follow."""
        workings, number = self._workings, self._number
        entries = [*take_feedback(connection, number, self.tenant), *entries]
        workings.room.appending(connection, number, len(entries))
        archive = Archive(connection, number, origin)
        archive.append(records, entries)
        workings.step("archived")
        told, dead = workings.room.fold(entries)
        workings.step("judged")
        workings.folded(self.tenant, entries, len(dead))
        archive.bury("fold", dead)
        return store_told(connection, number, told, workings.route, created_ms, self._now_ms(), self._skew_ms)

    def _save(self, connection: sqlite3.Connection, historical: bool = False) -> None:
        """Write the identities that changed within the transaction, and the states; in a back-fill these may wait."""
        self._workings.room.save(connection, self._number, self.tenant, historical)
        connection.executemany(
            "INSERT OR REPLACE INTO identities VALUES (?, ?, ?, ?)",
            [(self._number, *row) for row in self._identity_map.changes()],
        )
        self._workings.step("saved")

    def _tell(self, told: Sequence[Incident]) -> None:
        """After the transaction: there may be something to send."""
        if told:
            self._workings.step("told")

    def _now_ms(self) -> int:
        return self._workings.clock.now_ms()


def _looks_back(parts: Sequence[tuple[Batch, Tally]]) -> bool:
    """Whether these are of a back-fill: what is live goes before them, and they leave the states unwritten."""
    return all(batch.historical and not batch.straggler for batch, _ in parts)


def _together(parts: Iterable[Batch]) -> int:
    """How many of the first parts are one transaction at most; at least one."""
    count = records = size = 0
    for part in parts:
        records, size = records + len(part.records), size + sum(map(len, part.records))
        if count and (records > TRANSACTION_RECORDS_MAX or size > TRANSACTION_BYTES_MAX):
            break
        count += 1
    return count
