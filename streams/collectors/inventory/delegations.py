"""Who may open whose mailbox, and send in whose name. Layer: streams."""

from __future__ import annotations

from typing import Any

from streams.cloud.seam import Refused
from streams.collectors.inventory.calls import Row, cmdlet, text_of
from streams.collectors.inventory.kind import Found, Round
from streams.collectors.inventory.mailboxes import Mailboxes
from streams.collectors.inventory.unusual import Finding, delegates, senders

SEND_AS = ""  # the part before all mailboxes: one listing of the whole tenant
DELEGATES_MAX = 2_000
FIRST_MAX = 5  # mailboxes kept by name of each delegate
_DENIED = (401, 403)


class Delegations:
    """The kind "delegations"."""

    name = "delegations"
    title = "delegations"
    blind_spot = "who may open whose mailbox is not seen"
    remedy = Mailboxes.remedy

    def parts(self, held: Round) -> list[str]:
        """The right to send, then every mailbox; without Exchange the first alone, which finds that out."""
        return [SEND_AS, *(held.mailboxes() if held.exchange else ())]

    def look(self, held: Round, part: str) -> Any:
        """Get-RecipientPermission of all, Get-MailboxPermission of each; None where the former is not offered."""
        if part != SEND_AS:
            return cmdlet(held.cloud, "Get-MailboxPermission", {"Identity": part})
        try:
            return cmdlet(held.cloud, "Get-RecipientPermission", {"ResultSize": "Unlimited"})
        except Refused as error:
            if error.status in _DENIED:
                raise
            return None

    def take(self, held: Round, part: str, answer: Any) -> Found:
        """Count mailboxes by delegate."""
        if answer is None:
            held.facts["send_as_unseen"] = True
            return Found()
        rows = [row for row in answer if _granted(row)]
        if part == SEND_AS:
            _note_senders(held.facts.setdefault("senders", {}), rows)
            return Found(count=len(rows))
        counts: dict[str, list[Any]] = held.facts.setdefault("delegates", {})
        for who in map(_who, rows):
            if who not in counts and len(counts) >= DELEGATES_MAX:
                continue
            entry = counts.setdefault(who, [0, []])
            entry[0] += 1
            if len(entry[1]) < FIRST_MAX and part not in entry[1]:
                entry[1].append(part)
        return Found(count=len(rows))

    def unusual(self, held: Round) -> list[Finding]:
        """Delegates of many mailboxes, and from outside."""
        facts, domains = held.facts, held.domains
        found = delegates(facts.get("delegates", {}), len(held.mailboxes()), domains)
        return found + senders(facts.get("senders", {}), domains)

    def limits(self, held: Round) -> tuple[str, str]:
        """The right to send as others needs a listing of its own."""
        if held.facts.get("send_as_unseen"):
            return "who may send as whom is not seen: Get-RecipientPermission is not offered", self.remedy
        return "", ""


def _note_senders(senders: dict[str, list[str]], rows: list[Row]) -> None:
    """Keep the first mailboxes as which each may send."""
    for row in rows:
        who, mailbox = _who(row), text_of(row, "Identity").lower()
        if who in senders or len(senders) < DELEGATES_MAX:
            boxes = senders.setdefault(who, [])
            if len(boxes) < FIRST_MAX and mailbox not in boxes:
                boxes.append(mailbox)


def _who(row: Row) -> str:
    return (text_of(row, "User") or text_of(row, "Trustee")).lower()


def _granted(row: Row) -> bool:
    """A right that somebody was given: not the owner's own, not inherited, not denied."""
    who = _who(row)
    own = not who or "\\" in who or who.startswith("s-1-5-")
    return not (own or row.get("IsInherited") is True or row.get("Deny") is True)
