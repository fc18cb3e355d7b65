"""Each form of file, alone and inside containers and encodings."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

Records = list[dict[str, Any]]


def _csv(
    records: Records, separator: str = ",", head: str = "", columns: tuple[str, ...] = ("RecordId", "AuditData")
) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerow(columns)
    for record in records:
        writer.writerow([record["Id"], json.dumps(record, ensure_ascii=False)])
    return head + out.getvalue()


FORMS: dict[str, Callable[[Records], str]] = {
    "lines": lambda rs: "".join(json.dumps(r) + "\n" for r in rs),
    "lines-crlf": lambda rs: "".join(json.dumps(r) + "\r\n" for r in rs),
    "lines-blank-between": lambda rs: "\n\n" + "\n\n".join(json.dumps(r) for r in rs),
    "array": json.dumps,
    "array-compact": lambda rs: json.dumps(rs, separators=(",", ":")),
    "array-indented": lambda rs: json.dumps(rs, indent=4, ensure_ascii=False),
    "array-one-per-line": lambda rs: "[\n" + ",\n".join(json.dumps(r) for r in rs) + "\n]\n",
    "array-comma-first": lambda rs: "[" + "\n, ".join(json.dumps(r) for r in rs) + "]",
    "arrays-nested": lambda rs: json.dumps([rs[:2], [rs[2:]]]),
    "pretty-back-to-back": lambda rs: "\n".join(json.dumps(r, indent=2) for r in rs),
    "pretty-then-compact": lambda rs: json.dumps(rs[0], indent=2) + "\n" + "\n".join(json.dumps(r) for r in rs[1:]),
    "one-line-no-separator": lambda rs: "".join(json.dumps(r) for r in rs),
    "page-value": lambda rs: json.dumps(
        {"@odata.context": "https://x/$metadata#a", "@n": [], "value": rs, "@odata.nextLink": "u{"}
    ),
    "page-records": lambda rs: json.dumps({"records": rs}, indent=1),
    "page-list-last-of-many": lambda rs: json.dumps({"meta": {"a": [1]}, "value": rs}),
    "pages-back-to-back": lambda rs: (
        json.dumps({"value": rs[:3], "x": 1}, indent=1) + json.dumps({"value": rs[3:]}, indent=1)
    ),
    "pages-per-line": lambda rs: json.dumps({"value": rs[:3]}) + "\n" + json.dumps({"records": rs[3:]}) + "\n",
    "pages-in-array": lambda rs: json.dumps([{"value": rs[:3]}, {"value": rs[3:]}]),
    "arrays-per-line": lambda rs: json.dumps(rs[:3]) + "\n" + json.dumps(rs[3:]) + "\n",
    "graph-query-rows": lambda rs: json.dumps({"value": [{"id": "w", "auditData": r} for r in rs]}),
    "csv": _csv,
    "csv-semicolon": lambda rs: _csv(rs, ";"),
    "csv-tab": lambda rs: _csv(rs, "\t"),
    "csv-type-line": lambda rs: _csv(rs, ",", "#TYPE Deserialized.Microsoft.Exchange.Data\r\n"),
    "csv-excel-hint": lambda rs: _csv(rs, ";", "sep=;\r\n"),
    "csv-lower-case": lambda rs: _csv(rs, columns=("recordid", " auditdata ")),
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


@pytest.mark.parametrize("form", FORMS)
def test_form(form: str, tmp_path: Path, read: Any, make: Any) -> None:
    """Every layout gives the same records in the same order, the contents unchanged."""
    records = make(6)
    path = tmp_path / "data.bin"
    path.write_text(FORMS[form](records), encoding="utf-8", newline="")
    got = read(path)
    assert got.unreadable == []
    assert [orjson.loads(r.raw) for r in got.records] == records


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("form", ["lines", "array-indented", "csv", "page-value"])
def test_encoding(form: str, encoding: str, tmp_path: Path, read: Any, make: Any) -> None:
    """UTF-8, UTF-16 and UTF-32, marked or not."""
    records = make(40)
    path = tmp_path / "data"
    path.write_bytes(FORMS[form](records).encode(encoding))
    got = read(path)
    assert got.unreadable == []
    assert [orjson.loads(r.raw) for r in got.records] == records


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_unmarked_utf16_of_another_script(encoding: str, tmp_path: Path, read: Any, make: Any) -> None:
    """Cyrillic names fill the upper bytes; the names of members give it away still."""
    records = make(5, UserId="андрей.смирнов@северные.example", Subject="счёт на оплату, срочно")
    (tmp_path / "a").write_bytes("\n".join(json.dumps(r, ensure_ascii=False) for r in records).encode(encoding))
    got = read(tmp_path / "a")
    assert got.unreadable == []
    assert [orjson.loads(r.raw) for r in got.records] == records


def test_raw_is_verbatim(tmp_path: Path, read: Any, make: Any) -> None:
    """The vendor's spelling stays: escapes, blanks, order of members."""
    record = make(1)[0]
    text = json.dumps(record, indent=3).replace("FileAccessed", "File\\u0041ccessed").replace("/", "\\/")
    path = tmp_path / "a"
    path.write_text(f"[{text},\n{text}]")
    assert [r.raw.decode() for r in read(path).records] == [text, text]


