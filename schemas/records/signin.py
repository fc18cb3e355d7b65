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
from schemas.records.memo import Memo
from schemas.records.values import (
    LOWERED,
    OID,
    Record,
    flag,
    guid,
    integer,
    ip,
    lower,
    mapping,
    number,
    sequence,
    shared,
    text,
    time_ms,
)

_BY_CLAIM: Final = "mfa requirement satisfied by claim in the token"
_SOURCE: Final = Source.SIGNIN
_APP_EVENTS: Final = ("servicePrincipal", "managedIdentity")
_SILENT_RISK: Final = ("none", "hidden", "unknownfuturevalue", "")


def _country(value: str) -> str | None:
    return value.upper() if len(value) == 2 and value.isascii() and value.isalpha() else None


_COUNTRIES: Final = Memo(_country, 1_024, 128)


def _detail(signin: Record, error: int, reason: str) -> SignIn:
    get = signin.get
    device, place = _object(get("deviceDetail")), _object(get("location"))
    asn = integer(get("autonomousSystemNumber"))
    risk = lower(get("riskLevelDuringSignIn")) or ""
    protocol = text(get("authenticationProtocol"))
    held = device.get("deviceId")
    latitude, longitude = _spot(_object(place.get("geoCoordinates")))
    extra = _object(get("status")).get("additionalDetails")
    return SignIn(
        error,
        failure_of(error, reason) if error else None,
        text(get("id")) or text(get("originalRequestId")),
        flag(get("isInteractive")),
        None,
        shared(text(get("clientAppUsed"))),
        None if protocol == "none" else protocol,
        shared(text(get("resourceDisplayName")) or text(get("resourceId"))),
        shared(text(device.get("operatingSystem"))),
        shared(text(device.get("browser"))),
        intern(held) if type(held) is str else None,
        flag(device.get("isManaged")),
        flag(device.get("isCompliant")),
        type(extra) is str and LOWERED[extra] == _BY_CLAIM,
        _COUNTRIES[text(place.get("countryOrRegion")) or text(get("countryCode")) or ""],
        shared(text(place.get("city"))),
        latitude,
        longitude,
        asn if asn is not None and 0 < asn < 2**32 else None,
        None if risk in _SILENT_RISK else risk,
    )


def _object(value: object) -> Record:
    return value if type(value) is dict else mapping(value)


def _spot(coordinates: Record) -> tuple[float | None, float | None]:
    """Degrees; none at all where one of them is missing or on no globe."""
    latitude, longitude = number(coordinates.get("latitude")), number(coordinates.get("longitude"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None, None
    return latitude, longitude


def _error(signin: Record, envelope: Record) -> tuple[int, str]:
    """Error code and reason from `status`, else from the `resultType` of the row or of the envelope."""
    status = _object(signin.get("status"))
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
        _SOURCE,
        record_id.strip() if record_id else "",
        shared(tenant or lower(get("resourceTenantId")) or lower(get("homeTenantId"))) or "",
        instant,
        "Sign-in",
        "SignIn",
        user,
        None,
        None,
        detail.failure is None,
        ip(get("ipAddress")),
        lower(get("sessionId")),
        text(get("uniqueTokenIdentifier")),
        shared(text(get("userAgent"))),
        lower(get("appId")),
        app_only,
        None,
        None,
        None,
        OID[oid] if oid is not None and "@" in user else (),
        False,
        detail,
    )
