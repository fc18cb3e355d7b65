"""A gauge of seconds since a time, reckoned when somebody looks. Layer: streams."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from streams.clock import Clock
from streams.telemetry.catalogue import Metric


class Age(Collector):
    """Seconds from a time to now, by labels; never negative. Thread-safe."""

    def __init__(self, metric: Metric, clock: Clock) -> None:
        self._metric = metric
        self._clock = clock
        self._since: dict[tuple[str, ...], int] = {}
        self._lock = threading.Lock()

    def since(self, time_ms: int, *labels: str) -> None:
        """Set the time (UTC milliseconds); 0: there is none, and no age is shown."""
        if len(labels) != len(self._metric.labels):
            raise ValueError(f"{self._metric.name} has the labels {self._metric.labels}")
        with self._lock:
            if time_ms:
                self._since[labels] = time_ms
            else:
                self._since.pop(labels, None)

    def forget(self, label: str, value: str) -> None:
        """Drop every series with this label value."""
        if label not in self._metric.labels:
            return
        place = self._metric.labels.index(label)
        with self._lock:
            self._since = {labels: time for labels, time in self._since.items() if labels[place] != value}

    def describe(self) -> Iterable[Family]:
        """The family without its values."""
        return [GaugeMetricFamily(self._metric.name, self._metric.help, labels=self._metric.labels)]

    def collect(self) -> Iterable[Family]:
        """The family, at this moment."""
        family = GaugeMetricFamily(self._metric.name, self._metric.help, labels=self._metric.labels)
        now_ms = self._clock.now_ms()
        with self._lock:
            series = sorted(self._since.items())
        for labels, time_ms in series:
            family.add_metric(labels, max(0, now_ms - time_ms) / 1000)
        return [family]
