"""Practice tenants whose life ends, served by a process of its own; what they held is written down at the end.

`python -m tests.bench.live_service PLAN.json` writes `watchpost.toml` (settings for `watchpost run`) into the folder, serves
until SIGTERM, and after the end of life writes `inventory.json`: every blob and the last version of every row. When it ends it
writes `tokens.json`: every secret that was used.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from streams.clock import PracticeClock
from streams.simulation.service import (
    Attack,
    Faults,
    PracticeService,
    ServiceOptions,
    TenantOptions,
    client_toml,
    fault_profile,
)
from streams.simulation.service.item import Item
from streams.simulation.service.sent import Sent
from streams.simulation.service.stores import Change
from streams.simulation.service.tenant import PracticeTenant

HOUR_MS = 3_600_000
END_MS = 1_773_277_200_000  # 2026-03-12 01:00 UTC, a Thursday: the night's second listing follows
CONTENT = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint")
SETTLE_MS = 20 * 60_000  # after the last arrival everything is packed
SETTINGS, INVENTORY, WIRE, TOKENS = "watchpost.toml", "inventory.json", "wire.txt", "tokens.json"
CONTENTS = "contents.txt"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is served.

    `hours` is the life after the start, until `END_MS` (`work_hours`: from 09:00 UTC instead; `real_time`: from now).
    `attacks` are (story, minutes after the start). `throttled` and `down` are places of tenants that are throttled hard and
    that fail altogether. `expiring` is the share of blobs that expire within hours, `unknown` of those that are listed and not
    there. `wire`: note when each record was first about to be sent. `flood_accounts`: every tenant but the first has so many
    accounts and `flood_days` of past, is not attacked, and its wire is not noted.
    """

    folder: str
    seed: int = 1
    tenants: int = 1
    accounts: int = 12
    speed: float = 300.0
    hours: float = 6.0
    past_days: int = 1
    faults: str = "none"
    expiring: float = 0.0
    unknown: float = 0.0
    lateness: float = 1.0
    attacks: tuple[tuple[str, float], ...] = ()
    throttled: int = -1
    down: int = -1
    token_seconds: int = 3599
    real_time: bool = False
    wire: bool = False
    work_hours: bool = False
    flood_accounts: int = 0
    flood_days: int = 8

    @property
    def start_ms(self) -> int:
        """When the practice clock begins, UTC milliseconds."""
        if self.real_time:
            return time.time_ns() // 1_000_000
        return END_MS - 16 * HOUR_MS if self.work_hours else END_MS - int(self.hours * HOUR_MS)

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(self.folder)


def write_plan(plan: Plan) -> Path:
    """The plan as a file in its folder."""
    plan.path.mkdir(parents=True, exist_ok=True)
    path = plan.path / "plan.json"
    path.write_bytes(orjson.dumps(asdict(plan)))
    return path


class Wire(Sent):
    """Also notes when each record was first about to be sent: 12 bytes of digest in hex, practice milliseconds.

    And, in the tenant's own folder, what each content held when it was first about to be sent: feed, id, digests.
    """

    def __init__(self, folder: Path, clock: PracticeClock) -> None:
        super().__init__(folder)
        self._clock = clock
        self._noted: set[bytes] = set()
        self._folder_of_tenant = folder
        self._note = (folder.parent.parent / WIRE).open("ab", buffering=0)
        self._turn = threading.Lock()

    def content(self, feed: str, identity: str, lines: Iterable[bytes]) -> None:
        """A content is about to be sent."""
        held = list(lines)
        self._see(held)
        if not self.has(feed, identity):
            self._hold(feed, identity, held)
        super().content(feed, identity, held)

    def rows(self, feed: str, lines: Iterable[bytes]) -> None:
        """Rows are about to be sent."""
        held = list(lines)
        self._see(held)
        super().rows(feed, held)

    def _hold(self, feed: str, identity: str, lines: list[bytes]) -> None:
        text = " ".join((feed, identity, *(digest(line).hex() for line in lines)))
        self._folder_of_tenant.mkdir(parents=True, exist_ok=True)
        with self._turn, (self._folder_of_tenant / CONTENTS).open("a") as file:
            file.write(f"{text}\n")

    def _see(self, lines: list[bytes]) -> None:
        now_ms = self._clock.now_ms()
        with self._turn:
            fresh = [key for line in lines if (key := digest(line)) not in self._noted]
            self._noted.update(fresh)
            self._note.write(b"".join(b"%s %d\n" % (key.hex().encode(), now_ms) for key in fresh))


