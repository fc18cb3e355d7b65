"""A `detect` process with the toy engine, for tests that kill it: `python toy_worker.py JSON`. Not a test."""

from __future__ import annotations

import logging
import os
import sys

import orjson

from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.store import TransactionalProducer
from streams.drivers.kafka.worker import run_worker
from tests.integration.toy import toy_engines


def die_at_commit(moment: str, number: int) -> None:
    """End the process, as `kill -9` does, right before or after the n-th commit of a transaction."""
    ordinary = TransactionalProducer._commit
    left = iter(range(number - 1, -1, -1))

    def commit(self: TransactionalProducer) -> None:
        last = next(left) == 0
        if last and moment == "before":
            self._producer.flush(10)  # everything lies in the log, in an open transaction
            os._exit(9)
        ordinary(self)
        if last:
            os._exit(9)

    TransactionalProducer._commit = commit  # type: ignore[method-assign]


def main() -> int:
    """Run until a signal, or until the commit named in TOY_DIE ("before 3")."""
    if "TOY_DIE" in os.environ:
        moment, number = os.environ["TOY_DIE"].split()
        die_at_commit(moment, int(number))
    settings = KafkaSettings.from_mapping(orjson.loads(sys.argv[1]))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    return run_worker(settings, toy_engines(settings.partitions, float(os.environ.get("TOY_DELAY", "0"))))


if __name__ == "__main__":
    sys.exit(main())
