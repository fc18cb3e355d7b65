"""What `watchpost scan` costs: `python -m tests.bench.scan [--accounts A] [--days D] [--seed N] [--front-half]`.

One JSON line per measure, on the set of `watchpost simulate --seed 1 --accounts 300 --days 7 --scenarios none`. Times per
record are CPU time of one thread, so that a busy machine does not change them; rates are wall time. A record is *scored*
when its detail is one that a detector names (sign-ins, mail, rules), or when a detector judges it because its place, client or
session is new that day; the others are *background*. The sealing of an account's days, which the first record after a
day's end sets off, is told apart. *unnamed* are the records whose detail no detector names, sealing included: the
background of earlier measurements.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import orjson

from detectors.engine.account_engine import AccountEngine
from schemas.contracts.log import EntryKind
from schemas.identity.concerns import learn_and_concern
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from schemas.records.event import AuditEvent
from streams.collectors.feed import feed
from streams.collectors.files.reader import read_paths
from streams.collectors.files.report import ReadReport
from streams.collectors.spool import SpooledRecord
from streams.operations.export import read_export
from streams.operations.garbage import collect_seldom, collecting_later
from streams.operations.standard_error import StandardError
from tests.bench.child import watchpost
from tests.bench.engines import fresh_pipeline
from tests.bench.practice_set import practice_set
from tests.bench.record_set import RecordSet, read_set
from tests.bench.scored_records import named_details, scored_events, sealing_timed

GOAL_MEAN, GOAL_BACKGROUND, GOAL_SCORED = 40.0, 15.0, 100.0  # µs a record
GOAL_STATE_MEDIAN, GOAL_STATE_P99 = 1_536, 8_192  # bytes
SUMMARY = re.compile(r"(\w+)=([\d.]+)")
Kind = tuple[str, str, bool, bool]  # source, operation, scored, detail named by a detector


@dataclass(slots=True)
class Cost:
    """CPU microseconds spent on the records of a kind."""

    records: int = 0
    entries: int = 0
    decode: float = 0.0
    concerns: float = 0.0
    fold: float = 0.0
    sealing: float = 0.0

    def add(self, other: Cost) -> None:
        """Sum."""
        self.records += other.records
        self.entries += other.entries
        self.decode += other.decode
        self.concerns += other.concerns
        self.fold += other.fold
        self.sealing += other.sealing


def show(measure: str, **figures: object) -> None:
    """Print one line."""
    rounded = {name: round(value, 2) if isinstance(value, float) else value for name, value in figures.items()}
    print(orjson.dumps({"measure": measure, **rounded}).decode(), flush=True)


def thread_us() -> float:
    """CPU time of this thread in microseconds."""
    return time.thread_time_ns() / 1000


def bare_json(files: Iterable[Path]) -> float:
    """Records a second of `orjson.loads` over the lines of the files, decompression included."""
    loads, lines, began = orjson.loads, 0, time.perf_counter()
    for path in files:
        with gzip.open(path) as stream:
            for line in stream:
                loads(line)
                lines += 1
    rate = lines / (time.perf_counter() - began)
    show("orjson.loads", records=lines, records_per_s=rate)
    return rate


def whole_scan(folder: Path, bare: float) -> None:
    """`watchpost scan` in one process: rate by its own summary, cost by its CPU time, peak memory."""
    done = watchpost("scan", str(folder / "input"), "--format", "jsonl")
    last = done.error.strip().splitlines()[-1:]
    if done.status not in (0, 1) or not last or not last[0].startswith("summary:"):
        show("scan", failed=done.status, error=done.error[-300:])
        return
    facts = {name: float(value) for name, value in SUMMARY.findall(last[0])}
    read = facts["read"]
    rate, per_record = read / done.wall, done.cpu / read * 1e6
    show(
        "scan", records_per_s=rate, us_per_record=per_record, goal_us=GOAL_MEAN, of_orjson=rate / bare, summary=last[0]
    )
    show("memory", records=int(read), peak_mib=done.peak_mib)


def front_half(folder: Path) -> float:
    """What `scan` spends on a distinct record before the fold, in µs: read, de-duplicate, sort, without keeping the bytes."""
    paths = [folder / "input"]
    began = thread_us()
    with collecting_later(), read_export(paths, (), StandardError(), verbatim=False) as export:
        _through(export.spool.ordered())
        number = max(1, len(export.spool))
    front = (thread_us() - began) / number
    read = timed(lambda: _through(read_paths(paths, ReadReport()))) / number
    show("front half", distinct=number, us_per_record=front, of_it_read_us=read)
    return front


def costs(found_set: RecordSet) -> tuple[dict[Kind, Cost], AccountEngine, float]:
    """Cost by kind, the engine afterwards, and µs of clocks and profiles in all."""
    records, _, home = found_set
    named, scored = named_details(), scored_events(found_set)
    found: dict[Kind, Cost] = defaultdict(Cost)
    groups: dict[Kind, list[SpooledRecord]] = defaultdict(list)
    for record in records:
        groups[_kind(_event(record), scored, named)].append(record)
    gc.collect()
    collect_seldom()  # as `scan` and the worker have it
    identity = IdentityMap(home)
    for kind, group in groups.items():
        cost = found[kind]
        cost.records = len(group)
        cost.decode = timed(partial(_decode_all, group))
        cost.concerns = timed(partial(_concern_all, group, identity))
    entries(found_set)
    engine, between = folded(found_set, scored, named, found)
    return dict(found), engine, between


def entries(found_set: RecordSet) -> None:
    """Records to entries of the accounts' logs: who is concerned, one copy each, and the clock."""
    records, tenant, home = found_set
    spent = timed(lambda: _through(feed(records, tenant, IdentityMap(home), home)))
    show("feed", us_per_record=spent / max(1, len(records)))


