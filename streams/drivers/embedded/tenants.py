"""Which tenants a store knows, and removing one with everything of it. Layer: streams."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from streams.drivers.embedded.behind import forget_behind
from streams.drivers.embedded.database import StoreLost, lost, open_database, open_readonly
from streams.drivers.embedded.lease import Lease
from streams.drivers.embedded.tables import OF_TENANTS

_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class TenantRow:
    """A tenant of the store. `clock_ms` is how far it was seen, UTC milliseconds, 0: not at all yet."""

    tenant: str
    clock_ms: int
    accounts: int
    entries: int
    incidents: int


@dataclass(frozen=True, slots=True)
class Removal:
    """What was deleted, and the proof: rows by table before and after, and places in the file that still name the tenant."""

    tenant: str
    before: dict[str, int]
    after: dict[str, int]
    traces: int

    @property
    def complete(self) -> bool:
        """Nothing is left."""
        return not any(self.after.values()) and self.traces == 0


def list_tenants(path: Path) -> list[TenantRow]:
    """Tenants in order of their ids. StoreLost."""
    sql = (
        "SELECT id, clock_ms, (SELECT count(*) FROM states s WHERE s.tenant = no AND side = 'accounts'"
        " AND substr(key, 1, 1) != x'ff'), (SELECT count(*) FROM log l WHERE l.tenant = no),"
        " (SELECT count(*) FROM incidents i WHERE i.tenant = no) FROM tenants ORDER BY id"
    )
    with closing(open_readonly(path)) as connection:
        try:
            return [TenantRow(*row) for row in connection.execute(sql)]
        except sqlite3.Error as error:
            raise lost(path, error) from None


def remove_tenant(path: Path, tenant: str) -> Removal:
    """Delete everything of a tenant, overwrite it, and count what is left. StoreLost; LookupError for an unknown tenant."""
    if not path.is_file():
        raise StoreLost(f"{path}: there is no store yet; `watchpost run` makes it")
    database = open_database(path)
    lease = Lease(database)
    try:
        if not lease.take(wait=False):
            raise StoreLost(f"{path}: `watchpost run` writes to it; stop it, then remove the tenant")
        with database.transaction() as connection:
            row = connection.execute("SELECT no FROM tenants WHERE id = ?", (tenant,)).fetchone()
            if row is None:
                raise LookupError(f"{path}: there is no tenant {tenant}")
            before = _counts(connection, row[0])
            for table in OF_TENANTS:
                connection.execute(f"DELETE FROM {table} WHERE tenant = ?", row)
            forget_behind(connection, row[0])
            connection.execute("DELETE FROM tenants WHERE no = ?", row)
        with database.upkeep() as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            after = _counts(connection, row[0])
    finally:
        lease.release()
        database.close()
    return Removal(tenant, before, after, _traces(path, tenant))


def _counts(connection: sqlite3.Connection, number: int) -> dict[str, int]:
    found = {
        table: int(connection.execute(f"SELECT count(*) FROM {table} WHERE tenant = ?", (number,)).fetchone()[0])
        for table in OF_TENANTS
    }
    (found["tenants"],) = connection.execute("SELECT count(*) FROM tenants WHERE no = ?", (number,)).fetchone()
    return found


def _traces(path: Path, tenant: str) -> int:
    """How often the tenant's id stands in the store's files."""
    word, found = tenant.encode(), 0
    for name in (path, path.with_name(path.name + "-wal")):
        if not name.is_file():
            continue
        with name.open("rb") as file:
            tail = b""
            while piece := file.read(_READ_BYTES):
                found += (tail + piece).count(word)
                tail = piece[-(len(word) - 1) :] if len(word) > 1 else b""
    return found
