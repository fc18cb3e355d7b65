"""A record of Exchange as exports and queries wrap it."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.records.samples.common import ADA, Record
from tests.unit.records.samples.exchange import new_inbox_rule


def office_activity(**members: Any) -> Record:
    """A rule in the OfficeActivity table of Log Analytics."""
    rule = new_inbox_rule()
    return {
        "TimeGenerated": rule["CreationTime"] + "Z",
        "OfficeWorkload": "Exchange",
        "OfficeId": rule["Id"],
        "Operation": "New-InboxRule",
        "RecordType": "ExchangeAdmin",
        "UserId": ADA,
        "Client_IPAddress": "203.0.113.44:52378",
        "Parameters": json.dumps(rule["Parameters"]),
        **members,
    }


def search_row(**members: Any) -> Record:
    """A row of Search-UnifiedAuditLog."""
    return {
        "RecordType": "ExchangeAdmin",
        "CreationDate": "8/14/2026 9:31:07 AM",
        "UserIds": ADA,
        "Operations": "New-InboxRule",
        "AuditData": json.dumps(new_inbox_rule()),
        **members,
    }


def query_row(**members: Any) -> Record:
    """A row of the Graph audit-log query: type notes at every depth, times with Z."""
    rule = new_inbox_rule()
    record: Record = {"@odata.type": "#microsoft.graph.security.defaultAuditData"}
    for name, value in rule.items():
        if isinstance(value, int):
            record[f"{name}@odata.type"] = "#Int64"
        record[name] = value
    record["CreationTime"] = rule["CreationTime"] + "Z"
    record["Parameters"] = [{"Name@odata.type": "#String", **entry} for entry in rule["Parameters"]]
    return {
        "id": rule["Id"],
        "createdDateTime": rule["CreationTime"] + "Z",
        "auditLogRecordType": "ExchangeAdmin",
        "operation": "New-InboxRule",
        "userPrincipalName": ADA,
        "clientIp": None,
        "auditData": record,
        **members,
    }
