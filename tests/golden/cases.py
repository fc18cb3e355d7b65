"""States whose bytes must load for ever: what is written, and how it came to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from detectors.engine.account_engine import AccountEngine
from detectors.engine.knowledge import Knowledge
from detectors.probe import NoFacts
from detectors.registry import account_detectors
from schemas.identity.identity_map import IdentityMap
from schemas.records.event import AuditEvent
from streams.collectors.feed import feed
from tests.scenarios.building import ACCOUNT, DAY_MS, HOME, MINUTE_MS, MONDAY_MS, TENANT, Builder
from tests.scenarios.phrases import play
from tests.unit.detectors.examples import examples

FOLDER = Path(__file__).parent


def _folded(events: list[AuditEvent]) -> bytes:
    engine = AccountEngine(account_detectors(), Knowledge(NoFacts()))
    rows = ((event.time_ms, b"", "", event) for event in sorted(events, key=lambda event: event.time_ms))
    for entry in feed(rows, TENANT, IdentityMap(), [HOME]):
        engine.fold(entry)
    return engine.states()[f"{TENANT}|{ACCOUNT}".encode()]


def _quiet() -> bytes:
    return _folded(play("40 workdays of 8 sends a day", MONDAY_MS, Builder())[0])


def _mailing() -> bytes:
    builder = Builder()
    events, after = play("10 workdays of 8 sends a day", MONDAY_MS, builder)
    return _folded([*events, *builder.mailing(after + 600 * MINUTE_MS, 500, 60, "both")])


def _accused() -> bytes:
    rules = [replace(event, time_ms=event.time_ms + 4 * DAY_MS) for event in examples("inbox-rule")]
    return _folded([*rules, *examples("impossible-session")])


def _administrator() -> bytes:
    builder = Builder()
    events, after = play("5 workdays of 8 sends a day", MONDAY_MS, builder)
    audit = examples("audit-tampering")
    later = [replace(event, time_ms=event.time_ms + after - MONDAY_MS + DAY_MS) for event in audit]
    bypass = builder.cmdlet(
        MONDAY_MS + DAY_MS + 600 * MINUTE_MS,
        "Set-MailboxAuditBypassAssociation",
        {"Identity": "scan", "AuditBypassEnabled": "True"},
        on="scan",
    )
    return _folded([*events, bypass, *later])


WRITERS: dict[str, Callable[[], bytes]] = {
    "quiet": _quiet,
    "mailing": _mailing,
    "accused": _accused,
    "administrator": _administrator,
}


def golden_files() -> Iterator[Path]:
    """Every file that was ever written."""
    return iter(sorted(FOLDER.glob("*.bin")))
