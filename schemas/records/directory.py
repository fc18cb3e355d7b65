"""Entra directory audits (record type 8) and the identity lists they share with logons. Layer: schemas.

`Actor` and `Target` are `[{ID, Type}]`: 1 display name, 2 object ids and class markers (`User_<guid>`, `ServicePrincipal`),
3 PUID, 4 service principal name, 5 UPN. Order and count vary, so they are read by type.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.records.event import AuditEvent
from schemas.records.values import Record, guid, mapping, pairs, sequence, text

_PRINCIPAL = "ServicePrincipal_"
_USER = "User_"


@dataclass(slots=True)
class Identities:
    """One identity list, sorted by what its entries are. `plain` are bare GUIDs in lower case."""

    upn: str | None = None
    oid: str | None = None
    puid: str | None = None
    principal: str | None = None
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
    if event.user_agent is None:
        details = pairs(obj.get("ExtendedProperties")).get("additionalDetails", "")
        if "User-Agent" in details:
            event.user_agent = _user_agent(details)


def _user_agent(details: str) -> str | None:
    return text(mapping(details).get("User-Agent"))
