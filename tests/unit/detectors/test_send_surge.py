"""send-surge: order of arrival, two feeds, contacts, days not learnt."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.accounts.contacts import EXACT_MAX, Contacts
from detectors.accounts.send_codec import dump_state, load_state
from detectors.accounts.send_state import FEED_SEND, FEED_TRACE, SendState
from detectors.accounts.send_surge import SendSurgeDetector
from detectors.engine.envelope import STATE_BYTES_MAX
from detectors.probe import Probe
from schemas.contracts.profile import Profile
from schemas.records.event import AuditEvent
from tests.scenarios.building import ACCOUNT, DAY_MS, MINUTE_MS, MONDAY_MS, Builder
from tests.scenarios.phrases import play

PROFILE = Profile("tenant", -1)


def probe() -> Probe:
    detector = SendSurgeDetector()
    return Probe(detector, ACCOUNT, detector.start())


def best(events: Sequence[AuditEvent], on: Probe | None = None) -> dict[str, float]:
    """Best nats by series."""
    on = on or probe()
    found: dict[str, float] = {}
    for event in events:
        for evidence in on.observe(event):
            if not evidence.repeat:
                found[evidence.value] = max(evidence.nats, found.get(evidence.value, 0.0))
    return found


minutes = st.integers(0, 2 * 1440 - 1)
messages = st.lists(st.tuples(minutes, st.integers(0, 40)), min_size=1, max_size=60)


@given(messages, st.randoms(use_true_random=False))
@settings(max_examples=120, deadline=None)
def test_any_order_of_arrival_gives_the_same_best_score(drawn: list[tuple[int, int]], chance: random.Random) -> None:
    builder, events = Builder(), []
    for n, (minute, recipients) in enumerate(drawn):
        people = tuple(f"p{n}.{m}@new.example" for m in range(recipients))
        events.append(builder.send(MONDAY_MS + minute * MINUTE_MS, people))
    in_order = sorted(events, key=lambda event: event.time_ms)
    expected = best(in_order)
    assert best(in_order[::-1]) == expected
    chance.shuffle(events)
    assert best(events) == expected


def test_two_feeds_of_the_same_mail_are_one_fact_in_any_order() -> None:
    both = Builder().mailing(MONDAY_MS + 600 * MINUTE_MS, 200, 60, "both")
    sends = [event for event in both if event.operation == "Send"]
    expected = best(sends)
    assert expected["external"] > 8 and expected["new_external"] > 8
    chance = random.Random(7)
    for _ in range(5):
        chance.shuffle(both)
        assert best(both) == expected


def test_a_learnt_day_is_the_greater_feed_of_each_hour() -> None:
    one, two = probe(), probe()
    mailing = Builder().mailing(MONDAY_MS + 600 * MINUTE_MS, 200, 60, "both")
    best(mailing, two)
    best([event for event in mailing if event.operation == "Send"], one)
    for each in (one, two):
        each.seal(MONDAY_MS // DAY_MS, True)
    for series, model in one.state.models.items():
        assert model.pack() == two.state.models[series].pack(), series


def test_whom_it_mailed_on_a_learnt_day_is_new_no_more() -> None:
    learnt, unlearnt = probe(), probe()
    first = Builder().mailing(MONDAY_MS + 600 * MINUTE_MS, 100, 60, to="known")
    second = Builder().mailing(MONDAY_MS + DAY_MS + 600 * MINUTE_MS, 100, 60, to="known")
    for each, learn in ((learnt, True), (unlearnt, False)):
        best(first, each)
        each.seal(MONDAY_MS // DAY_MS, learn)
    assert "new_external" not in best(second, learnt)
    assert best(second, unlearnt)["new_external"] > 8


def test_a_day_that_is_not_learnt_is_not_learnt_as_silence() -> None:
    quiet, told = probe(), probe()
    events, after = play("5 workdays of 8 sends a day", MONDAY_MS, Builder())
    for each in (quiet, told):
        best(events, each)
        for day in range(5):
            each.seal(MONDAY_MS // DAY_MS + day, True)
    best(Builder().mailing(after + 600 * MINUTE_MS, 50, 60), told)
    told.seal(after // DAY_MS, False)
    best(Builder().mailing(after + DAY_MS + 600 * MINUTE_MS, 5, 60), told)
    told.seal(after // DAY_MS + 1, True)
    best(Builder().mailing(after + DAY_MS + 600 * MINUTE_MS, 5, 60), quiet)
    quiet.seal(after // DAY_MS + 1, True)
    keep = 0.5 ** (1 / (21 * 24))  # per hour; seven days and the last, and for the quiet account the eighth too
    for each, days in ((told, 8), (quiet, 9)):
        expected = (1 - keep ** (24 * days)) / (1 - keep)
        assert each.state.models["messages"]._hours == pytest.approx(expected, rel=1e-3)


def _work(state: SendState, day: int, until_minute: int = 1440) -> None:
    for feed in (FEED_SEND, FEED_TRACE):
        for minute in range(0, until_minute, 5):
            for place in range(3):
                state.add(feed, place, day * 288 + minute // 5, 90)
        for n in range(2_000):
            state.is_new(day, feed, hash((day, n)))


def test_an_account_that_never_stops_fits_the_state() -> None:
    state, day = SendState(), MONDAY_MS // DAY_MS
    for sealed, learn in enumerate((False, True)):
        _work(state, day + sealed)
        state.seal(day + sealed, learn, PROFILE)
    _work(state, day + 2)
    _work(state, day + 3, until_minute=360)
    state.add(FEED_SEND, 0, (day + 3) * 288, 70_000)
    data = dump_state(state)
    assert len(state.held) == 1 and state.held_contacts and state.contacts
    assert len(data) <= STATE_BYTES_MAX
    assert dump_state(load_state(data, 2)) == data


def _weeks(weeks: Sequence[bool]) -> SendState:
    """A mailing each Tuesday, of whose days those with False are not learnt."""
    on, builder = probe(), Builder()
    for week, learn in enumerate(weeks):
        at = MONDAY_MS + (1 + 7 * week) * DAY_MS
        best(builder.mailing(at + 600 * MINUTE_MS, 500, 60, to="known"), on)
        on.seal(at // DAY_MS, learn)
    return on.reloaded().state


def test_what_nobody_judged_is_learnt_when_it_persisted() -> None:
    assert sorted(day - MONDAY_MS // DAY_MS for day in _weeks([False, False]).held) == [1, 8]
    assert not _weeks([False, False]).contacts
    learnt = _weeks([False, False, False])
    assert not learnt.held and not learnt.held_contacts and learnt.contacts
    twice, thrice = (_weeks([False] * n).model("messages", PROFILE).score_window(500, 1.0, 10) for n in (2, 3))
    assert thrice < twice / 2


def test_three_days_of_one_week_have_not_persisted() -> None:
    on, builder = probe(), Builder()
    for day in range(6):
        at = MONDAY_MS + day * DAY_MS
        best(builder.mailing(at + 600 * MINUTE_MS, 500, 60), on)
        on.seal(at // DAY_MS, False)
    assert sorted(day - MONDAY_MS // DAY_MS for day in on.state.held) == [0, 1, 2, 5]
    assert not on.state.contacts


@given(st.sets(st.integers(0, 0xFFFFFF), max_size=600), st.sets(st.integers(0, 0xFFFFFF), max_size=600))
@settings(max_examples=40, deadline=None)
def test_contacts_never_forget_and_come_back_from_bytes(first: set[int], second: set[int]) -> None:
    one, two = Contacts(), Contacts()
    for mark in first:
        one.add(mark)
    for mark in second:
        two.add(mark)
    one.merge(two)
    assert all(mark in one for mark in first | second)
    data = one.pack()
    again, end = Contacts.unpack(data, 0)
    assert (again.pack(), end) == (data, len(data))
    if len(first | second) <= EXACT_MAX:
        assert not any(mark in one for mark in range(0, 0xFFFFFF, 9_973) if mark not in first | second)


def test_strangers_seldom_pass_for_contacts() -> None:
    contacts, chance = Contacts(), random.Random(3)
    for _ in range(2_500):
        contacts.add(chance.randrange(0x1000000))
    assert sum(chance.randrange(0x1000000) in contacts for _ in range(4_000)) / 4_000 < 0.12


def _settled() -> tuple[Probe, int]:
    """An account of ten workdays, and the first midnight after them."""
    on, builder = probe(), Builder()
    events, after = play("10 workdays of 8 sends a day", MONDAY_MS, builder)
    best(events, on)
    for day in range((after - MONDAY_MS) // DAY_MS):
        on.seal(MONDAY_MS // DAY_MS + day, True)
    return on, after


def _said(on: Probe, events: Sequence[AuditEvent]) -> list[str]:
    return [evidence.sentence for event in events for evidence in on.observe(event) if not evidence.repeat]


def test_a_burst_is_not_told_again_at_the_first_mail_of_the_next_day() -> None:
    on, day = _settled()
    builder = Builder()
    burst = builder.mailing(day + 480 * MINUTE_MS, 1_500, 60)
    assert any("more than 1,400 external recipients in one hour" in text for text in _said(on, burst))
    morning = [builder.send(day + DAY_MS + (431 + 7 * n) * MINUTE_MS, (f"m{n}@new.example",)) for n in range(6)]
    said = _said(on, morning)
    assert not any("24 hours" in text or "1,400" in text for text in said), said


def test_a_second_burst_on_the_next_day_is_told_with_its_own_count() -> None:
    on, day = _settled()
    builder = Builder()
    _said(on, builder.mailing(day + 480 * MINUTE_MS, 1_500, 60))
    second = _said(on, builder.mailing(day + DAY_MS + 420 * MINUTE_MS, 400, 60))
    assert any("external recipients in one hour" in text for text in second)
    assert not any("more than 1," in text for text in second)


def test_a_burst_over_midnight_counts_in_full() -> None:
    whole, day = _settled()
    split, _ = _settled()
    noon = best(Builder().mailing(day + 600 * MINUTE_MS, 600, 60), whole)
    midnight = best(Builder().mailing(day + DAY_MS - 30 * MINUTE_MS, 600, 60), split)
    assert midnight["external"] >= noon["external"] - 1.0


def test_the_sentence_names_a_strange_address_and_says_no_more_than_was_counted() -> None:
    on, day = _settled()
    burst = Builder().mailing(day + 600 * MINUTE_MS, 300, 30)
    for event in burst:
        event.ip = "45.9.1.7"
    said = _said(on, burst)[-1]
    assert ", the last from 45.9.1.7" in said and "hardly any are usual" in said
