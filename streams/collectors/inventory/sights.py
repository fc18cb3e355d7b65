"""What an inventory says that nobody can see: gaps that begin, change and end. Layer: streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from schemas.contracts.collected import Gap, GapKind
from streams.collectors.inventory.audit_config import SWITCH_ON
from streams.collectors.inventory.unusual import named

_FEED: Final = "inventory"
_RESTORE: Final = "Set-MailboxAuditBypassAssociation -AuditBypassEnabled $false; Set-Mailbox -AuditEnabled $true"


def changed_gaps(held: list[list[Any]], facts: Mapping[str, Any], now_ms: int) -> tuple[list[Gap], list[list[Any]]]:
    """Gaps to tell now, and those that stay open as JSON: kind, begin (UTC milliseconds), text, remedy."""
    was = {kind: Gap(_FEED, GapKind(kind), from_ms, from_ms, text, remedy) for kind, from_ms, text, remedy in held}
    now = {gap.kind.value: gap for gap in _standing(facts, now_ms)}
    for kind in _unknown(facts):
        if kind in was:
            now[kind] = was[kind]  # it could not be looked at: it is neither new nor over
    told: list[Gap] = []
    for kind, gap in now.items():
        if kind in was:
            gap = Gap(_FEED, gap.kind, was[kind].from_ms, now_ms, gap.text, gap.remedy)
        if kind not in was or was[kind].text != gap.text:
            told.append(gap)
        now[kind] = gap
    for kind, gap in was.items():
        if kind not in now:
            told.append(Gap(_FEED, gap.kind, gap.from_ms, now_ms, gap.text, gap.remedy, over=True))
    return told, [[kind, gap.from_ms, gap.text, gap.remedy] for kind, gap in sorted(now.items())]


def _standing(facts: Mapping[str, Any], now_ms: int) -> list[Gap]:
    gaps, parts = [], []
    if facts.get("bypassed"):
        parts.append(f"exempt from auditing: {named(facts['bypassed'])}")
    if facts.get("unaudited"):
        parts.append(f"mailbox without audit: {named(facts['unaudited'])}")
    if parts:
        text = f"What some accounts do in mailboxes is not recorded; {'; '.join(parts)}."
        gaps.append(Gap(_FEED, GapKind.BYPASS, now_ms, now_ms, text, _RESTORE))
    if facts.get("audit_off"):
        text = "The tenant's unified audit log is switched off: nothing that happens is recorded."
        gaps.append(Gap(_FEED, GapKind.DISABLED, now_ms, now_ms, text, SWITCH_ON))
    return gaps


def _unknown(facts: Mapping[str, Any]) -> list[str]:
    """Kinds of gap of which nothing is known this time."""
    found = []
    if not ("bypassed" in facts and "unaudited" in facts):
        found.append(GapKind.BYPASS.value)
    if "audit_off" not in facts:
        found.append(GapKind.DISABLED.value)
    return found
