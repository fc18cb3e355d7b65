"""Signals as the accounts of a tenant send them, and what a network answers."""

from __future__ import annotations

import random
from collections.abc import Iterable

from detectors.engine.entity_engine import EntityEngine
from detectors.engine.knowledge import Knowledge
from detectors.engine.network import NetworkFact
from detectors.entities.password_spray import PasswordSpray
from schemas.contracts.log import LogEntry
from schemas.contracts.notice import Notice, decode_notice
from schemas.contracts.signal import Contribution, Signal

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MONDAY = (20_000 - (20_000 + 3) % 7) * DAY
BAD, LOCKED, UNKNOWN_USER, EXPIRED, SECOND_FACTOR, REFUSED = 50126, 50053, 50034, 50055, 50076, 53003
SPRAYER, CHROME, OUTLOOK = 0xBAD, 0xC0, 0x0E
ADDRESS = "203.0.113.7"


class Nowhere:
    """Network data that know nothing."""

    knowledge_id = "none"

    def fact(self, ip: str) -> NetworkFact:
        return NetworkFact()


def engine() -> EntityEngine:
    return EntityEngine((PasswordSpray(),), Knowledge(Nowhere()))


def signal(
    account: str,
    time_ms: int,
    what: str = "failure",
    error: int = BAD,
    entity: str = ADDRESS,
    agent: int = SPRAYER,
    ip: str = ADDRESS,
) -> Signal:
    if what == "success":
        error = 0
    record = f"{account}-{time_ms}-{what}-{error}"
    return Signal("t1", "network", entity, account, what, time_ms, record, "signin", "Sign-in", ip, error, agent)


def spray(accounts: int, begin: int, step: int, entity: str = ADDRESS, agent: int = SPRAYER) -> list[Signal]:
    """One attempt at each account, `step` ms apart."""
    return [signal(f"u{n}@corp.example", begin + n * step, entity=entity, agent=agent) for n in range(accounts)]


def office(people: int, days: Iterable[int], entity: str = ADDRESS) -> list[Signal]:
    """Each signs in once a day between 08:00 and 09:00, with software of three kinds."""
    rng = random.Random(1)
    return [
        signal(
            f"u{n}@corp.example",
            MONDAY + day * DAY + 8 * HOUR + rng.randrange(HOUR),
            "success",
            entity=entity,
            agent=(CHROME, OUTLOOK, CHROME + 1)[n % 3],
        )
        for day in days
        for n in range(people)
    ]


def answers(signals: Iterable[Signal | Contribution], found: EntityEngine | None = None) -> list[tuple[str, Notice]]:
    """(account, notice) of all that the network says."""
    found = found or engine()
    entries = [entry for item in signals for entry in found.fold(item)]
    return [(entry.account, decode_notice(entry.value)) for entry in entries if isinstance(entry, LogEntry)]


def told(signals: Iterable[Signal]) -> list[str]:
    """Accounts addressed, in event-time order of the signals."""
    return [account for account, _ in answers(sorted(signals, key=lambda item: item.time_ms))]
