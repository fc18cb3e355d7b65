"""Vendor records of our own, as spooled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from schemas.contracts.log import LogEntry
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from streams.collectors.feed import FeedCounts, feed
from streams.collectors.spool import Spool

Json = dict[str, Any]
DAY_MS = 86_400_000
NINE = int(datetime(2026, 3, 3, 9, tzinfo=UTC).timestamp() * 1000)
TENANT = "6f1d3a0e-0000-4000-8000-00000000c0de"


def _text(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def management(record_id: str = "m", time_ms: int = NINE, **more: object) -> Json:
    """A management record; `None` leaves a member out."""
    body: Json = {
        "CreationTime": _text(time_ms),
        "Id": record_id,
        "Operation": "Send",
        "OrganizationId": TENANT,
        "RecordType": 2,
        "UserKey": "1",
        "UserType": 0,
        "Version": 1,
        "Workload": "Exchange",
        "UserId": "ann@corp.example",
        "ClientIP": "203.0.113.7",
    }
    return {name: value for name, value in (body | more).items() if value is not None}


def trace(record_id: str = "t", time_ms: int = NINE, **more: object) -> Json:
    """A Graph message trace row."""
    body: Json = {
        "id": record_id,
        "senderAddress": "ann@corp.example",
        "recipientAddress": "bob@outside.example",
        "messageId": f"<{record_id}@x>",
        "receivedDateTime": _text(time_ms) + "Z",
        "status": "delivered",
        "subject": "s",
        "fromIP": "203.0.113.7",
        "toIP": "",
        "size": 1,
    }
    return body | more


def signin(record_id: str = "s", time_ms: int = NINE, **more: object) -> Json:
    """A Graph sign-in."""
    body: Json = {
        "id": record_id,
        "createdDateTime": _text(time_ms) + "Z",
        "userPrincipalName": "ann@corp.example",
        "userId": "b0a1d2c3-0000-4000-8000-000000000001",
        "appId": "27922004-5251-4030-b22d-91ecd9a37ea4",
        "appDisplayName": "Outlook Mobile",
        "ipAddress": "203.0.113.7",
        "status": {"errorCode": 0},
        "riskState": "none",
    }
    return body | more


def entries(records: Sequence[Json], home: Sequence[str] = (), counts: FeedCounts | None = None) -> list[LogEntry]:
    """The entries that a feed makes of these records, through the spool."""
    with Spool() as spool:
        for record in records:
            raw = orjson.dumps(record)
            spool.add(decode(raw), raw)
        return list(feed(spool.ordered(), TENANT, IdentityMap(home), home, counts))
