"""Which members a sign-in has in Graph v1.0, and what is hidden without P2. Layer: streams."""

from __future__ import annotations

from typing import Any

_PERSON = ("userDisplayName", "userId", "userPrincipalName", "servicePrincipalId", "servicePrincipalName")
_TARGET = ("appDisplayName", "appId", "resourceDisplayName", "resourceId", "resourceTenantId", "homeTenantId")
_CLIENT = ("ipAddress", "userAgent", "clientAppUsed", "deviceDetail", "location", "authenticationAppDeviceDetails")
_RISK = ("riskDetail", "riskLevelAggregated", "riskLevelDuringSignIn", "riskState", "riskEventTypes",
         "riskEventTypes_v2")  # fmt: skip
_OUTCOME = ("id", "createdDateTime", "correlationId", "isInteractive", "conditionalAccessStatus",
            "appliedConditionalAccessPolicies", "status")  # fmt: skip
V1_FIELDS = frozenset((*_PERSON, *_TARGET, *_CLIENT, *_RISK, *_OUTCOME))


def hide_risk(row: dict[str, Any]) -> dict[str, Any]:
    """The row as a tenant without P2 sees it."""
    if row.get("riskLevelAggregated", "none") == "none":
        return row
    return row | {"riskDetail": "hidden", "riskLevelAggregated": "hidden", "riskLevelDuringSignIn": "hidden"}
