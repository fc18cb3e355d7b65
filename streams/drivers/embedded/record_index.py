"""Which records were stored, exactly, as long as the archive is kept. Layer: streams."""

from __future__ import annotations

import sqlite3
from hashlib import blake2b

IDENTITY_BYTES = 16


class StoredIndex:
    """The index of one tenant within one transaction at a time: what it remembers is committed with the batch or not at all."""

    def __init__(self, tenant: int) -> None:
        self._tenant = tenant
        self._connection: sqlite3.Connection | None = None
        self._day = 0

    def within(self, connection: sqlite3.Connection, day: int) -> None:
        """Use this transaction; `day` (since 1970-01-01 UTC) is when the records are stored."""
        self._connection, self._day = connection, day

    def contents(self, source: str, record_id: str, digest: bytes) -> int:
        """Remember a record by source, id and digest.

        0 when identity and content are known, else 1 + the number of contents known of this identity.
        """
        if self._connection is None:
            raise RuntimeError("the index is used within a transaction")
        name = f"{source}|{record_id}".encode("utf-8", "surrogatepass")
        identity = blake2b(name, digest_size=IDENTITY_BYTES).digest()
        known = self._connection.execute(
            "SELECT digest FROM seen WHERE tenant = ? AND identity = ?", (self._tenant, identity)
        ).fetchall()
        if (digest,) in known:
            return 0
        self._connection.execute("INSERT INTO seen VALUES (?, ?, ?, ?)", (self._tenant, identity, digest, self._day))
        return 1 + len(known)
