"""Who they are about, and the envelopes that forms share."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
TENANT = "7f0c1b52-4a1e-4a0c-9e1d-5a0e6b1d2f33"
ADA = "ada.quill@northgate.example"
ADA_OID = "3b9e6f10-77aa-4c51-8b7e-0d0c2a1e9f01"
ADA_PUID = "1003200AB12CD34E"
ADA_MAILBOX = "52e1b7f4-9f2d-4a43-8f9e-7d0a8f6c1234"
BEN = "ben.hart@northgate.example"
ADMIN = "helpdesk.admin@northgate.example"
SESSION = "0f0b7d52-9a41-4f8e-8a5b-5e2b8bb7c611"
TOKEN = "xQ7pT0aYx0mZr1kLq3ABAA"
APP = "d6f0b6a8-3d73-4b3f-ab2a-3790b3cb0001"
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/127.0.0.0 Safari/537.36"
SYSTEM = "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)"


def named(**values: object) -> list[Record]:
    """`[{Name, Value}, …]`; None gives an entry without a Value."""
    return [{"Name": name} if value is None else {"Name": name, "Value": value} for name, value in values.items()]


def management(operation: str, record_type: int, workload: str = "Exchange", **members: Any) -> Record:
    """The common envelope of an audit record."""
    return {
        "CreationTime": "2026-08-14T09:31:07",
        "Id": "6c1f0f1e-8b0e-4a55-7a10-08dc9f3b21aa",
        "Operation": operation,
        "OrganizationId": TENANT,
        "RecordType": record_type,
        "UserKey": ADA_PUID,
        "UserType": 0,
        "Version": 1,
        "Workload": workload,
        "UserId": ADA,
        **members,
    }


def hub(category: str, properties: Record, **members: Any) -> Record:
    """An Event Hubs envelope."""
    return {
        "time": "2026-08-14T09:45:55.5522137Z",
        "resourceId": f"/tenants/{TENANT}/providers/Microsoft.aadiam",
        "operationName": "Consent to application",
        "operationVersion": "1.0",
        "category": category,
        "tenantId": TENANT,
        "resultSignature": "None",
        "durationMs": 0,
        "callerIpAddress": "203.0.113.44",
        "Level": "4",
        "properties": properties,
        **members,
    }
