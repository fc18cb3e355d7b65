"""Mailboxes: which there are, where all their mail is forwarded to, and whether they are audited. Layer: streams."""

from __future__ import annotations

from typing import Any

from streams.collectors.inventory.calls import Row, text_of
from streams.collectors.inventory.kind import WHOLE, Found, Round
from streams.collectors.inventory.people import exchange_mailboxes, owners_of, upn_of
from streams.collectors.inventory.unusual import Finding, argument, finding, unseen_by_audit

NAMES_MAX = 1_000  # of mailboxes kept by name
_FORWARDS = ("ForwardingSmtpAddress", "ForwardingAddress")


class Mailboxes:
    """The kind "mailboxes"."""

    name = "mailboxes"
    title = "mailbox forwarding and mailbox auditing"
    blind_spot = "forwarding of whole mailboxes and mailboxes without audit are not seen"
    remedy = (
        "Grant Exchange.ManageAsApp with admin consent and give the application the Entra role Security Reader or"
        " Exchange Administrator."
    )

    def parts(self, held: Round) -> list[str]:
        """One look."""
        return list(WHOLE)

    def look(self, held: Round, part: str) -> Any:
        """Get-Mailbox."""
        return exchange_mailboxes(held.cloud)

    def take(self, held: Round, part: str, answer: Any) -> Found:
        """Forwarding is judged; mailboxes without audit are noted."""
        held.facts["exchange"] = True
        held.owners = owners_of(answer)
        forwarding = [row for row in answer if any(row.get(name) for name in _FORWARDS)]
        unaudited = [upn_of(row) for row in answer if row.get("AuditEnabled") is False]
        held.facts["count"] = len(answer)
        held.facts["unaudited"] = sorted(unaudited)[:NAMES_MAX]
        held.facts["forwarding"] = [[upn_of(row), _target(row)] for row in forwarding][:NAMES_MAX]
        return Found([("MailboxForwarding", upn_of(row), row) for row in forwarding], len(answer))

    def unusual(self, held: Round) -> list[Finding]:
        """Forwarding out of the tenant, and mailboxes without audit."""
        facts, domains = held.facts, held.domains
        rows = unseen_by_audit(
            facts.get("unaudited", ()),
            facts.get("count", 0),
            "What happens in this mailbox is not audited",
            "Get-Mailbox",
        )
        for name, target in facts.get("forwarding", ()):
            if "@" in target and target.rpartition("@")[2] not in domains:
                rows.append(
                    finding(name, f"All its mail is forwarded to {target}.", f"Get-Mailbox -Identity {argument(name)}")
                )
        return rows

    def limits(self, held: Round) -> tuple[str, str]:
        """All is seen."""
        return "", ""


def _target(row: Row) -> str:
    return next((held for name in _FORWARDS if (held := text_of(row, name))), "").lower().removeprefix("smtp:")
