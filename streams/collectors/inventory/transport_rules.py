"""Mail flow rules of the whole tenant. Layer: streams."""

from __future__ import annotations

from typing import Any

from streams.collectors.inventory.calls import Row, cmdlet, text_of
from streams.collectors.inventory.kind import WHOLE, Found, Round
from streams.collectors.inventory.mailboxes import Mailboxes
from streams.collectors.inventory.unusual import NAME_MAX, Finding, flow_rules

RULES_MAX = 200  # that send mail on, kept by name
TARGETS_MAX, TARGET_MAX = 3, 320
_SENDS = ("BlindCopyTo", "CopyTo", "AddToRecipients", "RedirectMessageTo")


class TransportRules:
    """The kind "transport-rules"."""

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
        """Every rule is for the journal, of no mailbox; where those that are in force send mail is noted."""
        sending = [
            [text_of(row, "Name")[:NAME_MAX], targets]
            for row in answer
            if _in_force(row) and (targets := _targets(row))
        ]
        held.facts["flow"] = sending[:RULES_MAX]
        return Found([("TransportRule", "", row) for row in answer], len(answer))

    def unusual(self, held: Round) -> list[Finding]:
        """Rules that send mail out of the tenant: one alone is seldom enough for the detector, archives do it too."""
        return flow_rules(held.facts.get("flow", ()), held.domains)

    def limits(self, held: Round) -> tuple[str, str]:
        """All is seen."""
        return "", ""


def _in_force(row: Row) -> bool:
    return text_of(row, "State").lower() != "disabled"


def _targets(row: Row) -> list[str]:
    """Addresses in any of the forms in which the cmdlet shows one or several."""
    found: set[str] = set()
    for name in _SENDS:
        held = row.get(name)
        parts = held if isinstance(held, list) else held.split(";") if isinstance(held, str) else []
        found |= {part.strip().lower().removeprefix("smtp:") for part in parts if isinstance(part, str)}
    return sorted(target[:TARGET_MAX] for target in found if "@" in target)[:TARGETS_MAX]
