"""A `detect` process with the toy engine, for tests that kill it: `python toy_worker.py JSON`. Not a test."""

from __future__ import annotations

import logging
import os
import sys

import orjson

from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.worker import run_worker
from tests.integration.toy import toy_engines


def main() -> int:
    """Run until a signal."""
    settings = KafkaSettings.from_mapping(orjson.loads(sys.argv[1]))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    return run_worker(settings, toy_engines(settings.partitions, float(os.environ.get("TOY_DELAY", "0"))))


if __name__ == "__main__":
    sys.exit(main())
