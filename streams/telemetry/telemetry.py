"""The metrics of one process, made from the catalogue. Layer: streams."""

from __future__ import annotations

from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

from streams.clock import Clock
from streams.telemetry import catalogue
from streams.telemetry.age import Age
from streams.telemetry.catalogue import Metric

_Made = TypeVar("_Made", Counter, Gauge, Histogram, Age)


class Telemetry:
    """One attribute per metric, in a registry of its own. Thread-safe, as prometheus-client's metrics are."""

    def __init__(self, clock: Clock, version: str, command: str) -> None:
        """`clock` reckons ages; `command` is the command that runs ("run", "collect", "detect")."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # they are in no catalogue
        self.registry = CollectorRegistry()
        self._clock = clock
        self._labelled: list[Counter | Gauge | Histogram | Age] = []
        self._cloud_and_feeds()
        self._engine_and_store()
        self._sinks_and_delays()
        build = self._gauge(catalogue.BUILD_INFO)
        build.labels(version, command).set(1)
        ProcessCollector(namespace=catalogue.PREFIX.rstrip("_"), registry=self.registry)

    def _cloud_and_feeds(self) -> None:
        self.cloud_requests = self._counter(catalogue.CLOUD_REQUESTS)
        self.cloud_request_seconds = self._histogram(catalogue.CLOUD_REQUEST_SECONDS)
        self.cloud_skew = self._gauge(catalogue.CLOUD_SKEW)
        self.feed_records = self._counter(catalogue.FEED_RECORDS)
        self.feed_contents = self._counter(catalogue.FEED_CONTENTS)
        self.feed_pending = self._gauge(catalogue.FEED_PENDING)
        self.feed_pending_age = self._age(catalogue.FEED_PENDING_AGE)
        self.feed_complete_lag = self._age(catalogue.FEED_COMPLETE_LAG)
        self.feed_success_age = self._age(catalogue.FEED_SUCCESS_AGE)
        self.feed_polls = self._counter(catalogue.FEED_POLLS)
        self.feed_poll_seconds = self._histogram(catalogue.FEED_POLL_SECONDS)
        self.feed_state = self._gauge(catalogue.FEED_STATE)
        self.feed_left_out = self._gauge(catalogue.FEED_LEFT_OUT)
        self.tenant_clock_lag = self._age(catalogue.TENANT_CLOCK_LAG)
        self.tenant_gaps = self._counter(catalogue.TENANT_GAPS)

    def _engine_and_store(self) -> None:
        self.engine_entries = self._counter(catalogue.ENGINE_ENTRIES)
        self.engine_fold_seconds = self._histogram(catalogue.ENGINE_FOLD_SECONDS)
        self.engine_accounts = self._gauge(catalogue.ENGINE_ACCOUNTS)
        self.engine_states_bytes = self._gauge(catalogue.ENGINE_STATES)
        self.engine_damaged = self._counter(catalogue.ENGINE_DAMAGED)
        self.engine_open_incidents = self._gauge(catalogue.ENGINE_OPEN_INCIDENTS)
        self.engine_incidents = self._counter(catalogue.ENGINE_INCIDENTS)
        self.engine_dead = self._counter(catalogue.ENGINE_DEAD)
        self.engine_partitions = self._gauge(catalogue.ENGINE_PARTITIONS)
        self.store_commit_seconds = self._histogram(catalogue.STORE_COMMIT_SECONDS)
        self.store_database_bytes = self._gauge(catalogue.STORE_DATABASE)

    def _sinks_and_delays(self) -> None:
        self.sink_alerts = self._counter(catalogue.SINK_ALERTS)
        self.sink_failures = self._counter(catalogue.SINK_FAILURES)
        self.sink_waiting = self._gauge(catalogue.SINK_WAITING)
        self.sink_waiting_age = self._age(catalogue.SINK_WAITING_AGE)
        self.vendor_delay = self._histogram(catalogue.VENDOR_DELAY)
        self.collector_delay = self._histogram(catalogue.COLLECTOR_DELAY)
        self.own_delay = self._histogram(catalogue.OWN_DELAY)

    def forget_tenant(self, tenant: str) -> None:
        """Drop every series of a tenant that is removed."""
        for metric in self._labelled:
            if isinstance(metric, Age):
                metric.forget("tenant", tenant)
            else:
                metric.remove_by_labels({"tenant": tenant})

    def _counter(self, metric: Metric) -> Counter:
        made = Counter(metric.name, metric.help, metric.labels, registry=self.registry)
        return self._kept(metric, made)

    def _gauge(self, metric: Metric) -> Gauge:
        made = Gauge(metric.name, metric.help, metric.labels, registry=self.registry)
        return self._kept(metric, made)

    def _histogram(self, metric: Metric) -> Histogram:
        made = Histogram(metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=self.registry)
        return self._kept(metric, made)

    def _age(self, metric: Metric) -> Age:
        made = Age(metric, self._clock)
        self.registry.register(made)
        return self._kept(metric, made)

    def _kept(self, metric: Metric, made: _Made) -> _Made:
        if "tenant" in metric.labels:
            self._labelled.append(made)
        return made
