"""What a rule does, in one sentence for people. Layer: detectors."""

from __future__ import annotations

import re

from detectors.accounts.address_words import come_from
from detectors.accounts.rule_content import first_outside, whole
from detectors.engine.detector import Context
from schemas.records.event import AuditEvent, InboxRule, RuleAction
from schemas.text import printable

_STORE_ID = re.compile(r"[A-Za-z0-9+/_=-]{40,}\Z")


def short(address: str) -> str:
    """An address or name, safe to show."""
    return printable(address, 80)


def quoted(name: str | None) -> str:
    """A name in quotation marks, or that there is none."""
    return f'"{short(name)}"' if name else "without a name"


def _folder(name: str) -> str:
    """Outlook names a folder by its store id alone."""
    return "a folder known only by its store id" if _STORE_ID.match(name) else f'"{short(name)}"'


def sentence(rule: InboxRule, event: AuditEvent, context: Context) -> str:
    """What an inbox rule does, that it was made, changed or found, and the strange address that it came from."""
    does = []
    if rule.delete:
        does.append("deletes")
    if rule.mark_read:
        does.append("marks as read")
    if rule.move_to:
        does.append(f"moves to {_folder(rule.move_to)}")
    if rule.forward_to:
        does.append(f"forwards to {short(first_outside(rule.forward_to, context) or rule.forward_to[0])}")
    which = "certain mail" if rule.conditions else "all incoming mail"
    if rule.catch_all:
        which = "all incoming mail"
    elif not rule.conditions and not whole(rule):
        which = "which mail, the change does not say"
    verb = "was made" if rule.action is RuleAction.NEW else "was changed"
    if rule.action is RuleAction.FOUND:
        verb = "was already there when it was first looked at"
    acts = ", ".join(does) or "touches mail"
    return f"An inbox rule {quoted(rule.name)} {verb}{whence(event, context)}; it {acts} ({which})."


def whence(event: AuditEvent, context: Context) -> str:
    """ " from 45.9.1.7 (NL)", or nothing: see `come_from`."""
    place = come_from(event, context)
    return f" {place}" if place else ""
