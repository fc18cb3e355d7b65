"""From an evidence book to the incident that people read. Layer: detectors."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from detectors.incidents.book import Book, Held, OpenIncident
from detectors.incidents.score import capped
from schemas.contracts.evidence_choice import choose_evidence
from schemas.contracts.incident import (
    Activity,
    EvidenceRecord,
    Incident,
    Reason,
    Resource,
    Stage,
    StoryLine,
    Technique,
    Tier,
)

RECORDS_MAX = 64
_ORDER = {stage: place for place, stage in enumerate(Stage)}


def clock_text(time_ms: int) -> str:
    """`2026-03-02 09:12 UTC`."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def account_resource(account: str) -> Resource:
    """The account as the first resource of contracts 2."""
    kind = "Service" if account.startswith("app:") else "Network" if account.startswith("net:") else "User"
    return Resource(kind, account, account.partition(":")[2] if kind != "User" else account)


def tell(
    book: Book,
    incident: OpenIncident,
    activity: Activity,
    tenant: str,
    account: str,
    time_ms: int,
    profile: str,
    established: bool,
    blind_spots: tuple[str, ...],
) -> Incident:
    """The message about an incident as it stands."""
    strongest = book.shown()
    tier = Tier.ACT if "act" in incident.tier_times else Tier.REVIEW
    records = _records(strongest)
    return Incident(
        uid=incident.uid,
        message_uid=hashlib.sha256(f"{incident.uid}|{activity}|{incident.told}".encode()).hexdigest()[:32],
        activity=activity,
        tenant=tenant,
        resources=(account_resource(account), *_others(strongest)),
        title=_title(strongest, account),
        story=_story(strongest, book, tier),
        time_ms=time_ms,
        first_ms=min(held.first.time_ms for held in strongest),
        last_ms=max(held.last.time_ms for held in strongest),
        created_ms=incident.created_ms,
        tier=tier,
        tier_times=dict(incident.tier_times),
        score_nats=round(book.score(), 2),
        stages=tuple(sorted({held.stage for held in strongest}, key=_ORDER.__getitem__)),
        techniques=_techniques(strongest),
        detectors=tuple(dict.fromkeys(held.detector for held in strongest)),
        evidence=records,
        count=book.count(),
        remediation=_advice(strongest, tier),
        maturity="established" if established else "learning",
        profile=profile,
        lines=_lines(strongest),
        blind_spots=blind_spots,
        historical=incident.historical,
    )


def _records(strongest: list[Held]) -> tuple[EvidenceRecord, ...]:
    return choose_evidence((record for held in strongest for record in held.records()), RECORDS_MAX)


def _others(strongest: list[Held]) -> tuple[Resource, ...]:
    return tuple(dict.fromkeys(resource for held in strongest for resource in held.resources))


def _techniques(strongest: list[Held]) -> tuple[Technique, ...]:
    return tuple(dict.fromkeys(held.technique for held in strongest))


def _title(strongest: list[Held], account: str) -> str:
    sentence = strongest[0].sentence.rstrip(".")
    return f"{account}: {sentence}"


def _in_order(strongest: list[Held]) -> list[Held]:
    return sorted(strongest, key=lambda held: (held.first.time_ms, held.key))


def _lines(strongest: list[Held]) -> tuple[StoryLine, ...]:
    return tuple(
        StoryLine(held.first.time_ms, held.stage, held.detector, held.sentence, held.count)
        for held in _in_order(strongest)
    )


def _story(strongest: list[Held], book: Book, tier: Tier) -> str:
    lines = []
    for held in _in_order(strongest):
        times = "" if held.count == 1 else f" ({held.count} records)"
        reasons = "; ".join(_reason(reason) for reason in held.reasons[:3] if reason.nats > 0)
        lines.append(f"{clock_text(held.first.time_ms)}: {held.sentence}{times} Because: {reasons}.")
    missing = [stage for stage in (Stage.ACCESS, Stage.IMPACT) if all(held.stage != stage for held in strongest)]
    words = {Stage.ACCESS: "no strange sign-in was seen", Stage.IMPACT: "no surge of mail was seen"}
    if missing:
        lines.append("Not seen so far: " + "; ".join(words[stage] for stage in missing) + ".")
    lines.append(f"Together {book.score():.1f} nats of surprise ({tier.value}).")
    return "\n".join(lines)


def _reason(reason: Reason) -> str:
    name = reason.feature.replace("_", " ")
    expected = f", usual: {reason.expected}" if reason.expected else ""
    return f"{name} {reason.observed}{expected} ({reason.nats:+.1f})"


def _advice(strongest: list[Held], tier: Tier) -> str:
    steps = dict.fromkeys(held.advice for held in sorted(strongest, key=lambda held: -capped(held)) if held.advice)
    first = "Revoke the account's sessions and reset its password now." if tier is Tier.ACT else "Ask the owner first."
    return " ".join([first, *steps])
