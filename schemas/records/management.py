"""Office 365 Management Activity / unified audit log records: the common envelope. Layer: schemas.

Source: reference office365-audit-record-schema. What is particular to an operation is read by the module that the
operation's name selects; an operation without one, and an unknown record type, still become events.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import intern
from typing import Final

from schemas.records import directory, inbox_rules, logons, mailbox_admin, mailbox_items, risk
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, Source
from schemas.records.memo import Memo
from schemas.records.record_types import record_type
from schemas.records.respelled import respell
from schemas.records.values import IP, LOWERED, Record, UserIds, integer, mapping, operation, time_ms

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
_PERSONS: Final = (0, 2)
_OPERATION_MAX: Final = 1_024  # characters
_INT_BOUND: Final = 2**53
_NO_CLIENT: Final = (None, False)


def _dispatch(raw: str) -> tuple[str, Reader | None]:
    """Normalised operation and the reader of its particulars."""
    if len(raw) > _OPERATION_MAX:
        raise UnreadableRecord("Operation longer than 1,024 characters")
    name = operation(raw)
    if not name:
        raise UnreadableRecord("no Operation")
    return name, _READERS.get(name.lower())


def _outcome(status: str) -> bool | None:
    return _OK.get(status.lower())


def _client(client: str) -> tuple[str | None, bool]:
    """The client as one object for all records, and whether it is a back-end (S2S) token."""
    return intern(client) or None, "Client=RESTSystem" in client


def _puid(key: str) -> UserIds:
    """The 16-hex PUID that Exchange writes as UserKey."""
    return (("puid", key),) if len(key) == 16 and key.startswith("100") else ()


_DISPATCH: Final = Memo(_dispatch, 4_096, 128)
_OUTCOMES: Final = Memo(_outcome, 4_096, 128)
_CLIENTS: Final = Memo(_client, 4_096, 512)
_PUIDS: Final = Memo(_puid, 65_536, 128)


def _user_type(value: object) -> int | None:
    if type(value) is str and not value[:1].isdigit():
        return _USER_TYPES.get(value.strip().lower())
    return integer(value)


def _app_only(obj: Record, user: str, user_type: int | None) -> bool:
    """Whether no user stands behind the act: a service principal, an application type, or an app-only token.

    `TokenType` naming an app-only token is the newer form (spelling unverified); for the older see `_back_end`.
    """
    if user.startswith("serviceprincipal_") or (user_type in _APPLICATION_TYPES and "@" not in user):
        return True
    token_type = obj.get("TokenType")
    return type(token_type) is str and "apponly" in token_type.lower()


def _back_end(user: str, app: str | None) -> bool:
    """Whether a record with `Client=RESTSystem` is an application's: those of system tokens name it (corpus).

    One that names none, and has a user, is the user's own mail through a REST client.
    """
    return app is not None or "@" not in user


def _other_ip(obj: Record) -> str | None:
    """Where a record without a usable ClientIP says the address is."""
    for name in ("ClientIPAddress", "ActorIpAddress", "ActorIP"):
        held = obj.get(name)
        if type(held) is str and (found := IP[held]) is not None:
            return found
    return None


def _application(obj: Record, context: Record) -> str | None:
    """The client application, where the record names one."""
    held = obj.get("ClientAppId")
    if not held or type(held) is not str:
        held = context.get("ClientAppId")
        if not held or type(held) is not str:
            held = obj.get("AppId")
            if not held or type(held) is not str:
                held = obj.get("ApplicationId")
    return (LOWERED[held] or None) if held and type(held) is str else None


def read(obj: Record) -> AuditEvent:
    """One unwrapped management record as an event."""
    if "CreationTime" not in obj:
        obj = respell(obj)
    get = obj.get
    name = get("Operation")
    if type(name) is not str:
        raise UnreadableRecord("no Operation")
    name, reader = _DISPATCH[name]
    created = get("CreationTime")
    instant = time_ms(created)
    if instant is None:
        raise UnreadableRecord("no CreationTime" if created is None else "CreationTime is no time of 2000 to 2099")
    event = _event(obj, name, instant)
    if reader is not None:
        reader(event, obj)
    elif "Actor" in obj:
        directory.read(event, obj)
    elif "RiskEventType" in obj:
        risk.read_audit(event, obj)
    return event


def _event(obj: Record, name: str, instant: int) -> AuditEvent:
    """What the common envelope says. One is built for every record: no call where a look at the type will do."""
    get = obj.get
    user, user_type, kind = get("UserId"), get("UserType"), get("RecordType")
    user = LOWERED[user] if type(user) is str else ""
    if type(user_type) is not int:
        user_type = _user_type(user_type)
    if type(kind) is not int or not -_INT_BOUND < kind < _INT_BOUND:
        kind = record_type(kind)
    context = get("AppAccessContext")
    if type(context) is not dict:
        context = _NOTHING if context is None else mapping(context)
    session, token = context.get("AADSessionId"), context.get("UniqueTokenId")
    if type(session) is not str or not session:
        session = get("SessionId")
    client, agent = get("ClientInfoString"), get("UserAgent")
    client, back_end = _CLIENTS[client] if type(client) is str else _NO_CLIENT
    tenant, workload, status, address = get("OrganizationId"), get("Workload"), get("ResultStatus"), get("ClientIP")
    owner, mailbox, key, external = get("MailboxOwnerUPN"), get("MailboxGuid"), get("UserKey"), get("ExternalAccess")
    record_id, app = get("Id"), _application(obj, context)
    return AuditEvent(
        _SOURCE,
        record_id.strip() if type(record_id) is str else "",
        LOWERED[tenant] if type(tenant) is str else "",
        instant,
        name,
        intern(workload) if type(workload) is str else "",
        user,
        kind,
        user_type,
        _OUTCOMES[status] if type(status) is str else None,
        (IP[address] if type(address) is str else None) or _other_ip(obj),
        (LOWERED[session] or None) if type(session) is str else None,
        token if type(token) is str and token else None,
        intern(agent) if type(agent) is str and agent else client,
        app,
        (back_end and _back_end(user, app)) or _app_only(obj, user, user_type),
        (LOWERED[owner] or None) if type(owner) is str else None,
        intern(mailbox) if type(mailbox) is str and mailbox else None,
        None,
        _PUIDS[key] if type(key) is str and user_type in _PERSONS and "@" in user else (),
        external is not False and external in _EXTERNAL,
    )
