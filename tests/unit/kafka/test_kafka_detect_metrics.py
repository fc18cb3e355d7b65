"""What `detect` tells of its work: metrics of the catalogue, and whether it is ready."""

from __future__ import annotations

from functools import partial

import orjson
from prometheus_client import generate_latest

from detectors.engine.account_engine import AccountEngine
from detectors.engine.knowledge import Knowledge
from detectors.probe import NoFacts
from schemas.contracts.log import EntryKind, LogEntry, clock_bytes
from schemas.contracts.ocsf import encode_ocsf
from schemas.contracts.topics import AUDIT, SIGNALS
from streams.clock import WallClock
from streams.drivers.kafka.outbox import Outbox
from streams.drivers.kafka.partition import PartitionWorker, decode_entry
from streams.drivers.kafka.reading import LogMessage
from streams.drivers.measures import TenantMeasures
from streams.operations.detect_metrics import DetectMetrics
from streams.telemetry.catalogue import DETECT
from streams.telemetry.health import Health
from streams.telemetry.telemetry import Telemetry
from tests.unit.collectors.conftest import NINE, management
from tests.unit.engine.told_detector import Told, ToldDetector
from tests.unit.kafka.test_kafka_partition import OUTBOX, SETTINGS, Echo, MemoryStore, message
from tests.unit.live.fakes import FakeClock


def exported(telemetry: Telemetry) -> dict[str, float]:
    lines = generate_latest(telemetry.registry).decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


def made() -> tuple[DetectMetrics, Telemetry, Health]:
    telemetry, health = Telemetry(WallClock(), "1", "detect"), Health()
    return DetectMetrics(telemetry, health, AUDIT), telemetry, health


def test_processed_entries_are_counted_and_neither_rebuilt_nor_redelivered_ones() -> None:
    metrics, telemetry, _ = made()
    store = MemoryStore(1)
    log = [message(offset) for offset in range(4)]
    worker = PartitionWorker(Echo(), decode_entry, lambda: store, OUTBOX, lambda start, stop: iter(log), 2, metrics)
    worker.open()
    worker.handle([message(3), message(4), message(5, b"broken")])
    found = exported(telemetry)
    assert found['watchpost_engine_entries_total{kind="record",tenant="t"}'] == 3
    assert found["watchpost_engine_dead_entries_total"] == 1
    assert found["watchpost_engine_fold_seconds_count"] == found["watchpost_store_commit_seconds_count"] == 2


def test_it_is_ready_when_all_its_partitions_are_read_back() -> None:
    metrics, telemetry, health = made()
    health.started()
    assert health.ready()["partitions"] == "not yet a member of the group"
    metrics.partitions(AUDIT, 1, 1)
    metrics.partitions(SIGNALS, 0, 2)
    assert health.ready()["partitions"] == "3 partitions are still being read back"
    metrics.partitions(SIGNALS, 2, 0)
    metrics.partitions(AUDIT, 2, 0)
    assert not any(health.ready().values())
    assert exported(telemetry)["watchpost_engine_partitions"] == 2


def test_what_it_reports_is_its_part_of_the_catalogue() -> None:
    metrics, telemetry, _ = made()
    before = exported(telemetry)
    metrics.partitions(AUDIT, 1, 0)
    log = [*_life(), message(90, b"broken")]
    worker = PartitionWorker(
        _engine(), decode_entry, lambda: MemoryStore(), Outbox(SETTINGS, encode_ocsf), lambda start, stop: iter(log),
        1000, metrics, partial(metrics.measured, 0), FakeClock(NINE + 200_000),
    )  # fmt: skip
    worker.open()
    changed = {name.partition("{")[0] for name, value in exported(telemetry).items() if before.get(name) != value}
    bare = {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in changed}
    assert {name for name in bare if "_process_" not in name} == {metric.name for metric in DETECT}
    found = exported(telemetry)
    assert found['watchpost_engine_accounts{tenant="t"}'] == 1
    assert found['watchpost_engine_open_incidents{tenant="t",tier="act"}'] == 1
    assert found["watchpost_vendor_delay_seconds_sum"] == 60


def test_partitions_are_summed_and_what_is_given_up_leaves_no_series() -> None:
    metrics, telemetry, _ = made()
    metrics.measured(0, [TenantMeasures("t", 5, 500, 2, 0), TenantMeasures("u", 1, 10, 0, 0)])
    metrics.measured(1, [TenantMeasures("t", 3, 300, 1, 1)])
    found = exported(telemetry)
    assert found['watchpost_engine_accounts{tenant="t"}'] == 8
    assert found['watchpost_engine_states_bytes{tenant="t"}'] == 800
    assert found['watchpost_engine_open_incidents{tenant="t",tier="review"}'] == 3
    metrics.measured(0, [])
    found = exported(telemetry)
    assert found['watchpost_engine_accounts{tenant="t"}'] == 3
    assert not [name for name in found if 'tenant="u"' in name]


def test_a_partition_that_is_given_up_holds_nothing_any_more() -> None:
    metrics, telemetry, _ = made()
    worker = PartitionWorker(
        _engine(), decode_entry, lambda: MemoryStore(), Outbox(SETTINGS, encode_ocsf), lambda start, stop: iter(_life()),
        1000, metrics, partial(metrics.measured, 0), FakeClock(NINE),
    )  # fmt: skip
    worker.open()
    assert any("engine_accounts{" in name for name in exported(telemetry))
    worker.close()
    assert not any("engine_accounts{" in name for name in exported(telemetry))


def _engine() -> AccountEngine:
    detector = ToldDetector()
    detector.finds["r1"] = [Told(20.0)]
    return AccountEngine((detector,), Knowledge(NoFacts()))


def _life() -> list[LogMessage]:
    """A record that is an incident, and a clock."""
    raw = orjson.dumps(management("r1"))
    times = {"collected_ms": NINE + 90_000, "content_ms": NINE + 60_000}
    record = LogEntry(EntryKind.RECORD, "t", "ann@corp.example", raw, "management", "r1", "actor", **times)
    clock = LogEntry(EntryKind.CLOCK, "t", "", clock_bytes(NINE), "clock", str(NINE))
    return [LogMessage(AUDIT, 0, n, e.key, e.value, e.headers()) for n, e in enumerate((record, clock))]
