"""What was done from one strange address adds up in full; what only meets by chance does not."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from detectors import techniques
from detectors.engine.detector import Control, Evidence
from detectors.incidents.book import Book, Ref
from detectors.incidents.one_place import place_of
from detectors.incidents.score import STAGE_FLOOR_NATS
from schemas.contracts.incident import Reason, Stage

NOON_MS = 1_728_043_200_000
DAY = NOON_MS // 86_400_000
STRANGE, HOME = "45.9.1.7", "84.1.2.3"


def _evidence(stage: Stage, nats: float, young: float = 0.0) -> Evidence:
    history = (Reason("history", "3 active hours", "20 or more", -young),) if young else ()
    return Evidence(
        "impossible-session" if stage is Stage.ACCESS else "inbox-rule",
        stage.value,
        stage,
        techniques.HIDING_RULE,
        Control.SESSION,
        nats - young,
        (Reason("network", "not known", "known", nats), *history),
        "Something was done.",
        "Look at it.",
    )


def _book(*rows: tuple[Evidence, str | None]) -> Book:
    book = Book()
    for number, (found, ip) in enumerate(rows):
        book.add(found, Ref(NOON_MS, f"u{number}", "New-InboxRule", ip, None, found.nats), DAY)
    return book


def test_a_rule_from_the_strange_address_counts_with_it_in_full() -> None:
    access, rule = _evidence(Stage.ACCESS, 4.0), _evidence(Stage.COLLECTION, 7.0)
    assert _book((access, STRANGE), (rule, STRANGE)).score() == pytest.approx(11.0)


@pytest.mark.parametrize("elsewhere", [HOME, None])
def test_from_elsewhere_both_pay_the_floor(elsewhere: str | None) -> None:
    access, rule = _evidence(Stage.ACCESS, 5.0), _evidence(Stage.COLLECTION, 7.0)
    assert _book((access, STRANGE), (rule, elsewhere)).score() == pytest.approx(12.0 - 2 * STAGE_FLOOR_NATS)


def test_a_surge_from_a_strange_address_is_the_journeys_too() -> None:
    access, surge = _evidence(Stage.ACCESS, 5.0), _evidence(Stage.IMPACT, 7.0)
    assert _book((access, STRANGE), (surge, STRANGE)).score() == pytest.approx(12.0 - 2 * STAGE_FLOOR_NATS)


def test_a_session_by_turns_at_two_networks_does_not_say_which_is_strange() -> None:
    turns = replace(_evidence(Stage.ACCESS, 5.0), reasons=(Reason("session", "by turns", "one network", 5.0),))
    book = _book((turns, HOME), (_evidence(Stage.COLLECTION, 7.0), HOME))
    assert book.score() == pytest.approx(12.0 - 2 * STAGE_FLOOR_NATS)


def test_a_third_stage_beside_them_pays_the_floor() -> None:
    access, rule, surge = _evidence(Stage.ACCESS, 4.0), _evidence(Stage.COLLECTION, 7.0), _evidence(Stage.IMPACT, 6.0)
    book = _book((access, STRANGE), (rule, STRANGE), (surge, HOME))
    assert book.score() == pytest.approx(11.0 + 6.0 - STAGE_FLOOR_NATS)


def test_what_the_accounts_youth_costs_is_paid_once() -> None:
    access, rule = _evidence(Stage.ACCESS, 6.0, young=2.0), _evidence(Stage.COLLECTION, 7.0, young=2.0)
    assert _book((access, STRANGE), (rule, STRANGE)).score() == pytest.approx(13.0 - 2.0)
    certain = _evidence(Stage.COLLECTION, 7.0)  # content that needs no baseline was never charged
    assert _book((access, STRANGE), (certain, STRANGE)).score() == pytest.approx(13.0 - 2.0)


def test_act_is_not_reached_by_it() -> None:
    access, rule = _evidence(Stage.ACCESS, 12.0), _evidence(Stage.COLLECTION, 12.0)
    book = _book((access, STRANGE), (rule, STRANGE))
    assert book.score() == pytest.approx(24.0)
    assert book.act_score() == pytest.approx(2 * (9.0 - STAGE_FLOOR_NATS))


def test_addresses_of_one_host_are_one_place() -> None:
    assert place_of("2a02:8109:7800:83a1::1") == place_of("2a02:8109:7800:83a1:437e:b50e:8a96:80e")
    assert place_of("2a02:8109:7800:83a1::1") != place_of("2a02:8109:7800:83a2::1")
    assert place_of(STRANGE) == STRANGE


def test_a_feed_without_addresses_is_where_most_of_its_records_are() -> None:
    rule, repeat = _evidence(Stage.COLLECTION, 7.0), _evidence(Stage.COLLECTION, 1.0)
    book = _book((rule, None), (repeat, STRANGE), (repeat, STRANGE), (repeat, HOME))
    (held,) = book.held.values()
    assert held.place == STRANGE


def test_order_of_arrival_changes_nothing() -> None:
    rows = [
        (_evidence(stage, nats, young), ip)
        for stage, nats, young in ((Stage.ACCESS, 4.2, 2.0), (Stage.COLLECTION, 7.1, 2.0), (Stage.EVASION, 3.3, 0.0))
        for ip in (STRANGE, HOME, None)
    ]
    books = []
    for _ in range(20):
        random.Random(len(books)).shuffle(rows)
        book = Book()
        for found, ip in rows:
            place = f"{found.stage.value}{ip}"
            book.add(found, Ref(NOON_MS, place, "New-InboxRule", ip, None, found.nats), DAY)
        books.append(book.score())
    assert len({score.hex() for score in books}) == 1
