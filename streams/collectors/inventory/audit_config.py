"""Whether the tenant's unified audit log is switched on. Layer: streams."""

from __future__ import annotations

from typing import Any

from streams.collectors.inventory.calls import cmdlet
from streams.collectors.inventory.kind import WHOLE, Found, Round
from streams.collectors.inventory.mailboxes import Mailboxes
from streams.collectors.inventory.unusual import Finding, finding

SWITCH_ON = "Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true"


class AuditConfig:
    """The kind "audit-config"."""

    name = "audit-config"
    title = "whether auditing is on"
    blind_spot = "whether the unified audit log is switched on is not seen"
    remedy = Mailboxes.remedy

    def parts(self, held: Round) -> list[str]:
        """One look."""
        return list(WHOLE)

    def look(self, held: Round, part: str) -> Any:
        """Get-AdminAuditLogConfig."""
        return cmdlet(held.cloud, "Get-AdminAuditLogConfig", {})

    def take(self, held: Round, part: str, answer: Any) -> Found:
        """Note whether it is off."""
        held.facts["audit_off"] = any(row.get("UnifiedAuditLogIngestionEnabled") is False for row in answer)
        return Found(count=len(answer))

    def unusual(self, held: Round) -> list[Finding]:
        """Switched off."""
        if not held.facts.get("audit_off"):
            return []
        return [finding("unified audit log", "It is switched off: nothing that happens here is recorded.", SWITCH_ON)]

    def limits(self, held: Round) -> tuple[str, str]:
        """All is seen."""
        return "", ""