def digest(line: bytes) -> bytes:
    """By which records are compared."""
    return blake2b(line, digest_size=12).digest()


def main() -> None:
    """Serve the plan that the argument names."""
    held = orjson.loads(Path(sys.argv[1]).read_bytes())
    plan = Plan(**held | {"attacks": tuple((story, minutes) for story, minutes in held["attacks"])})
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    service, clock = _serve(plan)
    end_ms = clock.start_ms + int(plan.hours * HOUR_MS)
    written = False
    while not stop.wait(0.2):
        if not written and clock.now_ms() > end_ms + SETTLE_MS:
            _write(plan.path / INVENTORY, orjson.dumps(_inventory(service, plan)))
            written = True
    service.stop()
    _write(plan.path / TOKENS, orjson.dumps([*service.tokens(), *(item.client_secret for item in service.tenants)]))


def _serve(plan: Plan) -> tuple[PracticeService, PracticeClock]:
    """Make past and future at a standing clock, then answer and let the clock run."""
    start_ms = plan.start_ms
    end_ms = start_ms + int(plan.hours * HOUR_MS)
    options = ServiceOptions(
        plan.path, tuple(_tenant(plan, number, start_ms) for number in range(plan.tenants)), sent=True,
        faults=fault_profile(plan.faults),
    )  # fmt: skip
    clock = PracticeClock(start_ms, time.time_ns() // 1_000_000, plan.speed)
    service = PracticeService(options, clock)
    practice = [service.tenant(item.id) for item in service.tenants]
    for number, tenant in enumerate(practice):
        tenant.stores.change = _mortal(tenant.stores.change, end_ms)
        _spoil(tenant.faults, plan, number)
        tenant.world.generate(end_ms)
        tenant.catch_up(start_ms)
    wall_ms = time.time_ns() // 1_000_000
    object.__setattr__(clock, "wall_ms", wall_ms)  # it stood still until now
    object.__setattr__(clock, "start_ms", wall_ms if plan.real_time else start_ms)
    for tenant in practice[: 1 if plan.flood_accounts else None] if plan.wire else ():
        tenant.sent = Wire(plan.path / "served" / tenant.id, clock)
    service.start()
    _write(plan.path / SETTINGS, client_toml(service).encode())
    return service, clock


def _tenant(plan: Plan, number: int, start_ms: int) -> TenantOptions:
    floods = number > 0 and plan.flood_accounts > 0
    return TenantOptions(
        seed=plan.seed + number,
        accounts=plan.flood_accounts if floods else plan.accounts,
        past_days=plan.flood_days if floods else plan.past_days,
        attacks=tuple(Attack(story, start_ms + int(minutes * 60_000)) for story, minutes in plan.attacks if not floods),
        lateness=plan.lateness,
        subscribed=CONTENT,
        backlog_ms=8 * 24 * HOUR_MS,
    )


def _spoil(faults: Faults, plan: Plan, number: int) -> None:
    """What goes wrong beyond the profile. Blobs know their fate when they are packed: this comes before."""
    faults.expired, faults.missing, faults.token_seconds = plan.expiring, plan.unknown, plan.token_seconds
    if number == plan.throttled:
        faults.throttled_after, faults.af429, faults.retry_after_seconds = 0.5, 0.2, 60
    faults.down = number == plan.down


def _mortal(change: Change, end_ms: int) -> Change:
    """Nothing arrives after the end."""

    def ending(name: str, item: Item) -> list[tuple[str, Item]]:
        return [] if item.arrival > end_ms else change(name, item)

    return ending


def _inventory(service: PracticeService, plan: Plan) -> dict[str, Any]:
    return {item.id: _held(service.tenant(item.id)) for item in service.tenants}


def _held(tenant: PracticeTenant) -> dict[str, Any]:
    """Blobs by content type (id, created, expires, missing) and digests of the rows as they are now."""
    stores = tenant.stores
    blobs = {
        name: [(blob.id, blob.created, blob.expires, blob.missing) for blob in store.blobs]
        for name, store in stores.blobs.items()
    }
    rows = {
        name: [(time_ms, digest(store.read(position)).hex()) for time_ms, position in store.between(0, 1 << 62)]
        for name, store in stores.rows.items()
    }
    return {"blobs": blobs, "rows": rows, "down": tenant.faults.down}


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_bytes(data)
    part.rename(path)


if __name__ == "__main__":
    main()
