"""Request budgets: the limit holds in every window, and nobody starves."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cloud.budget import CLASSES, REPORTING, Budget, CostClass, Ticket, lane
from streams.cloud.seam import Api


@given(
    st.integers(1, 40),
    st.floats(0.5, 60),
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(-5, 5)), max_size=200),
)
def test_no_window_ever_has_more_than_the_limit(limit: int, window: float, asks: list[tuple[str, float]]) -> None:
    budget = Budget({"x": CostClass(limit, window)})
    sent: list[float] = []
    waiting: list[Ticket] = []
    now = 1000.0
    for feed, step in asks:
        now = max(now + step, sent[-1] if sent else 0.0)
        got = budget.ask("x", feed, now)
        waiting += [got] if isinstance(got, Ticket) else []
        for ticket in list(waiting):
            if budget.claim(ticket, now) == 0.0:
                waiting.remove(ticket)
                sent.append(now)
    for start in range(len(sent)):
        inside = [time for time in sent[start:] if time - sent[start] <= window]
        assert len(inside) <= limit


def run(budget: Budget, cost_class: str, threads: dict[str, int], seconds: float, step: float = 0.01) -> dict[str, int]:
    """Play feeds with several callers each, all asking again as soon as they were served or refused; who got how many."""
    served = dict.fromkeys(threads, 0)
    callers: list[tuple[str, Ticket | None]] = [(feed, None) for feed, count in threads.items() for _ in range(count)]
    now = 0.0
    while now < seconds:
        for number, (feed, held) in enumerate(callers):
            ticket = held
            if ticket is None:
                got = budget.ask(cost_class, feed, now)
                ticket = got if isinstance(got, Ticket) else None
            if ticket is not None and budget.claim(ticket, now) == 0.0:
                served[feed] += 1
                ticket = None
            callers[number] = (feed, ticket)
        now += step
    return served


def test_a_flooding_feed_leaves_the_others_their_share() -> None:
    served = run(Budget({"x": CostClass(600, 60)}), "x", {"flood": 40, "calm": 1, "other": 1}, 30)
    fair = sum(served.values()) / 3
    assert all(served[feed] > 0.8 * fair for feed in ("calm", "other")), served


def test_five_feeds_of_a_slow_class_all_come_forward() -> None:
    served = run(Budget(), REPORTING, dict.fromkeys("abcde", 1), 120, 0.05)
    assert min(served.values()) >= 9, served
    assert 50 <= sum(served.values()) <= 60


def test_one_feed_alone_gets_the_whole_budget() -> None:
    served = run(Budget({"x": CostClass(600, 60)}), "x", {"only": 4, "idle": 0}, 30)
    assert served["only"] >= 60 + 0.95 * 9 * 30


def test_who_would_wait_too_long_is_told_when_to_come() -> None:
    budget = Budget({"x": CostClass(10, 100, patience_seconds=2)})
    first = budget.ask("x", "a", 0.0)
    assert isinstance(first, Ticket)
    assert budget.claim(first, 0.0) == 0.0
    wait = budget.ask("x", "a", 0.0)
    assert wait == pytest.approx(100 / 9)
    assert isinstance(budget.ask("x", "a", 100 / 9), Ticket)


def test_a_cancelled_request_costs_nothing() -> None:
    budget = Budget({"x": CostClass(10, 10)})
    tickets = [budget.ask("x", "a", 0.0) for _ in range(2)]
    for ticket in tickets:
        assert isinstance(ticket, Ticket)
        budget.cancel(ticket)
        budget.cancel(ticket)
    again = budget.ask("x", "b", 0.0)
    assert isinstance(again, Ticket)
    assert budget.claim(again, 0.0) == 0.0


def test_a_clock_that_steps_back_gives_no_requests() -> None:
    budget = Budget({"x": CostClass(10, 10)})
    sent = 0
    for now in (1000.0, 0.0, 0.0, 0.0, -50.0):
        got = budget.ask("x", "a", now)
        sent += isinstance(got, Ticket) and budget.claim(got, now) == 0.0
    assert sent == 1


def test_a_calls_cost_names_class_and_feed() -> None:
    assert lane(Api.GRAPH, "reporting:signins") == ("reporting", "signins")
    assert lane(Api.GRAPH, "message-trace") == ("message-trace", "")
    assert lane(Api.MANAGEMENT, "") == ("management", "")
    assert lane(Api.MANAGEMENT, "activity/Audit.Exchange") == ("management", "activity/Audit.Exchange")


def test_the_documented_limits_are_never_exceeded() -> None:
    for limit in CLASSES.values():
        assert int(limit.burst + limit.rate * limit.window_seconds + 1e-6) <= limit.requests_max


def test_many_feeds_do_not_fill_the_memory() -> None:
    budget = Budget({"x": CostClass(10**9, 1)})
    for number in range(5000):
        got = budget.ask("x", str(number), float(number))
        assert isinstance(got, Ticket)
        assert budget.claim(got, float(number)) == 0.0
    assert len(budget._queues["x"].finishes) < 10


def test_threads_do_not_get_more_than_there_is() -> None:
    budget = Budget({"x": CostClass(100, 1000, patience_seconds=0.0)})
    got: list[bool] = []

    def ask() -> None:
        for _ in range(50):
            ticket = budget.ask("x", "a", 5.0)
            got.append(isinstance(ticket, Ticket) and budget.claim(ticket, 5.0) == 0.0)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(got) == 10
