"""Mail flow rules of the whole tenant. Layer: streams."""

from __future__ import annotations

from typing import Any

from streams.collectors.inventory.calls import cmdlet
from streams.collectors.inventory.kind import WHOLE, Found, Round
from streams.collectors.inventory.mailboxes import Mailboxes
from streams.collectors.inventory.unusual import Finding


class TransportRules:
    """The kind "transport-rules": judged, not listed."""

    name = "transport-rules"
    title = "mail flow rules"
    blind_spot = "mail flow rules that were made before the first record are not seen"
    remedy = Mailboxes.remedy

    def parts(self, held: Round) -> list[str]:
        """One look."""
        return list(WHOLE)

    def look(self, held: Round, part: str) -> Any:
        """Get-TransportRule."""
        return cmdlet(held.cloud, "Get-TransportRule", {"ResultSize": "Unlimited"})

    def take(self, held: Round, part: str, answer: Any) -> Found:
        """Every rule is for the journal, of no mailbox."""
        return Found([("TransportRule", "", row) for row in answer], len(answer))

    def unusual(self, held: Round) -> list[Finding]:
        """The detector says it."""
        return []

    def limits(self, held: Round) -> tuple[str, str]:
        """All is seen."""
        return "", ""
