"""Everything in one process and one file: tenants, engines, store, sinks, metrics. Layer: streams.

The composition root of `run` and `look-back`. Each tenant has a thread, each sink has one; what they share is the store,
whose transactions are bounded and fair. When the store is lost the process ends: what it has in memory is ahead of it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detectors.engine.account_engine import AccountEngine
from detectors.engine.entity_engine import EntityEngine
from detectors.engine.knowledge import Knowledge
from detectors.engine.signal_order import OrderedEntities
from detectors.registry import account_detectors, entity_detectors
from schemas.contracts.incident import Incident, Tier
from schemas.contracts.log import LogEntry
from streams.clock import Clock
from streams.collectors.live.intake import Intake
from streams.collectors.live.schedule import BACK_FILL_MS
from streams.collectors.live.seam import Journal, JournalLost
from streams.drivers.embedded.journal import EmbeddedJournal
from streams.drivers.embedded.retention import Retention
from streams.drivers.embedded.store import EmbeddedStore, open_store
from streams.operations.fan_out import DeliveryObservers, FeedObservers
from streams.operations.full_disk import LIMIT_SECONDS, STORE, StoreFull
from streams.operations.live_settings import WatchedTenant
from streams.operations.memory import TRIM_SECONDS, give_back
from streams.operations.tenant_watch import FACTS, Surroundings, TenantWatch
from streams.operations.watch_board import WatchBoard
from streams.sinks.delivery import Delivery, SinkDelivery
from streams.sinks.sink_settings import ConfiguredSink, sinks_for
from streams.telemetry.health import Health
from streams.telemetry.observers import FeedMetrics, IncidentMetrics, SinkMetrics, cloud_observer
from streams.telemetry.telemetry import Telemetry

STOP_SECONDS = 10.0  # for what is being sent, and again for what is being stored
TICK_SECONDS = 0.5
HOUSEKEEPING_SECONDS = 5.0
MEASURES_REST = 100.0  # times what measuring all states took
PRUNE_SECONDS = 6 * 3_600.0
FIRST_PRUNE_SECONDS = 600.0  # also a process that is started every hour deletes what is past its time


@dataclass(frozen=True, slots=True)
class WatchPlan:
    """What to watch and how."""

    tenants: Sequence[WatchedTenant]
    store: Path
    clock: Clock
    knowledge: Knowledge
    sinks: Sequence[ConfiguredSink] = ()
    retention: Retention = field(default_factory=Retention)
    back_fill_ms: int = BACK_FILL_MS


class Watching:
    """The process at work. `lost` is the reason why it must end, empty while all is well."""

    def __init__(
        self, plan: WatchPlan, store: EmbeddedStore, board: WatchBoard, telemetry: Telemetry, health: Health
    ) -> None:
        self.plan = plan
        self.store = store
        self.board = board
        self.lost = ""
        self.stop = threading.Event()
        self._telemetry = telemetry
        self._health = health
        self._journals: dict[str, EmbeddedJournal] = {}
        self._damaged = 0
        self._measures_due = 0.0
        feeds = FeedObservers(board, FeedMetrics(telemetry))
        around = Surroundings(
            plan.clock,
            self._open_journal,
            self._remembered,
            feeds,
            lambda tenant: cloud_observer(telemetry, tenant),
            self._lose,
            plan.back_fill_ms,
            health,
        )
        self.tenants = [TenantWatch(watched, around, self.stop) for watched in plan.tenants]
        self._sink_metrics = SinkMetrics(telemetry)
        told = DeliveryObservers(board, self._sink_metrics)
        self.delivery = Delivery(
            [SinkDelivery(one.sink, store.outbox, plan.clock, told) for one in plan.sinks], plan.clock
        )
        self._housekeeper = threading.Thread(target=self._keep_house, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Start every thread."""
        for tenant in self.tenants:
            tenant.start()
        self.delivery.start()
        self._housekeeper.start()
        self._health.started()

    def end(self) -> list[str]:
        """Stop every thread; names of what did not end in time."""
        self.stop.set()
        late = self.delivery.stop(STOP_SECONDS)
        until = time.monotonic() + STOP_SECONDS
        late += [one.tenant for one in self.tenants if not one.join(max(0.1, until - time.monotonic()))]
        self._housekeeper.join(STOP_SECONDS)
        return late

    def caught_up(self) -> bool:
        """Every tenant's back-fill is done."""
        return all(one.collector is not None and not one.collector.back_filling for one in self.tenants)

    # --- journals ------------------------------------------------------------------------------------------------

    def _open_journal(self, tenant: str, home_domains: Sequence[str]) -> Journal:
        journal = self.store.journal(
            tenant,
            lambda identity_map, index: Intake(tenant, identity_map, index, home_domains),
            home_domains,
        )
        self._journals[tenant] = journal
        return journal

    def _remembered(self, tenant: str) -> dict[str, Any]:
        return self.store.checkpoint(tenant, FACTS)

    def _lose(self, reason: str) -> None:
        self.lost = self.lost or reason
        self.stop.set()

    # --- housekeeping --------------------------------------------------------------------------------------------

    def _keep_house(self) -> None:
        prune_due, failure = time.monotonic() + FIRST_PRUNE_SECONDS, ""
        trim_due = time.monotonic() + TRIM_SECONDS
        beat = self._health.loop(STORE, LIMIT_SECONDS)
        while not self.stop.wait(HOUSEKEEPING_SECONDS):
            try:
                self._measure()
                for journal in list(self._journals.values()):
                    journal.take_feedback()
                if time.monotonic() >= trim_due:
                    give_back()
                    trim_due = time.monotonic() + TRIM_SECONDS
                if time.monotonic() >= prune_due:
                    self.store.prune(self.plan.retention)
                    prune_due = time.monotonic() + PRUNE_SECONDS
                beat.beat()
                failure = ""
            except JournalLost as error:
                self._lose(str(error))
            except Exception as error:  # whatever it is, judging goes on
                if failure != type(error).__name__:
                    failure = type(error).__name__
                    self.board.say(f"housekeeping failed ({failure}); it is tried again")

    def _measure(self) -> None:
        """What nobody reports."""
        telemetry = self._telemetry
        for held in self.store.outbox.backlog():
            self.board.waiting(held.sink, held.waiting)
            self._sink_metrics.waiting(held.sink, held.waiting, held.oldest_ms)
        telemetry.store_database_bytes.set(_size(self.store.path))
        telemetry.engine_damaged.inc(self.store.damaged - self._damaged)
        self._damaged = self.store.damaged
        for tenant in self.tenants:
            if tenant.cloud is not None:
                telemetry.cloud_skew.labels(tenant.tenant).set(tenant.cloud.facts.skew_ms / 1000)
        begun = time.monotonic()
        if begun >= self._measures_due:
            self._measure_states()
            self._measures_due = time.monotonic() + MEASURES_REST * (time.monotonic() - begun)

    def _measure_states(self) -> None:
        telemetry, measures = self._telemetry, self.store.measures()
        self.board.accounts = sum(one.accounts for one in measures)
        for one in measures:
            telemetry.engine_accounts.labels(one.tenant).set(one.accounts)
            telemetry.engine_states_bytes.labels(one.tenant).set(one.states_bytes)
            telemetry.engine_open_incidents.labels(one.tenant, Tier.REVIEW.value).set(one.open_review)
            telemetry.engine_open_incidents.labels(one.tenant, Tier.ACT.value).set(one.open_act)


