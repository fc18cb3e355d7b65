"""The spool that holds events and no raw bytes: the same order and the same events, in memory and from disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import orjson

from schemas.records.decode import decode
from streams.collectors.spool import Admission, Spool, SpooledRecord

Json = dict[str, object]


def record(number: int, **more: object) -> Json:
    """A management record; the later the number, the earlier its time."""
    body: Json = {
        "Id": f"id-{number}",
        "CreationTime": f"2026-08-14T09:{59 - number % 60:02d}:07",
        "Operation": "Send",
        "RecordType": 2,
        "UserId": f"p{number}@home.example",
        "Workload": "Exchange",
    }
    return body | more


def ordered(records: Sequence[Json], spool: Spool) -> tuple[list[Admission], list[SpooledRecord]]:
    """What each record was when it came, and what comes out."""
    with spool:
        raws = [orjson.dumps(record) for record in records]
        admitted = [spool.add(decode(raw), raw) for raw in raws]
        return admitted, list(spool.ordered())


def told(found: Sequence[SpooledRecord]) -> list[tuple[object, ...]]:
    """Everything of the records but their raw bytes and their details' identity."""
    rows = []
    for time_ms, _, revision, event in found:
        assert event is not None
        held = [getattr(event, field.name) for field in fields(event) if field.name != "detail"]
        rows.append((time_ms, revision, *held, type(event.detail)))
    return rows


def test_on_disk_and_in_memory_the_same_events_come_out(tmp_path: Path) -> None:
    """With a revision and a duplicate among them."""
    records = [*map(record, range(50)), record(3, ResultStatus="Failed"), record(7)]
    admitted, wide = ordered(records, Spool(verbatim=False))
    small = Spool(4_000, tmp_path, verbatim=False)
    same, narrow = ordered(records, small)
    assert admitted == same and admitted[-2:] == [Admission.REVISION, Admission.DUPLICATE]
    assert told(narrow) == told(wide) and len(wide) == 51
    assert [row.time_ms for row in wide] == sorted(row.time_ms for row in wide)
    assert {row.raw for row in (*wide, *narrow)} == {b""}


def test_a_small_one_goes_to_disk(tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    with Spool(4_000, tmp_path, verbatim=False) as spool:
        for number in range(50):
            raw = orjson.dumps(record(number))
            spool.add(decode(raw), raw)
        assert spool.spilled


def test_verbatim_records_come_out_as_they_were(tmp_path: Path) -> None:
    """In memory and from disk."""
    records = [*map(record, range(50))]
    raws = {orjson.dumps(record) for record in records}
    for spool in (Spool(), Spool(4_000, tmp_path)):
        _, found = ordered(records, spool)
        assert {row.raw for row in found} == raws
