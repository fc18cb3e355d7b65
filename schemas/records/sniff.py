"""Which vendor feed an object belongs to, from its content alone. Layer: schemas."""

from __future__ import annotations

from typing import Final

from schemas.records.diagnostic import is_diagnostic
from schemas.records.directory_audit import is_directory_audit
from schemas.records.envelope import hub_properties, is_table_row, page_members
from schemas.records.event import Source
from schemas.records.inventory import is_inventory
from schemas.records.risk import is_risk
from schemas.records.values import Record

_MANAGEMENT, _TRACE, _SIGNIN = Source.MANAGEMENT, Source.TRACE, Source.SIGNIN
_NOT_A_SIGNIN: Final = frozenset(("activityDisplayName", "detectedDateTime", "auditData", "assignedTo"))
_CATEGORIES: Final = {  # of diagnostic settings
    "AuditLogs": Source.DIRECTORY,
    **dict.fromkeys(("UserRiskEvents", "ServicePrincipalRiskEvents"), Source.RISK),
    **dict.fromkeys(("RiskyUsers", "RiskyServicePrincipals"), Source.RISK),
}
_TABLES: Final = {  # of Log Analytics
    **dict.fromkeys(("SigninLogs", "AADNonInteractiveUserSignInLogs"), Source.SIGNIN),
    **dict.fromkeys(("AADServicePrincipalSignInLogs", "AADManagedIdentitySignInLogs"), Source.SIGNIN),
    "AuditLogs": Source.DIRECTORY,
    **dict.fromkeys(("AADUserRiskEvents", "AADServicePrincipalRiskEvents"), Source.RISK),
    **dict.fromkeys(("AADRiskyUsers", "AADRiskyServicePrincipals"), Source.RISK),
    "OfficeActivity": Source.MANAGEMENT,
}


def is_graph_signin(obj: Record) -> bool:
    """A Graph sign-in, v1.0 or beta, also as found in Event Hubs `properties`."""
    if "createdDateTime" not in obj or not obj.keys().isdisjoint(_NOT_A_SIGNIN):
        return False
    if "isInteractive" in obj or "clientAppUsed" in obj or "conditionalAccessStatus" in obj:
        return True
    return type(obj.get("status")) is dict and "ipAddress" in obj


def _is_trace(obj: Record) -> bool:
    """A message trace row of Graph or of the cmdlets."""
    if "senderAddress" in obj:
        return "recipientAddress" in obj
    return "SenderAddress" in obj and "RecipientAddress" in obj


def is_respelled(obj: Record) -> bool:
    """A management record under other names: Log Analytics OfficeActivity, or keys in lower case."""
    if "Operation" in obj and "TimeGenerated" in obj:
        return "Parameters" in obj or "OfficeWorkload" in obj or "RecordType" in obj
    return "creationtime" in obj and "operation" in obj


def _graph_kind(obj: Record) -> Source | None:
    if is_graph_signin(obj):
        return _SIGNIN
    if is_directory_audit(obj):
        return Source.DIRECTORY
    return Source.RISK if is_risk(obj) else None


def category_kind(category: object) -> Source | None:
    """Source of a category of diagnostic settings; None for one that is not read."""
    if type(category) is not str:
        return None
    return Source.SIGNIN if category.endswith("SignInLogs") else _CATEGORIES.get(category)


def _table_kind(row: Record) -> Source | None:
    """Source of a row whose columns begin with capitals: by its table, its category, else by its columns."""
    table = row.get("Type")
    named = _TABLES.get(table) if type(table) is str else None
    if named is not None:
        return named
    category = row.get("Category")
    if type(category) is str and category.endswith("SignInLogs"):
        return Source.SIGNIN
    if "InitiatedBy" in row and ("ActivityDisplayName" in row or "OperationName" in row):
        return Source.DIRECTORY
    if "RiskEventType" in row or ("RiskState" in row and "RiskLastUpdatedDateTime" in row):
        return Source.RISK
    somebody = "UserPrincipalName" in row or "UserId" in row or "ServicePrincipalId" in row
    placed = "IPAddress" in row or "IpAddress" in row
    return Source.SIGNIN if somebody and placed and ("ResultType" in row or "Status" in row) else None


def kind_of(obj: Record) -> Source | None:
    """Source of an unwrapped vendor record; None when it is none that Watchpost reads."""
    if "CreationTime" in obj or ("Operation" in obj and "RecordType" in obj):
        return _MANAGEMENT
    if _is_trace(obj):
        return _TRACE
    if (found := _graph_kind(obj)) is not None:
        return found
    inner = hub_properties(obj)
    if inner is not None and (found := category_kind(obj.get("category")) or _graph_kind(inner)) is not None:
        return found
    if is_respelled(obj):
        return Source.MANAGEMENT
    if is_inventory(obj):
        return Source.INVENTORY
    if is_diagnostic(obj):
        return Source.DIAGNOSTIC
    return _table_kind(obj) if is_table_row(obj) else None


def why_unknown(obj: Record) -> str:
    """One plain line on an object without a source, naming the well-known kinds that are not read."""
    if page_members(obj) is not None:
        return "a list of records, not one record"
    if "severity" in obj and ("vendorInformation" in obj or "serviceSource" in obj or "detectionSource" in obj):
        return "a security alert, not an audit record"
    if "category" in obj and hub_properties(obj) is not None:
        return "an Event Hubs record of a category that is not known"
    return "no known kind of vendor record"
