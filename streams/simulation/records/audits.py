"""Graph directory audits and risk detections: what Graph tells of what the audit log and sign-ins tell too. Layer: streams."""

from __future__ import annotations

import orjson

from streams.simulation.chance import Chance
from streams.simulation.record import Body

_VERBS = ("Add", "Assign", "Update", "Delete", "Consent", "Disable", "Enable", "Reset", "Change", "Remove")
_OPERATION_TYPES = {"Consent": "Assign", "Disable": "Update", "Enable": "Update", "Reset": "Update", "Change": "Update",
                    "Remove": "Unassign"}  # fmt: skip
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_EVENT_TYPES = ("unfamiliarFeatures", "unlikelyTravel", "anonymizedIPAddress")


def directory_audit(body: Body, rng: Chance) -> Body:
    """The Graph row of a directory audit (record type 8)."""
    correlation: str = body["InterSystemsId"]
    suffix = "".join(rng.pick(_LETTERS) for _ in range(5))
    name = str(body["Operation"]).rstrip(".")
    verb = name.partition(" ")[0]
    kind = "ServicePrincipal" if str(body["Target"][0]["ID"]).startswith("ServicePrincipal_") else "User"
    return {
        "id": f"Directory_{correlation}_{suffix}_{rng.whole(10**6, 10**8)}",
        "category": _category(name, kind),
        "correlationId": correlation,
        "result": "success" if body["ResultStatus"] == "Success" else "failure",
        "resultReason": "",
        "activityDisplayName": name,
        "activityDateTime": _moment(str(body["CreationTime"]), rng),
        "loggedByService": "Core Directory",
        "operationType": _OPERATION_TYPES.get(verb, verb if verb in _VERBS else "Update"),
        "initiatedBy": _initiator(body),
        "targetResources": [_target(body, kind)],
        "additionalDetails": _details(body),
    }


def _moment(created: str, rng: Chance) -> str:
    return f"{created}.{rng.whole(0, 9_999_999):07d}Z"


def _category(name: str, kind: str) -> str:
    if "role" in name.lower():
        return "RoleManagement"
    return "ApplicationManagement" if kind == "ServicePrincipal" else "UserManagement"


def _first(entries: list[Body], kind: int, prefix: str = "") -> str:
    return next((str(e["ID"]) for e in entries if e["Type"] == kind and str(e["ID"]).startswith(prefix)), "")


def _initiator(body: Body) -> Body:
    actor: list[Body] = body["Actor"]
    principal = _first(actor, 2, "ServicePrincipal_").removeprefix("ServicePrincipal_")
    if principal:
        app = {"appId": None, "displayName": _first(actor, 1), "servicePrincipalId": principal,
               "servicePrincipalName": None}  # fmt: skip
        return {"user": None, "app": app}
    user = {
        "id": _first(actor, 2, "User_").removeprefix("User_"),
        "displayName": None,
        "userPrincipalName": body["UserId"],
        "ipAddress": body.get("ClientIP", ""),
        "userType": "Member",
        "homeTenantId": None,
        "homeTenantName": None,
    }
    return {"app": None, "user": user}


def _target(body: Body, kind: str) -> Body:
    entries: list[Body] = body["Target"]
    changes = [
        {
            "displayName": change["Name"],
            "oldValue": _encoded(str(change["OldValue"])),
            "newValue": _encoded(str(change["NewValue"])),
        }
        for change in body["ModifiedProperties"]
    ]
    return {
        "id": str(entries[1]["ID"]),
        "displayName": _first(entries, 1) or None,
        "type": kind,
        "userPrincipalName": _first(entries, 5) or None,
        "groupType": None,
        "modifiedProperties": changes,
    }


def _encoded(value: str) -> str | None:
    """A value as JSON text: arrays stay, other text is quoted once more."""
    if not value:
        return None
    return value if value.startswith("[") else orjson.dumps(value).decode()


def _details(body: Body) -> list[Body]:
    found: list[Body] = []
    for entry in body["ExtendedProperties"]:
        if entry["Name"] == "additionalDetails" and entry["Value"] not in ("", "{}"):
            found += [{"key": key, "value": value} for key, value in orjson.loads(entry["Value"]).items()]
    return found


def risk_detection(signin: Body, detected: str, updated: str, rng: Chance, premium: bool = True) -> Body:
    """Identity Protection's detection about a sign-in; without P2 its kind is `generic`."""
    kinds: list[str] = signin.get("riskEventTypes_v2") or list(_EVENT_TYPES[:1])
    level = signin.get("riskLevelAggregated", "low")
    offline = rng.happens(0.4)
    extra = [{"Key": "userAgent", "Value": signin.get("userAgent")}, {"Key": "alertUrl", "Value": None},
             {"Key": "mitreTechniques", "Value": "T1078.004"}]  # fmt: skip
    return {
        "id": rng.hexadecimal(64).lower(),
        "requestId": signin["id"],
        "correlationId": signin.get("correlationId"),
        "riskEventType": kinds[0] if premium else "generic",
        "riskState": "atRisk",
        "riskLevel": level if premium else "hidden",
        "riskDetail": "none" if premium else "hidden",
        "source": "IdentityProtection",
        "detectionTimingType": "offline" if offline else "realtime",
        "activity": "signin",
        "tokenIssuerType": "AzureAD",
        "ipAddress": signin.get("ipAddress"),
        "activityDateTime": signin["createdDateTime"],
        "detectedDateTime": detected,
        "lastUpdatedDateTime": updated,
        "userId": signin["userId"],
        "userDisplayName": signin["userDisplayName"],
        "userPrincipalName": signin["userPrincipalName"],
        "additionalInfo": orjson.dumps(extra).decode(),
        "location": signin.get("location"),
    }
