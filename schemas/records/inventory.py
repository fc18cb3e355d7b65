"""Rules and forwarding as they stand, found by looking and not by an audit record. Layer: schemas.

The collector puts the vendor's object, verbatim, into an envelope of ours: `{"Watchpost": "inventory", "Kind": "InboxRule",
"ObservedTime": …, "OrganizationId": …, "Mailbox": upn, "Object": {…}}`. An object is that of the Exchange cmdlet
(Get-InboxRule, Get-Mailbox, Get-TransportRule) or, for inbox rules, of Graph (messageRule). The record's id is made of mailbox,
identity of the rule and what the rule does: the same rule looked at again is the same record, a changed one is another.
Source of the fields: reference response-actions, section 4; office365-audit-record-schema, section 8.
"""

from __future__ import annotations

import hashlib
from typing import Final

import orjson

from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, InboxRule, RuleAction, Source, TransportRule
from schemas.records.inbox_rules import READERS as INBOX_RULES
from schemas.records.mailbox_admin import READERS as MAILBOXES
from schemas.records.values import LIST_LIMIT, Record, flag, lower, mapping, text, time_ms

MARK: Final = "inventory"
KINDS: Final = ("InboxRule", "MailboxForwarding", "TransportRule")
_READERS: Final = {
    "InboxRule": INBOX_RULES["found-inboxrule"],
    "MailboxForwarding": MAILBOXES["set-mailbox"],
    "TransportRule": MAILBOXES["found-transportrule"],
}
_FORWARDING: Final = ("ForwardingSmtpAddress", "ForwardingAddress")
_KEEPS_COPY: Final = "DeliverToMailboxAndForward"
_NOT_CONTENT: Final = frozenset(  # of a cmdlet's object: what changes without the rule doing anything else
    (
        *("Identity", "Mailbox", "Priority", "Description", "RunspaceId", "IsValid", "InError", "ObjectState", "Guid"),
        *("ExchangeVersion", "WhenChanged", "WhenCreated", "WhenChangedUTC", "WhenCreatedUTC", "LastModifiedBy"),
        *("ImmutableId", "DistinguishedName", "OrganizationId", "Conditions", "Actions", "Exceptions", "ErrorType"),
    )
)
_ADDRESS: Final = ("PrimarySmtpAddress", "Address", "EmailAddress", "SmtpAddress", "Name")
_JUNK_RULE: Final = "junk e-mail rule"  # Exchange's own, in every mailbox
_GRAPH_LISTS: Final = {
    "subjectContains": "SubjectContainsWords",
    "bodyContains": "BodyContainsWords",
    "bodyOrSubjectContains": "SubjectOrBodyContainsWords",
    "headerContains": "HeaderContainsWords",
    "senderContains": "FromAddressContainsWords",
    "recipientContains": "RecipientAddressContainsWords",
    "categories": "AssignedCategories",
    "fromAddresses": "From",
    "sentToAddresses": "SentTo",
    "forwardTo": "ForwardTo",
    "forwardAsAttachmentTo": "ForwardAsAttachmentTo",
    "redirectTo": "RedirectTo",
}
_GRAPH_VALUES: Final = {
    "sentToMe": "MyNameInToBox",
    "sentOnlyToMe": "SentOnlyToMe",
    "sentCcMe": "MyNameInCcBox",
    "sentToOrCcMe": "MyNameInToOrCcBox",
    "notSentToMe": "MyNameNotInToBox",
    "hasAttachments": "HasAttachment",
    "importance": "WithImportance",
    "sensitivity": "WithSensitivity",
    "messageActionFlag": "FlaggedForAction",
    "delete": "DeleteMessage",
    "permanentDelete": "PermanentDelete",
    "markAsRead": "MarkAsRead",
    "stopProcessingRules": "StopProcessingRules",
    "moveToFolder": "MoveToFolder",
    "copyToFolder": "CopyToFolder",
}


def is_inventory(obj: Record) -> bool:
    """An object found by looking, in our envelope."""
    return obj.get("Watchpost") == MARK and "ObservedTime" in obj


