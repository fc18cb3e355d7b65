"""A toy engine with the two methods of the real ones: it counts, so that a lost or repeated entry changes its bytes.

Every tenth record of an account is an incident, every record a signal; a clock that passes 06:00 sends a contribution; the
entity side answers a full set of contributions with a profile and every 100 signals of an entity with a notice.
"""

from __future__ import annotations

import hashlib
import time

import orjson

from detectors.engine.effects import Effect
from schemas.contracts.incident import Activity, Incident, Resource, Tier
from schemas.contracts.log import EntryKind, LogEntry, clock_bytes
from schemas.contracts.profile import Profile, encode_profile
from schemas.contracts.signal import Contribution, Signal
from schemas.records.errors import UnreadableRecord
from streams.drivers.kafka.app import Engines
from streams.drivers.kafka.collect import closed_day

DAY_MS = 86_400_000
FIRST_MS = 20_000 * DAY_MS
TENANT = "t1"


class ToyAccounts:
    """One partition of accounts."""

    def __init__(self, partition: int, partitions: int, delay: float = 0.0) -> None:
        self.partition, self.partitions, self.delay = partition, partitions, delay
        self.counts: dict[str, int] = {}
        self.digests: dict[str, str] = {}
        self.clock_ms = 0
        self.profile = -1

    def fold(self, entry: LogEntry, /) -> list[Effect]:
        """Count; the digest chains every entry in its order."""
        time.sleep(self.delay)
        if entry.kind is EntryKind.CLOCK:
            return self._clock(entry)
        if entry.kind is EntryKind.PROFILE:
            self.profile = int(orjson.loads(entry.value)["day"])
            return []
        if entry.kind is EntryKind.RECORD and not entry.value.startswith(b"{"):
            raise UnreadableRecord("not JSON")
        chained = f"{self.digests.get(entry.account, '')}{entry.identity}{self.profile}".encode()
        self.digests[entry.account] = hashlib.sha256(chained).hexdigest()
        if entry.kind is not EntryKind.RECORD:
            return []
        count = self.counts[entry.account] = self.counts.get(entry.account, 0) + 1
        time_ms = int(orjson.loads(entry.value)["time"])
        network = f"net{count % 3}"
        effects: list[Effect] = [
            Signal(
                entry.tenant,
                "network",
                network,
                entry.account,
                "success",
                time_ms,
                entry.record_id,
                "toy",
                "x",
                None,
                0,
            )
        ]
        if count % 10 == 0:
            effects.append(_incident(entry, count, time_ms, f"toy/{self.profile}"))
        return effects

    def _clock(self, entry: LogEntry) -> list[Effect]:
        if entry.clock_ms() <= self.clock_ms:
            return []
        self.clock_ms = entry.clock_ms()
        people = len(self.counts)
        day = closed_day(self.clock_ms)
        return [Contribution(entry.tenant, day, self.partition, self.partitions, people=people)]

    def states(self) -> dict[bytes, bytes]:
        """Count and digest by account."""
        return {
            f"{TENANT}|{account}".encode(): f"{count} {self.digests[account]}".encode()
            for account, count in self.counts.items()
        }


class ToyEntities:
    """One partition of entities."""

    def __init__(self) -> None:
        self.seen: dict[str, set[tuple[str, str, str, str, int]]] = {}
        self.days: dict[int, dict[int, int]] = {}
        self.done: set[int] = set()

    def fold(self, item: Signal | Contribution, /) -> list[Effect]:
        """Keep sets; answer."""
        if isinstance(item, Signal):
            known = self.seen.setdefault(item.entity, set())
            known.add(item.identity)
            if len(known) % 100:
                return []
            notice = LogEntry(
                EntryKind.NOTICE, item.tenant, item.account, b"{}", "toy", f"n-{item.record_id}", "notice"
            )
            return [notice]
        self.days.setdefault(item.day, {})[item.partition] = item.people
        if len(self.days[item.day]) < item.partitions or item.day in self.done:
            return []
        self.done.add(item.day)
        value = encode_profile(Profile(item.tenant, item.day, people=float(sum(self.days[item.day].values()))))
        return [LogEntry(EntryKind.PROFILE, item.tenant, "", value, "", str(item.day))]

    def states(self) -> dict[bytes, bytes]:
        """Sizes of the sets by entity."""
        return {f"{TENANT}|network|{name}".encode(): b"%d" % len(known) for name, known in self.seen.items()}


def toy_engines(partitions: int, delay: float = 0.0) -> Engines:
    """Engines of the toy; an account takes `delay` seconds over each entry, so that a test can catch it at work."""
    return Engines(
        lambda partition: ToyAccounts(partition, partitions, delay), lambda _: ToyEntities(), encode_toy_incident
    )


def encode_toy_incident(incident: Incident) -> bytes:
    """Bytes of an incident, enough for the tests."""
    body = {
        "uid": incident.uid,
        "message_uid": incident.message_uid,
        "profile": incident.profile,
        "account": incident.resources[0].uid,
    }
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def toy_log(records: int, days: int, accounts: int = 37) -> list[LogEntry]:
    """A first profile, records evenly over days, a clock at each 06:00 passed, in the order of a feed."""
    profile = encode_profile(Profile(TENANT, -1))
    entries = [LogEntry(EntryKind.PROFILE, TENANT, "", profile)]
    next_clock = FIRST_MS + DAY_MS + 6 * 3_600_000
    for number in range(records):
        time_ms = FIRST_MS + number * days * DAY_MS // records
        while time_ms >= next_clock:
            entries.append(_clock(next_clock))
            next_clock += DAY_MS
        account = f"user{number * 7 % accounts}@example.com"
        value = orjson.dumps({"time": time_ms, "n": number})
        entries.append(LogEntry(EntryKind.RECORD, TENANT, account, value, "toy", f"r{number}", "actor"))
    entries.append(_clock(next_clock))
    return entries


def _clock(time_ms: int) -> LogEntry:
    return LogEntry(EntryKind.CLOCK, TENANT, "", clock_bytes(time_ms), "", str(time_ms))


def _incident(entry: LogEntry, count: int, time_ms: int, profile: str) -> Incident:
    uid = f"{entry.account}/{count}"
    return Incident(
        uid,
        f"{uid}/1",
        Activity.CREATE,
        entry.tenant,
        (Resource("User", entry.account, entry.account),),
        "toy",
        "toy",
        time_ms,
        time_ms,
        time_ms,
        time_ms,
        Tier.REVIEW,
        {"review": time_ms},
        11.0,
        (),
        (),
        ("toy",),
        (),
        count,
        "",
        "learning",
        profile,
    )
