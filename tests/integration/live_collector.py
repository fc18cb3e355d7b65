"""`watchpost collect` of live feeds as a process: practice settings file, Kafka settings as JSON, days to look back."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import orjson

from streams.clock import PracticeClock
from streams.cloud.tenant_settings import tenants_from
from streams.drivers.kafka.settings import KafkaSettings
from streams.operations.collect_live import run_collect_live
from streams.operations.live_feeds import chosen_feeds
from streams.operations.live_settings import WatchedTenant


def main() -> int:
    file, settings, days, address = sys.argv[1:5]
    table = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    tenants = [WatchedTenant(access, chosen_feeds(())) for access in tenants_from(table, {})]
    held = table["practice"]
    clock = PracticeClock(held["start_ms"], held["wall_ms"], held["speed"])
    kafka = KafkaSettings(**orjson.loads(settings))
    return run_collect_live(tenants, kafka, clock, address, int(float(days) * 86_400_000))


if __name__ == "__main__":
    sys.exit(main())
