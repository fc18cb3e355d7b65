"""Both engines in memory, and their durable states in the store. Layer: streams."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from detectors.engine.account_engine import AccountEngine
from detectors.engine.signal_order import OrderedEntities
from schemas.contracts.incident import Incident
from schemas.contracts.log import LogEntry, MalformedEntry
from schemas.contracts.profile import Profile
from schemas.contracts.signal import MalformedSignal
from schemas.records.errors import UnreadableRecord
from streams.drivers.embedded.archive import read_entries
from streams.drivers.embedded.behind import Behind
from streams.drivers.pipeline import LocalPipeline

REST_SECONDS = 300.0  # states that nothing touched for once to twice as long rest as bytes
MALFORMED = (MalformedEntry, MalformedSignal, UnreadableRecord)


class Told(NamedTuple):
    """An incident's message and the entry that caused it."""

    entry: LogEntry
    incident: Incident


class EngineRoom:
    """The engines of every tenant of a process. Whoever folds holds the store's transaction."""

    def __init__(
        self, accounts: AccountEngine, entities: OrderedEntities, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._accounts = accounts
        self._entities = entities
        self._pipeline = LocalPipeline(accounts, entities)
        self._behind = Behind()
        self._now = now
        self._rest_due = now() + REST_SECONDS

    @property
    def damaged(self) -> int:
        """Parts of states that had to start anew."""
        return self._accounts.damaged + self._entities.damaged

    def profile(self, tenant: str) -> Profile:
        """The tenant's profile in force."""
        return self._accounts.profile(tenant)

    def load(self, connection: sqlite3.Connection) -> None:
        """Read every state back, into engines that have folded nothing; fold what came after they were saved."""
        sql = (
            "SELECT t.id, s.key, s.data FROM states s JOIN tenants t ON t.no = s.tenant"
            " WHERE s.side = ? ORDER BY t.id, s.key"
        )
        for side, engine in (("accounts", self._accounts), ("entities", self._entities)):
            rows = connection.execute(sql, (side,))
            engine.restore((b"|".join((tenant.encode(), key)), data) for tenant, key, data in rows)
        names = dict(connection.execute("SELECT no, id FROM tenants"))
        for number, saved_seq in self._behind.load(connection).items():
            if number in names:
                self.fold(entry for _, entry in read_entries(connection, saved_seq + 1, names[number]))

    def appending(self, connection: sqlite3.Connection, tenant: int, entries: int) -> None:
        """So many entries of a tenant are about to be written to the log and folded; `save` must follow."""
        self._behind.appending(connection, tenant, entries)

    def fold(self, entries: Iterable[LogEntry]) -> tuple[list[Told], list[tuple[bytes, str]]]:
        """What the entries cause; and the values of those that could not be read, with the reason."""
        told: list[Told] = []
        dead: list[tuple[bytes, str]] = []
        for entry in entries:
            try:
                told += [Told(entry, incident) for incident in self._pipeline.fold(entry)]
            except MALFORMED as error:
                dead.append((entry.value, error.reason))
            except Exception as error:  # a defect meets the same entry again at each restart: it is put aside, and told
                dead.append((entry.value, f"a defect of Watchpost ({type(error).__name__}): please report it"))
        return told, dead

    def save(self, connection: sqlite3.Connection, tenant: int, name: str, may_wait: bool = False) -> int:
        """Write what changed of a tenant since the last time; the number of states. `may_wait`: not yet, if few entries did."""
        if may_wait and self._behind.may_wait(connection, tenant):
            return 0
        rows = []
        for side, found in (("accounts", self._accounts.changed(name)), ("entities", self._entities.changed(name))):
            changes = {key.partition(b"|")[2]: data for key, data in found.items()}
            gone = [(tenant, side, key) for key, data in changes.items() if data is None]
            connection.executemany("DELETE FROM states WHERE tenant = ? AND side = ? AND key = ?", gone)
            rows += [(tenant, side, key, data) for key, data in changes.items() if data is not None]
        connection.executemany(
            "INSERT INTO states VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data", rows
        )
        self._behind.saved(connection, tenant)
        self._rest()
        return len(rows)

    def catch_up(self, connection: sqlite3.Connection) -> None:
        """Write the states that are behind."""
        names = dict(connection.execute("SELECT no, id FROM tenants"))
        for tenant in self._behind.tenants():
            if tenant in names:
                self.save(connection, tenant, names[tenant])

    def _rest(self) -> None:
        """Now and then, after a save: memory is for those at work."""
        if self._now() >= self._rest_due:
            self._accounts.rest()
            self._entities.rest()
            self._rest_due = self._now() + REST_SECONDS

    def forget(self, tenant: str) -> None:
        """Let all of a tenant go."""
        self._accounts.forget_tenant(tenant)
        self._entities.forget_tenant(tenant)
