"""Which vendor feed an object belongs to, from its content alone. Layer: schemas."""

from __future__ import annotations

from schemas.records.event import Source
from schemas.records.values import Record

_SIGNIN_ONLY = ("isInteractive", "clientAppUsed", "conditionalAccessStatus")
_NOT_A_SIGNIN = ("activityDisplayName", "detectedDateTime", "auditData", "assignedTo")
_SIGNIN_TABLES = ("SigninLogs", "AADNonInteractiveUserSignInLogs", "AADServicePrincipalSignInLogs")


def is_graph_signin(obj: Record) -> bool:
    """A Graph sign-in, v1.0 or beta, also as found in Event Hubs `properties`."""
    if "createdDateTime" not in obj or any(name in obj for name in _NOT_A_SIGNIN):
        return False
    if any(name in obj for name in _SIGNIN_ONLY):
        return True
    return type(obj.get("status")) is dict and "ipAddress" in obj


def is_hub_signin(obj: Record) -> bool:
    """The Azure-diagnostics envelope of a sign-in: `{time, category, properties: {…}}`."""
    inner = obj.get("properties")
    if type(inner) is not dict:
        return False
    category = obj.get("category")
    return (type(category) is str and category.endswith("SignInLogs")) or is_graph_signin(inner)


def is_table_signin(obj: Record) -> bool:
    """A row of a Log Analytics sign-in table (columns begin with capitals)."""
    category = obj.get("Category")
    named = obj.get("Type") in _SIGNIN_TABLES or (type(category) is str and category.endswith("SignInLogs"))
    return named and ("CreatedDateTime" in obj or "TimeGenerated" in obj)


def is_respelled(obj: Record) -> bool:
    """A management record under other names: Log Analytics OfficeActivity, or keys in lower case."""
    if "Operation" in obj and "TimeGenerated" in obj:
        return "Parameters" in obj or "OfficeWorkload" in obj or "RecordType" in obj
    return "creationtime" in obj and "operation" in obj


def kind_of(obj: Record) -> Source | None:
    """Source of an unwrapped vendor record; None when it is none that Watchpost reads."""
    if "CreationTime" in obj or ("Operation" in obj and "RecordType" in obj):
        return Source.MANAGEMENT
    if is_graph_signin(obj) or is_hub_signin(obj):
        return Source.SIGNIN
    if ("SenderAddress" in obj and "RecipientAddress" in obj) or ("senderAddress" in obj and "recipientAddress" in obj):
        return Source.TRACE
    if is_table_signin(obj):
        return Source.SIGNIN
    return Source.MANAGEMENT if is_respelled(obj) else None


def why_unknown(obj: Record) -> str:
    """One plain line on an object without a source, naming the well-known kinds that are not read."""
    inner = obj.get("properties")
    if type(obj.get("records")) is list or type(obj.get("value")) is list:
        return "a list of records, not one record"
    if "activityDisplayName" in obj or "ActivityDisplayName" in obj:
        return "a Graph directory audit; the unified audit log carries the same act"
    if type(inner) is dict and "activityDisplayName" in inner:
        return "a Graph directory audit; the unified audit log carries the same act"
    if type(inner) is dict and "activityDateTime" in inner and "initiatedBy" in inner:
        return "a Graph directory audit; the unified audit log carries the same act"
    if "riskEventType" in obj or (type(inner) is dict and "riskEventType" in inner):
        return "an Identity Protection risk detection, not a sign-in"
    if "riskState" in obj or (type(inner) is dict and "riskState" in inner):
        return "an Identity Protection risky user or workload, not a sign-in"
    if "severity" in obj and ("vendorInformation" in obj or "serviceSource" in obj or "detectionSource" in obj):
        return "a security alert, not an audit record"
    return "no known kind of vendor record"
