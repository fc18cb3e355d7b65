"""Files of anything: the reader counts what it cannot read, never raises, loses nothing, and the sums hold."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.records.errors import UnreadableRecord
from streams.collectors.files.byte_stream import ByteStream
from streams.collectors.files.elements import Elements
from streams.collectors.files.limits import Limits
from streams.collectors.files.lines import Lines
from streams.collectors.files.reader import ReadRecord, read_paths
from streams.collectors.files.report import ReadReport
from streams.collectors.files.table import Table, TableForm
from streams.collectors.spool import Admission, Spool, SpooledRecord
from tests.unit.records import samples

CALM = settings(
    max_examples=100, derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
SMALL = Limits(line_bytes_max=20_000, expanded_bytes_max=8 << 20, ratio_from_bytes=1 << 20, members_max=50)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
MAGICS = (b"\x1f\x8b\x08", b"PK\x03\x04", b"PK\x05\x06", b"[", b"{", b'{"value":[', b"AuditData\n", b"\xff\xfe")
LINEWISE = (0, 3)  # of `forms`: cut at the end of a line nothing tells


@dataclass
class Reading:
    """What one reading gave, and what came out of the spool behind it."""

    read: list[ReadRecord] = field(default_factory=list)
    ordered: list[SpooledRecord] = field(default_factory=list)
    report: ReadReport = field(default_factory=ReadReport)
    told: int = 0


def readings(data: bytes, limits: Limits = SMALL, memory: int = 1 << 20) -> Reading:
    """Read bytes as a file through the spool; the sums of the contract hold after every record."""
    found = Reading()
    with tempfile.TemporaryDirectory() as folder, Spool(memory, Path(folder)) as spool:
        path = Path(folder) / "data"
        path.write_bytes(data)
        for record in read_paths([path], found.report, lambda *told: _tell(found, told), limits=limits):
            found.read.append(record)
            admission = spool.add(record.event, record.raw, record.digest)
            found.report.duplicates += admission is Admission.DUPLICATE
            found.report.distinct += admission is not Admission.DUPLICATE
            found.report.revisions += admission is Admission.REVISION
        found.ordered = list(spool.ordered())
    report = found.report
    assert report.read == report.distinct + report.duplicates + report.unreadable
    assert report.unreadable == found.told == report.reasons.total()
    assert report.distinct == len(found.ordered) and len(found.read) == report.distinct + report.duplicates
    assert report.revisions == sum(record.revision for record in found.ordered)
    times = [record.time_ms for record in found.ordered]
    assert times == sorted(times)
    return found


def _tell(found: Reading, told: tuple[str, int, str]) -> None:
    file, line, reason = told
    assert file.isprintable() and reason.isprintable() and 0 < len(reason) <= 200 and line >= 0
    found.told += 1


def records(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Small audit records with ids r0, r1, ..."""
    return [
        samples.management("FileAccessed", 6, Id=f"r{n}", CreationTime=f"2026-03-02T10:00:{n % 60:02d}", Note="ü€😀")
        for n in range(first, first + count)
    ]


