"""Event Hubs records of categories that are known and that no detector reads. Layer: schemas.

They are out of scope, not damaged: kept and counted. Source of the names: reference graph-signins-and-message-trace, section 7.1,
and the tables of Azure Monitor.
"""

from __future__ import annotations

from typing import Final

from schemas.records.envelope import hub_properties
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, Source
from schemas.records.values import Record, lower, shared, text, time_ms

CATEGORIES: Final = frozenset(
    (
        "AzureADGraphActivityLogs",
        "B2CRequestLogs",
        "CustomSecurityAttributeAuditLogs",
        "EnrichedOffice365AuditLogs",
        "GraphNotificationsActivityLogs",
        "MicrosoftGraphActivityLogs",
        "NetworkAccessAlerts",
        "NetworkAccessConnectionEvents",
        "NetworkAccessGenerativeAIInsights",
        "NetworkAccessTrafficLogs",
        "ProvisioningLogs",
        "RemoteNetworkHealthLogs",
    )
)
_HUNTING: Final = "AdvancedHunting-"  # Defender streams its tables, each a category
_CATEGORY_MAX: Final = 100  # characters
_IDS: Final = ("id", "Id", "requestId", "RequestId")
_TIMES: Final = ("timeGenerated", "TimeGenerated", "activityDateTime", "createdDateTime", "CreationTime", "Timestamp")


def is_diagnostic(obj: Record) -> bool:
    """An envelope of a category that is known and not read."""
    category = obj.get("category")
    known = type(category) is str and (category in CATEGORIES or category.startswith(_HUNTING))
    return known and hub_properties(obj) is not None


def read(obj: Record) -> AuditEvent:
    """What is needed to keep the record: whose it is and when. Its time is the envelope's where it has none itself.

    Without an id of its own it has none here: see `lasting`.
    """
    inner = hub_properties(obj) or {}
    get = inner.get
    times = (time_ms(value) for value in (*(get(name) for name in _TIMES), obj.get("time")))
    instant = next((found for found in times if found is not None), None)
    if instant is None:
        raise UnreadableRecord("an Event Hubs record without a time of 2000 to 2099")
    user = lower(get("userPrincipalName")) or lower(get("userId")) or ""
    return AuditEvent(
        source=Source.DIAGNOSTIC,
        record_id=next((held for name in _IDS if (held := (text(get(name)) or "").strip())), ""),
        tenant=shared(lower(obj.get("tenantId")) or lower(obj.get("tenantid"))) or "",
        time_ms=instant,
        operation=str(obj["category"])[:_CATEGORY_MAX],
        workload="Diagnostics",
        user=user,
        app=shared(lower(get("appId"))),
        app_only=not user and "servicePrincipalId" in inner,
    )


def lasting(obj: Record) -> Record:
    """The envelope without its `time`, which changes when the record is sent again."""
    return {name: value for name, value in obj.items() if name != "time"}
