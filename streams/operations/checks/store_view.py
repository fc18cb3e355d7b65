"""What a collector has written down about a tenant, in the store of `run` or on Kafka; nobody is disturbed. Layer: streams."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from schemas.contracts.topics import FEEDS
from streams.clock import WallClock
from streams.collectors.live.collector_state import CollectorState, state_from_json
from streams.collectors.live.schedule import STATE
from streams.drivers.embedded.content_ledger import checkpoint_of
from streams.drivers.embedded.database import StoreLost, lost, open_readonly
from streams.drivers.kafka.feed_book import DamagedBook, FeedBook
from streams.drivers.kafka.read_back import read_log
from streams.drivers.kafka.reading import LogReadError
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import TopicsError
from streams.operations.checks.limits import TimeLimit, limited

KAFKA_SECONDS = 60.0
KAFKA_RECENT_MS = 30 * 60_000  # a collector on Kafka has no lease that can be read: its last clock says that it works


@dataclass(frozen=True, slots=True)
class TenantView:
    """`complete` says up to when each feed is complete, UTC milliseconds; `collecting` that a process collects now."""

    complete: dict[str, int]
    state: CollectorState
    collecting: bool = False


@dataclass(frozen=True, slots=True)
class StoreView:
    """What is known of each tenant; `problem` is why nothing could be read."""

    tenants: dict[str, TenantView] = field(default_factory=dict)
    problem: str = ""


def view_of(path: Path, kafka: KafkaSettings | None, tenants: Iterable[str], now_ms: int) -> StoreView:
    """From the store where it knows a tenant, else from Kafka where that is configured."""
    names = list(tenants)
    found = store_view(path, names)
    return found if found.tenants or kafka is None or not names else kafka_view(kafka, names, now_ms)


def store_view(path: Path, tenants: Iterable[str]) -> StoreView:
    """Read the file; every failure is a view with its `problem`."""
    try:
        with closing(open_readonly(path)) as connection:
            try:
                running = bool(lease_owner(connection))
                found = {tenant: _tenant(connection, tenant, running) for tenant in tenants}
                return StoreView({name: view for name, view in found.items() if view is not None})
            except sqlite3.Error as error:
                raise lost(path, error) from None
    except StoreLost as error:
        return StoreView(problem=str(error))
    except (KeyError, TypeError, ValueError):
        return StoreView(problem=f"{path}: a checkpoint in it cannot be read")


def lease_owner(connection: sqlite3.Connection) -> str:
    """Who writes, empty when nobody does. The lease is kept by wall time."""
    row = connection.execute("SELECT owner, until_ms FROM lease").fetchone()
    return str(row[0]) if row and row[1] > WallClock().now_ms() else ""


def kafka_view(settings: KafkaSettings, tenants: Iterable[str], now_ms: int) -> StoreView:
    """Read the feeds' topic from its beginning; every failure is a view with its `problem`."""
    books = [FeedBook(tenant) for tenant in tenants]
    try:
        limited(KAFKA_SECONDS, lambda: _load(books, settings))
        found = {book.tenant: _of_book(book, now_ms) for book in books if book.feeds}
    except (TopicsError, LogReadError, DamagedBook, TimeLimit) as error:
        return StoreView(problem=f"the topic {settings.topic(FEEDS)} could not be read: {error}")
    except (KeyError, TypeError, ValueError):
        return StoreView(problem=f"a checkpoint on the topic {settings.topic(FEEDS)} cannot be read")
    return StoreView(found)


def _load(books: list[FeedBook], settings: KafkaSettings) -> None:
    for _, _, message in read_log(settings, FEEDS):
        for book in books:
            book.load(message.key or b"", message.value)


def _of_book(book: FeedBook, now_ms: int) -> TenantView:
    held = book.feeds.get(STATE)
    return TenantView(
        {feed: row.complete_ms for feed, row in book.feeds.items() if feed != STATE},
        state_from_json(held.checkpoint if held is not None else {}),
        book.clock_ms > now_ms - KAFKA_RECENT_MS,
    )


def _tenant(connection: sqlite3.Connection, tenant: str, running: bool) -> TenantView | None:
    row = connection.execute("SELECT no FROM tenants WHERE id = ?", (tenant,)).fetchone()
    if row is None:
        return None
    rows = connection.execute("SELECT feed, complete_ms FROM feeds WHERE tenant = ?", row)
    return TenantView(
        {feed: complete for feed, complete in rows if feed != STATE},
        state_from_json(checkpoint_of(connection, row[0], STATE)),
        running,
    )
