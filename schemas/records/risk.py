"""Identity Protection: risk detections of users and workloads, risky users and workloads. Layer: schemas.

Microsoft Graph `riskDetections`, `servicePrincipalRiskDetections`, `riskyUsers`, `riskyServicePrincipals`, also out of Event Hubs
and Log Analytics, and record type 294 of the audit log. Source: reference graph-signins-and-message-trace, section 4, and
office365-audit-record-schema, section 17. The event time is that of the risky act; an offline detection comes days later.
"""

from __future__ import annotations

from sys import intern
from typing import Final

from schemas.records.envelope import Opened, from_table, opened
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, RiskDetection, Source
from schemas.records.values import OID, Record, guid, ip, lower, mapping, shared, text, time_ms

DETECTION: Final = "Risk detection"
STATE: Final = "Risk state"
_TIMES: Final = (
    *("activityDateTime", "detectedDateTime", "lastUpdatedDateTime", "riskLastUpdatedDateTime", "timeGenerated"),
)
_WORKLOAD: Final = ("servicePrincipalId", "servicePrincipalDisplayName", "servicePrincipalType", "appId")


def is_risk(obj: Record) -> bool:
    """A risk detection, or the state of a risky user or workload."""
    if "riskEventType" in obj or "riskType" in obj:
        return any(name in obj for name in ("detectedDateTime", "activityDateTime", "lastUpdatedDateTime"))
    return "riskState" in obj and "riskLastUpdatedDateTime" in obj


def read(obj: Record) -> AuditEvent:
    """One statement of Identity Protection. It is no act of the account that it concerns."""
    return read_opened(opened(obj))


def read_opened(found: Opened) -> AuditEvent:
    """`read` of a record whose envelope is open."""
    risk = found.record
    get = risk.get
    record_id = (text(get("id")) or "").strip()
    detail = _detail(risk, record_id)
    workload = get("activity") == "servicePrincipal" or any(text(get(name)) is not None for name in _WORKLOAD)
    oid = None if workload else guid(get("userId")) or (guid(record_id) if not detail.kind else None)
    user = "" if workload else lower(get("userPrincipalName")) or lower(get("userId")) or oid or ""
    principal = lower(get("servicePrincipalId")) or (record_id.lower() if not detail.kind else None)
    return AuditEvent(
        source=Source.RISK,
        record_id=record_id,
        tenant=shared(found.tenant or lower(get("homeTenantId")) or lower(get("tenantId"))) or "",
        time_ms=_instant(risk),
        operation=DETECTION if detail.kind else STATE,
        workload="IdentityProtection",
        user=intern(user),
        app=shared(lower(get("appId")) or principal) if workload else None,
        app_only=workload,
        user_ids=OID[oid] if oid is not None and "@" in user else (),
        detail=detail,
    )


def read_audit(event: AuditEvent, obj: Record) -> None:
    """Detail of an audit-log record of type 294 (`AadRiskDetection`), whose members begin with capitals.

    Its address is that of the risky act and leaves the event, see `RiskDetection`.
    """
    risk = from_table(obj)
    event.detail = _detail(risk, text(risk.get("riskId")) or "")
    event.detail.ip = event.detail.ip or event.ip
    event.ip = None


def _instant(risk: Record) -> int:
    """The time of the risky act, else of its detection, else of the latest word on it."""
    for name in _TIMES:
        if (instant := time_ms(risk.get(name))) is not None:
            return instant
    raise UnreadableRecord("a risk detection without a time of 2000 to 2099")


def _detail(risk: Record, detection: str) -> RiskDetection:
    get = risk.get
    place = mapping(get("location"))
    country = text(place.get("countryOrRegion")) or text(place.get("CountryOrRegion")) or ""
    return RiskDetection(
        kind=shared(text(get("riskEventType")) or text(get("riskType"))) or "",
        detection=detection or None,
        level=shared(lower(get("riskLevel"))),
        state=shared(text(get("riskState"))),
        reason=shared(text(get("riskDetail"))),
        timing=shared(text(get("detectionTimingType"))),
        activity=shared(text(get("activity"))),
        request_id=text(get("requestId")),
        detected_ms=time_ms(get("detectedDateTime")),
        updated_ms=time_ms(get("lastUpdatedDateTime")) or time_ms(get("riskLastUpdatedDateTime")),
        ip=ip(get("ipAddress")),
        country=country.upper() if len(country) == 2 and country.isascii() and country.isalpha() else None,
        city=shared(text(place.get("city")) or text(place.get("City"))),
    )
