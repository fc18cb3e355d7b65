"""What the store of `watchpost run` says about a tenant, read without disturbing who writes it. Layer: streams."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from streams.clock import WallClock
from streams.collectors.live.collector_state import CollectorState, state_from_json
from streams.collectors.live.schedule import STATE
from streams.drivers.embedded.content_ledger import checkpoint_of
from streams.drivers.embedded.database import StoreLost, lost, open_readonly


@dataclass(frozen=True, slots=True)
class TenantView:
    """`complete` says up to when each feed is complete, UTC milliseconds; `state` is the collector's checkpoint."""

    complete: dict[str, int]
    state: CollectorState


@dataclass(frozen=True, slots=True)
class StoreView:
    """`owner` holds the lease now, empty when nobody writes. `problem` is why nothing could be read."""

    owner: str = ""
    tenants: dict[str, TenantView] = field(default_factory=dict)
    problem: str = ""


def store_view(path: Path, tenants: Iterable[str]) -> StoreView:
    """Read the file; every failure is a view with its `problem`."""
    try:
        with closing(open_readonly(path)) as connection:
            try:
                found = {tenant: _tenant(connection, tenant) for tenant in tenants}
                return StoreView(lease_owner(connection), {name: view for name, view in found.items() if view})
            except sqlite3.Error as error:
                raise lost(path, error) from None
    except StoreLost as error:
        return StoreView(problem=str(error))
    except (KeyError, TypeError, ValueError):
        return StoreView(problem=f"{path}: a checkpoint in it cannot be read")


def lease_owner(connection: sqlite3.Connection) -> str:
    """Who writes, empty when nobody does. The lease is kept by wall time."""
    row = connection.execute("SELECT owner, until_ms FROM lease").fetchone()
    return str(row[0]) if row and row[1] > WallClock().now_ms() else ""


def _tenant(connection: sqlite3.Connection, tenant: str) -> TenantView | None:
    row = connection.execute("SELECT no FROM tenants WHERE id = ?", (tenant,)).fetchone()
    if row is None:
        return None
    rows = connection.execute("SELECT feed, complete_ms FROM feeds WHERE tenant = ?", row)
    return TenantView(
        {feed: complete for feed, complete in rows if feed != STATE},
        state_from_json(checkpoint_of(connection, row[0], STATE)),
    )
