"""The catalogue is what the process exports, and keeps to the conventions."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from schemas.contracts.collected import Batch, Content, ContentState, Gap, GapKind, Tally
from schemas.contracts.incident import Activity, Incident, Tier
from streams.clock import PracticeClock, WallClock
from streams.cloud.seam import Api
from streams.collectors.live.feed_status import FeedState, FeedStatus, Observer
from streams.telemetry.catalogue import CATALOGUE, Kind, Unit
from streams.telemetry.observers import FeedMetrics, IncidentMetrics, SinkMetrics, cloud_observer
from streams.telemetry.telemetry import Telemetry


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry(PracticeClock(1_000_000, 0, 0.0), "1.2.3", "run")


def series(telemetry: Telemetry) -> dict[str, float]:
    text = generate_latest(telemetry.registry).decode()
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(telemetry: Telemetry, name: str, **labels: str) -> float | None:
    return series(telemetry).get(f"{name}{sorted(labels.items())}")


def incident(**changes: Any) -> Incident:
    """A message without content."""
    held: dict[str, Any] = dict.fromkeys((item.name for item in fields(Incident)), "")
    return Incident(
        **(held | {"tenant": "t1", "tier": Tier.ACT, "activity": Activity.CREATE, "delay_ms": {}} | changes)
    )


def test_the_process_exports_the_catalogue_and_nothing_else(telemetry: Telemetry) -> None:
    text = generate_latest(telemetry.registry).decode()
    exported = {family.name: (family.type, family.documentation) for family in text_string_to_metric_families(text)}
    promised = {metric.name.removesuffix("_total"): (metric.exported_kind, metric.help) for metric in CATALOGUE}
    assert exported == promised
    assert "_created" not in text
    assert generate_openmetrics(telemetry.registry).endswith(b"# EOF\n")


def test_every_metric_has_one_attribute_with_its_labels(telemetry: Telemetry) -> None:
    held = [made for name, made in vars(telemetry).items() if not name.startswith("_") and name != "registry"]
    own = [metric for metric in CATALOGUE if metric.kind is not Kind.INFO and "_process_" not in metric.name]
    assert len(held) == len(own)
    labels = {made._name: made._labelnames for made in held if hasattr(made, "_labelnames")}
    for metric in own:
        if metric.kind is not Kind.AGE:
            assert labels[metric.name.removesuffix("_total")] == metric.labels


def test_names_keep_to_the_conventions() -> None:
    names = [metric.name for metric in CATALOGUE]
    assert len(set(names)) == len(names)
    for metric in CATALOGUE:
        assert re.fullmatch(r"watchpost(_[a-z]+)+", metric.name), metric.name
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER), metric.name
        assert metric.help.endswith("."), metric.name
        assert bool(metric.buckets) == (metric.kind is Kind.HISTOGRAM)
        assert list(metric.buckets) == sorted(set(metric.buckets))
        base = metric.name.removesuffix("_total")
        for unit in (Unit.SECONDS, Unit.BYTES):
            assert base.endswith(f"_{unit}") == (metric.unit is unit), metric.name


def test_no_label_can_hold_an_account_a_mailbox_or_an_address() -> None:
    allowed = {"tenant", "feed", "api", "outcome", "state", "kind", "tier", "activity", "sink", "version", "command"}
    assert {label for metric in CATALOGUE for label in metric.labels} == allowed


def test_two_processes_worth_of_metrics_do_not_meet(telemetry: Telemetry) -> None:
    other = Telemetry(WallClock(), "1.2.3", "collect")
    telemetry.store_database_bytes.set(7)
    assert value(other, "watchpost_store_database_bytes") == 0
    assert value(other, "watchpost_build_info", version="1.2.3", command="collect") == 1


def test_requests_are_counted_and_only_sent_ones_timed(telemetry: Telemetry) -> None:
    observe = cloud_observer(telemetry, "t1")
    observe(Api.GRAPH, "ok", 0.2)
    observe(Api.GRAPH, "held", None)
    assert value(telemetry, "watchpost_cloud_requests_total", tenant="t1", api="graph", outcome="held") == 1
    assert value(telemetry, "watchpost_cloud_request_seconds_count", api="graph") == 1


def test_a_feeds_status_becomes_metrics(telemetry: Telemetry) -> None:
    metrics = FeedMetrics(telemetry)
    observer: Observer = metrics
    status = FeedStatus("activity/Audit.Exchange", FeedState.BACK_FILL, polls=2, poll_ms=300)
    labels = {"tenant": "t1", "feed": status.name}
    observer.feed_changed("t1", status)
    assert value(telemetry, "watchpost_feed_complete_lag_seconds", **labels) is None
    status.state, status.complete_ms, status.pending, status.oldest_pending_ms = FeedState.LIVE, 940_000, 3, 100_000
    observer.feed_changed("t1", status)
    assert value(telemetry, "watchpost_feed_complete_lag_seconds", **labels) == 60
    assert value(telemetry, "watchpost_feed_oldest_pending_age_seconds", **labels) == 900
    assert value(telemetry, "watchpost_feed_contents_pending", **labels) == 3
    assert value(telemetry, "watchpost_feed_polls_total", **labels) == 2
    assert value(telemetry, "watchpost_feed_poll_seconds_count", **labels) == 1
    assert value(telemetry, "watchpost_feed_state", **labels, state="back-fill") == 0
    assert value(telemetry, "watchpost_feed_state", **labels, state="live") == 1
    status.pending = 0
    observer.feed_changed("t1", status)
    assert value(telemetry, "watchpost_feed_oldest_pending_age_seconds", **labels) is None


def test_a_stored_batch_becomes_metrics(telemetry: Telemetry) -> None:
    metrics = FeedMetrics(telemetry)
    listed = [Content("a", 1), Content("b", 1)]
    metrics.batch_stored("t1", Batch("f", listed=listed), Tally())
    fetched, expired = Content("a", 1, state=ContentState.FETCHED), Content("b", 1, state=ContentState.EXPIRED)
    metrics.batch_stored("t1", Batch("f", content=fetched, partial=True), Tally(5, 2, 2, 1))
    metrics.batch_stored("t1", Batch("f", content=fetched), Tally(1, 1))
    metrics.batch_stored("t1", Batch("f", content=expired), Tally())
    found = {
        state: value(telemetry, "watchpost_feed_contents_total", tenant="t1", feed="f", state=state)
        for state in ("listed", "fetched", "expired", "missing")
    }
    assert found == {"listed": 2, "fetched": 1, "expired": 1, "missing": None}
    records = [
        value(telemetry, "watchpost_feed_records_total", tenant="t1", feed="f", outcome=outcome)
        for outcome in ("produced", "duplicate", "dead")
    ]
    assert records == [3, 2, 1]


def test_clock_gaps_sinks_and_delays_become_metrics(telemetry: Telemetry) -> None:
    feeds, sinks = FeedMetrics(telemetry), SinkMetrics(telemetry)
    feeds.clock_written("t1", 970_000, False)
    gap = Gap("f", GapKind.SILENT, 1, 2, "x")
    feeds.gap("t1", gap)
    feeds.gap("t1", Gap("f", GapKind.SILENT, 1, 2, "x", over=True))
    sinks.delivered("mail", 3)
    sinks.failed("mail", "refused", 9)
    sinks.dead("mail", "no")
    sinks.waiting("mail", 2, 990_000)
    message = incident(delay_ms={"vendor_ms": 60_000, "watchpost_ms": -5})
    IncidentMetrics(telemetry).told(message)
    IncidentMetrics(telemetry).told(incident())
    assert value(telemetry, "watchpost_tenant_clock_lag_seconds", tenant="t1") == 30
    assert value(telemetry, "watchpost_tenant_gaps_total", tenant="t1", kind="silent") == 1
    assert value(telemetry, "watchpost_sink_alerts_total", sink="mail", outcome="sent") == 3
    assert value(telemetry, "watchpost_sink_oldest_waiting_age_seconds", sink="mail") == 10
    assert value(telemetry, "watchpost_vendor_delay_seconds_sum") == 60
    assert value(telemetry, "watchpost_collector_delay_seconds_count") == 0
    assert value(telemetry, "watchpost_own_delay_seconds_sum") == 0
    assert value(telemetry, "watchpost_own_delay_seconds_count") == 1
    assert value(telemetry, "watchpost_engine_incidents_total", tenant="t1", tier="act", activity="create") == 2


def test_a_removed_tenant_leaves_no_series(telemetry: Telemetry) -> None:
    feeds = FeedMetrics(telemetry)
    for tenant in ("t1", "t2"):
        feeds.feed_changed(tenant, FeedStatus("f", FeedState.LIVE, 5, 5, pending=1, oldest_pending_ms=5, polls=1))
        feeds.batch_stored(tenant, Batch("f", listed=[Content("a", 1)]), Tally(1, 1))
        feeds.clock_written(tenant, 5, False)
        cloud_observer(telemetry, tenant)(Api.GRAPH, "ok", 1.0)
        telemetry.engine_incidents.labels(tenant, "act", "create").inc()
    telemetry.forget_tenant("t1")
    text = generate_latest(telemetry.registry).decode()
    assert 't1"' not in text
    assert text.count('tenant="t2"') > 10


def test_an_age_refuses_wrong_labels(telemetry: Telemetry) -> None:
    with pytest.raises(ValueError, match="has the labels"):
        telemetry.feed_complete_lag.since(5, "t1")
