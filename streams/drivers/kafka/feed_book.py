"""The ledger of one tenant's feeds as it lies in `watchpost.feeds.v1`: checkpoints, and a row per listed content.

Keys: `tenant|feed` is the feed's checkpoint and counts; `tenant|feed|content` a content's row until it is forgotten (a
tombstone); `tenant|` the tenant's last clock. Values are JSON with sorted keys; members that a later version adds are
passed over. Layer: streams.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

import orjson

from schemas.contracts.collected import Batch, Content, ContentState, Tally

FORGET_AFTER_MS = 9 * 86_400_000  # the vendor lists seven days back; a day and a half of clock error and outage beside
FORGET_EVERY_MS = 3_600_000
Change = tuple[bytes, bytes | None]


@dataclass(slots=True)
class ContentRow:
    """One content: when it was made, listed and fetched (UTC milliseconds, 0: not yet), and what its records became."""

    created_ms: int
    expires_ms: int
    locator: str
    state: str
    listed_ms: int = 0
    fetched_ms: int = 0
    read: int = 0
    produced: int = 0
    duplicates: int = 0
    dead: int = 0

    def content(self, name: str) -> Content:
        """As the feed knows it."""
        return Content(name, self.created_ms, self.expires_ms, self.locator, ContentState(self.state))

    def add(self, tally: Tally) -> None:
        """Count the records of a batch."""
        self.read += tally.read
        self.produced += tally.produced
        self.duplicates += tally.duplicates
        self.dead += tally.dead


@dataclass(slots=True)
class FeedRow:
    """A feed's checkpoint, how far it is complete, and its counts since ever."""

    checkpoint: dict[str, Any] = field(default_factory=dict)
    complete_ms: int = 0
    listed: int = 0
    fetched: int = 0
    expired: int = 0
    missing: int = 0
    read: int = 0
    produced: int = 0
    duplicates: int = 0
    dead: int = 0


class DamagedBook(ValueError):
    """A row of the feeds topic is none of ours; the text is one line."""


