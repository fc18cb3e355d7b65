"""When a tenant's feeds bring something: practice tenants' records, delivered as the vendor delivers, asked for at polls.

A record arrives with the practice tenant's usual lateness (log-normal, median 5 minutes, one in a hundred over 6 hours), is held
back by the vendor's outages, and is shown at the end of the batch it falls into. Days of the tenant: weekends, holidays, and
summer time from 2026-03-29 on, which moves everything that people do by an hour.
"""

from __future__ import annotations

import random
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streams.simulation.record import Record
from streams.simulation.service.item import Item
from streams.simulation.service.options import TenantOptions
from streams.simulation.service.spool import Spool
from streams.simulation.service.stores import Stores
from streams.simulation.service.world import World

SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1000, 60_000, 3_600_000, 86_400_000
START_MS = 1_772_409_600_000  # 2026-03-02 00:00 UTC, a Monday
SUMMER_MS = 1_774_746_000_000  # 2026-03-29 01:00 UTC: clocks go forward in Europe
DAYS = 42
_SLOT_MS = 10 * SECOND_MS
_MACHINES = ("signIns/servicePrincipal", "signIns/managedIdentity")  # do not know summer time
_ACTIVITY_POLL_MS, _GRAPH_POLL_MS, _RISK_POLL_MS = 180_000, 120_000, 300_000
_BLOB_MS = 5 * MINUTE_MS
_OUTAGES_PER_DAY = 2 / 30
_SLOW_PER_DAY = 1 / 10

Span = tuple[int, int]  # from, to: UTC milliseconds


class _NoSpool(Spool):
    """Nobody reads what is written."""

    def __init__(self) -> None:
        pass

    def write(self, data: bytes) -> int:
        return 0


