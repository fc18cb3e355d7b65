"""Signals in order: the same answers whatever the arrival and however many partitions; what is late, what is kept."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from detectors.engine.detector import Control
from detectors.engine.entity_engine import EntityEngine
from detectors.engine.knowledge import Knowledge
from detectors.engine.signal_order import OrderedEntities
from detectors.entities.password_spray import PasswordSpray
from detectors.probe import NoFacts
from schemas.contracts.log import LogEntry
from schemas.contracts.notice import Notice
from schemas.contracts.profile import Profile
from schemas.contracts.signal import (
    Contribution,
    Signal,
    SignalItem,
    Watermark,
    decode_signal,
    encode_signal,
    signal_key,
)
from tests.unit.engine.told_detector import DAY, TENANT, Hand, Told, at, incidents

BEGIN, MINUTE = at(0, 9), 60_000


def signal(number: int, what: str = "failure") -> Signal:
    """An account fails, or succeeds, at one address in the minute of its number."""
    account, error = f"u{number}@home.example", 50126 if what == "failure" else 0
    time_ms = BEGIN + number * MINUTE
    return Signal(
        TENANT, "network", "203.0.113.7", account, what, time_ms, f"r{number}", "signin", "Sign-in", None, error, 7
    )


SPRAY = [*(signal(number) for number in range(14)), signal(14, "success"), signal(15, "success")]


def ordered(partition: int = 0) -> OrderedEntities:
    return OrderedEntities(EntityEngine((PasswordSpray(),), Knowledge(NoFacts())), partition)


def mark(time_ms: int, partition: int = 0, partitions: int = 1) -> Watermark:
    return Watermark(TENANT, partition, partitions, time_ms)


def told(engine: OrderedEntities | EntityEngine, items: Sequence[SignalItem]) -> list[tuple[str, bytes]]:
    """(account, bytes) of the notices."""
    effects = [effect for item in items for effect in engine.fold(item)]
    return [(effect.account, effect.value) for effect in effects if isinstance(effect, LogEntry)]


@pytest.mark.parametrize("seed", range(5))
def test_the_answers_do_not_depend_on_the_order_of_arrival(seed: int) -> None:
    expected = told(EntityEngine((PasswordSpray(),), Knowledge(NoFacts())), SPRAY)
    assert len(expected) >= 3
    shuffled = random.Random(seed).sample(SPRAY, len(SPRAY))
    assert told(EntityEngine((PasswordSpray(),), Knowledge(NoFacts())), shuffled) != expected  # else it proves nothing
    assert told(ordered(), [*shuffled, mark(at(1))]) == expected


def test_all_partitions_of_accounts_must_have_passed() -> None:
    engine = ordered()
    assert told(engine, [*SPRAY, mark(at(1), 0, 3), mark(at(1), 2, 3)]) == []
    assert told(engine, [mark(BEGIN + 2 * MINUTE, 1, 3)]) == []  # three failures are no spray
    assert told(engine, [mark(BEGIN + 14 * MINUTE, 1, 3)]) != []
    accounts = [account for account, _ in told(engine, [mark(BEGIN + 15 * MINUTE, 1, 3)])]
    assert accounts == ["net:203.0.113.7", "u14@home.example"]  # who came at the mark itself waits


def test_a_mark_that_goes_back_releases_nothing_again() -> None:
    engine = ordered()
    first = told(engine, [*SPRAY, mark(at(1))])
    assert first and told(engine, [mark(at(0)), mark(at(1))]) == []


def test_a_late_signal_is_heard_at_once() -> None:
    engine = ordered()
    assert told(engine, [*SPRAY[:14], mark(at(1))])
    assert [account for account, _ in told(engine, [SPRAY[14]])] == ["net:203.0.113.7", "u14@home.example"]


def test_contributions_are_not_held() -> None:
    heard: list[SignalItem] = []

    class Listening(EntityEngine):
        def fold(self, item: SignalItem) -> list[object]:  # type: ignore[override]
            heard.append(item)
            return []

    contribution = Contribution(TENANT, DAY, 0, 1)
    OrderedEntities(Listening((), Knowledge(NoFacts()))).fold(contribution)
    assert heard == [contribution]


def test_what_is_held_survives_in_the_state() -> None:
    engine = ordered(3)
    told(engine, [*SPRAY[:8], mark(at(0, 8), 0, 2)])
    states = engine.states()
    assert f"{TENANT}|watermark|3".encode() in states
    again = ordered(3)
    for key, data in states.items():
        again.load_state(*key.decode().split("|"), data)
    assert again.states() == states
    rest = [*SPRAY[8:], mark(at(1), 0, 2), mark(at(1), 1, 2)]
    assert told(again, rest) == told(engine, rest) != []
    for data in (b"", b"WP", states[f"{TENANT}|watermark|3".encode()][:-3]):
        before = again.damaged
        again.load_state(TENANT, "watermark", "3", data)
        assert again.damaged == before + 1


def test_equal_states_are_equal_bytes_in_any_order_of_arrival() -> None:
    one, other = ordered(), ordered()
    told(one, SPRAY)
    told(other, SPRAY[::-1])
    assert one.states() == other.states()


def test_a_watermark_travels_as_json() -> None:
    found = mark(at(1), 2, 4)
    assert decode_signal(encode_signal(found)) == found
    assert signal_key(found) == f"{TENANT}|watermark|2".encode()


# --- the account's side ----------------------------------------------------------------------------------------------


def notice(hour: float, nats: float = 12.0) -> Notice:
    when = at(0, hour)
    return Notice(
        "password-spray", "network", "203.0.113.7", 5, 5, MINUTE, 0.1, nats, when, when, when, "success", "signin",
        "Sign-in", "203.0.113.7", False,
    )  # fmt: skip


def test_a_clock_tells_the_entities_how_far_it_came() -> None:
    hand = Hand()
    assert hand.clock(at(1, 6))[-1] == mark(at(1, 6))
    assert hand.clock(at(1, 6)) == []


def test_an_answer_after_the_close_comes_before_its_day_is_learnt() -> None:
    hand = Hand()
    hand.record(at(0, 9))
    hand.clock(at(1, 6))
    assert incidents(hand.notice(notice(9)))
    hand.record(at(1, 9))
    assert hand.told.contexts[-1][1] == 0  # the day of the success was not learnt
    quiet = Hand()
    quiet.record(at(0, 9))
    quiet.clock(at(1, 6))
    quiet.record(at(1, 9))
    assert quiet.told.contexts[-1][1] == 1


@pytest.mark.parametrize("profile_first", [True, False])
def test_an_answer_is_judged_by_the_profile_of_its_records_time(profile_first: bool) -> None:
    """Whichever of the two the partitions of entities write first."""
    hand = Hand()
    hand.profile(Profile(TENANT, DAY - 1, review_nats=13.0))
    hand.record(at(0, 9))
    hand.clock(at(1, 6))
    if profile_first:
        hand.profile(Profile(TENANT, DAY, review_nats=8.0))
    assert incidents(hand.notice(notice(9))) == []
    (opened,) = incidents(hand.notice(notice(9, 13.5)))
    assert opened.profile.startswith(f"{TENANT}/{DAY - 1}/")


def test_an_answers_score_counts_on_the_first_open_day() -> None:
    hand = Hand()
    hand.record(at(0, 9), Told(3.0, control=Control.OUTSIDER))
    hand.clock(at(1, 6))
    hand.notice(notice(9))
    (closed,) = [effect for effect in hand.clock(at(2, 6)) if isinstance(effect, Contribution)]
    assert sum(closed.maxima.values()) == 1
    assert max(map(int, closed.maxima)) >= 4 * 12
