"""From an evidence book to the incident that people read. Layer: detectors."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from detectors.engine.network_words import network_words
from detectors.incidents.book import Book, Held, OpenIncident
from detectors.incidents.score import capped
from detectors.incidents.sum_words import how_it_adds, rule_of_sum
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
REASONS_MAX = 3
LEAST_SHOWN_NATS = 0.05  # what rounds to nothing is not told
_UNSEEN = {Stage.ACCESS: "no sign-in strange enough to count", Stage.IMPACT: "no surge of mail"}
ENTERED, _NOBODY = "password_accepted", "no account that it got into"
_FIRST_STEPS = {  # by kind of account: for review, for act
    "User": ("Ask the owner first.", "Revoke the account's sessions and reset its password now."),
    "Service": (
        "Ask who runs the application; if nobody does, disable it.",
        "Disable the application and revoke its secrets and certificates now.",
    ),
    "Network": ("", ""),  # nobody to ask, nobody to lock out: what the findings advise comes first
}
_ORDER = {stage: place for place, stage in enumerate(Stage)}


def clock_text(time_ms: int) -> str:
    """`2026-03-02 09:12 UTC`."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def account_resource(account: str) -> Resource:
    """The account as the first resource of contracts 2."""
    kind = "Service" if account.startswith("app:") else "Network" if account.startswith("net:") else "User"
    named = account.partition(":")[2]
    return Resource(kind, account, {"User": account, "Service": named}.get(kind) or network_words(named))


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
    who = account_resource(account)
    tier = Tier.ACT if "act" in incident.tier_times else Tier.REVIEW
    records = _records(strongest)
    return Incident(
        uid=incident.uid,
        message_uid=_message_uid(incident, activity, who.type),
        activity=activity,
        tenant=tenant,
        resources=(who, *_others(strongest)),
        title=_title(strongest, who),
        story=_story(strongest, book, tier, who.type),
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
        remediation=_advice(strongest, tier, who.type),
        maturity="established" if established else "learning",
        profile=profile,
        lines=_lines(strongest),
        blind_spots=blind_spots,
        historical=incident.historical,
    )


def _message_uid(incident: OpenIncident, activity: Activity, kind: str) -> str:
    """Of a network, of which several entities tell in any order, the count stands for the number of the message."""
    number = f"{incident.told_count}|{incident.historical}" if kind == "Network" else str(incident.told)
    return hashlib.sha256(f"{incident.uid}|{activity}|{number}".encode()).hexdigest()[:32]


def _records(strongest: list[Held]) -> tuple[EvidenceRecord, ...]:
    return choose_evidence((record for held in strongest for record in held.records()), RECORDS_MAX)


def _others(strongest: list[Held]) -> tuple[Resource, ...]:
    return tuple(dict.fromkeys(resource for held in strongest for resource in held.resources))


def _techniques(strongest: list[Held]) -> tuple[Technique, ...]:
    return tuple(dict.fromkeys(held.technique for held in strongest))


def _title(strongest: list[Held], who: Resource) -> str:
    sentence = strongest[0].sentence.rstrip(".")
    named = who.uid if who.type == "User" else f"{who.type.lower()} {who.name}"
    return f"{named}: {sentence}"


def _in_order(strongest: list[Held]) -> list[Held]:
    return sorted(strongest, key=lambda held: (held.first.time_ms, held.key))


def _lines(strongest: list[Held]) -> tuple[StoryLine, ...]:
    return tuple(
        StoryLine(held.first.time_ms, held.stage, held.detector, held.sentence, held.count)
        for held in _in_order(strongest)
    )


def _story(strongest: list[Held], book: Book, tier: Tier, kind: str) -> str:
    lines = []
    for held in _in_order(strongest):
        times = "" if held.count == 1 else f" ({held.count:,} records)"
        lines.append(f"{clock_text(held.first.time_ms)}: {held.sentence}{times} Because: {_because(held)}.")
    missing = [words for stage, words in _UNSEEN.items() if all(held.stage != stage for held in strongest)]
    if kind == "Network":
        missing = [] if any(reason.feature == ENTERED for held in strongest for reason in held.reasons) else [_NOBODY]
    if missing:
        lines.append(f"Not seen so far: {'; '.join(missing)}.")
    return "\n".join([*lines, _together(strongest, book, tier)])


def _together(strongest: list[Held], book: Book, tier: Tier) -> str:
    nats, how = how_it_adds(list(book.held.values()))
    told = f"Together {nats:.1f} nats of surprise ({tier.value})"
    if len(strongest) == 1 and abs(strongest[0].nats - nats) < LEAST_SHOWN_NATS:
        return f"{told}."
    return f"{told}: {how}. {rule_of_sum()}"


def _because(held: Held) -> str:
    """The strongest reasons and what the others come to, so that the figures add up to the finding's nats."""
    told = [reason for reason in held.reasons if reason.nats > 0][:REASONS_MAX]
    others = [reason for reason in held.reasons if reason not in told]
    rest = held.nats - sum(reason.nats for reason in told)
    words = [_reason(reason) for reason in told]
    if len(others) == 1 and others[0].nats:
        words.append(_reason(others[0]))
    elif abs(rest) >= LEAST_SHOWN_NATS:
        words.append(f"all else ({rest:+.1f})")
    return "; ".join(words)


def _reason(reason: Reason) -> str:
    name = reason.feature.replace("_", " ")
    expected = f", usual: {reason.expected}" if reason.expected else ""
    return f"{name} {reason.observed}{expected} ({reason.nats:+.1f})"


def _advice(strongest: list[Held], tier: Tier, kind: str) -> str:
    steps = dict.fromkeys(held.advice for held in sorted(strongest, key=lambda held: -capped(held)) if held.advice)
    first = _FIRST_STEPS[kind][tier is Tier.ACT]
    return " ".join([first, *steps] if first else steps)
