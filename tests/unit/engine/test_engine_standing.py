"""Open incidents as they stand, and what could not be seen."""

from __future__ import annotations

import random

import pytest

from detectors.engine.account import Account
from detectors.engine.blind_spots import blind_spots, feeds_seen
from detectors.incidents.book import Ref, sampled
from schemas.records.event import AuditEvent, Detail, Failure, MailSent, SignIn, Source, TraceRow
from tests.unit.engine.told_detector import Hand, Told, at, incidents


def test_standing_has_what_came_since_the_last_message_and_changes_nothing() -> None:
    hand = Hand()
    hand.record(at(0, 9), Told(11.0))
    hand.record(at(0, 10), Told(11.0, repeat=True))
    assert incidents(hand.record(at(0, 11), Told(11.0, repeat=True))) == []  # three records: not yet doubled
    before = hand.engine.states()
    (standing,) = hand.engine.standing()
    assert standing.count == 3 and standing.last_ms == at(0, 11)
    assert hand.engine.states() == before and hand.engine.standing() == [standing]


def test_nothing_stands_after_the_close() -> None:
    hand = Hand()
    hand.record(at(0, 9), Told(11.0))
    hand.clock(at(5, 6))
    assert hand.engine.standing() == []


def test_the_sample_is_the_same_in_any_order() -> None:
    refs = [Ref(at(0, 9) + n, f"r{n}", "Send", None, None, 5.0) for n in range(40)]
    kept: set[tuple[str, ...]] = set()
    for seed in range(6):
        random.Random(seed).shuffle(refs)
        sample: list[Ref] = []
        for ref in refs:
            sample = sampled([*sample, ref])
        kept.add(tuple(ref.uid for ref in sample))
    assert len(kept) == 1 and len(kept.pop()) == 8


def event(detail: Detail | None) -> AuditEvent:
    return AuditEvent(Source.MANAGEMENT, "r", "t", 1, "x", "Exchange", "ada@home.example", detail=detail)


def account(*details: Detail | None) -> Account:
    seen = 0
    for detail in details:
        seen |= feeds_seen(event(detail))
    return Account(0, [], seen=seen)


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ((), ["sign-in"]),
        ((MailSent(),), ["sign-in", "recipient"]),
        ((MailSent(), SignIn(0, None)), ["recipient"]),
        ((MailSent(recipient_count=3), SignIn(50126, Failure.BAD)), []),
        ((MailSent(), TraceRow(None, "a@b.example", "c@d.example", "delivered"), SignIn(0, None)), []),
    ],
)
def test_blind_spots_name_the_missing_feed(details: tuple[Detail, ...], words: list[str]) -> None:
    spots = blind_spots(account(*details))
    assert len(spots) == len(words)
    assert all(word in spot for word, spot in zip(words, spots, strict=True))
