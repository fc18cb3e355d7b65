"""What the topics must hold after a practice service was collected to Kafka: everything that was served, once per account."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import orjson

from schemas.contracts.collected import Tally
from schemas.contracts.topics import AUDIT, DEAD_LETTERS, FEEDS
from schemas.records.event import Source
from streams.drivers.kafka.feed_book import FeedBook
from streams.drivers.kafka.journal import STAGE
from streams.drivers.kafka.partition import decode_entry
from streams.drivers.kafka.read_back import fold_log, published_alerts, read_log, without_times
from streams.drivers.kafka.settings import KafkaSettings
from streams.operations.detection import knowledge_of
from streams.operations.kafka_engines import kafka_engines
from tests.bench.live_proof import COUNTED, FAULTS, Kept, compared
from tests.bench.live_service import INVENTORY, digest
from tests.integration.live_world import is_vendors, sums

COLLECTOR = "collector"  # the row with the collector's own checkpoint
_COUNTS = ("read", "produced", "duplicates", "dead")


@dataclass(slots=True)
class Log:
    """The audit log as it was read back: of each tenant the records by (source, id, bytes), and all copies."""

    records: dict[str, set[bytes]]
    kept: dict[str, Kept]
    entries: int = 0
    copies: int = 0  # of a record, one per account that it concerns
    copies_twice: int = 0


def kafka_proof(folder: Path, settings: KafkaSettings) -> dict[str, object]:
    """Compare service and topics; counts as in `live_proof.Proof`. `wrong` is empty when it holds.

    `records` are distinct by source, id and bytes, as the ledger counts them; `copies_twice` are messages that bear the key,
    identity and bytes of another.
    """
    held = orjson.loads((folder / INVENTORY).read_bytes())
    living = [tenant for tenant, found in held.items() if not found["down"]]
    books = books_of(settings, living)
    log = _log(settings, books)
    counts: Counter[str] = Counter()
    for tenant in living:
        counts.update(compared(folder, tenant, held[tenant], log.kept[tenant]))
    ledger, wrong_sums = _ledger(books, log)
    figures: dict[str, object] = {name: counts[name] for name in COUNTED}
    figures |= {"tenants": len(living), "wrong_sums": wrong_sums, "entries": log.entries}
    figures |= {"records": sum(map(len, log.records.values())), "copies": log.copies, "copies_twice": log.copies_twice}
    wrong = {name: figures[name] for name in (*FAULTS, "copies_twice") if figures.get(name)}
    return figures | {"ledger": ledger, "wrong": wrong}


def judged(settings: KafkaSettings) -> dict[str, int]:
    """Alerts of `detect` against those of the whole log folded once by fresh engines; what wall time adds left out."""
    published = Counter(map(_key, map(without_times, published_alerts(settings))))
    folded = Counter(map(_key, fold_log(settings, kafka_engines(knowledge_of([], []), settings.partitions)).incidents))
    differ = (published - folded).total() + (folded - published).total()
    return {"alerts": published.total(), "folded": folded.total(), "other_alerts": differ}


def books_of(settings: KafkaSettings, tenants: Iterable[str]) -> dict[str, FeedBook]:
    """The tenants' ledgers as they lie in Kafka."""
    books = {tenant: FeedBook(tenant) for tenant in tenants}
    for _, _, message in read_log(settings, FEEDS):
        for_tenant(books, message.key or b"", message.value)
    return books


def for_tenant(books: dict[str, FeedBook], key: bytes, value: bytes | None) -> None:
    """Give a message of the feeds topic to the book that it belongs to, if that is one of these."""
    book = books.get(key.decode().partition("|")[0])
    if book is not None:
        book.load(key, value)


def _log(settings: KafkaSettings, books: dict[str, FeedBook]) -> Log:
    """Read the audit log and the dead letters."""
    log = Log(defaultdict(set), {tenant: _kept(book) for tenant, book in books.items()})
    seen: set[bytes] = set()
    for _, _, message in read_log(settings, AUDIT):
        entry = decode_entry(message)
        log.entries += 1
        if not is_vendors(entry) or entry.tenant not in books:
            continue
        log.copies += 1
        copy = _key(entry.key, *map(str.encode, entry.identity), entry.value)
        log.copies_twice += copy in seen
        seen.add(copy)
        log.records[entry.tenant].add(_key(entry.source.encode(), entry.record_id.encode(), entry.value))
        log.kept[entry.tenant].add(entry.value, entry.source != Source.MANAGEMENT.value)
    for _, _, message in read_log(settings, DEAD_LETTERS):
        tenant = (message.key or b"").decode().partition("|")[0]
        headers = dict(message.headers)
        if tenant in books and headers["stage"] == STAGE.encode() and headers["original-topic"] != b"inventory":
            log.kept[tenant].dead.add(digest(message.value or b""))
    return log


def _kept(book: FeedBook) -> Kept:
    """What the ledger says; the records are still to be added."""
    contents = {(feed, name): row.state for feed, rows in book.contents.items() for name, row in rows.items()}
    return Kept(set(), set(), set(), contents, int(book.feeds[COLLECTOR].checkpoint["start"]))


def _ledger(books: dict[str, FeedBook], log: Log) -> tuple[dict[str, int], list[str]]:
    """read = produced + duplicates + dead by feed; of feeds, of contents and of the log the same."""
    total, wrong = Counter[str](), list[str]()
    for tenant, book in books.items():
        for feed, row in book.feeds.items():
            if row.read != row.produced + row.duplicates + row.dead:
                wrong.append(f"{feed}: {row.read} read")
            contents = book.contents.get(feed, {}).values()
            of_contents = [sum(getattr(content, name) for content in contents) for name in _COUNTS]
            if contents and of_contents != [getattr(row, name) for name in _COUNTS]:
                wrong.append(f"{feed}: contents {of_contents}, feed {[getattr(row, name) for name in _COUNTS]}")
        found: Tally = sums(book)
        if found.produced != len(log.records[tenant]):
            wrong.append(f"{found.produced} produced, {len(log.records[tenant])} in the log")
        total.update({name: getattr(found, name) for name in _COUNTS})
    return {name: total[name] for name in _COUNTS}, wrong


def _key(*parts: bytes) -> bytes:
    """By which copies and alerts are compared."""
    held = blake2b(digest_size=16)
    for part in parts:
        held.update(b"%d:" % len(part))
        held.update(part)
    return held.digest()
