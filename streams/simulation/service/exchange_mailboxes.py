"""Cmdlets about mailboxes and auditing. Layer: streams."""

from __future__ import annotations

from typing import Any

from streams.simulation.service.exchange_call import Answer, Call, Command, CommandFailed, Rows, cut
from streams.simulation.world.person import Person

_MAILBOX_SETTINGS = frozenset(
    ("ForwardingSmtpAddress", "ForwardingAddress", "DeliverToMailboxAndForward", "AuditEnabled")
)


def _mailboxes(call: Call) -> Answer:
    with call.tenant.directory.lock:
        rows = [_mailbox_row(call, person) for person in call.people()]
    return cut(rows, call.limit(1000))


def _mailbox_row(call: Call, person: Person) -> dict[str, Any]:
    mailbox = call.mailbox(person)
    return {
        "Identity": person.alias,
        "ExternalDirectoryObjectId": person.object_id,
        "UserPrincipalName": person.upn,
        "PrimarySmtpAddress": person.upn,
        "DisplayName": person.display,
        "ExchangeGuid@data.type": "System.Guid",
        "ExchangeGuid": person.mailbox_guid,
        "RecipientTypeDetails": "SharedMailbox" if person.kind == "shared" else "UserMailbox",
        "ForwardingSmtpAddress": mailbox.forwarding_smtp or None,
        "ForwardingAddress": mailbox.forwarding_address or None,
        "DeliverToMailboxAndForward": mailbox.deliver_and_forward,
        "AuditEnabled": not mailbox.unaudited.open,
        "GrantSendOnBehalfTo": _on_behalf(call, person),
    }


def _bypass(call: Call) -> Answer:
    rows: Rows = [{"Identity": person.alias, "ObjectId": person.object_id, "Name": person.alias,
                   "AuditBypassEnabled": call.mailbox(person).bypassed.open} for person in call.people()]  # fmt: skip
    return cut(rows, call.limit(1000))


def _audit_config(call: Call) -> Answer:
    return [{"Identity": "Admin Audit Log Settings", "AdminAuditLogEnabled": True,
             "UnifiedAuditLogIngestionEnabled": call.tenant.audit_on}], ""  # fmt: skip


def _set_mailbox(call: Call) -> Answer:
    wanted = {name: value for name, value in call.parameters.items() if name in _MAILBOX_SETTINGS}
    if not wanted:
        raise CommandFailed("System.ArgumentException", "No setting to change was given.")
    call.tenant.deeds.set_mailbox(call.person(), wanted, call.now_ms)
    return [], ""


def _on_behalf(call: Call, person: Person) -> list[str]:
    """Whoever may write on the owner's behalf: an assistant."""
    if person.assistant < 0 or person.kind == "shared":
        return []
    return [call.tenant.directory.people[person.assistant].alias]


def _set_bypass(call: Call) -> Answer:
    call.tenant.deeds.set_audit_bypass(call.person(), call.flag("AuditBypassEnabled"), call.now_ms)
    return [], ""


COMMANDS: dict[str, Command] = {
    "Get-Mailbox": _mailboxes,
    "Get-EXOMailbox": _mailboxes,
    "Set-Mailbox": _set_mailbox,
    "Get-MailboxAuditBypassAssociation": _bypass,
    "Set-MailboxAuditBypassAssociation": _set_bypass,
    "Get-AdminAuditLogConfig": _audit_config,
}