def lines(wanted: list[dict[str, Any]]) -> bytes:
    """JSON lines."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in wanted)


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def forms(wanted: list[dict[str, Any]]) -> Iterator[bytes]:
    """The same records in every layout."""
    text = [json.dumps(record) for record in wanted]
    yield "\n".join(text).encode()
    yield json.dumps(wanted, indent=1).encode()
    yield json.dumps({"value": wanted}).encode()
    yield ("AuditData,x\n" + "".join('"{}",1\n'.format(cell.replace('"', '""')) for cell in text)).encode()
    yield gzip.compress("\n".join(text).encode())
    yield zipped({"a": "\n".join(text).encode()})


@CALM
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    """Noise is unreadable or an empty file: no record comes of it, and not more complaints than lines and brackets."""
    found = readings(data)
    assert found.read == []
    assert found.told <= len(data.splitlines()) + 1 + data.count(b"[") + data.count(b"{")


@CALM
@given(st.sampled_from(MAGICS), st.binary(max_size=300))
def test_noise_after_a_true_beginning(magic: bytes, data: bytes) -> None:
    """A header that promises more than follows."""
    assert readings(magic + data).read == []


@CALM
@given(st.lists(st.sampled_from('{}[]",:\\ \n01aenu\t\x00\ufeff'), max_size=60).map("".join))
def test_json_like_text(text: str) -> None:
    """Every arrangement of the characters that framing looks at."""
    readings(text.encode())
    readings(b"AuditData\n" + text.encode())
    good = json.dumps(records(1)[0])
    after = readings(f"{good}\n{text}\n{good}\n".encode())
    assert after.report.distinct <= 1 and len(after.read) >= 1


@CALM
@given(st.integers(0, 5), st.data())
def test_cut_anywhere(form: int, data: st.DataObject) -> None:
    """A file cut at any byte gives its first records in order, and says once that it was cut."""
    whole = list(forms(records(6)))[form]
    size = data.draw(st.integers(1, len(whole) - 1))
    found = readings(whole[:size])
    assert [record.event.record_id for record in found.read] == [f"r{n}" for n in range(len(found.read))]
    assert found.told <= 1
    assert found.told == 1 or len(found.read) == 6 or form in LINEWISE


@CALM
@given(st.integers(0, 5), st.data())
def test_damaged_anywhere(form: int, data: st.DataObject) -> None:
    """Up to three bytes changed: what is read is a record, and nothing is silently gone."""
    whole = bytearray(list(forms(records(6)))[form])
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    found = readings(bytes(whole))
    assert len(found.read) == 6 or found.told or found.report.empty_files


SUMMARY = b"origin_timestamp_utc,sender_address,recipient_status,network_message_id\n"


@CALM
@given(st.lists(st.text('ab@x.;# ,RDe\t\u202e"', max_size=24), max_size=5), st.binary(max_size=12))
def test_recipients_of_a_summary_in_any_words(cells: list[str], noise: bytes) -> None:
    """Every line gives a row for each address in its cell, or is told; none has a recipient twice."""
    rows = [
        f'2026-03-02T10:00:00Z,a@h.example,"{cell.replace(chr(34), chr(34) * 2)}",m{n}\n'
        for n, cell in enumerate(cells)
    ]
    found = readings(SUMMARY + "".join(rows).encode())
    named = [{part.partition("##")[0].strip().lower() for part in cell.split(";")} - {""} for cell in cells]
    assert sorted(record.event.record_id for record in found.read) == sorted(
        f"m{n}|{name}" for n, names in enumerate(named) for name in names
    )
    assert found.told == sum(not names for names in named)
    readings(SUMMARY + noise + "".join(rows).encode() + noise)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings(encoding: str) -> None:
    """UTF-8, UTF-16 marked or not, UTF-32 marked, give the same records."""
    text = lines(records(30)).decode()
    encoded = text.encode(encoding)
    assert [record.event.record_id for record in readings(encoded).read] == [f"r{n}" for n in range(30)]
    found = readings(encoded[:-7])
    assert (len(found.read), found.told) in ((29, 1), (30, 0))


@CALM
@given(st.sampled_from(ENCODINGS), st.binary(max_size=60))
def test_noise_in_encodings(encoding: str, noise: bytes) -> None:
    """Bytes that are no text of the encoding in the middle of it."""
    half = lines(records(5)).decode().encode(encoding)
    readings(half + noise + half)


@CALM
@given(st.binary(max_size=80), st.lists(st.booleans(), max_size=6))
def test_nested_archives(data: bytes, gzips: list[bool]) -> None:
    """Archives inside archives, of any depth and content; beyond three it is said."""
    for as_gzip in gzips:
        data = gzip.compress(data) if as_gzip else zipped({"m": data})
    found = readings(data)
    if len(gzips) > 3:
        assert (found.read, found.told) == ([], 1)


def test_bombs() -> None:
    """Ratio, number of members, depth: refused, with what came before."""
    body = lines(records(3)) + b" " * (30 << 20)
    packed = gzip.compress(body), zipped({"a": body})
    for bomb in (*packed, gzip.compress(packed[0]), zipped({"z": packed[1]})):
        found = readings(bomb)
        assert (len(found.read), found.told) == (3, 1)
    assert readings(zipped({f"m{n}": b"" for n in range(60)})).told == 1


def test_long_line_among_good_ones() -> None:
    """50 MB on a line is one unreadable; what it stands between is read."""
    found = readings(lines(records(2)) + b'{"a":"' + b"x" * 50_000_001 + b'"}\n' + lines(records(2, 2)), Limits())
    assert ([record.event.record_id for record in found.read], found.told) == (["r0", "r1", "r2", "r3"], 1)


@pytest.mark.parametrize("depth", [250, 1_100, 10_000])
def test_deep_json(depth: int) -> None:
    """Alone, in an array, in a page, in a cell."""
    for deep in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth, "[" * depth, '{"value":[' * depth):
        found = readings(deep.encode())
        assert found.read == []
        between = readings(lines(records(2)) + deep.encode() + b"\n" + lines(records(2, 2)))
        assert [record.event.record_id for record in between.read] == ["r0", "r1", "r2", "r3"]
        readings(b'AuditData\n"' + deep.replace('"', '""').encode() + b'"\n')


@CALM
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2), st.booleans()), max_size=40),
    st.randoms(use_true_random=False),
    st.sampled_from((1, 3_000, 1 << 20)),
)
def test_sums_through_the_spool(wanted: list[tuple[int, int, bool]], chance: Any, memory: int) -> None:
    """Repeats, revisions and damage in any order: the same distinct records, on disk or in memory."""
    rows = [
        json.dumps({**records(1, number)[0], "Version": version}, sort_keys=bool(version)) if good else '{"cut": '
        for number, version, good in wanted
    ]
    found = readings("\n".join(rows).encode(), memory=memory)
    chance.shuffle(rows)
    again = readings("\n".join(rows).encode(), memory=memory)
    distinct = {(number, version) for number, version, good in wanted if good}
    if not distinct:  # damage alone is no JSON lines
        return
    for report in (found.report, again.report):
        assert report.distinct == len(distinct)
        assert report.revisions == len(distinct) - len({number for number, _ in distinct})
        assert report.read == len(wanted)
    assert [json.loads(record.raw) for record in found.ordered] == [json.loads(record.raw) for record in again.ordered]
    assert [record.revision for record in found.ordered] == [record.revision for record in again.ordered]


@CALM
@given(st.sampled_from(("lines", "compact", "indented", "csv")), st.lists(st.integers(1, 200), min_size=1), st.data())
def test_chunks_do_not_matter(form: str, sizes: list[int], data: st.DataObject) -> None:
    """The bytes of a file are framed alike in whatever pieces they come, whole, cut or damaged."""
    linewise, indented, _, table, *_ = forms(records(4))
    compact = json.dumps(records(4)).encode()
    whole = {"lines": linewise, "compact": compact, "indented": indented, "csv": table}[form]
    if data.draw(st.booleans()):
        whole = whole[: data.draw(st.integers(20, len(whole)))]
    for _ in range(data.draw(st.integers(0, 2))):
        at = data.draw(st.integers(20, len(whole)))
        noise = data.draw(st.sampled_from((b"{", b"}", b"[", b"]", b'"', b"\\", b"\n", b"\x00")))
        whole = whole[:at] + noise + whole[at:]
    pieces: list[bytes] = []
    at = 0
    while at < len(whole):
        pieces.append(whole[at : at + sizes[len(pieces) % len(sizes)]])
        at += len(pieces[-1])
    assert framed(form, pieces) == framed(form, [whole])


def test_every_place_where_a_chunk_may_end() -> None:
    """Two records with a bracket left open, cut in two pieces at every byte."""
    text = json.dumps(records(5), indent=2)
    for wrong in (1, 2):
        at = text.index('"Version"', text.index(f'"r{wrong}"'))
        text = text[:at] + '"y": {' + text[at:]
    whole = text.encode()
    expected = framed("indented", [whole])
    assert [isinstance(payload, bytes) for _, payload in expected] == [True, False, False, True, True]
    for size in range(1, len(whole)):
        assert framed("indented", [whole[:size], whole[size:]]) == expected, size


def framed(form: str, pieces: list[bytes]) -> list[tuple[int, object]]:
    """Frames of a stream in pieces, reasons as text; past the look at a file's head, which would join the pieces."""
    stream = ByteStream(iter(pieces))
    found: Iterator[tuple[int, object]]
    if form == "lines":
        found = iter(Lines(stream, SMALL))
    elif form == "csv":
        found = iter(Table(stream, TableForm(1, ",", ("AuditData", "x")), SMALL))
    else:
        found = iter(Elements(stream, SMALL))
    return [(line, payload.reason if isinstance(payload, UnreadableRecord) else payload) for line, payload in found]
