"""Exports of Log Analytics and batches of Event Hubs, as files."""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.records.event import DirectoryAudit, RiskDetection, Source
from tests.unit.records import samples

UTC_TIMES = ("TimeGenerated", "CreatedDateTime", "ActivityDateTime", "DetectedDateTime", "LastUpdatedDateTime")
ROWS = {
    "SigninLogs": (samples.table_sign_in, Source.SIGNIN, "CreatedDateTime"),
    "AuditLogs": (samples.table_directory_audit, Source.DIRECTORY, "ActivityDateTime"),
    "OfficeActivity": (samples.office_activity, Source.MANAGEMENT, "TimeGenerated"),
    "AADUserRiskEvents": (samples.table_risk, Source.RISK, "ActivityDateTime"),
}


def _csv(row: dict[str, Any], suffix: str = " [UTC]", separator: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerow([name + suffix if name in UTC_TIMES else name for name in row])
    cells = [value if isinstance(value, str) or value is None else json.dumps(value) for value in row.values()]
    writer.writerow(cells)
    writer.writerow(cells)
    return out.getvalue()


@pytest.mark.parametrize("table", ROWS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_exports_of_the_portal(table: str, encoding: str, tmp_path: Path, read: Any) -> None:
    """Headings with their zone, times as the portal writes them; `Type` is not among the columns."""
    make, source, time_column = ROWS[table]
    row = {**make(), time_column: "8/14/2026, 9:31:07.974 AM"}
    row.pop("Type", None)
    (tmp_path / "export.csv").write_bytes(_csv(row).encode(encoding))
    got = read(tmp_path / "export.csv")
    assert got.unreadable == []
    assert [(r.event.source, r.event.time_ms) for r in got.records] == [(source, 1_786_699_867_974)] * 2
    assert got.records[0].digest == got.records[1].digest


@pytest.mark.parametrize("suffix", [" [Local Time]", " [Europe/Berlin]"])
def test_times_of_another_zone_are_refused(suffix: str, tmp_path: Path, read: Any) -> None:
    """Nobody can know them; the reason says what to do."""
    (tmp_path / "export.csv").write_text(_csv(samples.table_sign_in(), suffix))
    assert read(tmp_path / "export.csv").reasons == [
        "a CSV whose times are not in UTC: export it again with the time zone UTC"
    ]


def test_a_row_of_a_table_is_that_of_its_json(tmp_path: Path, read: Any) -> None:
    """The same identity and time from both."""
    (tmp_path / "a.csv").write_text(_csv(samples.table_directory_audit()))
    (tmp_path / "b.json").write_text(json.dumps([samples.table_directory_audit()]))
    from_csv, from_json = read(tmp_path / "a.csv").records[0].event, read(tmp_path / "b.json").records[0].event
    assert (from_csv.record_id, from_csv.time_ms) == (from_json.record_id, from_json.time_ms)
    assert isinstance(from_csv.detail, DirectoryAudit) and isinstance(from_json.detail, DirectoryAudit)
    assert from_csv.detail.act == from_json.detail.act


def _batch() -> list[dict[str, Any]]:
    return [
        samples.hub_sign_in(),
        samples.hub_directory_audit(),
        samples.hub("UserRiskEvents", samples.risk_detection(), Level=4),
        samples.hub("MicrosoftGraphActivityLogs", {"requestId": "x"}),
    ]


SHAPES: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "wrapper": lambda records: json.dumps({"records": records}),
    "array": json.dumps,
    "lines": lambda records: "\n".join(map(json.dumps, records)),
    "a wrapper on each line": lambda records: "\n".join(json.dumps({"records": [record]}) for record in records),
    "pretty": lambda records: json.dumps({"records": records}, indent=2),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_batches_of_event_hubs(shape: str, tmp_path: Path, read: Any) -> None:
    """Mixed categories in any wrapping; the record is the vendor's, without the envelope, unless it is of no use without."""
    (tmp_path / "hub").write_text(SHAPES[shape](_batch()))
    got = read(tmp_path / "hub")
    assert [r.event.source for r in got.records] == [Source.SIGNIN, Source.DIRECTORY, Source.RISK, Source.DIAGNOSTIC]
    assert got.reasons == []
    assert [json.loads(r.raw).get("properties") for r in got.records] == [None] * 3 + [{"requestId": "x"}]
    assert isinstance(got.records[2].event.detail, RiskDetection)


def test_a_record_sent_again_is_the_same_record(tmp_path: Path, read: Any) -> None:
    """Only the envelope's time changes."""
    again = copy.deepcopy(_batch())
    for envelope in again:
        envelope["time"] = "2026-08-14T11:45:55.5522137Z"
    (tmp_path / "hub").write_text(json.dumps({"records": [*_batch(), *again]}))
    digests = [r.digest for r in read(tmp_path / "hub").records]
    assert len(digests) == 8 and digests[:4] == digests[4:]


def test_a_query_row_is_a_duplicate_of_the_record(tmp_path: Path, read: Any) -> None:
    """Identity and content are the activity API's."""
    (tmp_path / "query").write_text(json.dumps({"value": [samples.query_row()]}))
    (tmp_path / "plain").write_text(json.dumps(samples.new_inbox_rule()))
    row, plain = read(tmp_path / "query").records[0], read(tmp_path / "plain").records[0]
    assert (row.event.record_id, row.digest) == (plain.event.record_id, plain.digest)


@pytest.mark.parametrize("make", [samples.directory_audit, samples.risk_detection, samples.risky_user])
def test_pages_of_graph(make: Any, tmp_path: Path, read: Any) -> None:
    """As the API answers."""
    (tmp_path / "page").write_text(json.dumps({"@odata.context": "x", "value": [make()]}))
    got = read(tmp_path / "page")
    assert (got.unreadable, len(got.records)) == ([], 1)
