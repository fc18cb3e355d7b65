"""What a `detect` process reports of its work, in metrics and health. Layer: streams."""

from __future__ import annotations

import threading

from streams.drivers.kafka.observing import Worked
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

    def beat(self) -> None:
        """The process's loop goes on."""
        self._beat.beat()
