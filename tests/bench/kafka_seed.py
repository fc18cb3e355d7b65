"""The seed incident through `collect` and `detect`: how far its mail had come at the first alert, and whose delay it was.

`python -m tests.bench.kafka_seed [SPEED]` prints one JSON line for the vendor's usual delays and one for none. The broker is
the one of the integration tests. What is wall time is measured in practice time and so is SPEED (60) times too long.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import orjson

from streams.drivers.kafka.read_back import published_alerts
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import create_topics
from tests.bench.live_delay import outside_mails
from tests.bench.live_run import CONFIG, clock_of, load, serving
from tests.bench.live_service import HOUR_MS, Plan
from tests.integration.broker import BROKER_VARIABLE, own_broker
from tests.integration.command_line import detecting, start, terminate
from tests.integration.conftest import fresh_settings
from tests.integration.processes import settled, wait_until

LEAD_MINUTES = 150.0  # practice time until the attack: the back-fill is done by then
HOURS = 5.0


def main() -> int:
    """Measure both at SPEED practice seconds a second."""
    speed = float((*sys.argv[1:], "60")[0])
    named = os.environ.get(BROKER_VARIABLE)
    with tempfile.TemporaryDirectory() as folder, nullcontext(named) if named else own_broker() as brokers:
        for name, lateness in (("usual", 1.0), ("prompt", 0.02)):
            plan = Plan(
                str(Path(folder) / name), accounts=12, speed=speed, hours=HOURS, past_days=8, lateness=lateness,
                attacks=(("seed", LEAD_MINUTES),), work_hours=True,
            )  # fmt: skip
            print(orjson.dumps({"measure": f"seed, {name} delays", **_measure(plan, brokers)}).decode(), flush=True)
    return 0


def _measure(plan: Plan, brokers: str) -> dict[str, Any]:
    settings = fresh_settings(brokers)
    create_topics(settings)
    with serving(plan), _at_work(plan, settings) as collecting:
        clock = clock_of(plan.path)
        end_ms = clock.start_ms + int(plan.hours * HOUR_MS)
        wait_until(lambda: clock.now_ms() > end_ms, "the end", 120 + plan.hours * HOUR_MS / 1000 / plan.speed)
        terminate(collecting, 40.0)
        wait_until(settled(settings), "judging everything", 120.0)
    return _figures(plan, [orjson.loads(alert) for alert in published_alerts(settings)])


@contextmanager
def _at_work(plan: Plan, settings: KafkaSettings) -> Any:
    """The worker and the collector; yields the collector."""
    config = ("--config", str(plan.path / CONFIG))
    with detecting(settings, plan.path / "detect.log", arguments=config):
        collecting = start(settings, "collect", *config, log=plan.path / "collect.log")
        try:
            yield collecting
        finally:
            collecting.kill()
            collecting.wait(10)


def _figures(plan: Plan, alerts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The first message about what began with the attack, by the message's own delay and harm clock."""
    begin_ms, mails = clock_of(plan.path).start_ms + int(LEAD_MINUTES * 60_000), outside_mails(plan)
    since = [body for body in alerts if body["finding_info"]["first_seen_time"] >= begin_ms and _is_first(body)]
    first = min(since, key=lambda body: body["unmapped"]["harm_clock"]["alert_wall_ms"])
    told_ms = first["unmapped"]["harm_clock"]["alert_wall_ms"]
    return {
        "speed": plan.speed,
        "recipients": len(mails),
        "tier": first["unmapped"]["tier"],
        "title": first["finding_info"]["title"],
        "after_first_mail_s": round((told_ms - mails[0]) / 1000, 1),
        "mailed": sum(at <= told_ms for at in mails),
        "delay_ms": first["unmapped"]["delay"],
        "load": load(),
    }


def _is_first(body: dict[str, Any]) -> bool:
    return body["activity_id"] == 1 and bool(body["unmapped"]["delay"]) and bool(body["unmapped"]["harm_clock"])


if __name__ == "__main__":
    sys.exit(main())
