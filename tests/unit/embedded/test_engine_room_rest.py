"""The engine room lets states rest that nothing touches."""

from __future__ import annotations

import sqlite3

from schemas.contracts.log import EntryKind, LogEntry
from streams.drivers.embedded.engine_room import REST_SECONDS, EngineRoom
from streams.drivers.embedded.tables import TABLES
from tests.scenarios.building import Builder
from tests.unit.embedded.store_run import TENANT, engines

MONDAY_MS = 1_767_600_000_000


def test_states_that_nothing_touches_rest_after_two_periods_and_read_back_the_same() -> None:
    accounts, entities = engines()
    times = [0.0]
    room = EngineRoom(accounts, entities, lambda: times[0])
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for table in TABLES:
        connection.execute(table)
    connection.execute("INSERT INTO tenants (id) VALUES (?)", (TENANT,))

    def act(account: str, minute: int) -> None:
        event = Builder().send(MONDAY_MS + minute * 60_000, ("friend@known.example",))
        value, uid = b"", f"{account}{minute}"
        room.fold([LogEntry(EntryKind.RECORD, TENANT, account, value, "management", uid, "actor", 0, False, event)])
        room.appending(connection, 1, 1)
        room.save(connection, 1, TENANT)

    act("ada", 0)
    for period in (1, 2):
        times[0] = period * REST_SECONDS
        act("bob", period)
    (tenant,) = accounts._tenants.values()
    assert list(tenant.people) == ["bob"]
    act("ada", 3)
    assert set(tenant.people) == {"ada", "bob"}

    again = engines()
    EngineRoom(*again).load(connection)
    assert again[0].snapshot() == accounts.snapshot()