class _Arrivals(Stores):
    """Keeps the moment of each arrival, by feed, in steps of ten seconds."""

    def __init__(self) -> None:
        self.slots: dict[str, set[int]] = {}

    def take(self, name: str, item: Item) -> None:
        self.slots.setdefault(name, set()).add(item.arrival // _SLOT_MS)


class _Life(World):
    """A tenant's life without its repeats, which are no news."""

    def _keep(self, feed: int, arrival: int, uid: str, line: bytes, record: Record) -> None:
        if not (record is self._record and line is self._line):
            super()._keep(feed, arrival, uid, line, record)


def arrivals(seed: int, accounts: int, cache: Path) -> dict[str, array[int]]:
    """By feed: moments (UTC milliseconds, sorted) at which something arrived during `DAYS` days."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"{seed}-{accounts}.arrivals"
    if not path.exists():
        _write(path, _live(seed, accounts))
    found: dict[str, array[int]] = {}
    with path.open("rb") as stream:
        while head := stream.readline():
            name, count = head.decode().split()
            found[name] = array("q", stream.read(8 * int(count)))
    return found


def _write(path: Path, found: dict[str, array[int]]) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as stream:
        for name, moments in sorted(found.items()):
            stream.write(f"{name} {len(moments)}\n".encode())
            stream.write(moments.tobytes())
    part.replace(path)


def _live(seed: int, accounts: int) -> dict[str, array[int]]:
    log = _Arrivals()
    options = TenantOptions(seed=seed, accounts=accounts, past_days=DAYS + 1, ahead_days=0, redelivered=0.0, gaps=0)
    _Life(options, START_MS, log, _NoSpool()).generate(START_MS + DAYS * DAY_MS)
    found = {}
    for name, slots in log.slots.items():
        moments = (slot * _SLOT_MS for slot in slots)
        if name not in _MACHINES:
            moments = (at - HOUR_MS if at >= SUMMER_MS else at for at in moments)
        found[name] = array("q", sorted(at for at in moments if 0 <= at - START_MS < DAYS * DAY_MS))
    return found


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the vendor delivers. `batches`: blobs come in bursts, a batch every 12 minutes in the median and sometimes 80 (Graph:
    every 3), and in some hours, once in ten days, five times as slowly; else a blob every five minutes."""

    name: str
    batches: bool
    outages: bool = True


DELIVERIES = (Delivery("prompt", False), Delivery("bursts", True))


@dataclass(slots=True)
class Feed:
    """One feed of one tenant: polls (UTC milliseconds) that brought news, and when the vendor held everything back."""

    name: str
    news: array[int]
    outages: list[Span]

    def in_outage(self, from_ms: int, to_ms: int) -> bool:
        """Whether the vendor held something back between two moments."""
        return any(begin < to_ms and from_ms < end for begin, end in self.outages)


def feeds(seed: int, accounts: int, delivery: Delivery, cache: Path) -> list[Feed]:
    """All feeds of a tenant."""
    found = arrivals(seed, accounts, cache)
    chance = random.Random(f"{seed} {accounts} {delivery.name}")
    outages = _outages(chance) if delivery.outages else []
    result = []
    for number, (name, moments) in enumerate(found.items()):
        own = [span for scope, span in outages if scope in ("all", name, _api(name))]
        held = _held(moments, own)
        shown = _batched(held, _batch_ends(chance, name)) if delivery.batches else _packed(held, name)
        news = _polled(shown, _period(name), number * _period(name) // len(found))
        result.append(Feed(name, array("q", news), own))
    return result


def _api(name: str) -> str:
    return "activity" if name.startswith(("Audit.", "DLP.")) else "graph"


def _period(name: str) -> int:
    if _api(name) == "activity":
        return _ACTIVITY_POLL_MS
    return _RISK_POLL_MS if name == "riskDetections" else _GRAPH_POLL_MS


def _outages(chance: random.Random) -> list[tuple[str, Span]]:
    """Two a month, one to twelve hours: of one content type, of one API, or of everything."""
    found = []
    for day in range(DAYS):
        if chance.random() < _OUTAGES_PER_DAY:
            scope = chance.choice(("Audit.Exchange", "Audit.AzureActiveDirectory", "Audit.SharePoint", "activity",
                                   "graph", "all"))  # fmt: skip
            begin = START_MS + day * DAY_MS + chance.randrange(DAY_MS)
            found.append((scope, (begin, begin + int(HOUR_MS * 12 ** chance.random()))))
    return found


def _held(moments: array[int], outages: list[Span]) -> list[int]:
    held = []
    for at in moments:
        for begin, end in outages:
            if begin <= at < end:
                at = end
        held.append(at)
    return sorted(held)


def _packed(moments: list[int], name: str) -> Iterator[int]:
    span = _BLOB_MS if _api(name) == "activity" else _SLOT_MS
    return (at // span * span + span for at in moments)


def _batch_ends(chance: random.Random, name: str) -> list[int]:
    """Log-normal pauses between batches; slow hours."""
    median = (12 if _api(name) == "activity" else 3) * MINUTE_MS
    slow = [
        (begin, begin + int(chance.uniform(2, 8) * HOUR_MS))
        for day in range(DAYS)
        if chance.random() < _SLOW_PER_DAY
        for begin in [START_MS + day * DAY_MS + chance.randrange(DAY_MS)]
    ]
    ends, at = [], START_MS
    while at < START_MS + (DAYS + 1) * DAY_MS:
        stretched = 5 if any(begin <= at < end for begin, end in slow) else 1
        at += int(median * stretched * chance.lognormvariate(0.0, 0.8))
        ends.append(at)
    return ends


def _batched(moments: list[int], ends: list[int]) -> Iterator[int]:
    return (ends[min(bisect_left(ends, at), len(ends) - 1)] for at in moments)


def _polled(shown: Iterator[int], period: int, offset: int) -> list[int]:
    """The first poll not before each moment."""
    return sorted({-(-(at - offset) // period) * period + offset for at in shown})
