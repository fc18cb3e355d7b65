"""A record as Graph's audit-log query wraps it: type notes at every depth, times with Z. Layer: streams.

Shape: as measured on a live tenant (reference office365-management-activity-api, section 10); `clientIp` was null there
even where the record had an address.
"""

from __future__ import annotations

from typing import Any

from streams.simulation.record import Body

KINDS: dict[int, str] = {
    1: "ExchangeAdmin",
    2: "ExchangeItem",
    3: "ExchangeItemGroup",
    4: "SharePoint",
    6: "SharePointFileOperation",
    8: "AzureActiveDirectory",
    14: "SharePointSharingOperation",
    15: "AzureActiveDirectoryStsLogon",
    18: "SecurityComplianceCenterEOPCmdlet",
    50: "ExchangeItemAggregated",
}
_USERS = ("Regular", "Reserved", "Admin", "DcAdmin", "System", "Application", "ServicePrincipal", "CustomPolicy",
          "SystemPolicy", "PartnerTechnician", "Guest")  # fmt: skip
_DATA = "microsoft.graph.security.defaultAuditData"


def kind_of(body: Body) -> str:
    """The record type's name; its number where nobody has documented a name."""
    number = int(body["RecordType"])
    return KINDS.get(number, str(number))


def query_row(body: Body) -> dict[str, Any]:
    """The row of a query's result."""
    created = f"{body['CreationTime']}Z"
    user = int(body["UserType"])
    return {
        "id": body["Id"],
        "createdDateTime": created,
        "auditLogRecordType": kind_of(body),
        "operation": body["Operation"],
        "organizationId": body["OrganizationId"],
        "userType": _USERS[user] if user < len(_USERS) else str(user),
        "userId": body["UserKey"],
        "service": body["Workload"],
        "objectId": body.get("ObjectId"),
        "userPrincipalName": body["UserId"],
        "clientIp": None,
        "administrativeUnits": [""],
        "auditData": {"@odata.type": f"#{_DATA}", **_noted(body | {"CreationTime": created})},
    }


def _noted(members: dict[str, Any]) -> dict[str, Any]:
    """Members with the notes of their types, where JSON does not say them."""
    found: dict[str, Any] = {}
    for name, value in members.items():
        if isinstance(value, int) and not isinstance(value, bool):
            found[f"{name}@odata.type"] = "#Int64"
        elif isinstance(value, list):
            found[f"{name}@odata.type"] = f"#Collection({_DATA})"
        found[name] = _inner(value)
    return found


def _inner(value: Any) -> Any:
    if isinstance(value, dict):
        return _noted(value)
    return [_inner(item) for item in value] if isinstance(value, list) else value
