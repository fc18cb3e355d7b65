"""Microsoft Graph sign-ins, v1.0 and beta, also out of Event Hubs and Log Analytics. Layer: schemas.

Source: reference graph-signins-and-message-trace, sections 1, 2 and 7.3. All three become the Graph object first; nested objects
that a pipeline stored as JSON text are opened. The event time is always `createdDateTime`, never the time of ingestion.
"""

from __future__ import annotations

from sys import intern
from typing import Final

from schemas.records.aadsts import failure_of
from schemas.records.envelope import opened
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, SignIn, Source
from schemas.records.values import (
    Record,
    flag,
    guid,
    integer,
    ip,
    lower,
    mapping,
    number,
    one_id,
    sequence,
    shared,
    text,
    time_ms,
)

_BY_CLAIM: Final = "mfa requirement satisfied by claim in the token"
_APP_EVENTS: Final = ("servicePrincipal", "managedIdentity")
_SILENT_RISK: Final = ("none", "hidden", "unknownfuturevalue", "")


def _detail(signin: Record, error: int, reason: str) -> SignIn:
    get = signin.get
    device = mapping(get("deviceDetail"))
    place = mapping(get("location"))
    spot = mapping(place.get("geoCoordinates"))
    country = text(place.get("countryOrRegion")) or text(get("countryCode")) or ""
    asn = integer(get("autonomousSystemNumber"))
    risk = lower(get("riskLevelDuringSignIn")) or ""
    client = text(get("clientAppUsed"))
    protocol = text(get("authenticationProtocol"))
    held = device.get("deviceId")
    latitude, longitude = number(spot.get("latitude")), number(spot.get("longitude"))
    known = latitude is not None and longitude is not None and abs(latitude) <= 90 and abs(longitude) <= 180
    extra = mapping(get("status")).get("additionalDetails")
    return SignIn(
        error=error,
        failure=failure_of(error, reason) if error else None,
        request_id=text(get("id")) or text(get("originalRequestId")),
        interactive=flag(get("isInteractive")),
        client_app=shared(client),
        protocol=None if protocol == "none" else protocol,
        resource=shared(text(get("resourceDisplayName")) or text(get("resourceId"))),
        os=shared(text(device.get("operatingSystem"))),
        browser=shared(text(device.get("browser"))),
        device=intern(held) if type(held) is str else None,
        managed=flag(device.get("isManaged")),
        compliant=flag(device.get("isCompliant")),
        mfa_by_claim=type(extra) is str and extra.strip().lower() == _BY_CLAIM,
        country=country.upper() if len(country) == 2 and country.isascii() and country.isalpha() else None,
        city=shared(text(place.get("city"))),
        latitude=latitude if known else None,
        longitude=longitude if known else None,
        asn=asn if asn is not None and 0 < asn < 2**32 else None,
        risk=None if risk in _SILENT_RISK else risk,
    )


def _error(signin: Record, envelope: Record) -> tuple[int, str]:
    """Error code and reason from `status`, else from the `resultType` of the row or of the envelope."""
    status = mapping(signin.get("status"))
    code = integer(status.get("errorCode"))
    reason = text(status.get("failureReason")) or text(signin.get("resultDescription")) or ""
    for outside in (signin, envelope):
        if code is None:
            code = integer(outside.get("resultType", outside.get("resulttype")))
    if code is None or code < 0:
        raise UnreadableRecord("a sign-in without an error code")
    return code, reason


def read(obj: Record) -> AuditEvent:
    """One sign-in, interactive or not, of a user, a service principal or a managed identity."""
    signin, envelope, tenant = opened(obj)
    get = signin.get
    created = get("createdDateTime") or get("timeGenerated")
    instant = time_ms(created)
    if instant is None:
        raise UnreadableRecord(
            "no createdDateTime" if created is None else "createdDateTime is no time of 2000 to 2099"
        )
    error, reason = _error(signin, envelope)
    oid = guid(get("userId"))
    user = lower(get("userPrincipalName")) or lower(get("userId")) or ""
    detail = _detail(signin, error, reason)
    events = sequence(get("signInEventTypes"))
    app_only = any(kind in events for kind in _APP_EVENTS) or (not user and text(get("servicePrincipalId")) is not None)
    record_id = text(get("id"))
    return AuditEvent(
        source=Source.SIGNIN,
        record_id=record_id.strip() if record_id else "",
        tenant=shared(tenant or lower(get("resourceTenantId")) or lower(get("homeTenantId"))) or "",
        time_ms=instant,
        operation="Sign-in",
        workload="SignIn",
        user=intern(user),
        ok=detail.failure is None,
        ip=ip(get("ipAddress")),
        session=shared(lower(get("sessionId"))),
        token=text(get("uniqueTokenIdentifier")),
        user_agent=shared(text(get("userAgent"))),
        app=shared(lower(get("appId"))),
        app_only=app_only,
        user_ids=one_id("oid", oid) if oid is not None and "@" in user else (),
        detail=detail,
    )
