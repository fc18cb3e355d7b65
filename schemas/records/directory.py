"""Entra directory audits (record type 8) and the identity lists they share with logons. Layer: schemas.

`Actor` and `Target` are `[{ID, Type}]`: 1 display name, 2 object ids and class markers (`User_<guid>`, `ServicePrincipal`),
3 PUID, 4 service principal name, 5 UPN. Order and count vary, so they are read by type. Most of these records have a twin in
the Graph directory audits, see `directory_act`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from schemas.records.directory_act import Change, act_of, bounded_changes, bounded_targets, said
from schemas.records.event import AuditEvent, DirectoryAudit
from schemas.records.values import LIST_LIMIT, Record, guid, lower, mapping, pairs, sequence, shared, text

RECORD_TYPE: Final = 8
_PRINCIPAL = "ServicePrincipal_"
_USER = "User_"


@dataclass(slots=True)
class Identities:
    """One identity list, sorted by what its entries are. `plain` are bare GUIDs in lower case."""

    upn: str | None = None
    oid: str | None = None
    puid: str | None = None
    principal: str | None = None
    name: str | None = None
    kind: str | None = None  # class marker: "User", "ServicePrincipal", "Application", ...
    plain: list[str] = field(default_factory=list)


def identities(value: object) -> Identities:
    """Entries of `Actor` or `Target` by type; what has another shape is passed over."""
    found = Identities()
    for entry in sequence(value):
        if type(entry) is not dict:
            continue
        held, kind = entry.get("ID"), entry.get("Type")
        if type(held) is not str or not held:
            continue
        if kind == 5:
            found.upn = found.upn or held.strip().lower()
        elif kind == 3:
            found.puid = found.puid or held
        elif held.startswith(_USER):
            found.oid = found.oid or guid(held[len(_USER) :])
        elif held.startswith(_PRINCIPAL):
            found.principal = found.principal or guid(held[len(_PRINCIPAL) :])
        elif (bare := guid(held)) is not None:
            found.plain.append(bare)
        elif kind == 1:
            found.name = found.name or held
        elif kind == 2 and "_" not in held:
            found.kind = found.kind or held
    return found


def learn(event: AuditEvent, actor: Identities, oid: str | None) -> None:
    """Write the actor's ids for the identity map, and the UPN where `UserId` has none."""
    if actor.upn and "@" in actor.upn and "@" not in event.user:
        event.user = actor.upn
    found = [(kind, held) for kind, held in (("oid", oid), ("puid", actor.puid)) if held]
    event.user_ids = tuple(found)


def read(event: AuditEvent, obj: Record) -> None:
    """Actor (also an application), target account and user agent of a directory audit."""
    actor = identities(obj.get("Actor"))
    learn(event, actor, actor.oid)
    if event.app_only or actor.principal is not None:
        event.app_only = "@" not in event.user
        others = [held for held in actor.plain if held != actor.principal]
        event.app = event.app or (others[0] if others else actor.principal)
    target = identities(obj.get("Target"))
    named = target.upn or target.oid
    if named is not None and named != event.user:
        event.target = named
    extended = pairs(obj.get("ExtendedProperties"))
    if event.user_agent is None:
        details = extended.get("additionalDetails", "")
        if "User-Agent" in details:
            event.user_agent = _user_agent(details)
    if event.record_type == RECORD_TYPE:
        event.detail = _detail(event, obj, actor, target, extended)


def _detail(
    event: AuditEvent, obj: Record, actor: Identities, target: Identities, extended: dict[str, str]
) -> DirectoryAudit:
    changes = list(_changes(obj.get("ModifiedProperties")))
    first = target.plain[0] if target.plain else target.oid or target.principal or ""
    named = target.upn or first
    return DirectoryAudit(
        category=shared(extended.get("extendedAuditEventCategory")),
        result=shared(lower(obj.get("ResultStatus"))),
        act=act_of((text(obj.get("InterSystemsId")) or "").strip(), event.operation, first, changes),
        app=shared(actor.name) if event.app_only else None,
        principal=shared(actor.principal),
        targets=bounded_targets([(target.kind or "", named, target.name or "")] if named or target.name else []),
        changes=bounded_changes(changes),
        ip=event.ip,
    )


def _changes(properties: object) -> Iterator[Change]:
    for entry in sequence(properties)[:LIST_LIMIT]:
        if type(entry) is dict and (name := text(entry.get("Name"))) is not None:
            yield name, said(entry.get("OldValue")), said(entry.get("NewValue"))


def _user_agent(details: str) -> str | None:
    return text(mapping(details).get("User-Agent"))
