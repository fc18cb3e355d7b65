"""A strange address is named in what was done from it; one of the owner's, the tenant's or Microsoft's own is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detectors.accounts.address_words import come_from
from detectors.accounts.inbox_rule import InboxRuleDetector
from detectors.engine.detector import Context, Place
from detectors.engine.knowledge import Knowledge
from detectors.engine.network import NetworkFact
from schemas.contracts.profile import Profile
from schemas.records.event import AuditEvent
from tests.scenarios.building import ACCOUNT, MONDAY_MS, Builder

STRANGE, EGRESS, EXCHANGE = "45.9.1.7", "198.51.100.7", "40.107.9.1"


class Netherlands:
    """Everything is in the Netherlands."""

    knowledge_id = "nl"

    def fact(self, ip: str) -> NetworkFact:
        return NetworkFact(country="NL")


def context(place: Place) -> Context:
    knowledge = Knowledge(Netherlands(), (f"{EGRESS}/32",))
    return Context(knowledge, Profile("tenant", -1), ACCOUNT, "actor", day=MONDAY_MS // 86_400_000, place=place)


def rule(ip: str | None) -> AuditEvent:
    event = Builder().cmdlet(
        MONDAY_MS, "New-InboxRule", {"Name": ".", "MarkAsRead": "True", "MoveToFolder": "RSS Feeds", "From": ""}
    )
    return replace(event, ip=ip)


@pytest.mark.parametrize(
    ("ip", "place", "words"),
    [
        (STRANGE, Place.STRANGE, f"from {STRANGE} (NL)"),
        (STRANGE, Place.UNKNOWN, f"from {STRANGE} (NL)"),
        (STRANGE, Place.TRUSTED, ""),
        (EGRESS, Place.UNKNOWN, ""),
        (EXCHANGE, Place.UNKNOWN, ""),
        ("10.1.2.3", Place.UNKNOWN, ""),
        (None, Place.STRANGE, ""),
    ],
)
def test_where_it_came_from(ip: str | None, place: Place, words: str) -> None:
    assert come_from(rule(ip), context(place)) == words


def test_a_rule_says_from_where_it_was_made() -> None:
    detector = InboxRuleDetector()
    [far] = detector.observe(detector.start(), rule(STRANGE), context(Place.STRANGE))
    [home] = detector.observe(detector.start(), rule(STRANGE), context(Place.TRUSTED))
    assert far.sentence.startswith(f'An inbox rule "." was made from {STRANGE} (NL); it ')
    assert home.sentence.startswith('An inbox rule "." was made; it ')
    assert far.nats == home.nats


def test_a_forwarding_says_from_where_it_was_set() -> None:
    detector = InboxRuleDetector()
    event = Builder().cmdlet(
        MONDAY_MS,
        "Set-Mailbox",
        {"ForwardingSmtpAddress": "smtp:x9@evil.example", "DeliverToMailboxAndForward": "False"},
    )
    [found] = detector.observe(detector.start(), replace(event, ip=STRANGE), context(Place.STRANGE))
    assert found.sentence.endswith(f"to x9@evil.example, without keeping a copy, set from {STRANGE} (NL).")
