"""From the bytes of a record to the alert about it, in `run`, by the wall clock; and how far an attack had come by then."""

from __future__ import annotations

import statistics
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from schemas.contracts.log import EntryKind
from schemas.records.values import time_ms
from streams.drivers.embedded.archive import read_entries
from streams.drivers.embedded.database import open_readonly
from tests.bench.live_legs import legs_of
from tests.bench.live_run import (
    Runner,
    asked,
    clock_of,
    collectors,
    cpu_seconds,
    first_tenant,
    load,
    looked_back,
    running,
    serving,
)
from tests.bench.live_service import HOUR_MS, WIRE, Plan, digest

LEGS = "legs.json"
MESSAGES = (
    "SELECT m.message, m.told_ms, o.done_ms FROM messages m JOIN outbox o ON o.message = m.seq"
    " JOIN tenants t ON t.no = m.tenant WHERE o.state = 'delivered' AND t.id = ? ORDER BY m.seq"
)


def arrival_to_alert(plan: Plan) -> dict[str, Any]:
    """Many attacks in the present: wall time from the moment at which the service began to send the record that caused a
    message (the last of its batch), to the message's delivery by a file sink (noted after the file was written)."""
    with serving(plan):
        runner = Runner(plan.path, 0.0)
        with running(runner):
            runner.wait_until(lambda: looked_back(runner.store), "the present", 300)
            clock, end_ms = clock_of(plan.path), _end_ms(plan)
            runner.wait_until(lambda: clock.now_ms() > end_ms, "the end", 60 + plan.hours * HOUR_MS / 1000 / plan.speed)
            busy = load()
            runner.stop()
    return _figures(plan, runner.store) | {"load": busy}


def _figures(plan: Plan, store: Path) -> dict[str, Any]:
    delays = _delays(plan, store)
    cuts = statistics.quantiles(delays, n=100) if len(delays) > 1 else [0.0] * 99
    return {
        "accounts": plan.accounts,
        "attacks": len(plan.attacks),
        "speed": plan.speed,
        "messages": len(delays),
        "p50_ms": round(cuts[49], 1),
        "p99_ms": round(cuts[98], 1),
        "most_ms": round(max(delays, default=0.0), 1),
    }


def among_floods(plan: Plan, days: float) -> dict[str, Any]:
    """The same of the first tenant, while the others look back for so many days with all that the process gives them; and
    how many of their records it took a second."""
    with serving(plan):
        quiet, legs = first_tenant(plan.path), plan.path / LEGS
        runner = Runner(plan.path, days, program=("-m", "tests.bench.live_legs", str(legs), quiet))
        with running(runner):
            runner.wait_until(lambda: _is_live(runner.store, quiet), "the present of the quiet tenant", 600)
            clock, end_ms = clock_of(plan.path), _end_ms(plan)
            begun, before = time.monotonic(), _read_by_others(runner.store, quiet)
            runner.wait_until(lambda: clock.now_ms() > end_ms, "the end", 60 + plan.hours * HOUR_MS / 1000 / plan.speed)
            wall, read = time.monotonic() - begun, _read_by_others(runner.store, quiet) - before
            assert runner.process is not None
            busy, spent = load(), cpu_seconds(runner.process.pid)
            past = sum(held["clock"] < held["until"] for held in collectors(runner.store).values())
            runner.stop()
    return _figures(plan, runner.store) | {
        "floods": plan.tenants - 1,
        "still_flooding": past,
        "flood_records": read,
        "flood_records_per_s": round(read / wall),
        "wall_s": round(wall, 1),
        "cpu_s": round(spent, 1),
        "load": busy,
        "legs": legs_of(legs),
    }


def _is_live(store: Path, tenant: str) -> bool:
    held = collectors(store).get(tenant)
    return held is not None and held["clock"] >= held["until"] > 0


