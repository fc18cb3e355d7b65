"""`watchpost detect`: a Faust worker with the detectors. Layer: streams."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from schemas.contracts.topics import AUDIT
from streams.clock import Clock, WallClock
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import TopicsError
from streams.drivers.kafka.worker import run_worker
from streams.operations.detect_metrics import DetectMetrics
from streams.operations.detection import knowledge_of
from streams.operations.garbage import collect_briefly
from streams.operations.kafka_engines import kafka_engines
from streams.operations.ownership import require_ownership
from streams.operations.refusal import Refusal
from streams.operations.run_command import served
from streams.operations.standard_error import tell
from streams.telemetry.health import Health
from streams.telemetry.server import OFF
from streams.telemetry.telemetry import Telemetry


def run_detect(
    settings: KafkaSettings,
    geo: Sequence[Path],
    egress: Sequence[str],
    metrics_address: str = OFF,
    clock: Clock | None = None,
) -> int:
    """Work until SIGTERM or SIGINT; returns the exit status. `clock` is a practice tenant's; else it is wall time."""
    require_ownership()
    knowledge = knowledge_of(geo, egress)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="watchpost: %(levelname)s %(name)s: %(message)s")
    engines = kafka_engines(knowledge, settings.partitions)
    collect_briefly()
    telemetry, health = Telemetry(WallClock(), version("watchpost"), "detect"), Health()
    observer = DetectMetrics(telemetry, health, settings.topic(AUDIT))

    def started() -> None:
        health.started()
        tell(f"detecting on {settings.brokers}")

    with served(metrics_address, telemetry, health) as where:
        if where:
            tell(f"metrics and health: {where}/metrics, /live, /ready")
        try:
            return run_worker(settings, engines, started, observer, clock)
        except TopicsError as error:
            raise Refusal(str(error)) from None
