"""Plays a case through the engine, as `scan` would, and says what came of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from detectors.engine.account import load_account
from detectors.engine.account_engine import AccountEngine
from detectors.engine.knowledge import Knowledge
from detectors.probe import NoFacts
from detectors.registry import account_detectors
from schemas.contracts.incident import Incident
from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.profile import encode_profile
from schemas.identity.identity_map import IdentityMap
from schemas.records.event import AuditEvent
from streams.collectors.feed import feed
from streams.collectors.spool import SpooledRecord
from tests.scenarios.building import ACCOUNT, DAY_MS, HOME, MINUTE_MS, MONDAY_MS, TENANT, Builder
from tests.scenarios.phrases import play
from tests.scenarios.places import Facts, office_tenant

_AT = re.compile(r"(?:\+(\d+) )?(\d\d):(\d\d)")
STEP_KEYS = frozenset({"at", "by", "on", "cmdlet", "with", "outlook", "mailing", "count"})
SESSION_KEYS = frozenset(
    {"at", "by", "signin", "act", "with", "session", "error", "interactive", "claim", "bare", "operation"}
)


@dataclass
class Outcome:
    """What a case came to: best nats and words by detector, the tier of the incident told about its steps."""

    nats: dict[str, float] = field(default_factory=dict)
    sentences: dict[str, list[str]] = field(default_factory=dict)
    tier: str = "none"
    reached_after: dict[str, int] = field(default_factory=dict)  # tier -> steps' events seen when it was first told
    told: list[Incident] = field(default_factory=list)


def play_case(case: dict[str, Any]) -> Outcome:
    """Run the history, then the steps."""
    builder, start_ms, history = Builder(), MONDAY_MS, []
    for phrase in case.get("history", ()):
        events, start_ms = play(phrase, start_ms, builder)
        history += events
    steps = [event for step in case["do"] for event in _step(step, start_ms, builder)]
    lookup = Facts() if case.get("facts") else NoFacts()
    knowledge = Knowledge(lookup, tuple(case.get("egress", ())))
    return play_events(history, steps, case.get("arrive", "in order"), knowledge, case.get("tenant", "unknown"))


def play_events(
    history: Sequence[AuditEvent],
    steps: Sequence[AuditEvent],
    arrive: str = "in order",
    knowledge: Knowledge | None = None,
    tenant: str = "unknown",
) -> Outcome:
    """`arrive`: "in order", or "reversed" (the steps alone). `tenant`: "unknown", or "office" (`places.office_tenant`)."""
    engine = AccountEngine(account_detectors(), knowledge or Knowledge(NoFacts()))
    first_ms = min(event.time_ms for event in steps)
    steps = sorted(steps, key=lambda event: event.time_ms, reverse=arrive == "reversed")
    lived = sorted(history, key=lambda event: event.time_ms)
    rows = [SpooledRecord(event.time_ms, b"", False, event) for event in (*lived, *steps)]
    outcome, seen = Outcome(), 0
    profiles = [] if tenant == "unknown" else [_profile_entry()]
    entries = feed(iter(rows), TENANT, IdentityMap(), [HOME])
    for entry in chain([next(entries)], profiles, entries):
        seen += entry.event is not None and entry.event.time_ms >= first_ms
        for effect in engine.fold(entry):
            if isinstance(effect, Incident) and effect.time_ms >= first_ms and effect.resources[0].uid == ACCOUNT:
                outcome.told.append(effect)
                outcome.tier = effect.tier.value
                outcome.reached_after.setdefault(effect.tier.value, seen)
    _read_book(engine, first_ms, outcome)
    return outcome


def _profile_entry() -> LogEntry:
    value = encode_profile(office_tenant(TENANT, MONDAY_MS // DAY_MS - 1, (HOME,)))
    return LogEntry(EntryKind.PROFILE, TENANT, "", value, "profile", "office")


def _read_book(engine: AccountEngine, first_ms: int, outcome: Outcome) -> None:
    state = engine.states().get(f"{TENANT}|{ACCOUNT}".encode(), b"")
    account, damaged = load_account(state, 0, account_detectors()) if state else (None, 0)
    assert damaged == 0
    for held in account.book.held.values() if account is not None else ():
        if held.last.time_ms >= first_ms:
            outcome.nats[held.detector] = max(held.nats, outcome.nats.get(held.detector, 0.0))
            outcome.sentences.setdefault(held.detector, []).append(held.sentence)


def _step(step: dict[str, Any], start_ms: int, builder: Builder) -> list[AuditEvent]:
    sighting = "signin" in step or "act" in step
    unknown = step.keys() - (SESSION_KEYS if sighting else STEP_KEYS)
    match = _AT.fullmatch(step["at"])
    if unknown or match is None:
        raise ValueError(f"not a step of a case: {sorted(unknown) or step['at']}")
    at = start_ms + int(match[1] or 0) * DAY_MS + (int(match[2]) * 60 + int(match[3])) * MINUTE_MS
    by = step.get("by", ACCOUNT)
    if sighting:
        return [_sighting(step, at, by, builder)]
    if "mailing" in step:
        return builder.mailing(at, **step["mailing"])
    times = step.get("count", 1)
    if "outlook" in step:
        return [builder.outlook(at + n * 1_000, step["outlook"], by) for n in range(times)]
    return [builder.cmdlet(at, step["cmdlet"], step.get("with", {}), by, step.get("on", "")) for _ in range(times)]


def _sighting(step: dict[str, Any], at: int, by: str, builder: Builder) -> AuditEvent:
    session = step.get("session")
    if "act" in step:
        operation = step.get("operation", "MailItemsAccessed")
        return builder.act(at, step["act"], step.get("with"), session, operation, by)
    options = {key: step[key] for key in ("error", "interactive", "claim", "bare") if key in step}
    return builder.sign_in(at, step["signin"], step["with"], session, by=by, **options)
