"""The exports that people have: Purview, Search-UnifiedAuditLog, the Graph query, message traces."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from schemas.records.event import Source, TraceRow


def _rows(columns: tuple[str, ...], rows: list[tuple[str, ...]], separator: str = ",", head: str = "") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows(rows)
    return head + out.getvalue()


def _purview(records: list[dict[str, Any]]) -> str:
    columns = ("RecordId", "CreationDate", "RecordType", "Operation", "UserId", "AuditData", "AssociatedAdminUnits")
    return _rows(
        columns,
        [(r["Id"], r["CreationTime"], "6", r["Operation"], r["UserId"], json.dumps(r), "") for r in records],
    )


def _search_csv(records: list[dict[str, Any]]) -> str:
    columns = ("PSComputerName", "RunspaceId", "RecordType", "CreationDate", "UserIds", "Operations", "AuditData")
    rows = [
        ("x", "y", "SharePoint", "8/14/2026 9:31:07 AM", r["UserId"], "FileAccessed", json.dumps(r)) for r in records
    ]
    return _rows(columns, rows, head="#TYPE System.Management.Automation.PSObject\r\n")


def _search_json(records: list[dict[str, Any]]) -> str:
    rows = [
        {
            "RecordType": "SharePoint",
            "CreationDate": "/Date(1786699867000)/",
            "ResultIndex": n,
            "AuditData": json.dumps(r),
        }
        for n, r in enumerate(records)
    ]
    return json.dumps(rows, indent=4)


def _graph_query(records: list[dict[str, Any]]) -> str:
    rows = [{"id": "q", "createdDateTime": "2026-08-14T09:00:00Z", "auditData": r} for r in records]
    return json.dumps({"@odata.context": "https://graph.example/$metadata#records", "value": rows})


EXPORTS = {
    "purview csv": _purview,
    "search csv": _search_csv,
    "search json": _search_json,
    "graph query": _graph_query,
    "back to back": lambda records: "\n".join(json.dumps(r, indent=2) for r in records),
    "array": json.dumps,
    "lines": lambda records: "\n".join(map(json.dumps, records)),
}


@pytest.mark.parametrize("export", EXPORTS)
def test_one_record_is_the_same_in_every_export(export: str, tmp_path: Path, read: Any, make: Any) -> None:
    """Identity and content do not depend on the way a record came."""
    records = make(5)
    (tmp_path / "plain").write_text("\n".join(map(json.dumps, records)))
    (tmp_path / "export").write_text(EXPORTS[export](records), newline="")
    plain, got = read(tmp_path / "plain"), read(tmp_path / "export")
    assert got.unreadable == []
    assert [r.event.source for r in got.records] == [Source.MANAGEMENT] * 5
    assert [(r.event.record_id, r.digest) for r in got.records] == [
        (r.event.record_id, r.digest) for r in plain.records
    ]


@pytest.mark.parametrize("export", EXPORTS)
def test_half_a_character_in_every_export(export: str, tmp_path: Path, read: Any, make: Any) -> None:
    """A text that the service cut within a pair of surrogates does not hide its record."""
    records = make(3)
    records[1]["Subject"] = "x\ud83d"
    path = tmp_path / "export"
    path.write_text(EXPORTS[export](records))
    got = read(path)
    assert got.unreadable == []
    assert got.ids == ["r0", "r1", "r2"]


TRACES = {
    "Get-MessageTrace": (
        ("Message Trace ID", "Sender Address", "Recipient Address", "Received", "Status"),
        "8/14/2026 11:04:57 AM",
        ",",
    ),
    "Get-MessageTraceV2": (
        ("MessageTraceId", "SenderAddress", "RecipientAddress", "Received", "Status"),
        "2026-08-14T11:04:57.0000000",
        ",",
    ),
    "German console": (
        ("MessageTraceId", "SenderAddress", "RecipientAddress", "Received", "Status"),
        "14.08.2026 11:04:57",
        ";",
    ),
    "British console": (
        ("MessageTraceId", "SenderAddress", "RecipientAddress", "Received", "Status"),
        "14/08/2026 11:04:57",
        ",",
    ),
    "lower case": (
        ("messagetraceid", "senderaddress", "recipientaddress", "received", "status"),
        "2026-08-14 11:04:57",
        "\t",
    ),
    "admin centre": (
        ("network_message_id", "sender_address", "recipient_address", "date_time_utc", "Status"),
        "2026-08-14T11:04:57.0000000Z",
        ",",
    ),
    "Graph columns": (
        ("id", "senderAddress", "recipientAddress", "receivedDateTime", "status"),
        "2026-08-14T11:04:57Z",
        ",",
    ),
}


@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_message_traces(trace: str, encoding: str, tmp_path: Path, read: Any) -> None:
    """Headings in any spelling, times in the console's culture, separators of its lists."""
    columns, received, separator = TRACES[trace]
    rows = [
        ("BD7DF511-2121-416e-1a49-08dc9f480001", "Ada.Quill@northgate.example", to, received, "Delivered")
        for to in ("AP@customer.example", "b@x.example")
    ]
    path = tmp_path / "trace.csv"
    path.write_bytes(_rows(columns, rows, separator).encode(encoding))
    got = read(path)
    assert got.unreadable == []
    assert got.ids == [f"bd7df511-2121-416e-1a49-08dc9f480001|{to}" for to in ("ap@customer.example", "b@x.example")]
    for record in got.records:
        assert record.event.time_ms == 1_786_705_497_000
        assert isinstance(record.event.detail, TraceRow)
        assert (record.event.detail.status, record.event.user) == ("delivered", "ada.quill@northgate.example")


