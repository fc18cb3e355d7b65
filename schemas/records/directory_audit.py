"""Microsoft Graph directory audits, also out of Event Hubs and Log Analytics. Layer: schemas.

Source: reference graph-signins-and-message-trace, sections 3 and 7.3. The event time is `activityDateTime`, never the time of
ingestion. The audit log has a twin of most of these records, see `directory_act`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from sys import intern
from typing import Final

from schemas.records.directory_act import Change, Target, act_of, bounded_changes, bounded_targets, said
from schemas.records.envelope import Opened, opened
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, DirectoryAudit, Source
from schemas.records.values import (
    LIST_LIMIT,
    OID,
    Record,
    guid,
    ip,
    lower,
    mapping,
    operation,
    sequence,
    shared,
    text,
    time_ms,
)

_OK: Final = {"success": True, "failure": False}
_OPERATION_CHARACTERS: Final = 1_024
_TIMES: Final = ("activityDateTime", "createdDateTime", "timeGenerated")


def is_directory_audit(obj: Record) -> bool:
    """A Graph directory audit, also as found in Event Hubs `properties` and, respelt, in Log Analytics."""
    if "activityDisplayName" in obj:
        return any(name in obj for name in ("initiatedBy", "targetResources", "loggedByService", "activityDateTime"))
    return "initiatedBy" in obj and "activityDateTime" in obj


def read(obj: Record) -> AuditEvent:
    """One change in the directory by a user, an application or the service itself."""
    return read_opened(opened(obj))


def read_opened(found: Opened) -> AuditEvent:
    """`read` of a record whose envelope is open."""
    audit, envelope = found.record, found.envelope
    get = audit.get
    instant = _instant(audit)
    name = _operation(get("activityDisplayName") or get("operationName") or envelope.get("operationName"))
    by = mapping(get("initiatedBy"))
    person, program = mapping(by.get("user")), mapping(by.get("app"))
    oid = guid(person.get("id"))
    user = lower(person.get("userPrincipalName")) or lower(person.get("id")) or ""
    app = lower(program.get("appId")) or lower(program.get("servicePrincipalId"))
    resources = [entry for entry in sequence(get("targetResources"))[:LIST_LIMIT] if type(entry) is dict]
    detail = _detail(found, name, person, program, resources)
    record_id = text(get("id"))
    return AuditEvent(
        source=Source.DIRECTORY,
        record_id=record_id.strip() if record_id else "",
        tenant=shared(found.tenant or lower(get("tenantId"))) or "",
        time_ms=instant,
        operation=name,
        workload="AzureActiveDirectory",
        user=intern(user),
        ok=_OK.get(detail.result) if detail.result else None,
        user_agent=_agent(audit),
        app=shared(app),
        app_only=not user and app is not None,
        target=_target_account(resources, user, person),
        user_ids=OID[oid] if oid is not None and "@" in user else (),
        detail=detail,
    )


def _detail(found: Opened, name: str, person: Record, program: Record, resources: list[Record]) -> DirectoryAudit:
    get, envelope = found.record.get, found.envelope
    every = (change for entry in resources for change in _changes(entry.get("modifiedProperties")))
    changes = list(islice(every, LIST_LIMIT))
    correlation = text(get("correlationId")) or text(envelope.get("correlationId")) or ""
    first = (lower(resources[0].get("id")) or "") if resources else ""
    return DirectoryAudit(
        category=shared(text(get("category"))),
        result=shared(lower(get("result"))),
        reason=_cut(get("resultReason")) or _cut(get("resultDescription")),
        service=shared(text(get("loggedByService"))),
        act=act_of(correlation.strip(), name, first, changes),
        app=shared(text(program.get("displayName"))),
        principal=shared(lower(program.get("servicePrincipalId"))),
        targets=bounded_targets(map(_target, resources)),
        changes=bounded_changes(changes),
        ip=ip(person.get("ipAddress")) or ip(envelope.get("callerIpAddress")),
    )


def _instant(audit: Record) -> int:
    for name in _TIMES:
        if (written := audit.get(name)) not in (None, ""):
            instant = time_ms(written)
            if instant is None:
                raise UnreadableRecord(f"{name} is no time of 2000 to 2099")
            return instant
    raise UnreadableRecord("no activityDateTime")


def _operation(written: object) -> str:
    if type(written) is not str or len(written) > _OPERATION_CHARACTERS or not (name := operation(written)):
        raise UnreadableRecord("a directory audit without the name of its activity")
    return intern(name)


def _changes(properties: object) -> Iterator[Change]:
    for entry in sequence(properties)[:LIST_LIMIT]:
        if type(entry) is dict and (name := text(entry.get("displayName"))) is not None:
            yield name, said(entry.get("oldValue")), said(entry.get("newValue"))


def _target(entry: Record) -> Target:
    held = lower(entry.get("userPrincipalName")) or lower(entry.get("id")) or ""
    return text(_kind(entry)) or "", held, text(entry.get("displayName")) or ""


def _kind(entry: Record) -> object:
    return entry.get("type", entry.get("Type"))


def _target_account(resources: list[Record], user: str, person: Record) -> str | None:
    """UPN or object id of the first user acted upon, when that is another than the one who acts."""
    for entry in resources:
        if _kind(entry) == "User":
            named = lower(entry.get("userPrincipalName")) or lower(entry.get("id"))
            own = (user, lower(person.get("id")))
            return None if named in own or lower(entry.get("id")) in own else named
    return None


def _agent(audit: Record) -> str | None:
    """`userAgent`, else the additional detail of that name (`[{key, value}]`)."""
    if (agent := text(audit.get("userAgent"))) is not None:
        return shared(agent)
    for entry in sequence(audit.get("additionalDetails"))[:LIST_LIMIT]:
        if type(entry) is dict and entry.get("key") == "User-Agent":
            return shared(text(entry.get("value")))
    return None


def _cut(value: object) -> str | None:
    found = text(value)
    return found[:512] if found else None
