"""What a record of the tenant's life changes in the inventory. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from streams.simulation.record import Body
from streams.simulation.service.mailbox import Mailbox, Rule

_RULE_KEYS = ("From", "SubjectContainsWords", "SubjectOrBodyContainsWords", "BodyContainsWords", "ForwardTo", "RedirectTo",
              "ForwardAsAttachmentTo", "DeleteMessage", "MarkAsRead", "MoveToFolder", "StopProcessingRules")  # fmt: skip
_SENDER = re.compile(r"SMTP:([^)]+)\)")
_SUBJECT = re.compile(r"\(SubjectProperty\)=([^)]+)\)")

Change = Callable[[Mailbox], None]
INTERESTING = frozenset(("New-InboxRule", "Set-InboxRule", "Remove-InboxRule", "Disable-InboxRule", "Enable-InboxRule",
                         "UpdateInboxRules", "Set-Mailbox", "Add-MailboxPermission", "Add-RecipientPermission"))  # fmt: skip
GRANTS = frozenset(("Add-MailboxPermission", "Add-RecipientPermission"))


def parameters_of(body: Body) -> dict[str, str]:
    """The parameters of a cmdlet by name."""
    return {str(entry["Name"]): str(entry["Value"]) for entry in body["Parameters"]}


def rule_key(body: Body) -> tuple[str, str]:
    """Whose rule a cmdlet is about (a UPN in lower case; empty for the tenant's mail flow rules), and its name."""
    parameters = parameters_of(body)
    name = (parameters.get("Identity") or parameters.get("Name", "")).rpartition("\\")[2]
    return "" if str(body["Operation"]).endswith("TransportRule") else str(body["UserId"]).lower(), name


def mailbox_change(body: Body, made_ms: int, number: int) -> tuple[str, Change] | None:
    """Whose mailbox (a UPN, an alias, or a directory name) a record changes, and how; None when it changes none."""
    operation = body["Operation"]
    if operation == "UpdateInboxRules":
        change = _outlook(body, made_ms, number)
        return None if change is None else (str(body["UserId"]), change)
    if body["RecordType"] != 1:
        return None
    parameters = parameters_of(body)
    build = _CMDLETS.get(operation)
    if build is None:
        return None
    if operation.endswith("InboxRule"):
        return str(body["UserId"]), build(parameters, made_ms, number)
    return parameters.get("Identity", str(body["ObjectId"])), build(parameters, made_ms, number)


def new_rule(parameters: dict[str, str], made_ms: int, number: int) -> Rule:
    """The rule that New-InboxRule makes."""
    kept = {name: value for name, value in parameters.items() if name in _RULE_KEYS}
    return Rule(number, parameters.get("Name", ""), kept, made_ms)


def _add(parameters: dict[str, str], made_ms: int, number: int) -> Change:
    rule = new_rule(parameters, made_ms, number)
    return lambda mailbox: mailbox.rules.insert(0, rule)


def _set(parameters: dict[str, str], made_ms: int, number: int) -> Change:
    def change(mailbox: Mailbox) -> None:
        name = parameters.get("Identity", "").rpartition("\\")[2] or parameters.get("Name", "")
        found = mailbox.rule(name)
        if found is None:
            mailbox.rules.insert(0, new_rule(parameters | {"Name": parameters.get("Name", name)}, made_ms, number))
        else:
            found.parameters.update({key: value for key, value in parameters.items() if key in _RULE_KEYS})

    return change


def _remove(parameters: dict[str, str], made_ms: int, number: int) -> Change:
    def change(mailbox: Mailbox) -> None:
        found = mailbox.rule(parameters.get("Identity", ""))
        if found is not None:
            mailbox.rules.remove(found)

    return change


def _switch(enabled: bool) -> Callable[[dict[str, str], int, int], Change]:
    def build(parameters: dict[str, str], made_ms: int, number: int) -> Change:
        def change(mailbox: Mailbox) -> None:
            found = mailbox.rule(parameters.get("Identity", ""))
            if found is not None:
                found.enabled = enabled

        return change

    return build


def set_mailbox(parameters: dict[str, Any], made_ms: int = 0, number: int = 0) -> Change:
    """What Set-Mailbox changes; None and an empty text clear."""

    def change(mailbox: Mailbox) -> None:
        if "ForwardingSmtpAddress" in parameters:
            mailbox.forwarding_smtp = str(parameters["ForwardingSmtpAddress"] or "")
        if "ForwardingAddress" in parameters:
            mailbox.forwarding_address = str(parameters["ForwardingAddress"] or "")
        if "DeliverToMailboxAndForward" in parameters:
            mailbox.deliver_and_forward = str(parameters["DeliverToMailboxAndForward"]) == "True"
        if "AuditEnabled" in parameters:
            switch = mailbox.unaudited.end if str(parameters["AuditEnabled"]) == "True" else mailbox.unaudited.begin
            switch(made_ms)

    return change


def grant_of(parameters: dict[str, str]) -> tuple[str, str]:
    """To whom a cmdlet gives a right, and which."""
    return parameters.get("User") or parameters.get("Trustee", ""), parameters.get("AccessRights", "")


def _grant(parameters: dict[str, str], made_ms: int, number: int) -> Change:
    entry = grant_of(parameters)

    def change(mailbox: Mailbox) -> None:
        if entry not in mailbox.permissions:
            mailbox.permissions.append(entry)

    return change


def _outlook(body: Body, made_ms: int, number: int) -> Change | None:
    properties = {str(entry["Name"]): str(entry.get("Value", "")) for entry in body["OperationProperties"]}
    if properties.get("RuleOperation") != "AddMailboxRule":
        return None
    parameters: dict[str, str] = {"Name": properties.get("RuleName", "")}
    condition = properties.get("RuleCondition", "")
    senders, subjects = _SENDER.findall(condition), _SUBJECT.findall(condition)
    if senders:
        parameters["From"] = ";".join(sender.lower() for sender in senders)
    if subjects:
        parameters["SubjectContainsWords"] = ";".join(subjects)
    for action in orjson.loads(properties.get("RuleActions", "[]")):
        kind = action["ActionType"]
        if kind == "Delete":
            parameters["DeleteMessage"] = "True"
        elif kind == "MarkAsRead":
            parameters["MarkAsRead"] = "True"
        elif kind == "Move":
            parameters["MoveToFolder"] = action["DestinationFolderId"]
        elif kind == "Forward":
            parameters["ForwardTo"] = ";".join(action["Recipients"])
    return _add(parameters, made_ms, number)


_CMDLETS: dict[str, Callable[[dict[str, str], int, int], Change]] = {
    "New-InboxRule": _add,
    "Set-InboxRule": _set,
    "Remove-InboxRule": _remove,
    "Disable-InboxRule": _switch(False),
    "Enable-InboxRule": _switch(True),
    "Set-Mailbox": set_mailbox,
    "Add-MailboxPermission": _grant,
    "Add-RecipientPermission": _grant,
}
