"""The ledger of a tenant's feeds: in memory and as messages."""

from __future__ import annotations

import random

import orjson
import pytest

from schemas.contracts.collected import Batch, Content, ContentState, Tally
from streams.drivers.kafka.feed_book import FORGET_AFTER_MS, FORGET_EVERY_MS, Change, DamagedBook, FeedBook

TENANT, FEED, NOW = "t", "activity/Audit.Exchange", 1_786_000_000_000


def reloaded(changes: list[Change], tenant: str = TENANT) -> FeedBook:
    """What somebody makes of the topic's messages after compaction."""
    book = FeedBook(tenant)
    for key, value in dict(changes).items():
        book.load(key, value)
    return book


def same(one: FeedBook, other: FeedBook) -> bool:
    rows = [{feed: held for feed, held in book.contents.items() if held} for book in (one, other)]
    return (one.feeds, rows[0], one.clock_ms, one.historical) == (
        other.feeds,
        rows[1],
        other.clock_ms,
        other.historical,
    )


def content(name: str, created_ms: int = NOW, state: ContentState = ContentState.LISTED) -> Content:
    return Content(name, created_ms, created_ms + 7, f"https://x/{name}", state)


def test_whatever_happens_the_messages_make_the_same_book() -> None:
    rng = random.Random(5)
    book, written = FeedBook(TENANT), list[Change]()
    for step in range(300):
        name = str(rng.randrange(40))
        batch = Batch(
            rng.choice([FEED, "graph/signIns"]),
            listed=[
                content(str(rng.randrange(40)), NOW - rng.randrange(FORGET_AFTER_MS)) for _ in range(rng.randrange(3))
            ],
            content=rng.choice([None, content(name), content(name, state=ContentState.EXPIRED)]),
            partial=rng.random() < 0.3,
            checkpoint=rng.choice([None, {"at": step}]),
            complete_ms=rng.choice([None, NOW + step]),
        )
        written += book.apply(batch, Tally(5, 3, 1, 1), NOW + step * FORGET_EVERY_MS)
        written.append(book.clock(step, step < 50))
    assert same(reloaded(written), book)
    assert any(value is None for _, value in written)


def test_a_content_is_pending_until_its_last_part_and_fetched_once() -> None:
    book = FeedBook(TENANT)
    book.apply(Batch(FEED, listed=[content("b", NOW + 1), content("a")]), Tally(), NOW)
    assert [held.id for held in book.pending(FEED)] == ["a", "b"]
    book.apply(Batch(FEED, content=content("a"), partial=True), Tally(2, 2), NOW)
    assert [held.id for held in book.pending(FEED)] == ["a", "b"]
    for _ in range(2):
        book.apply(Batch(FEED, content=content("a")), Tally(1, 0, 1), NOW)
    assert [held.id for held in book.pending(FEED)] == ["b"]
    row = book.contents[FEED]["a"]
    assert (row.read, row.produced, row.duplicates, book.feeds[FEED].fetched) == (4, 2, 2, 1)


def test_what_expired_or_is_missing_is_no_longer_pending_and_not_fetched() -> None:
    book = FeedBook(TENANT)
    states = (ContentState.EXPIRED, ContentState.MISSING)
    book.apply(Batch(FEED, listed=[content(state.value) for state in states]), Tally(), NOW)
    for state in states:
        book.apply(Batch(FEED, content=content(state.value, state=state)), Tally(), NOW)
    assert not book.pending(FEED)
    assert (book.feeds[FEED].fetched, book.feeds[FEED].expired) == (0, 1)


def test_unseen_keeps_the_order_and_gives_each_content_once() -> None:
    book = FeedBook(TENANT)
    book.apply(Batch(FEED, listed=[content("b")]), Tally(), NOW)
    found = book.unseen(FEED, [content("c"), content("b"), content("a"), content("c")])
    assert [held.id for held in found] == ["c", "a"]


def test_old_contents_are_forgotten_but_not_those_that_are_still_to_be_fetched() -> None:
    book = FeedBook(TENANT)
    book.apply(Batch(FEED, listed=[content("listed")]), Tally(), NOW)
    book.apply(Batch(FEED, content=content("fetched")), Tally(), NOW)
    later = NOW + FORGET_AFTER_MS + FORGET_EVERY_MS
    changes = book.apply(Batch(FEED), Tally(), later)
    assert [key for key, value in changes if value is None] == [f"{TENANT}|{FEED}|fetched".encode()]
    assert [held.id for held in book.pending(FEED)] == ["listed"]


def test_a_checkpoint_is_not_changed_by_who_handed_it_over() -> None:
    book, held = FeedBook(TENANT), {"windows": [1]}
    book.apply(Batch(FEED, checkpoint=held), Tally(), NOW)
    held["windows"].append(2)
    assert book.feeds[FEED].checkpoint == {"windows": [1]}


def test_rows_of_others_and_members_of_later_versions_are_passed_over() -> None:
    book = FeedBook(TENANT)
    book.load(b"other|" + FEED.encode(), b"not JSON")
    book.load(b"\xff\xfe", b"not JSON")
    book.load(f"{TENANT}|{FEED}".encode(), orjson.dumps({"read": 3, "colour": "red"}))
    assert list(book.feeds) == [FEED] and book.feeds[FEED].read == 3


@pytest.mark.parametrize("key", [f"{TENANT}|", f"{TENANT}|{FEED}", f"{TENANT}|{FEED}|content"])
@pytest.mark.parametrize("value", [b"{", b"[]", b"7", b"\xff"])
def test_a_damaged_row_is_told_in_one_line(key: str, value: bytes) -> None:
    with pytest.raises(DamagedBook, match="ledger of tenant t holds a row that cannot be read"):
        FeedBook(TENANT).load(key.encode(), value)
