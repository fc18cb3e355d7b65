"""A practice tenant over HTTPS, collectors of it as processes, and what must lie in Kafka afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from schemas.contracts.collected import Tally
from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.topics import AUDIT, FEEDS
from schemas.records.event import Source
from streams.clock import PracticeClock
from streams.drivers.kafka.feed_book import FeedBook
from streams.drivers.kafka.partition import decode_entry
from streams.drivers.kafka.read_back import read_log
from streams.drivers.kafka.settings import KafkaSettings
from streams.simulation.service import PracticeService, ServiceOptions, TenantOptions, serve
from tests.integration.processes import ROOT

HOUR = 3_600_000
NOW = 1_773_223_200_000  # Wednesday 2026-03-11, 10:00 UTC
CONTENT = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint")


@dataclass(frozen=True, slots=True)
class World:
    """The service with the clock that it shares with the collectors."""

    service: PracticeService
    clock: PracticeClock
    folder: Path

    @property
    def tenant(self) -> str:
        return self.service.tenants[0].id

    def served(self) -> dict[str, set[bytes]]:
        """Every distinct record that an answer held, by feed."""
        files = (self.folder / "served").rglob("*.jsonl")
        return {file.stem: set(file.read_bytes().splitlines()) for file in files}


@contextmanager
def world(folder: Path, speed: float, back_days: float = 2.0, **options: Any) -> Iterator[World]:
    """A small tenant with a past; its clock begins to run when everything is ready."""
    tenant = TenantOptions(
        seed=3, accounts=8, past_days=int(back_days) + 1, subscribed=CONTENT, backlog_ms=8 * 24 * HOUR, **options
    )
    clock = PracticeClock(NOW, time.time_ns() // 1_000_000 + 2_500, speed)
    service = serve(ServiceOptions(folder, (tenant,), sent=True), clock)
    try:
        yield World(service, clock, folder)
    finally:
        service.stop()


@contextmanager
def collector(
    world: World, settings: KafkaSettings, log: Path, days: float = 2.0, address: str = "off"
) -> Iterator[subprocess.Popen[bytes]]:
    """A collector of it; killed when the block ends, if it still runs."""
    with collecting(world.folder / "watchpost.toml", settings, log, days, address) as process:
        yield process


@contextmanager
def collecting(
    file: Path, settings: KafkaSettings, log: Path, days: float, address: str = "off"
) -> Iterator[subprocess.Popen[bytes]]:
    """A collector of the tenants in a settings file; killed when the block ends, if it still runs."""
    command = [sys.executable, str(Path(__file__).with_name("live_collector.py")), str(file)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WATCHPOST_")}
    with log.open("ab") as lines:
        process = subprocess.Popen(
            [*command, orjson.dumps(asdict(settings)).decode(), str(days), address],
            stdout=lines,
            stderr=lines,
            env=kept | {"PYTHONPATH": str(ROOT)},
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait(10)


def log_entries(settings: KafkaSettings) -> list[LogEntry]:
    """Every committed entry of the audit log."""
    return [decode_entry(message) for _, _, message in read_log(settings, AUDIT)]


def records_of(entries: list[LogEntry]) -> Counter[tuple[str, str, bytes]]:
    """Archived records of the vendor (source, id, bytes), and how many accounts each was written for."""
    return Counter((entry.source, entry.record_id, entry.value) for entry in entries if is_vendors(entry))


def is_vendors(entry: LogEntry) -> bool:
    """A record of the vendor, and not one that the collector made of what it found in place."""
    return entry.kind is EntryKind.RECORD and entry.source != Source.INVENTORY.value


def book_of(settings: KafkaSettings, tenant: str) -> FeedBook:
    """The ledger as it lies in Kafka."""
    book = FeedBook(tenant)
    for _, _, message in read_log(settings, FEEDS):
        book.load(message.key or b"", message.value)
    return book


def sums(book: FeedBook) -> Tally:
    """Records of all feeds of the vendor."""
    rows = [row for feed, row in book.feeds.items() if feed.partition("/")[0] in ("activity", "graph")]
    return Tally(*(sum(getattr(row, name) for row in rows) for name in ("read", "produced", "duplicates", "dead")))
