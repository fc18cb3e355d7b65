"""What a `detect` process reports of its work, in metrics and health. Layer: streams."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict

from prometheus_client import Gauge

from schemas.contracts.incident import Tier
from streams.drivers.kafka.observing import Worked
from streams.drivers.measures import TenantMeasures
from streams.telemetry.health import Health
from streams.telemetry.observers import IncidentMetrics
from streams.telemetry.telemetry import Telemetry

LOOP_LIMIT_SECONDS = 60.0
PARTITIONS = "partitions"


class DetectMetrics:
    """The observer of the workers. `log` is the topic whose partitions are counted: the audit log."""

    def __init__(self, telemetry: Telemetry, health: Health, log: str) -> None:
        self._telemetry = telemetry
        self._health = health
        self._log = log
        self._incidents = IncidentMetrics(telemetry)
        self._opening: dict[str, int] = {}
        self._held: dict[int, Sequence[TenantMeasures]] = {}
        self._gauges: dict[str, Callable[[str], Gauge]] = {
            "accounts": telemetry.engine_accounts.labels,
            "states_bytes": telemetry.engine_states_bytes.labels,
            "open_review": lambda tenant: telemetry.engine_open_incidents.labels(tenant, Tier.REVIEW.value),
            "open_act": lambda tenant: telemetry.engine_open_incidents.labels(tenant, Tier.ACT.value),
        }
        self._lock = threading.Lock()
        self._beat = health.loop("loop", LOOP_LIMIT_SECONDS)
        health.set(PARTITIONS, "not yet a member of the group")

    def worked(self, work: Worked) -> None:
        """Output and position of a batch are published."""
        to = self._telemetry
        for labels, count in work.entries.items():
            to.engine_entries.labels(*labels).inc(count)
        to.engine_dead.inc(work.dead)
        to.engine_fold_seconds.observe(work.fold_seconds)
        to.store_commit_seconds.observe(work.commit_seconds)
        for incident in work.told:
            self._incidents.told(incident)

    def redelivered(self, messages: int) -> None:
        """Nothing: a repeat that is recognised changes nothing."""

    def partitions(self, topic: str, opened: int, opening: int) -> None:
        """Ready when every partition that was assigned is read back; none assigned is a spare worker, and ready."""
        if topic == self._log:
            self._telemetry.engine_partitions.set(opened)
        with self._lock:
            self._opening[topic] = opening
            left = sum(self._opening.values())
        self._health.set(PARTITIONS, f"{left} partitions are still being read back" if left else "")

    def measured(self, partition: int, held: Sequence[TenantMeasures]) -> None:
        """Sums over the partitions here; a tenant of which nothing is here any more leaves no series."""
        with self._lock:
            before = {row.tenant for rows in self._held.values() for row in rows}
            self._held[partition] = held
            sums: dict[str, Counter[str]] = {}
            for row in (row for rows in self._held.values() for row in rows):
                sums.setdefault(row.tenant, Counter()).update(_numbers(row))
            for tenant, numbers in sums.items():
                for name, gauge in self._gauges.items():
                    gauge(tenant).set(numbers[name])
            for tenant in before - sums.keys():
                self._forget(tenant)

    def _forget(self, tenant: str) -> None:
        to = self._telemetry
        for gauge in (to.engine_accounts, to.engine_states_bytes, to.engine_open_incidents):
            gauge.remove_by_labels({"tenant": tenant})

    def beat(self) -> None:
        """The process's loop goes on."""
        self._beat.beat()


def _numbers(row: TenantMeasures) -> dict[str, int]:
    return {name: number for name, number in asdict(row).items() if name != "tenant"}
