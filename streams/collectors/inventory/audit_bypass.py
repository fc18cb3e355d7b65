"""Accounts whose acts in mailboxes are exempt from auditing. Layer: streams."""

from __future__ import annotations

from typing import Any

from streams.collectors.inventory.calls import cmdlet, text_of
from streams.collectors.inventory.kind import WHOLE, Found, Round
from streams.collectors.inventory.mailboxes import NAMES_MAX, Mailboxes
from streams.collectors.inventory.unusual import Finding, unseen_by_audit


class AuditBypass:
    """The kind "audit-bypass"."""

    name = "audit-bypass"
    title = "accounts exempt from auditing"
    blind_spot = "whether accounts are exempt from auditing is not seen"
    remedy = Mailboxes.remedy

    def parts(self, held: Round) -> list[str]:
        """One look."""
        return list(WHOLE)

    def look(self, held: Round, part: str) -> Any:
        """Get-MailboxAuditBypassAssociation of all."""
        return cmdlet(held.cloud, "Get-MailboxAuditBypassAssociation", {"ResultSize": "Unlimited"})

    def take(self, held: Round, part: str, answer: Any) -> Found:
        """Note the exempt ones."""
        names = [
            text_of(row, "Name") or text_of(row, "Identity") for row in answer if row.get("AuditBypassEnabled") is True
        ]
        held.facts["bypassed"] = sorted(name.lower() for name in names)[:NAMES_MAX]
        held.facts["bypass_of"] = len(answer)
        return Found(count=len(answer))

    def unusual(self, held: Round) -> list[Finding]:
        """Every exemption: there is none by default."""
        why = "What this account does in mailboxes is exempt from auditing"
        names = held.facts.get("bypassed", ())
        return unseen_by_audit(names, held.facts.get("bypass_of", 0), why, "Get-MailboxAuditBypassAssociation")

    def limits(self, held: Round) -> tuple[str, str]:
        """All is seen."""
        return "", ""
