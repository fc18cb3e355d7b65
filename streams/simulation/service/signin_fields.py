"""Which members a sign-in has in Graph v1.0, and what is hidden without P2. Layer: streams."""

from __future__ import annotations

from typing import Any

V1_FIELDS = frozenset(
    [
        "id",
        "createdDateTime",
        "appDisplayName",
        "appId",
        "userDisplayName",
        "userId",
        "userPrincipalName",
        "servicePrincipalId",
        "servicePrincipalName",
        "resourceDisplayName",
        "resourceId",
        "resourceTenantId",
        "homeTenantId",
        "ipAddress",
        "userAgent",
        "clientAppUsed",
        "correlationId",
        "isInteractive",
        "conditionalAccessStatus",
        "appliedConditionalAccessPolicies",
        "status",
        "deviceDetail",
        "location",
        "riskDetail",
        "riskLevelAggregated",
        "riskLevelDuringSignIn",
        "riskState",
        "riskEventTypes",
        "riskEventTypes_v2",
        "authenticationAppDeviceDetails",
    ]
)


def hide_risk(row: dict[str, Any]) -> dict[str, Any]:
    """The row as a tenant without P2 sees it."""
    if row.get("riskLevelAggregated", "none") == "none":
        return row
    return row | {"riskDetail": "hidden", "riskLevelAggregated": "hidden", "riskLevelDuringSignIn": "hidden"}
