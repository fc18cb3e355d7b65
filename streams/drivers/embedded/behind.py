"""Which tenants' saved states are behind their log, and how far they may be. Layer: streams.

While a tenant looks back the same accounts change in each transaction. Their states are then written once for many, and
the store says from which entry on the log is to be folded again when the process dies before that. Since the log is in the
same file and the fold is a function of it, states and findings are the same; only the start takes longer.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

ENTRIES_MAX = 40_000  # of all tenants together: some seconds of folding at a start after a kill
ENTRIES_MIN = 2_000  # of one tenant
_MARK = "states behind|"  # name of a tenant's row in `meta`: the entry up to which its states were saved


@dataclass(slots=True)
class _Lag:
    """Entries of a tenant that were folded: since the process began, and since its states were saved up to `saved_seq`."""

    folded: int = 0
    unsaved: int = 0
    saved_seq: int = 0
    noted: bool = False  # `saved_seq` is in the store


class Behind:
    """By tenant number. Whoever asks holds the store's transaction."""

    def __init__(self) -> None:
        self._lags: dict[int, _Lag] = {}

    def load(self, connection: sqlite3.Connection) -> dict[int, int]:
        """Tenants whose states are behind: entry up to which they were saved."""
        rows = connection.execute("SELECT name, value FROM meta WHERE name LIKE ?", (f"{_MARK}%",)).fetchall()
        found = {int(name.removeprefix(_MARK)): int(value) for name, value in rows}
        for tenant, saved_seq in found.items():
            self._lags[tenant] = _Lag(unsaved=1, saved_seq=saved_seq, noted=True)
        return found

    def appending(self, connection: sqlite3.Connection, tenant: int, entries: int) -> None:
        """So many entries of a tenant are about to be written to the log and folded."""
        lag = self._lags.setdefault(tenant, _Lag())
        if not lag.unsaved and not lag.noted:
            row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'log'").fetchone()
            lag.saved_seq = int(row[0]) if row else 0
        lag.folded += entries
        lag.unsaved += entries

    def may_wait(self, connection: sqlite3.Connection, tenant: int) -> bool:
        """Whether saving may wait for further entries; when it does, the store says so with this transaction."""
        lag = self._lags[tenant]
        waiting = sum(other.unsaved > 0 for other in self._lags.values())
        if lag.unsaved >= min(ENTRIES_MIN + lag.folded // 4, max(ENTRIES_MIN, ENTRIES_MAX // max(1, waiting))):
            return False
        if not lag.noted:
            connection.execute("INSERT INTO meta VALUES (?, ?)", (f"{_MARK}{tenant}", str(lag.saved_seq)))
            lag.noted = True
        return True

    def saved(self, connection: sqlite3.Connection, tenant: int) -> None:
        """All states of a tenant are written."""
        lag = self._lags.get(tenant)
        if lag is not None:
            if lag.noted:
                forget_behind(connection, tenant)
            lag.unsaved, lag.noted = 0, False

    def tenants(self) -> list[int]:
        """Those whose states are behind."""
        return [tenant for tenant, lag in self._lags.items() if lag.noted]


def forget_behind(connection: sqlite3.Connection, tenant: int) -> None:
    """The states of a tenant are not behind, or it is gone."""
    connection.execute("DELETE FROM meta WHERE name = ?", (f"{_MARK}{tenant}",))
