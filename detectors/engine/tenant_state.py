"""What a partition keeps per tenant beside the accounts, and its durable form: the registers. Layer: detectors.

A register's name begins with a byte that no text in UTF-8 has, so that no account can take its place:
`clock` (clock, closed day, days with a gap, agenda), `profile` and `former`, `home` (home domains that a collector told
later), `gaps` (what cannot be seen now), and `share|DAY|ACCOUNT` for what each account gave to each open day. An entry
changes the shares of its accounts and little else.
"""

from __future__ import annotations

import zlib
from dataclasses import asdict
from typing import Any

import orjson

from detectors.engine.account import Account
from detectors.engine.detector import DAY_MS, HOUR_MS
from detectors.engine.ledger import DayLedger, dump_share, load_share
from detectors.engine.visibility import UNLEARNT_DAYS_MAX, Visibility, dump_visibility, load_visibility
from schemas.contracts.home_domains import with_home_domains
from schemas.contracts.profile import Profile, decode_profile

SEAL_AFTER_MS = 6 * HOUR_MS  # a day is sealed when the clock passes 06:00 UTC of the next
MARK = b"\xff"
CLOCK, PROFILE, FORMER, GAPS, SHARE, HOME = b"clock", b"profile", b"former", b"gaps", b"share", b"home"


