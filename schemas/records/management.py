"""Office 365 Management Activity / unified audit log records: the common envelope. Layer: schemas.

Source: reference office365-audit-record-schema. What is particular to an operation is read by the module that the
operation's name selects; an operation without one, and an unknown record type, still become events.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from sys import intern
from typing import Final

from schemas.records import directory, inbox_rules, logons, mailbox_admin, mailbox_items, risk
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, Source
from schemas.records.record_types import record_type
from schemas.records.respelled import respell
from schemas.records.values import Record, integer, ip, lowered, mapping, one_id, operation, shared, text, time_ms

Reader = Callable[[AuditEvent, Record], None]

_READERS: Final[dict[str, Reader]] = {
    **inbox_rules.READERS,
    **mailbox_admin.READERS,
    **mailbox_items.READERS,
    **logons.READERS,
}
_OK: Final = {
    **dict.fromkeys(("true", "succeeded", "success", "partiallysucceeded", "partialsuccess"), True),
    **dict.fromkeys(("false", "failed", "failure"), False),
}
_USER_TYPE_NAMES: Final = (
    *("regular", "reserved", "admin", "dcadmin", "system", "application", "serviceprincipal", "custompolicy"),
    *("systempolicy", "partnertechnician", "guest"),
)
_USER_TYPES: Final = {name: code for code, name in enumerate(_USER_TYPE_NAMES)}
_NOTHING: Final[Record] = {}
_SOURCE: Final = Source.MANAGEMENT
_EXTERNAL: Final = (True, "True", "true")
_APPLICATION_TYPES: Final = (5, 6)


@lru_cache(maxsize=4_096)
def _cached_dispatch(raw: str) -> tuple[str, Reader | None]:
    name = operation(raw)
    return name, _READERS.get(name.lower())


def _dispatch(raw: object) -> tuple[str, Reader | None]:
    """Normalised operation and the reader of its particulars."""
    if type(raw) is not str:
        raise UnreadableRecord("no Operation")
    if len(raw) > 1_024:
        raise UnreadableRecord("Operation longer than 1,024 characters")
    found = _cached_dispatch(raw)
    if not found[0]:
        raise UnreadableRecord("no Operation")
    return found


def _user_type(value: object) -> int | None:
    if type(value) is str and not value[:1].isdigit():
        return _USER_TYPES.get(value.strip().lower())
    return integer(value)


def _app_only(obj: Record, user: str, user_type: int | None, client: str | None) -> bool:
    """Whether no user stands behind the act: a service principal, an application type, or a back-end (S2S) token.

    `Client=REST;Client=RESTSystem` is what mailbox records of system tokens carry (corpus); `TokenType` naming an app-only
    token is the newer form (spelling unverified).
    """
    if user.startswith("serviceprincipal_") or (user_type in _APPLICATION_TYPES and "@" not in user):
        return True
    if client is not None and "Client=RESTSystem" in client:
        return True
    token_type = obj.get("TokenType")
    return type(token_type) is str and "apponly" in token_type.lower()


def _user_ids(user: str, user_type: int | None, key: object) -> tuple[tuple[str, str], ...]:
    """The 16-hex PUID that Exchange writes as UserKey."""
    if type(key) is str and len(key) == 16 and key.startswith("100") and "@" in user and user_type in (0, 2):
        return one_id("puid", key)
    return ()


def _other_ip(obj: Record) -> str | None:
    """Where a record without a usable ClientIP says the address is."""
    for name in ("ClientIPAddress", "ActorIpAddress", "ActorIP"):
        if name in obj and (found := ip(obj[name])) is not None:
            return found
    return None


def _application(obj: Record, context: Record) -> str | None:
    """The client application, where the record names one."""
    for held in (obj.get("ClientAppId"), context.get("ClientAppId"), obj.get("AppId"), obj.get("ApplicationId")):
        if held and type(held) is str:
            return lowered(held) or None
    return None


def read(obj: Record) -> AuditEvent:
    """One unwrapped management record as an event."""
    if "CreationTime" not in obj:
        obj = respell(obj)
    get = obj.get
    name, reader = _dispatch(get("Operation"))
    created = get("CreationTime")
    instant = time_ms(created)
    if instant is None:
        raise UnreadableRecord("no CreationTime" if created is None else "CreationTime is no time of 2000 to 2099")
    user = get("UserId")
    user = lowered(user) if type(user) is str else ""
    user_type = get("UserType")
    if type(user_type) is not int:
        user_type = _user_type(user_type)
    context = get("AppAccessContext")
    if type(context) is not dict:
        context = _NOTHING if context is None else mapping(context)
    client = get("ClientInfoString")
    if type(client) is not str or not client:
        client = None
    session = context.get("AADSessionId")
    if type(session) is not str or not session:
        session = text(get("SessionId"))
    tenant, workload, status = get("OrganizationId"), get("Workload"), get("ResultStatus")
    owner, record_id, external = get("MailboxOwnerUPN"), get("Id"), get("ExternalAccess")
    event = AuditEvent(
        _SOURCE,
        record_id.strip() if type(record_id) is str else "",
        lowered(tenant) if type(tenant) is str else "",
        instant,
        name,
        intern(workload) if type(workload) is str else "",
        user,
        record_type(get("RecordType")),
        user_type,
        _OK.get(status.lower()) if type(status) is str else None,
        ip(get("ClientIP")) or _other_ip(obj),
        (lowered(session) or None) if session else None,
        text(context.get("UniqueTokenId")),
        shared(text(get("UserAgent")) or client),
        _application(obj, context),
        _app_only(obj, user, user_type, client),
        (lowered(owner) or None) if type(owner) is str else None,
        shared(text(get("MailboxGuid"))),
        None,
        _user_ids(user, user_type, get("UserKey")),
        external is not False and external in _EXTERNAL,
    )
    if reader is not None:
        reader(event, obj)
    elif "Actor" in obj:
        directory.read(event, obj)
    elif "RiskEventType" in obj:
        risk.read_audit(event, obj)
    return event
