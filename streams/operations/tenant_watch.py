"""One watched tenant at work in a thread of its own: access, journal, feeds and their schedule. Layer: streams."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from schemas.contracts.collected import Batch
from streams.clock import Clock
from streams.cloud.http import CloudHttp
from streams.cloud.http import Observer as CallObserver
from streams.collectors.live.counted_journal import CountedJournal
from streams.collectors.live.feed_status import FeedStatus, Observer
from streams.collectors.live.schedule import BACK_FILL_MS, TenantCollector
from streams.collectors.live.seam import Journal, JournalLost
from streams.collectors.live.watch import Watch
from streams.operations.live_feeds import open_feeds
from streams.operations.live_settings import WatchedTenant
from streams.operations.tenant_domains import tenant_domains
from streams.operations.tenant_health import tenant_reason
from streams.telemetry.health import Health, Loop

LOOP_LIMIT_SECONDS = 600.0  # a schedule that has not come round, nor stored anything, for so long is not alive
FACTS = "tenant"  # checkpoint of what is known of the tenant itself


class OpenJournal(Protocol):
    """Opens the journal of a tenant whose home domains are known; `JournalLost`."""

    def __call__(self, tenant: str, home_domains: Sequence[str], /) -> Journal:
        """The journal."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the tenants of a process share. `remembered` gives a tenant's facts of the last time, empty at first."""

    clock: Clock
    open_journal: OpenJournal
    remembered: Callable[[str], dict[str, Any]]
    observer: Observer
    calls: Callable[[str], CallObserver]
    lost: Callable[[str], None]  # called with the reason when a journal takes no more writes
    back_fill_ms: int = BACK_FILL_MS
    health: Health | None = None


class TenantWatch:
    """The collector of one tenant. `start` it, then set the stop event and `join` it."""

    def __init__(self, watched: WatchedTenant, around: Surroundings, stop: threading.Event) -> None:
        self.tenant = watched.id
        self.cloud: CloudHttp | None = None
        self.collector: TenantCollector | None = None
        self.journal: Journal | None = None
        self._watched = watched
        self._around = around
        self._stop = stop
        self._loop: Loop | None = None
        self._thread = threading.Thread(target=self._run, name=f"tenant {watched.id}", daemon=True)

    def start(self) -> None:
        """Begin; from now on the process is ready only while this tenant is collected."""
        if self._around.health is not None:
            self._around.health.check(_check(self.tenant), self._reason)
        self._thread.start()

    def leave(self) -> None:
        """The process no longer answers for this tenant."""
        if self._around.health is not None:
            for name in (_check(self.tenant), _schedule(self.tenant)):
                self._around.health.remove(name)

    def join(self, seconds: float) -> bool:
        """Wait for the end; whether it has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def statuses(self) -> list[FeedStatus]:
        """How the feeds are doing."""
        return [] if self.collector is None else self.collector.statuses

    def _run(self) -> None:
        try:
            self._watch()
        except JournalLost as error:
            self._around.lost(str(error))
        except Exception as error:  # a defect of ours in one tenant's thread: the process must not go on without it
            self._around.lost(f"internal error: {type(error).__name__} while watching {self.tenant}; please report it")
        finally:
            if self._loop is not None:
                self._loop.end()
            if self.cloud is not None:
                self.cloud.close()

    def _watch(self) -> None:
        around, access = self._around, self._watched.access
        cloud = self.cloud = CloudHttp(access, around.clock, self._stop, observe=around.calls(self.tenant))
        remembered = around.remembered(self.tenant)
        domains = tenant_domains(cloud, access.home_domains, remembered.get("home_domains", ()), self._say)
        self.journal = around.open_journal(self.tenant, domains)
        if domains and list(domains) != remembered.get("home_domains"):
            self.journal.commit(Batch(FACTS, checkpoint={"home_domains": list(domains)}))
        journal = CountedJournal(self.journal)
        self.collector = TenantCollector(
            self.tenant,
            [
                *open_feeds(cloud, journal, self._watched.feeds),
                *self._watched.other.open(journal, cloud.now_ms),
            ],
            journal,
            around.clock,
            cloud.now_ms,
            observer=around.observer,
            back_fill_ms=around.back_fill_ms,
            watch=Watch(access.client_id),
            beat=self._beat(),
        )
        self.collector.run(self._stop)

    def _beat(self) -> Callable[[], None]:
        """What the schedule calls as long as it goes on."""
        if self._around.health is None or self._stop.is_set():
            return lambda: None
        self._loop = self._around.health.loop(_schedule(self.tenant), LOOP_LIMIT_SECONDS)
        return self._loop.beat

    def _reason(self) -> str:
        """Why the tenant is not collected; empty while it is."""
        statuses = self.statuses if self.collector is not None and self._thread.is_alive() else None
        return tenant_reason(self.tenant, statuses, self._around.clock.now_ms())

    def _say(self, text: str) -> None:
        self._around.observer.said(self.tenant, "", text)


def _check(tenant: str) -> str:
    return f"tenant {tenant}"


def _schedule(tenant: str) -> str:
    return f"schedule of {tenant}"
