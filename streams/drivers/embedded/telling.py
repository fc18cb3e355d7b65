"""Incidents as they are stored: every message, the latest of each, and what is to be sent where. Layer: streams."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence

from schemas.contracts.incident import Incident
from schemas.contracts.ocsf import encode_ocsf
from streams.drivers.delays import with_delays, with_harm_clock
from streams.drivers.embedded.engine_room import Told

Route = Callable[[Incident], Sequence[str]]  # names of the sinks that a message goes to


def store_told(
    connection: sqlite3.Connection,
    tenant: int,
    told: Iterable[Told],
    route: Route,
    created_ms: int,
    now_ms: int,
    skew_ms: int = 0,
) -> list[Incident]:
    """Store messages in their order, with a row in the outbox for each sink. Returns them as they were stored.

    `created_ms` is when the vendor made the content available that the entries came from, 0 when unknown. `skew_ms`
    is the service's time minus ours: what is compared with the times of records is the service's.
    """
    stored = []
    service_ms = now_ms + skew_ms
    for entry, incident in told:
        alert_ms = _alert_ms(connection, incident, service_ms)
        incident = with_harm_clock(with_delays(incident, entry, created_ms, service_ms), alert_ms)
        number = _message(connection, tenant, incident, alert_ms, now_ms)
        connection.executemany(
            "INSERT INTO outbox (tenant, sink, message, incident, created_ms, due_ms, state)"
            " VALUES (?, ?, ?, ?, ?, ?, 'waiting')",
            [(tenant, sink, number, incident.uid, now_ms, now_ms) for sink in dict.fromkeys(route(incident))],
        )
        stored.append(incident)
    return stored


def _alert_ms(connection: sqlite3.Connection, incident: Incident, service_ms: int) -> int:
    """When the incident was first told, UTC milliseconds of the service's clock."""
    row = connection.execute("SELECT alert_ms FROM incidents WHERE uid = ?", (incident.uid,)).fetchone()
    return int(row[0]) if row else service_ms


def _message(connection: sqlite3.Connection, tenant: int, incident: Incident, alert_ms: int, now_ms: int) -> int:
    cursor = connection.execute(
        "INSERT INTO messages (tenant, incident, uid, activity, told_ms, message) VALUES (?, ?, ?, ?, ?, ?)",
        (tenant, incident.uid, incident.message_uid, incident.activity.value, now_ms, encode_ocsf(incident)),
    )
    number = int(cursor.lastrowid or 0)
    connection.execute(
        "INSERT OR REPLACE INTO incidents (tenant, uid, account, tier, title, activity, first_ms, last_ms, created_ms,"
        " alert_ms, told_ms, latest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            tenant, incident.uid, incident.resources[0].uid, incident.tier.value, incident.title,
            incident.activity.value, incident.first_ms, incident.last_ms, incident.created_ms, alert_ms, now_ms, number,
        ),
    )  # fmt: skip
    return number
