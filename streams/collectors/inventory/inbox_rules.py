"""Inbox rules of every mailbox, the hidden ones where Exchange answers. Layer: streams."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

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
        """Get-InboxRule, or Graph's messageRules."""
        if held.exchange:
            return cmdlet(held.cloud, "Get-InboxRule", {"Mailbox": part, "IncludeHidden": True})
        return listing(held.cloud, f"users/{quote(part, safe='')}/mailFolders/inbox/messageRules")

    def take(self, held: Round, part: str, answer: Any) -> Found:
        """Every rule is for the journal."""
        return Found([("InboxRule", part, row) for row in answer], len(answer))

    def unusual(self, held: Round) -> list[Finding]:
        """The detector says it."""
        return []

    def limits(self, held: Round) -> tuple[str, str]:
        """Graph does not show hidden rules."""
        if held.exchange:
            return "", ""
        return "hidden inbox rules are not seen: Graph does not show them", self.remedy