def _event(record: SpooledRecord) -> AuditEvent:
    assert record.event is not None
    return record.event


def _kind(event: AuditEvent, scored: set[int], named: set[type]) -> Kind:
    return (event.source.value, event.operation, id(event) in scored, type(event.detail) in named)


def _decode_all(group: list[SpooledRecord]) -> None:
    for record in group:
        decode(record.raw)


def _concern_all(group: list[SpooledRecord], identity: IdentityMap) -> None:
    for record in group:
        event = _event(record)
        learn_and_concern(event, identity)


def _through(items: Iterable[object]) -> None:
    for _ in items:
        pass


def folded(
    found_set: RecordSet, scored: set[int], named: set[type], found: dict[Kind, Cost]
) -> tuple[AccountEngine, float]:
    """Fold everything in order, adding each entry's CPU time to its kind; less what reading the clock takes."""
    records, tenant, home = found_set
    pipeline, engine = fresh_pipeline()
    empty = timed(lambda: [thread_us() for _ in range(10_000)]) / 10_000
    between = 0.0
    with sealing_timed(thread_us) as sealed:
        for entry in feed(records, tenant, IdentityMap(home), home):
            sealed_before, began = sealed[0], thread_us()
            pipeline.fold(entry)
            spent, sealing = thread_us() - began - empty, sealed[0] - sealed_before
            if entry.kind is not EntryKind.RECORD or entry.event is None:
                between += spent
                continue
            cost = found[_kind(entry.event, scored, named)]
            cost.entries += 1
            cost.fold += spent - sealing
            cost.sealing += sealing
    show("sealing", times=int(sealed[1]), us_each=sealed[0] / max(1, sealed[1]), us_per_record=sealed[0] / len(records))
    return engine, between


def timed(work: Callable[[], object]) -> float:
    """CPU microseconds of one call."""
    began = thread_us()
    work()
    return thread_us() - began


def by_operation(found: dict[Kind, Cost], front: float) -> None:
    """One line per operation, then the classes. `front` (reading, digest, sorting; decoding is in it) is the same for all."""
    background, scored, unnamed = Cost(), Cost(), Cost()
    for (source, operation, is_scored, is_named), cost in sorted(found.items(), key=lambda item: -item[1].records):
        (scored if is_scored else background).add(cost)
        if not is_named:
            unnamed.add(cost)
        show("operation", source=source, operation=operation, scored=is_scored, **figures(cost, front))
    show("background", **figures(background, front), goal_us=GOAL_BACKGROUND)
    show("scored", **figures(scored, front), goal_us=GOAL_SCORED)
    unnamed.fold += unnamed.sealing
    show("unnamed", **figures(unnamed, front))


def figures(cost: Cost, front: float) -> dict[str, object]:
    """Microseconds a record: engine alone, with decoding (as a worker has it), and all in (as `scan` has it)."""
    number = max(1, cost.records)
    decoded, concerned, fold = cost.decode / number, cost.concerns / number, cost.fold / number
    return {
        "records": cost.records,
        "copies": cost.entries / number,
        "decode_us": decoded,
        "concerns_us": concerned,
        "fold_us": fold,
        "worker_us": decoded + concerned + fold,
        "all_in_us": front + concerned + fold,
    }


def state_size(engine: AccountEngine) -> None:
    """State bytes of people and mailboxes, and of all keys."""
    states = engine.states()
    people = [data for key, data in states.items() if b"@" in key]
    for name, sizes in (("people", people), ("all keys", list(states.values()))):
        ranked = sorted(map(len, sizes))
        show(
            "state",
            of=name,
            accounts=len(ranked),
            median_bytes=ranked[len(ranked) // 2],
            p99_bytes=ranked[min(len(ranked) - 1, len(ranked) * 99 // 100)],
            most_bytes=ranked[-1],
            goal_median=GOAL_STATE_MEDIAN,
            goal_p99=GOAL_STATE_P99,
        )


def main() -> None:
    """Measure all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--accounts", type=int, default=300)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--front-half", action="store_true", help="only what comes before the fold")
    options = parser.parse_args()
    folder = practice_set(options.seed, options.accounts, options.days)
    files = sorted((folder / "input").iterdir())
    if options.front_half:
        front_half(folder)
        entries(read_set(folder / "input"))
        return
    show("set", seed=options.seed, accounts=options.accounts, days=options.days, files=[path.name for path in files])
    whole_scan(folder, bare_json(files))
    front = front_half(folder)
    found_set = read_set(folder / "input")
    found, engine, between = costs(found_set)
    by_operation(found, front)
    show("clocks and profiles", us_per_record=between / max(1, len(found_set.records)))
    state_size(engine)


if __name__ == "__main__":
    main()