@contextmanager
def watching(
    plan: WatchPlan,
    board: WatchBoard,
    telemetry: Telemetry,
    health: Health,
    stop: threading.Event,
    say: Callable[[str], None],
) -> Iterator[Watching | None]:
    """The process on its store, started; None when `stop` was set while another process held the store. `JournalLost`."""

    told = IncidentMetrics(telemetry)

    def route(incident: Incident) -> Sequence[str]:
        board.told(incident)
        told.told(incident)
        return sinks_for(plan.sinks, incident)

    accounts = AccountEngine(account_detectors(), plan.knowledge)
    entities = OrderedEntities(EntityEngine(entity_detectors(), plan.knowledge))
    steps = Steps(telemetry)
    opened = open_store(
        plan.store,
        accounts,
        entities,
        route=route,
        clock=plan.clock,
        lost=JournalLost,
        full=StoreFull,
        stop=stop,
        say=say,
        step=steps,
        folded=steps.folded,
    )
    with opened as store:
        if store is None:
            yield None
            return
        process = Watching(plan, store, board, telemetry, health)
        steps.told = process.delivery.nudge
        process.start()
        try:
            yield process
        finally:
            for name in process.end():
                say(f"{name} did not end in time; what it had not stored comes again at the next start")


class Steps:
    """What the store tells while it holds its lock: a transaction's steps and what it folds. `told`: there is an alert."""

    def __init__(self, telemetry: Telemetry) -> None:
        self.told: Callable[[], None] = lambda: None
        self._telemetry = telemetry
        self._begun = self._archived = time.monotonic()

    def __call__(self, step: str) -> None:
        """The transaction has come so far."""
        now = time.monotonic()
        if step == "begun":
            self._begun = now
        elif step == "archived":
            self._archived = now
        elif step == "judged":
            self._telemetry.engine_fold_seconds.observe(now - self._archived)
        elif step == "committed":
            self._telemetry.store_commit_seconds.observe(now - self._begun)
        elif step == "told":
            self.told()

    def folded(self, tenant: str, entries: Sequence[LogEntry], dead: int) -> None:
        """Entries of a tenant's log were folded; so many of them could not be read."""
        for kind, count in Counter(entry.kind.value for entry in entries).items():
            self._telemetry.engine_entries.labels(tenant, kind).inc(count)
        self._telemetry.engine_dead.inc(dead)


def _size(path: Path) -> int:
    names = (path, path.with_name(path.name + "-wal"))
    return sum(name.stat().st_size for name in names if name.exists())
