"""Cmdlets about rights on mailboxes: to open them, and to send as their owner. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streams.simulation.service.exchange_call import Answer, Call, Command, Rows, cut
from streams.simulation.service.impossible import FULL_ACCESS, SEND_AS
from streams.simulation.world.person import Person

_SELF = "NT AUTHORITY\\SELF"


def _permissions(call: Call) -> Answer:
    return _rights(call, FULL_ACCESS, _permission)


def _recipient_permissions(call: Call) -> Answer:
    return _rights(call, SEND_AS, _recipient_permission)


def _rights(call: Call, right: str, row: Callable[[Person, str], dict[str, Any]]) -> Answer:
    rows: Rows = []
    with call.tenant.directory.lock:
        for person in call.people():
            rows.append(row(person, _SELF))
            rows += [row(person, who) for who, held in call.mailbox(person).permissions if held == right]
    return cut(rows, call.limit(1000))


def _permission(person: Person, user: str) -> dict[str, Any]:
    return {"Identity": person.alias, "User": user, "AccessRights": [FULL_ACCESS], "IsInherited": False, "Deny": False}


def _recipient_permission(person: Person, user: str) -> dict[str, Any]:
    return {"Identity": person.alias, "Trustee": user, "AccessControlType": "Allow", "AccessRights": [SEND_AS],
            "IsInherited": False, "InheritanceType": "None"}  # fmt: skip


def _remove_permission(call: Call) -> Answer:
    return _remove(call, call.text("User"), call.text("AccessRights") or FULL_ACCESS)


def _remove_recipient_permission(call: Call) -> Answer:
    return _remove(call, call.text("Trustee"), call.text("AccessRights") or SEND_AS)


def _remove(call: Call, who: str, right: str) -> Answer:
    if not call.tenant.deeds.remove_permission(call.person(), who, right, call.now_ms):
        return [], f"Can't remove the access control entry because '{who}' is not on the list."
    return [], ""


COMMANDS: dict[str, Command] = {
    "Get-MailboxPermission": _permissions,
    "Get-RecipientPermission": _recipient_permissions,
    "Remove-MailboxPermission": _remove_permission,
    "Remove-RecipientPermission": _remove_recipient_permission,
}
