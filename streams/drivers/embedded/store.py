"""The embedded store of one process: file, lease, engines, and a journal for each tenant. Layer: streams."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from detectors.engine.account_engine import AccountEngine
from detectors.engine.signal_order import OrderedEntities
from schemas.contracts.incident import Incident
from schemas.contracts.log import LogEntry
from streams.clock import Clock, WallClock
from streams.drivers.embedded.content_ledger import FeedLedger, checkpoint_of, feed_ledgers
from streams.drivers.embedded.database import Database, StoreFull, StoreLost, open_database
from streams.drivers.embedded.engine_room import EngineRoom
from streams.drivers.embedded.journal import EmbeddedJournal, MakeTaking
from streams.drivers.embedded.lease import LEASE_SECONDS, Lease
from streams.drivers.embedded.measures import TenantMeasures, tenant_measures
from streams.drivers.embedded.outbox import Outbox
from streams.drivers.embedded.retention import Retention, prune
from streams.drivers.embedded.workings import Workings, no_fold, no_step


def nowhere(incident: Incident) -> Sequence[str]:
    """No sink is configured."""
    return ()


class EmbeddedStore:
    """Everything that `run` keeps. Open it with `open_store`; it is ready when it returns."""

    def __init__(self, workings: Workings, lease: Lease) -> None:
        self._workings = workings
        self._lease = lease
        self.outbox = Outbox(workings.database)

    @property
    def path(self) -> Path:
        """The file."""
        return self._workings.database.path

    @property
    def damaged(self) -> int:
        """Parts of states that had to start anew when they were read."""
        return self._workings.room.damaged

    @property
    def full(self) -> bool:
        """The store was lost because the disk is full."""
        return self._workings.database.full

    def journal(self, tenant: str, make: MakeTaking, home_domains: Sequence[str] = ()) -> EmbeddedJournal:
        """The journal of a tenant; at its first time the log begins with `Taking.bootstrap`. One per tenant and process."""
        return EmbeddedJournal(self._workings, tenant, make, home_domains)

    def feeds(self) -> list[FeedLedger]:
        """Sums of what each feed of each tenant listed, fetched and produced."""
        with self._workings.database.reading() as connection:
            return feed_ledgers(connection)

    def checkpoint(self, tenant: str, feed: str) -> dict[str, Any]:
        """A feed's last checkpoint, also of a tenant that has no journal here yet; empty at first."""
        with self._workings.database.reading() as connection:
            row = connection.execute("SELECT no FROM tenants WHERE id = ?", (tenant,)).fetchone()
            return checkpoint_of(connection, row[0], feed) if row else {}

    def measures(self) -> list[TenantMeasures]:
        """What is held of each tenant, in numbers. Reads every state's length: the more there are, the less often."""
        with self._workings.database.reading() as connection:
            return tenant_measures(connection)

    def prune(self, retention: Retention) -> dict[str, int]:
        """Delete what is past its time, in short transactions; rows deleted by table."""
        self._catch_up()  # what is not saved is in the archive that is about to be pruned
        return prune(self._workings.database, retention, self._workings.clock.now_ms())

    def close(self) -> None:
        """Write the states that are behind, then give up the lease and the file."""
        with suppress(RuntimeError):  # they are folded anew at the next start
            self._catch_up()
        self._lease.release()
        self._workings.database.close()

    def _catch_up(self) -> None:
        with self._workings.database.transaction() as connection:
            self._workings.room.catch_up(connection)


@contextmanager
def open_store(
    path: Path,
    accounts: AccountEngine,
    entities: OrderedEntities,
    *,
    route: Callable[[Incident], Sequence[str]] = nowhere,
    clock: Clock | None = None,
    lost: Callable[[str], Exception] = StoreLost,
    full: Callable[[str], Exception] | None = None,
    stop: threading.Event | None = None,
    say: Callable[[str], None] | None = None,
    wait: bool = True,
    lease_seconds: float = LEASE_SECONDS,
    step: Callable[[str], None] = no_step,
    folded: Callable[[str, Sequence[LogEntry], int], None] = no_fold,
) -> Iterator[EmbeddedStore | None]:
    """The store, once this process is its only writer; None when `stop` was set (or `wait` is false) before that.

    `accounts` and `entities` are engines that have folded nothing: their states are read back. Any failure is `lost`; where it is
    given, `full` when the disk is full already.
    """
    try:
        database = open_database(path)
        lease = Lease(database, lease_seconds)
        room = EngineRoom(accounts, entities)
        taken = _entered(
            database, lease, room, lambda: lease.take(stop, say, wait) if say else lease.take(stop, wait=wait)
        )
    except StoreLost as error:
        raise (full if full is not None and isinstance(error, StoreFull) else lost)(str(error)) from None
    if not taken:
        database.close()
        yield None
        return
    database.error = lost
    store = EmbeddedStore(Workings(database, room, clock or WallClock(), route, step, folded), lease)
    try:
        yield store
    finally:
        store.close()


def _entered(database: Database, lease: Lease, room: EngineRoom, take: Callable[[], bool]) -> bool:
    """Take the lease; then every state is in the room, none behind the log. On a failure the store is let go, so that this
    process can open it again."""
    try:
        if not take():
            return False
        with database.reading() as connection:
            room.load(connection)
        with database.transaction() as connection:
            room.catch_up(connection)
    except BaseException:
        lease.release()
        database.close()
        raise
    return True
