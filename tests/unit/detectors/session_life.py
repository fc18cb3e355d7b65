"""An account with a month of its own behind it, and the engine that judges what comes then, with one detector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from detectors.accounts.impossible_session import ImpossibleSessionDetector
from detectors.engine.account import load_account
from detectors.engine.account_engine import AccountEngine
from detectors.engine.effects import Effect
from detectors.engine.knowledge import Knowledge
from detectors.incidents.book import Held
from detectors.probe import NoFacts
from schemas.contracts.log import EntryKind, LogEntry, clock_bytes
from schemas.contracts.profile import encode_profile
from schemas.identity.identity_map import IdentityMap
from schemas.records.event import AuditEvent
from streams.collectors.feed import feed
from streams.collectors.spool import SpooledRecord
from tests.scenarios.building import ACCOUNT, DAY_MS, HOME, MINUTE_MS, MONDAY_MS, TENANT, Builder
from tests.scenarios.phrases import play
from tests.scenarios.places import Facts, office_tenant

KNOWLEDGE = Knowledge(Facts())
NO_DATA = Knowledge(NoFacts())  # only sign-ins say whose an address is
DETECTORS = (ImpossibleSessionDetector(),)
HISTORY = "20 workdays of pc at home, office in one session"


class Life:
    """The engine after a history; every day of it is sealed, the next ones are open."""

    def __init__(self, history: str = HISTORY, knowledge: Knowledge = KNOWLEDGE) -> None:
        state, self.start_ms = _lived(history, knowledge)
        self.builder, self.knowledge = Builder(), knowledge
        self.engine = _engine(knowledge)
        if state:
            self.engine.load_state(TENANT, ACCOUNT, state)
        self.engine.fold(_clock(self.start_ms + 6 * 60 * MINUTE_MS))

    def at(self, hours: float) -> int:
        """Event time so many hours into the first open day."""
        return self.start_ms + round(hours * 60 * MINUTE_MS)

    def arrive(self, events: Iterable[AuditEvent]) -> list[Effect]:
        """Fold records in this order."""
        return [effect for event in events for effect in self.engine.fold(record_entry(event))]

    def restart(self) -> None:
        """A new engine from the bytes of the old one."""
        states, clock = self.engine.states(), self.start_ms + 6 * 60 * MINUTE_MS
        self.engine = _engine(self.knowledge)
        for data in states.values():
            self.engine.load_state(TENANT, ACCOUNT, data)
        self.engine.fold(_clock(clock))

    def pass_day(self) -> None:
        """The clock seals the first open day."""
        self.engine.fold(_clock(self.start_ms + DAY_MS + 6 * 60 * MINUTE_MS))

    def pass_to(self, hours: float) -> None:
        """The clock comes so many hours into the first open day."""
        self.engine.fold(_clock(self.at(hours)))

    def held(self) -> dict[tuple[str, int], Held]:
        """Evidence by value and day."""
        state = self.engine.states().get(f"{TENANT}|{ACCOUNT}".encode(), b"")
        account, damaged = load_account(state, 0, DETECTORS)
        assert damaged == 0
        return {(held.value, held.day): held for held in account.book.held.values()}

    def best(self) -> float:
        """Nats of the strongest evidence, 0 without any."""
        return max((held.nats for held in self.held().values()), default=0.0)


def record_entry(event: AuditEvent) -> LogEntry:
    """An own record as the log holds it."""
    return LogEntry(EntryKind.RECORD, TENANT, ACCOUNT, b"", event.source.value, event.record_id, "actor", event=event)


def _clock(time_ms: int) -> LogEntry:
    return LogEntry(EntryKind.CLOCK, TENANT, "", clock_bytes(time_ms), "clock", str(time_ms))


def _engine(knowledge: Knowledge) -> AccountEngine:
    engine = AccountEngine(DETECTORS, knowledge)
    profile = encode_profile(office_tenant(TENANT, MONDAY_MS // DAY_MS - 1, (HOME,)))
    engine.fold(LogEntry(EntryKind.PROFILE, TENANT, "", profile, "profile", "office"))
    return engine


@cache
def _lived(history: str, knowledge: Knowledge) -> tuple[bytes, int]:
    """(state, start of the first open day) after a phrase of `tests.scenarios.phrases`; an empty one is a new account."""
    if not history:
        return b"", MONDAY_MS
    engine, builder = _engine(knowledge), Builder()
    events, start_ms = play(history, MONDAY_MS, builder)
    for entry in feed(_spooled(events), TENANT, IdentityMap(), [HOME]):
        if entry.kind is not EntryKind.PROFILE:
            engine.fold(entry)
    engine.fold(_clock(start_ms + 6 * 60 * MINUTE_MS))
    return engine.states()[f"{TENANT}|{ACCOUNT}".encode()], start_ms


def _spooled(events: Sequence[AuditEvent]) -> Iterable[SpooledRecord]:
    return (
        SpooledRecord(event.time_ms, b"", False, event) for event in sorted(events, key=lambda event: event.time_ms)
    )
