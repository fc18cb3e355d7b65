"""What the audit log and Graph tell of one account: for tests of interventions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streams.simulation.clock import graph_time
from streams.simulation.service import Attack, TenantOptions

from .conftest import HOUR, NOW, Caller, moment, small

TYPES = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General")


def attacked(**changes: Any) -> TenantOptions:
    """A tenant whose attack is prepared at 11:00 and done about 11:05, without lateness."""
    story = changes.pop("story", "seed")
    return small(lateness=0.0, duplicates=0.0, subscribed=TYPES, attacks=(Attack(story, NOW + HOUR),), **changes)


def acts(caller: Caller, name: str, first: int, last: int) -> list[dict[str, Any]]:
    """Records of an account's own acts in a span of event time."""
    found: dict[str, dict[str, Any]] = {}
    for content_type in TYPES:
        for record in caller.records(content_type, first - HOUR, last + 4 * HOUR):
            if record["UserId"].lower() == name and moment(first) <= record["CreationTime"] < moment(last):
                found[record["Id"]] = record
    return sorted(found.values(), key=lambda record: str(record["CreationTime"]))


def operations(records: Iterable[dict[str, Any]]) -> set[str]:
    return {str(record["Operation"]) for record in records}


def logons(records: Iterable[dict[str, Any]]) -> list[tuple[str, int]]:
    """Second and error number of the sign-ins among the records."""
    return [(record["CreationTime"], int(record["ErrorNumber"])) for record in records
            if int(record["RecordType"]) == 15]  # fmt: skip


def signins(caller: Caller, name: str, first: int, last: int, field: str = "userPrincipalName") -> list[dict[str, Any]]:
    """Graph's rows of all kinds of sign-ins of an account (or `field`), oldest first."""
    asked = f"createdDateTime ge {graph_time(first)} and createdDateTime le {graph_time(last)} and {field} eq '{name}'"
    found: list[dict[str, Any]] = []
    for kind in ("interactiveUser", "nonInteractiveUser", "servicePrincipal", "managedIdentity"):
        found += caller.rows("beta/auditLogs/signIns", filter=f"{asked} and signInEventTypes/any(t: t eq '{kind}')")
    return sorted(found, key=lambda row: str(row["createdDateTime"]))


def errors(rows: Iterable[dict[str, Any]]) -> list[int]:
    return [int(row["status"]["errorCode"]) for row in rows]


def at_the_rule(caller: Caller) -> str:
    """Move to just after the rule was made; the victim."""
    caller.clock.ms = NOW + HOUR + 30_000
    caller.graph("v1.0/organization")
    return str(caller.service.tenant().world.told[0].accounts[0])


def outsiders(caller: Caller, name: str) -> int:
    """Message-trace rows from the account since the attack began."""
    asked = f"receivedDateTime ge {graph_time(NOW + HOUR)} and senderAddress eq '{name}'"
    return len(caller.rows("v1.0/admin/exchange/tracing/messageTraces", filter=asked, top="5000"))
