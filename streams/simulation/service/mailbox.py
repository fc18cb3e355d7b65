"""A mailbox as the inventory shows it: inbox rules, forwarding, permissions, auditing. Layer: streams."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from streams.simulation.service.spans import Spans

JUNK_RULE = "Junk E-mail Rule"
_MANY = ("From", "SubjectContainsWords", "SubjectOrBodyContainsWords", "BodyContainsWords", "ForwardTo", "RedirectTo",
         "ForwardAsAttachmentTo")  # fmt: skip
_WORDS = {"SubjectContainsWords": "subjectContains", "SubjectOrBodyContainsWords": "bodyOrSubjectContains",
          "BodyContainsWords": "bodyContains"}  # fmt: skip
_SENDS = {"ForwardTo": "forwardTo", "RedirectTo": "redirectTo", "ForwardAsAttachmentTo": "forwardAsAttachmentTo"}


@dataclass(slots=True)
class Rule:
    """An inbox rule. `parameters` are those of the Exchange cmdlet; `number` its identity; `made_ms` when it was made."""

    number: int
    name: str
    parameters: dict[str, str]
    made_ms: int = 0
    enabled: bool = True
    hidden: bool = False

    @property
    def id(self) -> str:
        """The identity that Graph gives it."""
        return base64.urlsafe_b64encode(b"\x01" + self.number.to_bytes(8, "little")).decode()

    def listed(self, name: str) -> list[str]:
        """The values of a parameter that holds several."""
        return [part.strip() for part in self.parameters.get(name, "").split(";") if part.strip()]

    def targets(self) -> list[str]:
        """Addresses to which it sends mail on."""
        return [address for name in _SENDS for address in self.listed(name)]

    def graph(self, sequence: int) -> dict[str, Any]:
        """As Graph shows it."""
        conditions: dict[str, Any] = {_WORDS[name]: self.listed(name) for name in _WORDS if self.listed(name)}
        if self.listed("From"):
            conditions["fromAddresses"] = [_address(value) for value in self.listed("From")]
        actions: dict[str, Any] = {}
        for name, member in (("DeleteMessage", "delete"), ("MarkAsRead", "markAsRead"),
                             ("StopProcessingRules", "stopProcessingRules")):  # fmt: skip
            if self.parameters.get(name) == "True":
                actions[member] = True
        if "MoveToFolder" in self.parameters:
            actions["moveToFolder"] = base64.urlsafe_b64encode(self.parameters["MoveToFolder"].encode()).decode()
        for name, member in _SENDS.items():
            if self.listed(name):
                actions[member] = [_address(value) for value in self.listed(name)]
        found: dict[str, Any] = {"id": self.id, "displayName": self.name, "sequence": sequence,
                                 "isEnabled": self.enabled, "hasError": False, "isReadOnly": False}  # fmt: skip
        if conditions:
            found["conditions"] = conditions
        return found | {"actions": actions}

    def exchange(self, priority: int, alias: str) -> dict[str, Any]:
        """As Get-InboxRule shows it through the admin API."""
        found: dict[str, Any] = {
            "Identity": f"{alias}\\{self.number}",
            "RuleIdentity": self.number,
            "Name": self.name,
            "Enabled": self.enabled,
            "Priority": priority,
            "InError": False,
            "IsValid": True,
            "MailboxOwnerId": alias,
            "SupportedByTask": not self.hidden,
            "DeleteMessage": self.parameters.get("DeleteMessage") == "True",
            "MarkAsRead": self.parameters.get("MarkAsRead") == "True",
            "StopProcessingRules": self.parameters.get("StopProcessingRules") == "True",
            "MoveToFolder": self.parameters.get("MoveToFolder"),
        }
        for name in _MANY:
            found[name] = self.listed(name) or None
        return found


def _address(value: str) -> dict[str, Any]:
    return {"emailAddress": {"name": value, "address": value}}


@dataclass(slots=True)
class Mailbox:
    """State of one mailbox. `permissions` are (who, right).

    `bypassed`: when what its owner does in any mailbox is not recorded; `unaudited`: when what anybody does in it is not.
    """

    rules: list[Rule] = field(default_factory=list)
    forwarding_smtp: str = ""
    forwarding_address: str = ""
    deliver_and_forward: bool = False
    permissions: list[tuple[str, str]] = field(default_factory=list)
    bypassed: Spans = field(default_factory=Spans)
    unaudited: Spans = field(default_factory=Spans)

    def rule(self, name: str) -> Rule | None:
        """A rule by its Graph id, its number, its name, or `alias\\name`."""
        last = name.rpartition("\\")[2]
        for rule in self.rules:
            if name == rule.id or last in (str(rule.number), rule.name):
                return rule
        return None

    def forwards(self, before_ms: int) -> list[str]:
        """Where new mail is sent on to, by rules made before a moment and by the mailbox's forwarding."""
        found = [target for rule in self.rules if rule.enabled and rule.made_ms < before_ms
                 and not rule.listed("From") for target in rule.targets()]  # fmt: skip
        address = self.forwarding_smtp.removeprefix("smtp:") or self.forwarding_address
        return [*found, address] if "@" in address else found