class Tenant:
    """What a partition keeps per tenant. Accounts are numbered in the order of their coming; numbers are not durable."""

    __slots__ = (
        "_dropped", "_registers", "_shares", "_touched", "accused", "clock_ms", "closed_day", "due", "former", "gaps",
        "home", "ledgers", "names", "numbers", "people", "profile", "saved", "visibility",
    )  # fmt: skip

    def __init__(self, tenant: str) -> None:
        self.profile = Profile(tenant, -1)
        self.former = self.profile  # the one before
        self.home: tuple[str, ...] = ()  # home domains that hold in every profile; none: those of the profile do
        self.clock_ms = 0
        self.closed_day = -1
        self.ledgers: dict[int, DayLedger] = {}
        self.gaps: set[int] = set()
        self.visibility = Visibility()
        self.people: dict[str, Account] = {}  # live states
        self.saved: dict[str, bytes] = {}  # states as they were last written; a live one counts before it
        self.names: list[str] = []  # account by number
        self.numbers: dict[str, int] = {}
        self.accused: set[int] = set()  # numbers of the accounts with an open incident
        self.due: dict[int, set[str]] = {}  # hour -> accounts whose incident may close
        self._touched: set[str] = set()  # accounts
        self._registers: set[bytes] = {CLOCK, PROFILE, FORMER, GAPS}
        self._shares: dict[int, set[str]] = {}  # day -> accounts
        self._dropped: set[tuple[int, str]] = set()

    def number(self, key: str) -> int:
        """Number of an account."""
        found = self.numbers.get(key)
        if found is None:
            found = self.numbers[key] = len(self.names)
            self.names.append(key)
        return found

    def ledger(self, day: int, key: str) -> DayLedger:
        """The ledger of an open day, to be written for an account."""
        found = self.ledgers.get(day)
        if found is None:
            found = self.ledgers[day] = DayLedger(day)
        shares = self._shares.get(day)
        if shares is None:
            shares = self._shares[day] = set()
        shares.add(key)
        return found

    def close_ledger(self, day: int) -> DayLedger:
        """Take the ledger of a day out, and drop those of earlier days."""
        ledger = self.ledgers.pop(day, None) or DayLedger(day)
        for closed in [ledger, *(self.ledgers.pop(old) for old in sorted(self.ledgers) if old < day)]:
            self._dropped.update((closed.day, self.names[number]) for number in closed.shares)
        return ledger

    def profile_at(self, time_ms: int) -> Profile:
        """The profile by which a record of this event time was judged in time: the day that it covers was closed by then."""
        closed = (time_ms - SEAL_AFTER_MS) // DAY_MS - 1
        return self.profile if self.profile.day <= closed else self.former

    def take_profile(self, profile: Profile) -> None:
        """Put a profile in force; an older one than that in force changes nothing."""
        if profile.day < self.profile.day:
            return
        if profile.day > self.profile.day:
            self.former = self.profile
            self._registers.add(FORMER)
        self.profile = with_home_domains(profile, self.home) if self.home else profile
        self._registers.add(PROFILE)

    def take_home_domains(self, told: Profile) -> None:
        """A collector tells the home domains: they hold from now on, in this profile and in every later one."""
        self.home = told.home_domains
        self.take_profile(told if told.day >= self.profile.day else self.profile)
        self._registers.add(HOME)

    def skip_days(self, days: range) -> None:
        """Do not learn these days; what is longer past than any open day is forgotten."""
        self.gaps.update(days)
        oldest = max(self.gaps, default=0) - 2 * UNLEARNT_DAYS_MAX
        self.gaps = {day for day in self.gaps if day >= oldest}
        self._registers.add(CLOCK)

    def agenda(self, key: str, last_ms: int, quiet_ms: int) -> None:
        """Look at an account's incident in the first full hour after it has been quiet for so long."""
        accounts = self.due.setdefault((last_ms + quiet_ms) // HOUR_MS + 1, set())
        if key not in accounts:
            accounts.add(key)
            self._registers.add(CLOCK)

    def take_due(self, now_ms: int) -> list[str]:
        """Accounts whose hour has come, in order; they leave the agenda."""
        found: list[str] = []
        for hour in sorted(hour for hour in self.due if hour * HOUR_MS <= now_ms):
            found += sorted(self.due.pop(hour))
        return found

    # --- durable form --------------------------------------------------------------------------------------------

    def touch(self, key: str) -> None:
        """The account's state changes."""
        self._touched.add(key)

    def unwritten(self) -> set[str]:
        """Accounts that were touched since the last `take_changes`."""
        return self._touched

    def change(self, register: bytes) -> None:
        """A register changes."""
        self._registers.add(register)

    def take_changes(self) -> tuple[set[str], dict[bytes, bytes | None]]:
        """Accounts that were touched, registers that changed (None: gone), since the last call."""
        accounts, self._touched = self._touched, set()
        found: dict[bytes, bytes | None] = {MARK + name: self._dump(name) for name in sorted(self._registers)}
        found |= {_share_name(day, key): None for day, key in self._dropped}
        for day, keys in self._shares.items():
            ledger = self.ledgers.get(day)
            for key in keys:
                share = ledger.shares.get(self.numbers[key]) if ledger is not None else None
                if share is not None:
                    found[_share_name(day, key)] = dump_share(share)
        self._registers, self._shares, self._dropped = set(), {}, set()
        return accounts, found

    def registers(self) -> dict[bytes, bytes]:
        """All registers."""
        names = (CLOCK, PROFILE, FORMER, GAPS, *([HOME] if self.home else []))
        found = {MARK + name: self._dump(name) for name in names}
        for day, ledger in self.ledgers.items():
            found |= {_share_name(day, self.names[number]): dump_share(s) for number, s in ledger.shares.items()}
        return found

    def _dump(self, name: bytes) -> bytes:
        if name == CLOCK:
            agenda = {str(hour): sorted(accounts) for hour, accounts in sorted(self.due.items())}
            body = {"clock": self.clock_ms, "closed": self.closed_day, "gaps": sorted(self.gaps), "due": agenda}
            return orjson.dumps(body)
        if name == GAPS:
            return dump_visibility(self.visibility)
        if name == HOME:
            return orjson.dumps(self.home)
        profile = self.profile if name == PROFILE else self.former
        return zlib.compress(orjson.dumps(asdict(profile), option=orjson.OPT_SORT_KEYS), 6)

    def load_register(self, name: bytes, data: bytes) -> None:
        """Take over a register; ValueError when it is damaged. Of an unknown name nothing is taken."""
        if name == CLOCK:
            self._load_clock(data)
        elif name in (PROFILE, FORMER):
            self._load_profile(name, data)
        elif name == GAPS:
            self.visibility = load_visibility(data)
        elif name == HOME:
            self.home = _home(data)
        elif name.startswith(SHARE + b"|"):
            _, day, key = name.split(b"|", 2)
            account = key.decode()
            share, number = load_share(data), self.number(account)
            self.ledgers.setdefault(int(day), DayLedger(int(day))).shares[number] = share

    def _load_clock(self, data: bytes) -> None:
        try:
            body: dict[str, Any] = orjson.loads(data)
            due = {int(hour): {str(key) for key in keys} for hour, keys in body["due"].items()}
            clock_ms, closed, gaps = int(body["clock"]), int(body["closed"]), {int(day) for day in body["gaps"]}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError("the tenant's clock is damaged") from error
        self.clock_ms, self.closed_day, self.gaps, self.due = clock_ms, closed, gaps, due

    def _load_profile(self, name: bytes, data: bytes) -> None:
        try:
            profile = decode_profile(zlib.decompress(data))
        except (zlib.error, ValueError) as error:
            raise ValueError("the tenant's profile is damaged") from error
        if name == PROFILE:
            self.profile = profile
        else:
            self.former = profile


def _share_name(day: int, key: str) -> bytes:
    return MARK + SHARE + f"|{day}|{key}".encode()


def _home(data: bytes) -> tuple[str, ...]:
    try:
        found = orjson.loads(data)
        if not isinstance(found, list) or not all(isinstance(domain, str) for domain in found):
            raise ValueError
    except ValueError:
        raise ValueError("the tenant's home domains are damaged") from None
    return tuple(found)
