"""Turns at the store: shared evenly by time, and who seldom wants one does not wait for those who flood."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from schemas.contracts.collected import Batch
from streams.drivers.embedded import journal as journal_module
from streams.drivers.embedded.database import open_readonly
from streams.drivers.embedded.turns import Turns
from tests.unit.embedded.store_run import HOME, TENANT, contents_of, intake, opened


@dataclass
class Bench:
    """A lock under a clock of its own; turns that are asked for in a known order."""

    time: float = 0.0
    order: list[str] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.turns = Turns(lambda: self.time, lambda: self.time)

    def use(self, who: str, seconds: float) -> None:
        """Hold the lock for so long."""
        with self.turns.turn(who):
            self.time += seconds

    def ask(self, who: str, seconds: float, live: bool = True) -> None:
        """Wait for a turn in a thread of its own; returns once it waits."""

        def wait() -> None:
            with self.turns.turn(who, live):
                self.order.append(who)
                self.time += seconds

        waiting = self.turns.waiting
        thread = threading.Thread(target=wait)
        thread.start()
        self.threads.append(thread)
        pause = threading.Event()
        while self.turns.waiting == waiting:
            pause.wait(0.001)

    def end(self) -> list[str]:
        """Wait for all; who had turns in which order."""
        for thread in self.threads:
            thread.join(10)
            assert not thread.is_alive()
        return self.order


def test_equals_are_served_in_the_order_of_asking() -> None:
    bench = Bench()
    with bench.turns.turn("first"):
        for who in "abcd":
            bench.ask(who, 1.0)
    assert bench.end() == ["a", "b", "c", "d"]


def test_who_has_had_more_waits_for_those_who_had_less() -> None:
    bench = Bench()
    bench.use("much", 3.0)
    bench.use("some", 2.0)
    bench.use("little", 1.5)
    with bench.turns.turn("first"):
        for who in ("much", "some", "little"):
            bench.ask(who, 1.0)
    assert bench.end() == ["little", "some", "much"]


def test_who_seldom_wants_a_turn_comes_before_those_who_flood_and_they_are_told() -> None:
    bench = Bench()
    floods = [f"flood {number}" for number in range(5)]
    for _ in range(3):
        for who in floods:
            bench.use(who, 1.0)
    bench.use("quiet", 0.02)
    with bench.turns.turn(floods[0]):
        bench.time += 0.1
        for who in floods[1:]:
            bench.ask(who, 1.0)
        assert not bench.turns.wanted()
        bench.ask("quiet", 0.02)
        assert bench.turns.wanted()
    assert bench.end()[0] == "quiet"


def test_who_begins_to_flood_is_soon_one_of_many() -> None:
    bench = Bench()
    for _ in range(30):
        for who in ("old 1", "old 2"):
            bench.use(who, 1.0)
    with bench.turns.turn("old 1"):
        for who in 12 * ["old 2", "new"]:
            bench.ask(who, 0.25)
    order = bench.end()
    assert order[:2] == ["new", "new"]
    assert "old 2" in order[:8] and "new" in order[8:], order


def test_a_failure_in_a_turn_gives_the_lock_back() -> None:
    bench = Bench()
    with pytest.raises(ZeroDivisionError), bench.turns.turn("a"):
        raise ZeroDivisionError
    bench.use("b", 1.0)
    assert bench.time == 1.0 and bench.turns.waiting == 0 and not bench.turns.wanted()


def test_a_transaction_ends_early_for_one_who_seldom_wants_one_and_leaves_the_same_store(
    batches: list[Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: dict[str, list[str]] = {"one": [], "short": []}
    monkeypatch.setattr(journal_module, "PATIENCE_SECONDS", 0.0)
    for name, wanted in (("one", False), ("short", True)):
        monkeypatch.setattr(Turns, "wanted", lambda self, wanted=wanted: wanted)
        with opened(tmp_path / f"{name}.sqlite", step=steps[name].append) as store:
            assert len(store.journal(TENANT, intake, HOME).commit_all(batches)) == len(batches)
    found, expected = contents_of(tmp_path / "short.sqlite"), contents_of(tmp_path / "one.sqlite")
    assert {name for name, value in found.items() if value != expected[name]} == set()
    assert steps["short"].count("committed") > 2 * steps["one"].count("committed") > 0


def test_a_back_fill_ends_its_transaction_for_anybody(
    batches: list[Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(Turns, "wanted", lambda self: False)
    monkeypatch.setattr(Turns, "waiting", property(lambda self: 1))
    counts = []
    for historical in (False, True):
        steps: list[str] = []
        with opened(tmp_path / f"{historical}.sqlite", step=steps.append) as store:
            store.journal(TENANT, intake, HOME).commit_all([replace(one, historical=historical) for one in batches])
        counts.append(steps.count("committed"))
    assert counts[1] > 2 * counts[0] > 0


def test_a_straggler_comes_before_the_back_fills_that_wait_and_is_saved_at_once(
    batches: list[Batch], tmp_path: Path
) -> None:
    order: list[str] = []
    path, tenants = tmp_path / "store.sqlite", ("past", "present")
    with opened(path, folded=lambda tenant, entries, dead: order.append(tenant)) as store:
        database = store._workings.database
        journals = {who: store.journal(who, partial(intake, tenant=who), HOME) for who in tenants}
        journals["present"].commit(batches[0])  # it has had more than the other
        order.clear()
        threads = []
        with database.transaction("somebody"):
            for who in tenants:
                late = replace(batches[1], historical=True, straggler=who == "present")
                threads.append(threading.Thread(target=journals[who].commit, args=(late,)))
                threads[-1].start()
                waiting, pause = len(threads), threading.Event()
                while database._writing.waiting < waiting:
                    pause.wait(0.001)
        for thread in threads:
            thread.join(30)
        with closing(open_readonly(path)) as connection:
            rows = connection.execute(
                "SELECT t.id FROM meta JOIN tenants t ON 'states behind|' || t.no = name"
            ).fetchall()
    assert list(dict.fromkeys(order)) == ["present", "past"]
    assert rows == [("past",)]


def test_who_is_interrupted_while_it_waits_leaves_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()

    def interrupted(true: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bench.turns._changed, "wait_for", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bench.use("given at once", 1.0)
    with bench.turns.turn("holder"):
        with monkeypatch.context() as patch:
            patch.setattr(bench.turns._changed, "wait_for", interrupted)
            with pytest.raises(KeyboardInterrupt):
                bench.use("in line", 1.0)
        assert bench.turns.waiting == 0
    bench.use("next", 1.0)
    assert bench.time == 1.0


def test_what_is_live_comes_before_what_is_past_and_does_not_shut_it_out() -> None:
    bench = Bench()
    with bench.turns.turn("past 1", live=False):
        bench.time += 0.1
        bench.ask("past 2", 0.1, live=False)
        assert not bench.turns.wanted()
        for _ in range(30):
            bench.ask("live", 0.5)
        assert bench.turns.wanted()
        bench.ask("other", 0.1)
    order = bench.end()
    assert order[0] == "live" and order.index("other") < 3
    assert 18 <= order.index("past 2") <= 24, order
