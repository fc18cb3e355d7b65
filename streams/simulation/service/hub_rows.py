"""Sign-ins and directory audits in the envelope of an Azure diagnostic setting, as Event Hubs carry them. Layer: streams.

Source: reference graph-signins-and-message-trace, section 7.3.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from streams.simulation.chance import Chance
from streams.simulation.record import Body

CATEGORIES: dict[str, str] = {
    "signIns/interactiveUser": "SignInLogs",
    "signIns/nonInteractiveUser": "NonInteractiveUserSignInLogs",
    "signIns/servicePrincipal": "ServicePrincipalSignInLogs",
    "signIns/managedIdentity": "ManagedIdentitySignInLogs",
    "directoryAudits": "AuditLogs",
}
_PROVIDER = "providers/Microsoft.aadiam"


def seven_digits(ms: int, rng: Chance, zone: str) -> str:
    """A time with a fraction of seven digits and its zone as it is written."""
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}{rng.whole(0, 9999):04d}{zone}"


def hub_properties(name: str, row: Body, rng: Chance) -> Body:
    """The row as `properties`: times with seven digits and an offset, and members that Graph does not show."""
    if name == "directoryAudits":
        return row
    moment = datetime.fromisoformat(str(row["createdDateTime"]))
    created = seven_digits(int(moment.timestamp() * 1000) + rng.whole(0, 999), rng, "+00:00")
    extra = {"alternateSignInName": row.get("userPrincipalName") or "", "rngcStatus": 0, "StatusSequence": 0,
             "RequestSequence": rng.whole(0, 1)}  # fmt: skip
    return row | {"createdDateTime": created} | extra


def hub_record(name: str, properties: Body, tenant: str, now_ms: int, rng: Chance) -> dict[str, Any]:
    """One record of a message: `time` is when it is sent, `Level` a number, or in small letters a text."""
    audit = name == "directoryAudits"
    status: Body = properties.get("status") or {}
    code = int(status.get("errorCode", 0))
    good = properties.get("result") == "success" if audit else code == 0
    location = properties.get("location")
    found: dict[str, Any] = {
        "time": seven_digits(now_ms, rng, "Z"),
        "resourceId": f"/tenants/{tenant}/{_PROVIDER}",
        "operationName": properties["activityDisplayName"] if audit else "Sign-in activity",
        "operationVersion": "1.0",
        "category": CATEGORIES[name],
        "tenantId": tenant,
        "resultType": "" if audit else str(code),
        "resultSignature": "None" if audit else ("SUCCESS" if good else "FAILURE"),
        "durationMs": 0,
        "callerIpAddress": properties.get("ipAddress"),
        "correlationId": properties.get("correlationId"),
        "identity": properties.get("userDisplayName") or properties.get("servicePrincipalName"),
    }
    if not good and not audit:
        found["resultDescription"] = status.get("failureReason")
    found |= {"Level": 4} if rng.happens(0.7) else {"level": "4"}
    if isinstance(location, dict):
        found["location"] = location.get("countryOrRegion", "")
    return found | {"properties": properties}