def _read_by_others(store: Path, tenant: str) -> int:
    sql = "SELECT coalesce(sum(f.records), 0) FROM feeds f JOIN tenants t ON t.no = f.tenant WHERE t.id != ?"
    return int(asked(store, sql, tenant)[0][0])


def _end_ms(plan: Plan) -> int:
    clock = clock_of(plan.path)
    return clock.start_ms + int(plan.hours * HOUR_MS)


def _delays(plan: Plan, store: Path) -> list[float]:
    """Wall milliseconds of each message that a live record caused: from when its batch was sent to us to the delivery."""
    wire: dict[bytes, int] = {}
    for line in (plan.path / WIRE).read_bytes().splitlines():
        key, _, at = line.partition(b" ")
        wire[bytes.fromhex(key.decode())] = int(at)
    sent: dict[int, int] = {}  # by the time at which a batch was taken over
    tenant = first_tenant(plan.path)
    with closing(open_readonly(store)) as connection:
        for _, entry in read_entries(connection, tenant=tenant):
            at_ms = wire.get(digest(entry.value)) if entry.kind is EntryKind.RECORD else None
            if at_ms is not None and at_ms <= entry.collected_ms:
                sent[entry.collected_ms] = max(at_ms, sent.get(entry.collected_ms, 0))
    found = []
    for message, told_ms, done_ms in asked(store, MESSAGES, tenant):
        waited_ms = orjson.loads(message)["unmapped"]["delay"].get("watchpost_ms")
        at_ms = None if waited_ms is None else sent.get(told_ms - waited_ms)
        if at_ms is not None:
            found.append((done_ms - at_ms) / plan.speed)
    return found


def sent_before_alert(plan: Plan, feeds: tuple[str, ...]) -> dict[str, Any]:
    """The seed incident, told by these feeds (none: all): how many of its outside recipients had been mailed at the first
    alert of each tier, by practice time."""
    with serving(plan):
        runner = Runner(plan.path, 0.5, feeds)
        with running(runner):
            runner.wait_until(lambda: looked_back(runner.store), "the present", 300)
            clock, end_ms = clock_of(plan.path), _end_ms(plan)
            runner.wait_until(lambda: clock.now_ms() > end_ms, "the end", 60 + plan.hours * HOUR_MS / 1000 / plan.speed)
            runner.stop()
    told: dict[str, Any] = {}
    for message, told_ms in asked(runner.store, "SELECT message, told_ms FROM messages ORDER BY seq"):
        held = orjson.loads(message)
        told.setdefault(held["unmapped"]["tier"], (told_ms, held["unmapped"]["delay"], held["finding_info"]["title"]))
    mails = outside_mails(plan)
    first_ms = mails[0] if mails else 0
    return {
        "feeds": list(feeds) or "all",
        "lateness": plan.lateness,
        "recipients": len(mails),
        **{
            f"first_{tier}": {
                "title": title,
                "after_first_mail_s": round((told_ms - first_ms) / 1000, 1),
                "mailed": sum(at <= told_ms for at in mails),
                "delay_ms": delay,
            }
            for tier, (told_ms, delay, title) in told.items()
        },
        "load": load(),
    }


def outside_mails(plan: Plan) -> list[int]:
    """When each outside recipient of the burst was mailed: trace rows, each once, of the account that mailed most since the
    attack began. Rows that come after the end of life are not among them."""
    begin_ms = clock_of(plan.path).start_ms + int(min(minutes for _, minutes in plan.attacks) * 60_000)
    by_sender: dict[str, dict[tuple[str, str], int]] = {}
    for path in (plan.path / "served").rglob("graph.messageTraces.jsonl"):
        for line in path.read_bytes().splitlines():
            row = orjson.loads(line)
            at = time_ms(row["receivedDateTime"])
            if at is not None and at >= begin_ms:
                by_sender.setdefault(row["senderAddress"].lower(), {})[row["id"], row["recipientAddress"]] = at
    return sorted(max(by_sender.values(), key=len, default={}).values())
