"""Inbox rules as Outlook writes them: UpdateInboxRules. Layer: streams."""

from __future__ import annotations

import orjson

from streams.simulation.chance import Chance
from streams.simulation.record import MANAGEMENT, Body, Record
from streams.simulation.records.common import (
    FOLDER_CODES,
    Use,
    day_of,
    folder_id,
    mailbox_record,
    organization,
)
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant


def outlook_actions(person: Person, rng: Chance, words: list[str]) -> str:
    """RuleActions as a JSON string; words: move, delete, mark, forward:address, ..."""
    actions: list[Body] = []
    for word in words:
        if word == "move":
            target = folder_id(person, f"{rng.getrandbits(24):06x}")
            actions.append({"ActionType": "Move", "DestinationFolderId": target, "FolderIsInThisStore": "True"})
        elif word == "delete":
            target = folder_id(person, FOLDER_CODES["Deleted Items"])
            actions.append(
                {"ActionType": "Move", "DestinationFolderId": target, "FolderIsInThisStore": "True"}
                if rng.happens(0.3) else {"ActionType": "Delete"}
            )  # fmt: skip
        elif word == "mark":
            actions.append({"ActionType": "MarkAsRead"})
        elif word.startswith("forward:"):
            actions.append({"ActionType": "Forward", "Recipients": [word.partition(":")[2]], "ForwardFlags": "None"})
    return orjson.dumps(actions).decode()


def outlook_condition(senders: list[str], words: list[str]) -> str:
    """RuleCondition as MAPI restriction text; ``{(Exists(ItemClass))}`` for every message."""
    parts = [f"(SenderSearchKey Equal SMTP:{sender.upper()})" for sender in senders]
    parts += [f"(SubString IgnoreCase(SubjectProperty)={word})" for word in words]
    if not parts:
        return "{(Exists(ItemClass))}"
    return "{(" + (parts[0] if len(parts) == 1 else "|(" + "".join(parts) + ")") + ")}"


def outlook_rule_record(
    tenant: Tenant, who: Person, rng: Chance, at: int, use: Use, rule: dict[str, str | None]
) -> Record:
    """UpdateInboxRules; a property whose value is None appears without ``Value``, as in Outlook's blank bursts."""
    body = mailbox_record(tenant, who, rng, at, use, "UpdateInboxRules", 2)
    properties: list[Body] = []
    for name in (
        "RuleOperation", "RuleId", "RuleState", "RuleCondition", "RuleName", "RuleProvider", "RuleActions",
    ):  # fmt: skip
        value = rule.get(name)
        properties.append({"Name": name} if value is None else {"Name": name, "Value": value})
    body["OperationProperties"] = properties
    body |= organization(tenant, rng, day_of(tenant, at), use)
    identity = folder_id(who, "M")
    parent = {"Id": identity, "Name": "Inbox", "Path": "\\Inbox"}
    body["Item"] = {"Id": identity, "ParentFolder": parent}
    return Record(MANAGEMENT, at, body["Id"], body)


def blank_rule(rng: Chance) -> dict[str, str | None]:
    """One of the hundreds of empty modifications that Outlook sends when it re-synchronises its rules."""
    return {
        "RuleOperation": "ModifyMailboxRule",
        "RuleId": str(rng.getrandbits(62)),
        "RuleState": "Enabled" if rng.happens(0.5) else None,
        "RuleCondition": "{}",
        "RuleActions": "[]",
    }