class FeedBook:
    """One tenant's rows in memory, and the messages that make them durable."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.clock_ms = 0
        self.historical = False  # the last clock was one of the back-fill
        self.feeds: dict[str, FeedRow] = {}
        self.contents: dict[str, dict[str, ContentRow]] = {}
        self._forgot_ms: dict[str, int] = {}

    def load(self, key: bytes, value: bytes | None) -> None:
        """Take in a message of the topic; those of other tenants are passed over. DamagedBook for what is no row."""
        tenant, _, rest = key.decode(errors="replace").partition("|")
        if tenant != self.tenant:
            return
        try:
            self._load(*rest.partition("|"), value)
        except (KeyError, TypeError, ValueError):
            raise DamagedBook(f"the feeds' ledger of tenant {tenant} holds a row that cannot be read") from None

    def _load(self, feed: str, bar: str, content: str, value: bytes | None) -> None:
        if not feed:
            held = orjson.loads(value or b'{"clock_ms":0}')
            self.clock_ms, self.historical = int(held["clock_ms"]), bool(held.get("historical"))
        elif not bar:
            self.feeds[feed] = _row_of(FeedRow, value) if value else FeedRow()
        elif value is None:
            self.contents.get(feed, {}).pop(content, None)
        else:
            self.contents.setdefault(feed, {})[content] = _row_of(ContentRow, value)

    def unseen(self, feed: str, contents: Sequence[Content]) -> list[Content]:
        """Those without a row, in their order, each once."""
        known = self.contents.get(feed, {})
        found: dict[str, Content] = {}
        for content in contents:
            if content.id not in known:
                found.setdefault(content.id, content)
        return list(found.values())

    def pending(self, feed: str) -> list[Content]:
        """Listed and not yet fetched, oldest first."""
        rows = self.contents.get(feed, {}).items()
        waiting = [row.content(name) for name, row in rows if row.state == ContentState.LISTED]
        return sorted(waiting, key=lambda content: (content.created_ms, content.id))

    def apply(self, batch: Batch, tally: Tally, now_ms: int) -> list[Change]:
        """Note a batch; the messages that say so. `now_ms` is when it is stored."""
        feed = self.feeds.setdefault(batch.feed, FeedRow())
        rows = self.contents.setdefault(batch.feed, {})
        changed: set[str] = set()
        for content in batch.listed:
            if content.id not in rows:
                rows[content.id] = _row(content, now_ms)
                feed.listed += 1
                changed.add(content.id)
        if batch.content is not None:
            changed.add(self._note(feed, rows, batch.content, batch.partial, tally, now_ms))
        feed.read += tally.read
        feed.produced += tally.produced
        feed.duplicates += tally.duplicates
        feed.dead += tally.dead
        if batch.checkpoint is not None:
            feed.checkpoint = orjson.loads(orjson.dumps(batch.checkpoint))
        if batch.complete_ms is not None:
            feed.complete_ms = max(feed.complete_ms, batch.complete_ms)
        return [*self._messages(batch.feed, changed), *self._forgotten(batch.feed, now_ms)]

    @staticmethod
    def _note(
        feed: FeedRow, rows: dict[str, ContentRow], content: Content, partial: bool, tally: Tally, now_ms: int
    ) -> str:
        row = rows.get(content.id)
        if row is None:
            row = rows[content.id] = _row(content, now_ms)
            feed.listed += 1
        row.add(tally)
        if not partial and row.state == ContentState.LISTED:
            row.state = ContentState.FETCHED if content.state is ContentState.LISTED else content.state
            row.fetched_ms = now_ms
            feed.fetched += row.state == ContentState.FETCHED
            feed.expired += row.state == ContentState.EXPIRED
            feed.missing += row.state == ContentState.MISSING
        return content.id

    def clock(self, time_ms: int, historical: bool = False) -> Change:
        """Note the tenant's clock."""
        self.clock_ms, self.historical = time_ms, historical
        return (f"{self.tenant}|".encode(), orjson.dumps({"clock_ms": time_ms, "historical": historical}))

    def _messages(self, feed: str, contents: Iterable[str]) -> list[Change]:
        rows = self.contents[feed]
        found: list[Change] = [(self._key(feed), _bytes(self.feeds[feed]))]
        return found + [(self._key(feed, name), _bytes(rows[name])) for name in sorted(contents)]

    def _forgotten(self, feed: str, now_ms: int) -> list[Change]:
        """Once an hour: tombstones of contents that no listing can show again; what is still to be fetched stays."""
        if now_ms < self._forgot_ms.get(feed, 0) + FORGET_EVERY_MS:
            return []
        self._forgot_ms[feed] = now_ms
        rows = self.contents[feed]
        old = [
            name
            for name, row in rows.items()
            if row.state != ContentState.LISTED and max(row.created_ms, row.fetched_ms) < now_ms - FORGET_AFTER_MS
        ]
        for name in old:
            del rows[name]
        return [(self._key(feed, name), None) for name in old]

    def _key(self, feed: str, content: str = "") -> bytes:
        return "|".join((self.tenant, feed, content) if content else (self.tenant, feed)).encode()


Row = TypeVar("Row", ContentRow, FeedRow)


def _row_of(kind: type[Row], value: bytes) -> Row:
    held = orjson.loads(value)
    if not isinstance(held, dict):
        raise TypeError
    return kind(**{item.name: held[item.name] for item in fields(kind) if item.name in held})


def _row(content: Content, now_ms: int) -> ContentRow:
    return ContentRow(content.created_ms, content.expires_ms, content.locator, ContentState.LISTED.value, now_ms)


def _bytes(row: ContentRow | FeedRow) -> bytes:
    return orjson.dumps(asdict(row), option=orjson.OPT_SORT_KEYS)
