"""Batches stored together: how many, in which order, and that nobody in the present waits for them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import orjson
import pytest

from schemas.contracts.collected import Batch, Tally
from streams.cloud.seam import Answer, CloudError
from streams.collectors.live.activity import ActivityFeed
from streams.collectors.live.group import BATCHES_MAX, RECORDS_MAX, Group
from streams.collectors.live.seam import Unavailable, Window
from tests.unit.collectors.conftest import management
from tests.unit.live.fakes import DAY, HOUR, NOW, Blobs, Call, FakeClock, FakeCloud, FakeJournal, refused

NAME = "activity/Audit.Exchange"


class TogetherJournal(FakeJournal):
    """A journal that stores batches together; `together` are the sizes."""

    def commit_all(self, batches: Sequence[Batch]) -> list[Tally]:
        """All of them."""
        self.__dict__.setdefault("together", []).append(len(batches))
        return [self.commit(batch) for batch in batches]

    @property
    def sizes(self) -> list[int]:
        """How many batches each transaction had."""
        return list(self.__dict__.get("together", []))


def batch(records: int) -> Batch:
    """A batch of so many records."""
    return Batch(NAME, [orjson.dumps(management(f"r{n}")) for n in range(records)])


def service(blobs: int, page: int) -> Blobs:
    """So many blobs of one record each."""
    found = Blobs(FakeClock(), page=page)
    found.status["Audit.Exchange"] = "enabled"
    for number in range(blobs):
        record = management(f"r{number}")
        found.add(f"b{number:03d}", [record], NOW - HOUR + number * 1000)
    return found


def test_a_group_is_stored_when_it_has_records_enough() -> None:
    journal = TogetherJournal()
    group = Group(journal)
    for _ in range(4):
        group.add(batch(RECORDS_MAX // 4))
    assert journal.sizes == [4]
    group.add(batch(1))
    assert len(journal.batches) == 4
    group.store()
    group.store()
    assert len(journal.batches) == 5


def test_a_group_is_stored_when_it_has_batches_enough() -> None:
    journal = TogetherJournal()
    group = Group(journal)
    for _ in range(BATCHES_MAX):
        group.add(batch(0))
    assert journal.sizes == [BATCHES_MAX]


def test_a_journal_that_cannot_store_together_stores_in_order() -> None:
    journal = FakeJournal()
    group = Group(journal)
    for number in range(3):
        group.add(batch(number))
    group.store()
    assert [len(held.records) for held in journal.batches] == [0, 1, 2]


def test_blobs_of_the_past_are_stored_together() -> None:
    found, journal = service(40, 40), TogetherJournal()
    feed = ActivityFeed(FakeCloud(found, found.clock), journal, "Audit.Exchange")
    feed.collect(Window(NOW - DAY, NOW, historical=True))
    assert journal.sizes == [40]
    assert set(journal.states(NAME).values()) == {"fetched"}
    assert len(journal.ids) == 40


def test_in_the_present_no_blob_waits_for_the_next() -> None:
    found = service(2, 2)
    first_is_stored = threading.Event()

    def route(call: Call) -> Answer:
        if call.path.endswith("b001") and not first_is_stored.wait(10.0):
            raise AssertionError("the first blob waits for the second")
        return found(call)

    class Watched(FakeJournal):
        def commit(self, batch: Batch) -> Tally:
            tally = super().commit(batch)
            if batch.content is not None and batch.content.id == "b000":
                first_is_stored.set()
            return tally

    journal = Watched()
    ActivityFeed(FakeCloud(route, found.clock), journal, "Audit.Exchange").collect(Window(NOW - DAY, NOW))
    assert set(journal.states(NAME).values()) == {"fetched"}


def test_what_was_fetched_before_the_feed_is_refused_is_stored() -> None:
    found, journal = service(6, 6), TogetherJournal()

    def route(call: Call) -> Answer:
        if call.path.endswith("b005"):
            raise refused("AF10001", 401)
        return found(call)

    feed = ActivityFeed(FakeCloud(route, found.clock), journal, "Audit.Exchange")
    with pytest.raises((CloudError, Unavailable)):
        feed.collect(Window(NOW - DAY, NOW, historical=True))
    assert sorted(journal.states(NAME).values()) == ["fetched"] * 5 + ["listed"]