def test_event_hub_envelope(tmp_path: Path, read: Any) -> None:
    """The sign-in inside `properties` is the record: sent again with another `time` it is the same."""
    inner = {"id": "s1", "createdDateTime": "2026-03-02T10:00:00Z", "isInteractive": True, "status": {"errorCode": 0}}
    lines = [
        json.dumps(
            {
                "records": [
                    {
                        "time": f"2026-03-02T11:00:0{n}Z",
                        "category": "SignInLogs",
                        "resourceId": "/t",
                        "properties": inner,
                    }
                ]
            }
        )
        for n in range(3)
    ]
    path = tmp_path / "hub"
    path.write_text("\n".join(lines))
    got = read(path)
    assert got.ids == ["s1"] * 3
    assert len({r.digest for r in got.records}) == 1


def test_message_trace_csv(tmp_path: Path, read: Any) -> None:
    """Rows of a trace go to the decoder as they are."""
    path = tmp_path / "t.csv"
    path.write_text(
        "MessageTraceId,Received,SenderAddress,RecipientAddress,Status\r\n"
        "T1,2026-03-02T10:00:00,A@x.example,B@y.example,Delivered\r\n"
        '"T1",2026-03-02T10:00:00,A@x.example,"C@y.example",Delivered\r\n'
    )
    got = read(path)
    assert got.unreadable == []
    assert [orjson.loads(r.raw)["RecipientAddress"] for r in got.records] == ["B@y.example", "C@y.example"]
    assert [r.line for r in got.records] == [2, 3]


def test_line_numbers(tmp_path: Path, read: Any, make: Any) -> None:
    """Lines count from 1, over blank lines, multi-line cells and pretty print."""
    records = make(3)
    rows = io.StringIO()
    writer = csv.writer(rows)
    for record in records:
        writer.writerow([json.dumps(record), "two\nlines"])
    (tmp_path / "a.csv").write_text("AuditData,Note\n" + rows.getvalue(), newline="")
    assert [r.line for r in read(tmp_path / "a.csv").records] == [2, 4, 6]
    (tmp_path / "b").write_text("\n\n" + json.dumps(records[0]) + "\n\n" + json.dumps(records[1]))
    assert [r.line for r in read(tmp_path / "b").records] == [3, 5]
    pretty = json.dumps(records, indent=1)
    (tmp_path / "c").write_text("\n" * 200_000 + pretty)
    starts = [n + 200_001 for n, line in enumerate(pretty.split("\n")) if line == " {"]
    assert [r.line for r in read(tmp_path / "c").records] == starts


def _zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


