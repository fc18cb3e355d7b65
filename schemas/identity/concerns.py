"""Which accounts a record concerns, and in which role. Layer: schemas.

Pure, and called once for each record, by the collector: the keys it returns are the Kafka keys of the copies. Keys are lower-case
UPNs, `app:<appId>` and `net:<address>`; an id that the map does not know is its own key.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from schemas.identity.identity_map import IdentityMap
from schemas.records.event import (
    AuditEvent,
    DirectoryAudit,
    MailSent,
    PermissionGrant,
    RiskDetection,
    SignIn,
    Source,
)


class Role(StrEnum):
    """What the account is to the record. The value is durable (log header `role`, evidence identity)."""

    ACTOR = "actor"  # did it
    MAILBOX = "mailbox"  # its mailbox was touched by somebody else, or mail came in
    TARGET = "target"  # an administrator or application acted upon it
    GRANTEE = "grantee"  # was given rights
    SYSTEM = "system"  # Microsoft did it to the mailbox: content counts, behaviour is not learnt


Concern = tuple[str, Role]

SYSTEM_KEY: Final = "app:system"
UNKNOWN_NETWORK: Final = "net:unknown"
_MOST: Final = 3
_DATA_CENTRE: Final = 3  # UserType DCAdmin
_NOBODY: Final = ("", "not available", "unknown", "not-found", "__null__")
_MACHINERY: Final = ("s-1-5-18", "s-1-5-19", "s-1-5-20", "app@sharepoint", "certificate", "dlpagent")
_SERVICES: Final = ("securitycompliancealerts", "ffoservicepartneruser", "microsoft teams sync")
_HOSTS: Final = ("nt authority\\", "nt service\\", "sharepoint\\", "microsoft\\")
_APPLICATION: Final = "serviceprincipal_"
_PARTICULAR: Final = frozenset(
    {DirectoryAudit, PermissionGrant, RiskDetection}
)  # their details name accounts, or who acts
_ANSWERS_MAX: Final = 16_384
_TRACE, _INVENTORY = Source.TRACE, Source.INVENTORY


def learn_and_concern(event: AuditEvent, identity_map: IdentityMap) -> list[Concern]:
    """`learn`, then `concerns`: of records alike at once, while the map stays as it is."""
    detail, user = event.detail, event.user
    kind = type(detail)
    if event.source is _TRACE:
        key: object = user
    else:
        sent_from = detail.sent_from if kind is MailSent else None  # type: ignore[union-attr]
        key = (user, event.user_type, event.mailbox, event.mailbox_guid, event.user_ids, sent_from)
        if kind in _PARTICULAR or event.target or event.app_only or event.source is _INVENTORY:
            key = None
    found = identity_map.settled.get(key)
    if found is None:
        identity_map.learn(event)
        found = concerns(event, identity_map)
        if key is not None and _settled(event, found):
            if len(identity_map.settled) >= _ANSWERS_MAX:
                identity_map.settled.clear()
            identity_map.settled[key] = found
    return found


def _settled(event: AuditEvent, found: list[Concern]) -> bool:
    """Whether every record alike has this answer. Of mail only a sender at home is looked up."""
    if event.source is Source.TRACE:
        return found[0][1] is Role.ACTOR
    return _likeness(event) is not None


def concerns(event: AuditEvent, identity_map: IdentityMap) -> list[Concern]:
    """At most three (key, role), the primary first; no key twice. Not to be changed: records alike share one answer."""
    answers = identity_map.answers
    key = _likeness(event)
    if key is None:
        return _concerns(event, identity_map)
    found = answers.get(key)
    if found is None:
        found = _concerns(event, identity_map)
        if _settled(event, found):
            if len(answers) >= _ANSWERS_MAX:
                answers.clear()
            answers[key] = found
    return found


def _likeness(event: AuditEvent) -> object:
    """What decides the answer beside the map; None when it is more than this. Of mail only a sender at home is looked up."""
    user = event.user
    if event.source is Source.TRACE:
        return user
    if event.source is Source.INVENTORY:
        return None
    detail = event.detail
    kind = type(detail)
    if kind in _PARTICULAR or event.app_only or event.target or "@" not in user or user.startswith(_APPLICATION):
        return None
    sent_from = detail.sent_from if kind is MailSent else None  # type: ignore[union-attr]
    return (user, event.user_type, event.mailbox, event.mailbox_guid, sent_from)


def _concerns(event: AuditEvent, identity_map: IdentityMap) -> list[Concern]:
    if event.source is Source.TRACE:
        return _of_trace(event, identity_map)
    if event.source is Source.INVENTORY:
        return [(_mailbox_key(event, identity_map) or SYSTEM_KEY, Role.SYSTEM)]
    if type(event.detail) is RiskDetection:
        return [(_actor_key(event, identity_map), Role.SYSTEM)]
    if _is_system(event):
        return _of_system(event, identity_map)
    found = [(_actor_key(event, identity_map), Role.ACTOR)]
    if isinstance(event.detail, MailSent) and event.detail.sent_from:
        found.append((identity_map.resolve(event.detail.sent_from) or event.detail.sent_from, Role.MAILBOX))
    owner = _mailbox_key(event, identity_map)
    if owner is not None:
        found.append((owner, Role.MAILBOX))
    found += _acted_upon(event, identity_map)
    return _distinct(found)


def _distinct(found: list[Concern]) -> list[Concern]:
    kept: dict[str, Role] = {}
    for key, role in found:
        kept.setdefault(key, role)
    return list(kept.items())[:_MOST]


def _is_system(event: AuditEvent) -> bool:
    """Microsoft's own machinery: a Windows account, a local SID, a data-centre administrator."""
    user = event.user
    if event.user_type == _DATA_CENTRE or user in _MACHINERY or user in _SERVICES:
        return True
    if not user:
        return type(event.detail) is DirectoryAudit and event.app is None and event.ip is None
    return "\\" in user and user.startswith(_HOSTS)


