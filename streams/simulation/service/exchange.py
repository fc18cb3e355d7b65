"""The admin API behind the Exchange cmdlets: `POST /adminapi/beta/{tenant}/InvokeCommand`. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from streams.simulation.clock import DAY
from streams.simulation.service.access import Access
from streams.simulation.service.mailbox import Mailbox, Rule
from streams.simulation.service.odata import BadQuery, time_of
from streams.simulation.service.options import Resource
from streams.simulation.service.tenant import PracticeTenant
from streams.simulation.service.web import Reply, Request, json_reply
from streams.simulation.world.person import Person

_PATH = re.compile(r"/adminapi/(?:beta|v2\.0)/(?P<tenant>[^/]+)/InvokeCommand", re.IGNORECASE)
_WARNING = "There are more results available than are currently displayed. To view them, increase the ResultSize value."
_MAILBOX_SETTINGS = frozenset(
    ("ForwardingSmtpAddress", "ForwardingAddress", "DeliverToMailboxAndForward", "AuditEnabled")
)


class CommandFailed(Exception):
    """The cmdlet's own error: its type and text."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind, self.text = kind, text


@dataclass(frozen=True, slots=True)
class Call:
    """One cmdlet with its parameters, in a tenant at a moment."""

    tenant: PracticeTenant
    parameters: Mapping[str, Any]
    now_ms: int

    def text(self, name: str) -> str:
        """A parameter as text; empty when absent."""
        value = self.parameters.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """A switch."""
        return self.parameters.get(name) in (True, "True", "true", "$true")

    def limit(self, default: int) -> int:
        """ResultSize."""
        text = self.text("ResultSize") or str(default)
        return 1 << 30 if text.lower() == "unlimited" else int(text) if text.isdecimal() else default

    def person(self, name: str = "Identity") -> Person:
        """The account that a parameter names; `CommandFailed`."""
        found = self.tenant.directory.find(self.text(name))
        if found is None:
            kind = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
            raise CommandFailed(
                kind, f"The operation couldn't be performed because object '{self.text(name)}' couldn't be found."
            )
        return found

    def people(self) -> list[Person]:
        """The account of Identity, or all."""
        if self.text("Identity") and self.text("Identity") != "*":
            return [self.person()]
        directory = self.tenant.directory
        return [person for person in directory.people if directory.exists(person, self.now_ms)]

    def mailbox(self, person: Person) -> Mailbox:
        """An account's mailbox."""
        return self.tenant.directory.mailbox(person)


Rows = list[dict[str, Any]]


@dataclass(slots=True)
class ExchangeApi:
    """Runs the cmdlets that the inventory and the responder need."""

    tenants: Mapping[str, PracticeTenant]
    access: Access

    def answer(self, request: Request, tenant: PracticeTenant, now_ms: int) -> Reply:
        """One call."""
        claims = self.access.claims(request, Resource.EXCHANGE)
        if claims is None or claims["tid"] != tenant.id:
            return Reply(401)
        if "Exchange.ManageAsApp" not in claims["roles"]:
            return Reply(403, b"\0" * 16, {"Content-Type": "application/octet-stream"})
        body = request.json()
        asked = body.get("CmdletInput") if isinstance(body, dict) else None
        if request.method != "POST" or not isinstance(asked, dict) or not isinstance(asked.get("Parameters"), dict):
            return _failed(400, "Microsoft.Exchange.Admin.BadRequest", "The request body is no valid CmdletInput.")
        handler = COMMANDS.get(str(asked.get("CmdletName")))
        if handler is None:
            name = str(asked.get("CmdletName"))[:60]
            return _failed(400, "System.Management.Automation.CommandNotFoundException",
                           f"The term '{name}' is not recognized as the name of a cmdlet.")  # fmt: skip
        call = Call(tenant, asked["Parameters"], now_ms)
        try:
            rows, warning = handler(call)
        except CommandFailed as error:
            status = 404 if "NotFound" in error.kind else 400
            return _failed(status, error.kind, error.text)
        return json_reply(200, {
            "@odata.context": f"adminapi/beta/{tenant.id}/$metadata#Collection(Exchange.GenericHashTable)",
            "@adminapi.warnings": [warning] if warning else [],
            "value": rows,
        })  # fmt: skip


def tenant_in(path: str) -> str:
    """The tenant id in the path of a call; empty for another path."""
    found = _PATH.fullmatch(path)
    return found["tenant"].lower() if found else ""


def _failed(status: int, kind: str, text: str) -> Reply:
    return json_reply(status, {"error": {
        "code": "BadRequest" if status == 400 else "NotFound",
        "message": "Invalid Operation",
        "details": [{"code": "Context", "target": "", "message": f"|{kind}|{text}"}],
        "innererror": {"message": text, "type": kind, "internalexception": {"message": text, "type": kind}},
    }})  # fmt: skip


def _cut(rows: Rows, most: int) -> tuple[Rows, str]:
    return rows[:most], _WARNING if len(rows) > most else ""


def _rules(call: Call) -> tuple[Rows, str]:
    person = call.person("Mailbox") if call.text("Mailbox") else call.person()
    mailbox, hidden = call.mailbox(person), call.flag("IncludeHidden")
    with call.tenant.directory.lock:
        shown = [rule for rule in mailbox.rules if hidden or not rule.hidden]
        return [rule.exchange(number, person.alias) for number, rule in enumerate(shown, 1)], ""


def _mailboxes(call: Call) -> tuple[Rows, str]:
    with call.tenant.directory.lock:
        rows = [_mailbox_row(call, person) for person in call.people()]
    return _cut(rows, call.limit(1000))


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
        "AuditEnabled": mailbox.audit_enabled,
        "GrantSendOnBehalfTo": [],
    }


