"""Inbox rules written over MAPI (UpdateInboxRules): properties instead of parameters. Layer: schemas.

`RuleCondition` is MAPI restriction text, `{((SenderSearchKey Equal SMTP:A@B.EXAMPLE))}`; `RuleActions` is JSON in a string.
Desktop Outlook writes hundreds of value-less records when it re-synchronises: those are `blank`.
"""

from __future__ import annotations

import re
from typing import Final

from schemas.records.event import AuditEvent, InboxRule, RuleAction
from schemas.records.values import LIST_LIMIT, NESTED_LIMIT, Record, address, nested, pairs

_ACTIONS: Final = {
    "addmailboxrule": RuleAction.NEW,
    "modifymailboxrule": RuleAction.SET,
    "removemailboxrule": RuleAction.REMOVE,
    "deletemailboxrule": RuleAction.REMOVE,
}
_CONDITIONS: Final = {
    "SenderSearchKey": "From",
    "SubjectProperty": "SubjectContainsWords",
    "Subject": "SubjectContainsWords",
    "NormalizedSubject": "SubjectContainsWords",
    "Body": "BodyContainsWords",
    "TextBody": "BodyContainsWords",
    "BodyTag": "BodyContainsWords",
    "TransportMessageHeaders": "HeaderContainsWords",
    "SearchKey": "SentTo",
    "MessageToMe": "MyNameInToBox",
    "MessageCcMe": "MyNameInCcBox",
    "MessageRecipMe": "MyNameInToOrCcBox",
    "DisplayTo": "SentOnlyToMe",
    "HasAttach": "HasAttachment",
    "MessageFlags": "HasAttachment",
    "Importance": "WithImportance",
    "Sensitivity": "WithSensitivity",
    "MessageSize": "WithinSizeRangeMinimum",
    "Size": "WithinSizeRangeMinimum",
}
_EVERY_MESSAGE: Final = ("Exists(ItemClass)", "Exists(MessageClass)")
_EQUAL: Final = re.compile(
    r"\((\w{1,64}) (?:Equal|NotEqual|GreaterThan\w{0,8}|LessThan\w{0,8}|BitMask) ([^()]{0,1024})"
)
_CONTAINS: Final = re.compile(
    r"\((\w{1,64}) (?:Contains?\w{0,16}|SubString\w{0,16}|Match(?:es)?|Prefix\w{0,16}) ([^()]{0,1024})", re.IGNORECASE
)
_SUBSTRING: Final = re.compile(r"SubString \w{0,32}\((\w{1,64})\)=([^()]{0,1024})")
_MATCHES: Final = 256


def _condition(condition: str) -> tuple[list[str], list[str], list[str], bool]:
    """Names, words, senders and whether every message matches, of a restriction text."""
    names: dict[str, None] = {}
    words: list[str] = []
    senders: list[str] = []
    scanned = condition[:NESTED_LIMIT]
    for match in list(_EQUAL.finditer(scanned))[:_MATCHES]:
        prop, value = match.groups()
        names[_CONDITIONS.get(prop, prop)] = None
        if prop == "SenderSearchKey":
            senders.append(address(value.partition(":")[2] or value))
    for match in [*_SUBSTRING.finditer(scanned), *_CONTAINS.finditer(scanned)][:_MATCHES]:
        prop, value = match.groups()
        name = "FromAddressContainsWords" if prop == "SenderSearchKey" else _CONDITIONS.get(prop, prop)
        if name == "SentOnlyToMe":
            continue  # `DisplayTo` holds a `;`: part of the idiom "sent only to me", no word
        names[name] = None
        words.append(value.strip())
    catch_all = not names and any(text in scanned for text in _EVERY_MESSAGE)
    if not names and not catch_all and scanned.strip("{}() ") != "":
        names["Other"] = None  # a restriction we cannot read is still a restriction
    return sorted(names), [word for word in words if word], senders, catch_all


def _recipients(entry: Record) -> list[str]:
    found = []
    held = entry.get("Recipients")
    for recipient in held[:LIST_LIMIT] if type(held) is list else ():
        if type(recipient) is dict:
            recipient = recipient.get("Address") or recipient.get("EmailAddress") or recipient.get("SmtpAddress")
        if type(recipient) is str and recipient.strip():
            found.append(address(recipient))
    return found


def _apply(rule: InboxRule, actions: list[object]) -> None:
    """Write the effects of `[{ActionType, …}]` into the rule."""
    forwards: list[str] = []
    for entry in actions[:LIST_LIMIT]:
        kind = entry.get("ActionType") if type(entry) is dict else None
        if type(entry) is not dict or type(kind) is not str:
            continue
        kind = kind.lower()
        folder = entry.get("DestinationFolderId")
        if kind == "move":
            rule.move_to = folder if type(folder) is str and folder else rule.move_to
        elif kind == "copy":
            rule.copy_to = folder if type(folder) is str and folder else rule.copy_to
        elif "forward" in kind or "redirect" in kind or kind == "delegate":
            forwards += _recipients(entry)
        elif "delete" in kind:
            rule.delete = True
        elif kind == "markasread":
            rule.mark_read = True
    rule.forward_to = tuple(forwards)


def read_outlook(event: AuditEvent, obj: Record) -> None:
    """UpdateInboxRules as an inbox rule change."""
    given = pairs(obj.get("OperationProperties"))
    action = _ACTIONS.get(given.get("RuleOperation", "").lower(), RuleAction.SET)
    state = given.get("RuleState", "").lower()
    if action is RuleAction.SET and state and "enabled" not in state.replace(" ", "").split(","):
        action = RuleAction.DISABLE
    held = nested(given.get("RuleActions"))
    actions = held if type(held) is list else []
    names, words, senders, catch_all = _condition(given.get("RuleCondition", ""))
    rule_id = given.get("RuleId") or None
    rule = InboxRule(
        action=action,
        form="outlook",
        name=given.get("RuleName") or None,
        rule_id=None if rule_id == "0" else rule_id,
        conditions=tuple(names),
        catch_all=catch_all,
        words=tuple(words),
        senders=tuple(senders),
        stop="exitafterexecution" in state,
        by_app_only=event.app_only,
    )
    _apply(rule, actions)
    unread = len(given.get("RuleActions", "")) > 2 and held is None  # too long or no JSON: not the same as nothing
    rule.blank = action is not RuleAction.REMOVE and not (actions or names or catch_all or rule.name or unread)
    event.detail = rule