class _Pipe(io.RawIOBase):
    """Cannot seek: zip writers then put sizes after the data."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += data
        return len(data)


def _piped_zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return bytes(pipe.data)


@pytest.mark.parametrize("pack", [_zip, _piped_zip])
def test_zip_of_everything(pack: Any, tmp_path: Path, read: Any, make: Any) -> None:
    """Members of several kinds, a folder, a gzip and a zip inside."""
    parts = [make(3, first) for first in (0, 3, 6, 9)]
    plain = FORMS["lines"](parts[0]).encode()
    path = tmp_path / "export"
    path.write_bytes(
        pack(
            {
                "folder/": b"",
                "folder/a.txt": plain,
                "b": gzip.compress(FORMS["array-indented"](parts[1]).encode()),
                "c": pack({"d": FORMS["csv"](parts[2]).encode("utf-16")}),
                "e": _zip({"f": FORMS["page-value"](parts[3]).encode()}, zipfile.ZIP_STORED),
            }
        )
    )
    got = read(path)
    assert got.unreadable == []
    assert got.ids == [f"r{n}" for n in range(12)]
    assert {r.file.removeprefix(str(path)) for r in got.records} == {"!folder/a.txt", "!b", "!c!d", "!e!f"}


def test_gzip_members_and_padding(tmp_path: Path, read: Any, make: Any) -> None:
    """Concatenated gzip files are one stream; zero padding is no damage."""
    halves = [gzip.compress(FORMS["lines"](make(3, n)).encode()) for n in (0, 3)]
    (tmp_path / "a").write_bytes(b"".join(halves) + b"\0" * 600)
    got = read(tmp_path / "a")
    assert got.unreadable == []
    assert got.ids == [f"r{n}" for n in range(6)]


def test_large_zip_is_streamed(tmp_path: Path, read: Any, make: Any) -> None:
    """Members of many chunks, random content so that chunks do not fit neatly."""
    records = make(4000, Blob="")
    chance = random.Random(7)
    for number, record in enumerate(records):
        record["Blob"] = chance.randbytes(100 + number % 150).hex()
    for name, pack in (("z", _zip), ("p", _piped_zip)):
        text = FORMS["array-indented"](records).encode()
        (tmp_path / name).write_bytes(pack({"a": text, "b": FORMS["lines"](records).encode()}))
        got = read(tmp_path / name)
        assert got.unreadable == []
        assert got.ids == [f"r{n}" for n in range(4000)] * 2


def test_folder_in_sorted_order_and_stdin(
    tmp_path: Path, read: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders are walked sorted, a link to a folder above does not loop, `-` is standard input."""
    for number, name in enumerate(("b/2", "a", "b/1/x", "b.json")):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FORMS["lines"](make(1, number)))
    (tmp_path / "in" / "b" / "loop").symlink_to(tmp_path / "in")
    stdin = io.TextIOWrapper(io.BytesIO(gzip.compress(FORMS["array"](make(1, 9)).encode())))
    monkeypatch.setattr("sys.stdin", stdin)
    got = read(tmp_path / "in", "-")
    assert got.unreadable == []
    assert got.ids == ["r1", "r2", "r0", "r3", "r9"]
    assert got.records[-1].file == "standard input"


def test_empty_inputs_are_warned_of(tmp_path: Path, read: Any) -> None:
    """Nothing in it is no damage."""
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "b").write_bytes(b"\xef\xbb\xbf \r\n\n")
    (tmp_path / "c").write_bytes(gzip.compress(b""))
    (tmp_path / "d").write_bytes(_zip({}))
    (tmp_path / "e").mkdir()
    (tmp_path / "f").write_bytes(_zip({"m": b""}))
    got = read(*(tmp_path / name for name in "abcdef"))
    assert got.report.read == 0
    assert got.report.empty_files == len(got.warnings) == 6
    assert not got.report.nothing_readable


def test_empty_lists_are_no_damage(tmp_path: Path, read: Any) -> None:
    """A page or an export without a record is a proper answer."""
    for name, text in (("a", "[]"), ("b", '{"value": []}'), ("c", '{"records":[\n]}\n'), ("d", "RecordId,AuditData\n")):
        (tmp_path / name).write_text(text)
    got = read(tmp_path)
    assert got.report.read == 0
