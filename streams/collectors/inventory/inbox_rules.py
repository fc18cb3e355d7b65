"""Inbox rules of every mailbox, the hidden ones where Exchange answers. Layer: streams."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from streams.cloud.seam import Refused
from streams.collectors.inventory.calls import cmdlet, listing
from streams.collectors.inventory.kind import Found, Round
from streams.collectors.inventory.unusual import Finding


class InboxRules:
    """The kind "inbox-rules": judged, not listed."""

    name = "inbox-rules"
    title = "inbox rules"
    blind_spot = "inbox rules that were made before the first record are not seen"
    remedy = (
        "Grant Exchange.ManageAsApp with a reading Exchange role (shows hidden rules too), or MailboxSettings.Read of"
        " Graph, with admin consent."
    )

    def parts(self, held: Round) -> list[str]:
        """Every mailbox."""
        return held.mailboxes()

    def look(self, held: Round, part: str) -> Any:
        """Get-InboxRule, or Graph's messageRules; whether the former answered, and the rules."""
        path = f"users/{quote(part, safe='')}/mailFolders/inbox/messageRules"
        if not held.exchange:
            return False, listing(held.cloud, path)
        try:
            return True, cmdlet(held.cloud, "Get-InboxRule", {"Mailbox": part, "IncludeHidden": True})
        except Refused as refusal:
            try:
                return False, listing(held.cloud, path)
            except Refused:
                raise refusal from None

    def take(self, held: Round, part: str, answer: Any) -> Found:
        """Every rule is for the journal."""
        hidden_seen, rows = answer
        if not hidden_seen:
            held.facts["rules_by_graph"] = held.facts.get("rules_by_graph", 0) + 1
        return Found([("InboxRule", part, row) for row in rows], len(rows))

    def unusual(self, held: Round) -> list[Finding]:
        """The detector says it."""
        return []

    def limits(self, held: Round) -> tuple[str, str]:
        """Graph does not show hidden rules."""
        mailboxes = held.facts.get("rules_by_graph", 0)
        if not mailboxes:
            return "", ""
        where = "one mailbox" if mailboxes == 1 else f"{mailboxes} mailboxes"
        return f"hidden inbox rules of {where} are not seen: Graph does not show them", self.remedy
