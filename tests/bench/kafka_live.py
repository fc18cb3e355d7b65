"""`watchpost collect` of practice tenants to a broker, killed at random among every fault: nothing lost, nothing twice.

`python -m tests.bench.kafka_live --accounts 1000 --hours 24 --speed 150 --kills 20 [--tenants N]` serves the tenants over
HTTPS with every fault, kills the collector that many times and starts it again at once, waits for the night's second
listing, and compares what was served with the topics as they are read back (`kafka_proof`). `detect` runs beside it, since
a look-back waits for profiles; with `--judge` its alerts are compared with the log folded once. `--fairness` instead: how far
tenants lag without faults, and while one of them is throttled and one is down. One JSON line per measure.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from confluent_kafka import TopicPartition

from schemas.contracts.topics import FEEDS
from streams.drivers.kafka.feed_book import FeedBook
from streams.drivers.kafka.reading import open_consumer
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import create_topics, existing_partitions
from tests.bench.kafka_proof import COLLECTOR, for_tenant, judged, kafka_proof
from tests.bench.live_faults import lag_figures, sampled, tenants_of, with_two_disturbed
from tests.bench.live_proof import LOGS
from tests.bench.live_run import DAY_MS, cpu_seconds, load, memory_mib, serving, wait_for
from tests.bench.live_service import END_MS, HOUR_MS, INVENTORY, SETTINGS, Plan
from tests.integration.broker import own_broker
from tests.integration.command_line import detecting, terminate
from tests.integration.conftest import fresh_settings
from tests.integration.live_world import collecting
from tests.integration.processes import settled

LOOK_BACK_DAYS = 0.5
LOOK_SECONDS = 2.0
JUDGING_SECONDS = 900.0


class Books:
    """Follows the feeds topic: the ledgers of tenants as they are now."""

    def __init__(self, settings: KafkaSettings, tenants: list[str]) -> None:
        self._books = {tenant: FeedBook(tenant) for tenant in tenants}
        self._consumer = open_consumer(settings)
        topic = settings.topic(FEEDS)
        places = range(existing_partitions(settings)[topic])
        self._consumer.assign([TopicPartition(topic, place, 0) for place in places])

    def read(self) -> dict[str, FeedBook]:
        """Take in what was committed since."""
        until = time.monotonic() + LOOK_SECONDS
        while time.monotonic() < until and (message := self._consumer.poll(0.2)) is not None:
            if message.error() is None:
                key, value = message.key(), message.value()
                for_tenant(self._books, _bytes(key) or b"", _bytes(value))
        return self._books


@dataclass(slots=True)
class Course:
    """The collector's lives. `own_ends` are exit statuses of those that ended by themselves; they are started again."""

    settings: KafkaSettings
    folder: Path
    kills: int = 0
    own_ends: list[int] = field(default_factory=list)
    cpu: float = 0.0
    peak_mib: float = 0.0

    def life(self) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """A collector at work."""
        return collecting(self.folder / SETTINGS, self.settings, self.folder / "collect.log", LOOK_BACK_DAYS)

    def until_killed(self, at: float) -> None:
        """Let it work until then (monotonic seconds), and a moment at least; SIGKILL."""
        with self.life() as process:
            time.sleep(max(0.3, at - time.monotonic()))
            self._note(process)
            self.kills += process.poll() is None
            process.kill()

    def until(self, true: Callable[[], bool], what: str, seconds: float) -> int:
        """Let it work until that is so; SIGTERM, and the exit status."""
        until = time.monotonic() + seconds
        while True:
            with self.life() as process:
                wait_for(
                    lambda process=process: process.poll() is not None or true(),  # type: ignore[misc]
                    what, max(0.0, until - time.monotonic()), every=LOOK_SECONDS,
                )  # fmt: skip
                if process.poll() is None:
                    self._note(process)
                    return terminate(process, 60.0)
                self._note(process)

    def _note(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            self.cpu += cpu_seconds(process.pid)
            self.peak_mib = max(self.peak_mib, memory_mib(process.pid)[1])
        else:
            self.own_ends.append(process.returncode)


def collected(plan: Plan, settings: KafkaSettings, kills: int, patience: float, judge: bool) -> None:
    """Collect a service's whole life with that many kills; tell how it went and the proof, then of the alerts."""
    dice, life = random.Random(plan.seed), plan.hours * HOUR_MS / 1000 / plan.speed
    course, log = Course(replace(settings, instance="one"), plan.path), plan.path / "detect.log"
    with detecting(settings, log) as detect:
        with serving(plan):
            began, books = time.monotonic(), Books(settings, tenants_of(plan.path))
            for at in sorted(dice.uniform(0.0, life) for _ in range(kills)):
                course.until_killed(began + at)
            status = course.until(lambda: fetched_everything(plan.path, books), "the end", 60 + patience * life)
        figures = {"kills": course.kills, "own_ends": course.own_ends, "status": status, "cpu_s": round(course.cpu, 1)}
        figures |= {
            "peak_mib": round(course.peak_mib),
            "wall_s": round(time.monotonic() - began, 1),
            "load": load(),
            "detect_cpu_s": cpu_seconds(detect.pid),
        }
        shape = {name: getattr(plan, name) for name in ("tenants", "accounts", "hours", "speed", "seed")}
        tell("kafka-faults", shape | figures | kafka_proof(plan.path, settings))
        if judge:
            wait_for(settled(settings), "judging everything", JUDGING_SECONDS, every=LOOK_SECONDS)
            tell("kafka-alerts", {"detect_status": terminate(detect, 60.0), "load": load()} | judged(settings))


def fairness(plan: Plan, settings: KafkaSettings, disturbed: bool) -> None:
    """Tell how far tenants lag (practice seconds) when two of them are throttled and down, or none."""
    own = with_two_disturbed(plan, disturbed)
    own.path.mkdir(parents=True, exist_ok=True)
    life, course = own.hours * HOUR_MS / 1000 / own.speed, Course(settings, own.path)
    with detecting(settings, own.path / "detect.log"), serving(own), course.life() as process:
        books, quiet = Books(settings, tenants_of(own.path)), own.tenants - 2 * disturbed
        wait_for(lambda: looked_back(books) >= quiet, "the look-back", 120 + life)
        with sampled(own.path, lambda: complete(books)) as lags:
            time.sleep(life / 2)
        used = cpu_seconds(process.pid)
        status = terminate(process, 60.0)
    tell("kafka-fairness", lag_figures(own, lags) | {"status": status, "cpu_s": round(used, 1), "load": load()})


def looked_back(books: Books) -> int:
    """For how many tenants the first start's look-back is done."""
    states = [book.feeds[COLLECTOR].checkpoint for book in books.read().values() if COLLECTOR in book.feeds]
    return sum(held["clock"] >= held["until"] > 0 for held in states)


def complete(books: Books) -> list[tuple[str, str, int]]:
    """Tenant, feed, and up to when it is complete (UTC milliseconds), of the vendor's feeds."""
    found = books.read().items()
    return [
        (name, feed, row.complete_ms)
        for name, book in found
        for feed, row in book.feeds.items()
        if feed.startswith(LOGS)
    ]


def fetched_everything(folder: Path, books: Books) -> bool:
    """Life is over, the night's second listing too, and nothing that was listed waits."""
    found = books.read()
    return (folder / INVENTORY).exists() and all(map(_is_through, found.values()))


def _is_through(book: FeedBook) -> bool:
    row = book.feeds.get(COLLECTOR)
    nights = [] if row is None else [night for feed, night in row.checkpoint["relisted"].items() if feed != "inventory"]
    listed = (row.state == "listed" for rows in book.contents.values() for row in rows.values())
    return bool(nights) and min(nights) >= END_MS // DAY_MS and not any(listed)


def tell(measure: str, figures: dict[str, Any]) -> None:
    """One line."""
    print(orjson.dumps({"measure": measure, **figures}).decode(), flush=True)


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=50)
    parser.add_argument("--hours", type=float, default=4.0, help="practice hours of life")
    parser.add_argument("--speed", type=float, default=300.0, help="practice seconds per second")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--tenants", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--partitions", type=int, default=6)
    parser.add_argument("--patience", type=float, default=4.0, help="how long the rest may take, in lives")
    parser.add_argument("--judge", action="store_true", help="compare the alerts too")
    parser.add_argument("--fairness", action="store_true", help="lags of many tenants instead")
    parser.add_argument("--folder", type=Path, help="kept; otherwise a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="watchpost-kafka-live-") as temporary, own_broker(memory="1g") as brokers:
        plan = Plan(
            str(options.folder or temporary),
            options.seed,
            options.tenants,
            options.accounts,
            options.speed,
            options.hours,
        )
        if options.fairness:
            for disturbed in (False, True):
                fairness(plan, topics_for(brokers, options.partitions), disturbed)
            return
        plan = replace(
            plan, faults="all", expiring=0.01, unknown=0.003, attacks=(("seed", 100.0), ("S1", 200.0)), wire=True
        )  # fmt: skip
        plan.path.mkdir(parents=True, exist_ok=True)
        collected(plan, topics_for(brokers, options.partitions), options.kills, options.patience, options.judge)


def topics_for(brokers: str, partitions: int) -> KafkaSettings:
    """Settings with topics that nobody used before; they are made."""
    settings = replace(fresh_settings(brokers), partitions=partitions, profile_seconds=120.0, states_on_stop=False)
    create_topics(settings)
    return settings


if __name__ == "__main__":
    main()
