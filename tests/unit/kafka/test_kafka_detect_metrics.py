"""What `detect` tells of its work: metrics of the catalogue, and whether it is ready."""

from __future__ import annotations

from prometheus_client import generate_latest

from schemas.contracts.topics import AUDIT, SIGNALS
from streams.clock import WallClock
from streams.drivers.kafka.partition import PartitionWorker, decode_entry
from streams.operations.detect_metrics import DetectMetrics
from streams.telemetry.health import Health
from streams.telemetry.telemetry import Telemetry
from tests.unit.kafka.test_kafka_partition import OUTBOX, Echo, MemoryStore, message


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
