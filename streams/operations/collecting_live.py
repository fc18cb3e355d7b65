"""Live feeds to the audit log of Kafka: the tenants that the broker gives this process, each in a thread. Layer: streams.

A tenant belongs to one collector; when it is given to this process its journal is opened, which fences whoever had it before.
When it is taken away its thread ends. What it had not stored the next owner collects.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from schemas.identity.identity_map import IdentityMap
from streams.clock import Clock
from streams.collectors.live.intake import Intake
from streams.collectors.live.schedule import BACK_FILL_MS
from streams.collectors.live.seam import Journal, JournalLost
from streams.collectors.recent_index import RecentIndex
from streams.drivers.kafka.feed_book import DamagedBook
from streams.drivers.kafka.journal import KafkaJournal, read_book
from streams.drivers.kafka.reading import LogReadError
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.shared_reads import SharedReads
from streams.drivers.kafka.tenancy import Tenancy, TenancyLost, feeds_partition
from streams.operations.fan_out import FeedObservers
from streams.operations.live_settings import WatchedTenant
from streams.operations.tenant_watch import FACTS, Surroundings, TenantWatch
from streams.operations.watch_board import WatchBoard
from streams.telemetry.health import Health
from streams.telemetry.observers import FeedMetrics, cloud_observer
from streams.telemetry.telemetry import Telemetry

STOP_SECONDS = 20.0
SLOW_SECONDS = 15.0  # the opening of a journal that takes longer is told
GROUP_LIMIT_SECONDS = 120.0  # a membership that is not looked after for so long is not alive


@contextmanager
def said_when_slow(say: Callable[[str], None], text: str, seconds: float = SLOW_SECONDS) -> Iterator[None]:
    """Say so, once, when what is done in this context takes longer."""
    timer = threading.Timer(seconds, say, (text,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@dataclass(frozen=True, slots=True)
class CollectPlan:
    """What to collect and where to. `partitions` is the number of partitions of the feeds topic."""

    tenants: Sequence[WatchedTenant]
    settings: KafkaSettings
    clock: Clock
    partitions: int
    back_fill_ms: int = BACK_FILL_MS


@dataclass(slots=True)
class _Held:
    """A tenant at work here."""

    watch: TenantWatch
    stop: threading.Event


class Collecting:
    """The process at work. `lost` is the reason why it must end, empty while all is well."""

    def __init__(self, plan: CollectPlan, board: WatchBoard, telemetry: Telemetry, health: Health) -> None:
        self.plan = plan
        self.board = board
        self.lost = ""
        self.over = threading.Event()  # it must end: `lost` says why
        self._telemetry = telemetry
        self._health = health
        self._watched = {tenant.id: tenant for tenant in plan.tenants}
        self._held: dict[str, _Held] = {}
        self._reads = SharedReads(plan.settings)
        self._leave = threading.Event()
        self._tenancy = Tenancy(plan.settings, sorted(self._watched), plan.partitions)
        self._thread = threading.Thread(target=self._follow, name="tenancy", daemon=True)
        health.check("membership", lambda: "" if self._tenancy.joined else "not yet a member of the collectors' group")

    def start(self) -> None:
        """Join the group."""
        self._thread.start()
        self._health.started()

    def end(self, seconds: float) -> bool:
        """Stop every tenant, then leave the group; whether all that ended in time."""
        until = time.monotonic() + seconds
        for held in list(self._held.values()):
            held.stop.set()
        self._leave.set()
        self._thread.join(seconds)
        left = [held.watch for held in list(self._held.values())]  # none, unless the group was lost
        ended = [watch.join(max(0.1, until - time.monotonic())) for watch in left]
        over = all(ended) and not self._thread.is_alive()
        if over:
            self._reads.close()
        return over

    @property
    def held(self) -> list[str]:
        """Tenants that are collected here now."""
        return sorted(self._held)

    @property
    def waiting(self) -> list[str]:
        """Tenants that another process has, or nobody yet."""
        return sorted(self._watched.keys() - self._held.keys())

    def measure(self) -> None:
        """What nobody reports: the clocks of the services."""
        for tenant, held in list(self._held.items()):
            if held.watch.cloud is not None:
                self._telemetry.cloud_skew.labels(tenant).set(held.watch.cloud.facts.skew_ms / 1000)

    # --- from the broker, on the group's thread --------------------------------------------------------------------

    def _follow(self) -> None:
        beat = self._health.loop("group", GROUP_LIMIT_SECONDS)
        try:
            self._tenancy.run(self._leave, self._gain, self._give_up, beat.beat)
        except (LogReadError, TenancyLost) as error:
            self._lose(str(error))
        except Exception as error:  # a defect of ours: nobody would look after the membership
            self._lose(f"internal error: {type(error).__name__} while following the group; please report it")
        finally:
            beat.end()

    def _gain(self, tenant: str) -> None:
        """The tenant is ours: begin."""
        stop = threading.Event()
        feeds = FeedObservers(self.board, FeedMetrics(self._telemetry))
        around = Surroundings(
            self.plan.clock,
            partial(self._open_journal, stop),
            self._remembered,
            feeds,
            lambda name: cloud_observer(self._telemetry, name),
            lambda reason: None if stop.is_set() else self._lose(reason),
            self.plan.back_fill_ms,
            self._health,
        )
        held = self._held[tenant] = _Held(TenantWatch(self._watched[tenant], around, stop), stop)
        self.board.say(f"collecting tenant {tenant}")
        held.watch.start()

    def _give_up(self, tenant: str) -> None:
        """The tenant is no longer ours: its thread ends, and what it is about to write is refused."""
        held = self._held.pop(tenant)
        held.stop.set()
        held.watch.leave()
        until = time.monotonic() + STOP_SECONDS
        if not held.watch.join(max(0.1, until - time.monotonic())):
            self.board.say(f"tenant {tenant} did not end in time; what it had not stored comes again")
        elif isinstance(held.watch.journal, KafkaJournal):
            held.watch.journal.close()
        self._telemetry.forget_tenant(tenant)
        self.board.forget(tenant)
        if not self._leave.is_set():
            self.board.say(f"tenant {tenant} goes on elsewhere")

    def _lose(self, reason: str) -> None:
        self.lost = self.lost or reason
        self.over.set()

    # --- journals, on the tenants' threads -------------------------------------------------------------------------

    def _open_journal(self, stop: threading.Event, tenant: str, home_domains: Sequence[str]) -> Journal:
        clock = self.plan.clock
        intake = Intake(tenant, IdentityMap(home_domains), RecentIndex(clock), home_domains)
        say: Callable[[str], None] = partial(self.board.said, tenant, "")
        with said_when_slow(
            say, "its journal on Kafka is still being opened: what was collected before is read back first"
        ):
            return KafkaJournal(self._reads, tenant, intake, clock, JournalLost, stop, say)

    def _remembered(self, tenant: str) -> dict[str, Any]:
        """The tenant's facts of the last time; nobody is fenced for them."""
        try:
            book = read_book(self.plan.settings, tenant, feeds_partition(tenant, self.plan.partitions))
        except (LogReadError, DamagedBook) as error:
            raise JournalLost(str(error)) from None
        row = book.feeds.get(FACTS)
        return {} if row is None else row.checkpoint
