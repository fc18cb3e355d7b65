"""The tables of the embedded store: on-disk format. Layer: streams.

Times are UTC milliseconds, days are days since 1970-01-01 UTC. A row of `log` is an entry of an account's log, in the order
in which it was folded; its value is its own, or a place in a block of records, which all copies of a record share.
"""

from __future__ import annotations

VERSION = 1
TABLES = (
    """CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE lease (
        id INTEGER PRIMARY KEY CHECK (id = 1), owner TEXT NOT NULL, epoch INTEGER NOT NULL, until_ms INTEGER NOT NULL,
        locked INTEGER NOT NULL)""",
    """CREATE TABLE tenants (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, clock_ms INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE log (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant INTEGER NOT NULL, at_ms INTEGER NOT NULL, kind TEXT NOT NULL,
        account TEXT NOT NULL, source TEXT NOT NULL, record_id TEXT NOT NULL, role TEXT NOT NULL,
        collected_ms INTEGER NOT NULL, historical INTEGER NOT NULL, block INTEGER, place INTEGER, value BLOB)""",
    """CREATE TABLE blocks (
        id INTEGER PRIMARY KEY AUTOINCREMENT, tenant INTEGER NOT NULL, day INTEGER NOT NULL, feed TEXT NOT NULL,
        content TEXT NOT NULL, records INTEGER NOT NULL, data BLOB NOT NULL)""",
    """CREATE TABLE seen (
        tenant INTEGER NOT NULL, identity BLOB NOT NULL, digest BLOB NOT NULL, day INTEGER NOT NULL,
        PRIMARY KEY (tenant, identity, digest)) WITHOUT ROWID""",
    """CREATE TABLE dead (
        id INTEGER PRIMARY KEY AUTOINCREMENT, tenant INTEGER NOT NULL, at_ms INTEGER NOT NULL, feed TEXT NOT NULL,
        content TEXT NOT NULL, stage TEXT NOT NULL, reason TEXT NOT NULL, data BLOB NOT NULL)""",
    """CREATE TABLE contents (
        tenant INTEGER NOT NULL, feed TEXT NOT NULL, id TEXT NOT NULL, listed_ms INTEGER NOT NULL,
        created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, fetched_ms INTEGER NOT NULL DEFAULT 0,
        locator TEXT NOT NULL, state TEXT NOT NULL, records INTEGER NOT NULL DEFAULT 0,
        produced INTEGER NOT NULL DEFAULT 0, duplicates INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (tenant, feed, id)) WITHOUT ROWID""",
    """CREATE INDEX contents_pending ON contents (tenant, feed, created_ms) WHERE state = 'listed'""",
    """CREATE TABLE feeds (
        tenant INTEGER NOT NULL, feed TEXT NOT NULL, checkpoint BLOB NOT NULL DEFAULT (CAST('{}' AS BLOB)),
        complete_ms INTEGER NOT NULL DEFAULT 0, listed INTEGER NOT NULL DEFAULT 0, expired INTEGER NOT NULL DEFAULT 0,
        missing INTEGER NOT NULL DEFAULT 0, records INTEGER NOT NULL DEFAULT 0, produced INTEGER NOT NULL DEFAULT 0,
        duplicates INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (tenant, feed)) WITHOUT ROWID""",
    """CREATE TABLE identities (
        tenant INTEGER NOT NULL, kind TEXT NOT NULL, held TEXT NOT NULL, upn TEXT,
        PRIMARY KEY (tenant, kind, held)) WITHOUT ROWID""",
    """CREATE TABLE states (
        tenant INTEGER NOT NULL, side TEXT NOT NULL, key BLOB NOT NULL, data BLOB NOT NULL, UNIQUE (tenant, side, key))""",
    """CREATE TABLE incidents (
        tenant INTEGER NOT NULL, uid TEXT NOT NULL UNIQUE, account TEXT NOT NULL, tier TEXT NOT NULL, title TEXT NOT NULL,
        activity TEXT NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL,
        alert_ms INTEGER NOT NULL, told_ms INTEGER NOT NULL, latest INTEGER NOT NULL)""",
    """CREATE INDEX incidents_order ON incidents (tenant, created_ms)""",
    """CREATE TABLE messages (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant INTEGER NOT NULL, incident TEXT NOT NULL, uid TEXT NOT NULL,
        activity TEXT NOT NULL, told_ms INTEGER NOT NULL, message BLOB NOT NULL)""",
    """CREATE INDEX messages_incident ON messages (incident, seq)""",
    """CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT, tenant INTEGER NOT NULL, sink TEXT NOT NULL, message INTEGER NOT NULL,
        incident TEXT NOT NULL, created_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, done_ms INTEGER NOT NULL DEFAULT 0,
        tries INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, error TEXT NOT NULL DEFAULT '')""",
    """CREATE INDEX outbox_waiting ON outbox (sink, incident, id) WHERE state = 'waiting'""",
    """CREATE TABLE feedback (
        id INTEGER PRIMARY KEY AUTOINCREMENT, tenant INTEGER NOT NULL, incident TEXT NOT NULL, account TEXT NOT NULL,
        at_ms INTEGER NOT NULL, value BLOB NOT NULL, taken INTEGER NOT NULL DEFAULT 0)""",
)
# Every table with rows of tenants, for removal and its proof.
OF_TENANTS = (
    "log", "blocks", "seen", "dead", "contents", "feeds", "identities", "states", "incidents", "messages", "outbox",
    "feedback",
)  # fmt: skip