def _permissions(call: Call) -> tuple[Rows, str]:
    rows: Rows = []
    with call.tenant.directory.lock:
        for person in call.people():
            rows.append(_permission(person, "NT AUTHORITY\\SELF", "FullAccess"))
            rows += [
                _permission(person, *entry) for entry in call.mailbox(person).permissions if entry[1] == "FullAccess"
            ]
    return _cut(rows, call.limit(1000))


def _permission(person: Person, user: str, right: str) -> dict[str, Any]:
    return {"Identity": person.alias, "User": user, "AccessRights": [right], "IsInherited": False, "Deny": False}


def _bypass(call: Call) -> tuple[Rows, str]:
    rows: Rows = [{"Identity": person.alias, "ObjectId": person.object_id, "Name": person.alias,
                   "AuditBypassEnabled": call.mailbox(person).audit_bypass} for person in call.people()]  # fmt: skip
    return _cut(rows, call.limit(1000))


def _audit_config(call: Call) -> tuple[Rows, str]:
    return [{"Identity": "Admin Audit Log Settings", "AdminAuditLogEnabled": True,
             "UnifiedAuditLogIngestionEnabled": call.tenant.audit_on}], ""  # fmt: skip


def _traces(call: Call) -> tuple[Rows, str]:
    try:
        first = time_of(call.text("StartDate")) if call.text("StartDate") else call.now_ms - 2 * DAY
        last = time_of(call.text("EndDate")) if call.text("EndDate") else call.now_ms
    except BadQuery as error:
        raise CommandFailed("System.ArgumentException", str(error)) from None
    if last - first > 10 * DAY or first < call.now_ms - 90 * DAY:
        raise CommandFailed(
            "System.ArgumentException", "The date range must be 10 days or less, within the last 90 days."
        )
    most = call.limit(1000)
    if most > 5000:
        raise CommandFailed("System.ArgumentException", "ResultSize must be between 1 and 5000.")
    after = call.text("StartingRecipientAddress").lower()
    store = call.tenant.stores.rows["messageTraces"]
    with call.tenant.stores.lock:
        found = store.between(first, last)
    bodies = [orjson.loads(store.read(position)) for _, position in reversed(found)]
    bodies.sort(key=lambda row: (_reversed(row["receivedDateTime"]), row["recipientAddress"]))
    if after and bodies:
        newest = bodies[0]["receivedDateTime"]
        bodies = [row for row in bodies if row["receivedDateTime"] != newest or row["recipientAddress"] > after]
    return _cut([_trace(row) for row in bodies], most)


def _reversed(text: str) -> tuple[int, ...]:
    return tuple(-ord(letter) for letter in text)


def _trace(row: dict[str, Any]) -> dict[str, Any]:
    status = str(row["status"])
    return {
        "MessageTraceId@data.type": "System.Guid",
        "MessageTraceId": row["id"],
        "MessageId": row["messageId"],
        "Received@data.type": "System.DateTime",
        "Received": f"{str(row['receivedDateTime']).removesuffix('Z')}0000",
        "SenderAddress": row["senderAddress"],
        "RecipientAddress": row["recipientAddress"],
        "FromIP": row.get("fromIP"),
        "ToIP": row.get("toIP"),
        "Subject": row.get("subject"),
        "Status": status[:1].upper() + status[1:],
        "Size@data.type": "System.Int32",
        "Size": row["size"],
    }


def _rule(call: Call) -> tuple[Person, Rule]:
    name = call.text("Identity")
    owner = call.person("Mailbox") if call.text("Mailbox") else call.tenant.directory.find(name.partition("\\")[0])
    rule = None if owner is None else call.mailbox(owner).rule(name)
    if owner is None or rule is None:
        kind = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
        raise CommandFailed(kind, f"Rule '{name}' couldn't be found.")
    return owner, rule


def _disable_rule(call: Call) -> tuple[Rows, str]:
    call.tenant.deeds.set_rule(*_rule(call), False, call.now_ms)
    return [], ""


def _enable_rule(call: Call) -> tuple[Rows, str]:
    call.tenant.deeds.set_rule(*_rule(call), True, call.now_ms)
    return [], ""


def _remove_rule(call: Call) -> tuple[Rows, str]:
    call.tenant.deeds.remove_rule(*_rule(call), call.now_ms)
    return [], ""


def _set_mailbox(call: Call) -> tuple[Rows, str]:
    wanted = {name: value for name, value in call.parameters.items() if name in _MAILBOX_SETTINGS}
    if not wanted:
        raise CommandFailed("System.ArgumentException", "No setting to change was given.")
    call.tenant.deeds.set_mailbox(call.person(), wanted, call.now_ms)
    return [], ""


def _remove_permission(call: Call) -> tuple[Rows, str]:
    right = call.text("AccessRights") or "FullAccess"
    if not call.tenant.deeds.remove_permission(call.person(), call.text("User"), right, call.now_ms):
        return [], f"Can't remove the access control entry because '{call.text('User')}' is not on the list."
    return [], ""


COMMANDS: dict[str, Callable[[Call], tuple[Rows, str]]] = {
    "Get-InboxRule": _rules,
    "Get-Mailbox": _mailboxes,
    "Get-EXOMailbox": _mailboxes,
    "Get-MailboxPermission": _permissions,
    "Get-MailboxAuditBypassAssociation": _bypass,
    "Get-AdminAuditLogConfig": _audit_config,
    "Get-MessageTraceV2": _traces,
    "Disable-InboxRule": _disable_rule,
    "Enable-InboxRule": _enable_rule,
    "Remove-InboxRule": _remove_rule,
    "Set-Mailbox": _set_mailbox,
    "Remove-MailboxPermission": _remove_permission,
}