def _actor_key(event: AuditEvent, identity_map: IdentityMap) -> str:
    """Key of who acted: a person, an application, or for want of both the network."""
    user = event.user
    if event.app_only or user.startswith(_APPLICATION):
        held = event.app or user.removeprefix(_APPLICATION)
        if "@" not in held:
            return f"app:{held}" if held else SYSTEM_KEY
        user = held  # a user's name is never an application's id
    if user in _NOBODY:
        if event.app is not None and not isinstance(event.detail, SignIn):
            return f"app:{event.app}"
        return f"net:{event.ip}" if event.ip else UNKNOWN_NETWORK
    return identity_map.resolve(user) or user


def _known(held: str, identity_map: IdentityMap) -> str | None:
    """Key of a named account: resolved, or its own when it is an object id; an unknown alias or name is no account."""
    resolved = identity_map.resolve(held)
    if resolved is not None:
        return resolved
    return held if len(held) == 36 and held.count("-") == 4 else None


def _mailbox_key(event: AuditEvent, identity_map: IdentityMap) -> str | None:
    if event.mailbox:
        return identity_map.resolve(event.mailbox) or event.mailbox
    return identity_map.resolve(event.mailbox_guid) if event.mailbox_guid else None


def _acted_upon(event: AuditEvent, identity_map: IdentityMap) -> list[Concern]:
    """Target and grantee, where they name accounts."""
    found: list[Concern] = []
    if event.target and (key := _known(event.target, identity_map)) is not None:
        found.append((key, Role.TARGET))
    if isinstance(event.detail, PermissionGrant) and event.detail.grantee:
        key = _known(event.detail.grantee, identity_map)
        if key is not None:
            found.append((key, Role.GRANTEE))
    return found


def _of_system(event: AuditEvent, identity_map: IdentityMap) -> list[Concern]:
    """The mailbox first, as `system`; the machinery itself when no mailbox can be named."""
    owner = _mailbox_key(event, identity_map)
    found = _acted_upon(event, identity_map)
    if owner is not None:
        return _distinct([(owner, Role.SYSTEM), *found])
    if found and found[0][1] is Role.TARGET:
        return _distinct([(found[0][0], Role.SYSTEM), *found[1:]])
    return _distinct([(SYSTEM_KEY, Role.SYSTEM), *found])


def _of_trace(event: AuditEvent, identity_map: IdentityMap) -> list[Concern]:
    """Outbound and internal mail is the sender's act; what comes in from outside touches the recipient."""
    sender, recipient = event.user, event.mailbox or ""
    if "@" in sender and identity_map.is_home(sender):
        return [(identity_map.resolve(sender) or sender, Role.ACTOR)]
    return [(identity_map.resolve(recipient) or recipient, Role.MAILBOX)]