def read(obj: Record) -> AuditEvent:
    """One found object as an event of nobody, at the time at which it was first looked at."""
    kind, found = obj.get("Kind"), mapping(obj.get("Object"))
    reader = _READERS.get(kind) if type(kind) is str else None
    if type(kind) is not str or reader is None or not found:
        raise UnreadableRecord("an inventory object of a kind that is not read" if found else "no inventory object")
    instant = time_ms(obj.get("ObservedTime"))
    if instant is None:
        raise UnreadableRecord("ObservedTime is no time of 2000 to 2099")
    mailbox = lower(obj.get("Mailbox"))
    given = _forwarding(found) if kind == "MailboxForwarding" else _given(found)
    event = AuditEvent(
        source=Source.INVENTORY,
        record_id=_identity(kind, mailbox, _rule_id(found), given),
        tenant=lower(obj.get("OrganizationId")) or "",
        time_ms=instant,
        operation=f"Found-{kind}",
        workload="Exchange",
        user="",
    )
    reader(event, {"Parameters": [{"Name": name, "Value": value} for name, value in given.items()]})
    event.target, event.mailbox = None, mailbox
    _finish(event, found)
    return event


def _finish(event: AuditEvent, found: Record) -> None:
    """What only the object says: identity, switched off, hidden."""
    rule = event.detail
    if isinstance(rule, InboxRule):
        rule.rule_id = _rule_id(found)
        rule.hidden = flag(found.get("SupportedByTask")) is False
        harmless = not (rule.delete or rule.forward_to)
        rule.blank = rule.hidden and harmless and (rule.name or "").strip().lower() == _JUNK_RULE
    if isinstance(rule, InboxRule | TransportRule) and not _in_force(found):
        rule.action = RuleAction.DISABLE


def _in_force(found: Record) -> bool:
    """Switched on; a mail flow rule in a test mode does nothing."""
    switched = found.get("Enabled", found.get("isEnabled"))
    mode = lower(found.get("Mode")) or "enforce"
    return flag(switched) is not False and lower(found.get("State")) != "disabled" and mode == "enforce"


def _rule_id(found: Record) -> str | None:
    """Identity of a rule that a change of its content leaves alone."""
    for name in ("RuleIdentity", "id", "Guid", "Identity"):
        held = found.get(name)
        if type(held) is int or (type(held) is str and held):
            return str(held)
    return None


def _identity(kind: str, mailbox: str | None, rule_id: str | None, given: dict[str, str]) -> str:
    content = orjson.dumps([kind, mailbox, rule_id, given], option=orjson.OPT_SORT_KEYS)
    return f"{MARK}:" + hashlib.sha256(content).hexdigest()[:32]


def _given(found: Record) -> dict[str, str]:
    """The object as the parameters of the cmdlet that would make it; what is not set is left out."""
    if "actions" in found or "displayName" in found:
        return _from_graph(found)
    return {name: value for name, held in found.items() if _counts(name) and (value := _value(held))}


def _counts(name: str) -> bool:
    return name not in _NOT_CONTENT and "@" not in name


def _forwarding(found: Record) -> dict[str, str]:
    given = {name: value for name in _FORWARDING if (value := _value(found.get(name)))}
    keeps = flag(found.get(_KEEPS_COPY))
    return given if keeps is None else given | {_KEEPS_COPY: str(keeps)}


def _value(held: object) -> str:
    """As a parameter; "" for what is not set."""
    if type(held) is list:
        return ";".join(part for part in map(_part, held[:LIST_LIMIT]) if part)
    return _part(held)


def _part(held: object) -> str:
    if type(held) is bool:
        return "True" if held else ""
    if type(held) is int:
        return str(held)
    if type(held) is dict:
        inner = held.get("emailAddress")  # Graph
        if type(inner) is dict:
            return text(inner.get("address")) or text(inner.get("name")) or ""
        return next((value for name in _ADDRESS if (value := text(held.get(name)))), "")
    return held if type(held) is str and held != "False" else ""


def _from_graph(found: Record) -> dict[str, str]:
    given = {"Name": text(found.get("displayName")) or "", "Enabled": _value(found.get("isEnabled"))}
    for name, held in (mapping(found.get("conditions")) | mapping(found.get("actions"))).items():
        if name == "withinSizeRange":
            smallest = mapping(held).get("minimumSize")  # kilobytes
            given["WithinSizeRangeMinimum"] = f"{smallest} KB" if type(smallest) is int and smallest > 0 else ""
            given["WithinSizeRangeMaximum"] = _value(mapping(held).get("maximumSize"))
        elif (parameter := _GRAPH_LISTS.get(name) or _GRAPH_VALUES.get(name)) is not None:
            given[parameter] = _value(held)
        elif name.startswith("is"):  # isMeetingRequest, isVoicemail, ...
            given["MessageTypeMatches"] = _value(held) and name
    return {name: value for name, value in given.items() if value}
