"""A practice tenant's entries, folded with and without restarts."""

from __future__ import annotations

import gzip
import random
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from detectors.engine.account_engine import AccountEngine
from detectors.engine.effects import Effect
from detectors.engine.entity_engine import EntityEngine
from detectors.engine.knowledge import Knowledge
from detectors.engine.signal_order import OrderedEntities
from detectors.probe import NoFacts
from detectors.registry import account_detectors, entity_detectors
from schemas.contracts.incident import Incident
from schemas.contracts.log import LogEntry
from schemas.contracts.ocsf import encode_ocsf
from schemas.contracts.signal import encode_signal
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from streams.collectors.feed import clock, feed
from streams.collectors.spool import Spool
from streams.simulation import SimulationOptions, simulate

HOME = "contoso.example"


def practice_lines(folder: Path, accounts: int, days: int, seed: int = 5) -> list[bytes]:
    """Vendor records of a small practice tenant under every attack, in the order of the files."""
    simulate(SimulationOptions(folder, seed, accounts, days, attacks_per_scenario=1, domain=HOME))
    lines: list[bytes] = []
    for path in sorted((folder / "input").glob("*.gz")):
        lines += gzip.decompress(path.read_bytes()).splitlines()
    return lines


def practice_entries(folder: Path, accounts: int = 25, days: int = 6, clock_minutes: int = 60) -> list[LogEntry]:
    """Entries of the accounts' logs with a clock each hour of event time, as a live collector writes them."""
    spool = Spool()
    for line in practice_lines(folder, accounts, days):
        spool.add(decode(line), line)
    entries = list(feed(spool.ordered(), "tenant", IdentityMap([HOME]), [HOME]))
    return _with_clocks(entries, clock_minutes * 60_000)


def _with_clocks(entries: Sequence[LogEntry], every_ms: int) -> list[LogEntry]:
    found: list[LogEntry] = []
    reached = 0
    for entry in entries:
        if entry.event is not None:
            passed = entry.event.time_ms // every_ms * every_ms
            if passed > reached:
                found.append(clock(entry.tenant, passed))
                reached = passed
        found.append(entry)
    return found


class Engines:
    """Both engines, and what they told, as bytes."""

    def __init__(self) -> None:
        self.accounts, self.entities = fresh()
        self.told: list[bytes] = []
        self.store: dict[str, dict[bytes, bytes]] = {"accounts": {}, "entities": {}}
        self.written = 0

    def fold(self, entry: LogEntry) -> None:
        """An entry and all that follows from it."""
        waiting = deque(self.accounts.fold(entry))
        while waiting:
            effect = waiting.popleft()
            self.told.append(encoded(effect))
            if isinstance(effect, LogEntry):
                waiting.extend(self.accounts.fold(effect))
            elif not isinstance(effect, Incident):
                waiting.extend(self.entities.fold(effect))

    def save(self) -> None:
        """Write what changed."""
        for name, engine in (("accounts", self.accounts), ("entities", self.entities)):
            for key, data in engine.changed().items():
                self.written += len(data or b"")
                if data is None:
                    self.store[name].pop(key, None)
                else:
                    self.store[name][key] = data

    def restart(self, chance: random.Random) -> None:
        """New engines from what was written, in any order."""
        self.save()
        self.accounts, self.entities = fresh()
        for name, engine in (("accounts", self.accounts), ("entities", self.entities)):
            items = list(self.store[name].items())
            chance.shuffle(items)
            engine.restore(items)


def fresh() -> tuple[AccountEngine, OrderedEntities]:
    """Engines that have seen nothing."""
    knowledge = Knowledge(NoFacts())
    return AccountEngine(account_detectors(), knowledge), OrderedEntities(EntityEngine(entity_detectors(), knowledge))


def encoded(effect: Effect) -> bytes:
    """An effect as bytes."""
    if isinstance(effect, Incident):
        return encode_ocsf(effect)
    if isinstance(effect, LogEntry):
        return b"|".join((effect.kind.encode(), effect.key, effect.value))
    return encode_signal(effect)
