"""`watchpost detect`: a Faust worker with the detectors. Layer: streams."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import TopicsError
from streams.drivers.kafka.worker import run_worker
from streams.operations.detection import knowledge_of
from streams.operations.kafka_engines import kafka_engines
from streams.operations.ownership import require_ownership
from streams.operations.refusal import Refusal
from streams.operations.standard_error import tell


def run_detect(settings: KafkaSettings, geo: Sequence[Path], egress: Sequence[str]) -> int:
    """Work until SIGTERM or SIGINT; returns the exit status."""
    require_ownership()
    knowledge = knowledge_of(geo, egress)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="watchpost: %(levelname)s %(name)s: %(message)s")
    engines = kafka_engines(knowledge, settings.partitions)
    try:
        return run_worker(settings, engines, lambda: tell(f"detecting on {settings.brokers}"))
    except TopicsError as error:
        raise Refusal(str(error)) from None