SUMMARY = (
    "origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,message_id,network_message_id,"
    "original_client_ip,directionality,connector_id,delivery_priority\r\n"
    '2026-08-14T11:04:57.1130000Z,Ada.Quill@northgate.example,"AP@customer.example##Receive, Deliver;'
    "b@x.example##Receive, Send;c@x.example##Receive, Fail;list@northgate.example##Receive, Expand;"
    'late@x.example##Receive, Defer;b@x.example##Receive, Send","Hello; ""a##b""",32608,<m1@x>,'
    "BD7DF5112121416E1A4908DC9F480001,203.0.113.44,Originating,,Normal\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-8"])
def test_the_admin_centres_summary_is_one_row_per_recipient(encoding: str, tmp_path: Path, read: Any) -> None:
    """One line per message; its id has no hyphens there, and is that of the cmdlets' rows."""
    path = tmp_path / "MTSummary_Report.csv"
    path.write_bytes(SUMMARY.encode(encoding))
    got = read(path)
    assert got.unreadable == []
    names = ["ap@customer.example", "b@x.example", "c@x.example", "list@northgate.example", "late@x.example"]
    assert got.ids == [f"bd7df511-2121-416e-1a49-08dc9f480001|{to}" for to in names]
    events = [record.event for record in got.records]
    assert {(event.time_ms, event.user, event.ip) for event in events} == {
        (1_786_705_497_113, "ada.quill@northgate.example", "203.0.113.44")
    }
    status = [event.detail.status for event in events if isinstance(event.detail, TraceRow)]
    assert status == ["delivered", "delivered", "failed", "expanded", "pending"]
    assert [event.ok for event in events] == [True, True, False, True, None]


def test_a_summary_row_that_names_nobody_is_told(tmp_path: Path, read: Any) -> None:
    """It is said once, and its neighbours are read."""
    head, _, row = SUMMARY.partition("\r\n")
    columns = row.split('"')
    columns[1] = " ; ##Receive"
    path = tmp_path / "summary.csv"
    path.write_bytes((head + "\r\n" + '"'.join(columns) + row).encode())
    got = read(path)
    assert got.reasons == ["no recipient"]
    assert len(got.records) == 5


def test_two_columns_of_one_meaning(tmp_path: Path, read: Any) -> None:
    """The first has the name, the other is left alone."""
    path = tmp_path / "trace.csv"
    path.write_text(
        "MessageTraceId,Id,SenderAddress,RecipientAddress,Received\nm1,1,a@x.example,b@y.example,2026-08-14T11:04:57\n"
    )
    assert read(path).ids == ["m1|b@y.example"]


def test_cell_cut_by_a_spreadsheet(tmp_path: Path, read: Any, make: Any) -> None:
    """A cell ends at 32,767 characters: that record is said to be damaged, its neighbours are read."""
    records = make(3)
    records[1]["Blob"] = "x" * 40_000
    cells = [json.dumps(record)[:32_767] for record in records]
    path = tmp_path / "export.csv"
    path.write_text(_rows(("RecordId", "AuditData"), [("r", cell) for cell in cells]), newline="")
    got = read(path)
    assert (got.ids, got.reasons) == (["r0", "r2"], ["AuditData is not JSON"])
