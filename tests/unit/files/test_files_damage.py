"""Damaged, cut, hostile and foreign files: what was good is kept, the rest is counted once."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from streams.collectors.files.limits import DEFAULT_LIMITS, Limits


def _lines(records: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(r).encode() + b"\n" for r in records)


def _zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_missing_path_beside_good_ones(tmp_path: Path, read: Any, make: Any) -> None:
    """Named, counted, and the others are read."""
    (tmp_path / "good").write_bytes(_lines(make(2)))
    got = read(tmp_path / "missing", tmp_path / "good", "bad\0name")
    assert got.ids == ["r0", "r1"]
    assert [(line, reason) for _, line, reason in got.unreadable] == [
        (0, "no such file or folder"),
        (0, "cannot be read: not a valid path"),
    ]
    assert read(tmp_path / "missing").report.nothing_readable


def test_each_bad_line_is_one(tmp_path: Path, read: Any, make: Any) -> None:
    """Lines recover one by one."""
    bad = [
        b"{",
        b'{"Id": "x',
        b"null",
        b"17",
        b'"text"',
        b'{"a": NaN}',
        b'{"Id": "\xff"}',
        b'{"unknown": 1}',
        b"}{",
        b"[1]",
    ]
    good = make(len(bad) + 1)
    data = b"".join(_lines([record]) + line + b"\n" for record, line in zip(good, bad, strict=False)) + _lines(
        good[-1:]
    )
    (tmp_path / "a").write_bytes(data)
    got = read(tmp_path / "a")
    assert got.ids == [f"r{n}" for n in range(len(good))]
    assert [line for _, line, _ in got.unreadable] == [2 * n + 2 for n in range(len(bad))]


def test_damaged_first_line(tmp_path: Path, read: Any, make: Any) -> None:
    """A first line that is cut or no JSON does not change how the file is read."""
    cut = b'{"Id": "x", "Oper\n'
    for first, bad in ((cut, 1), (b"exported by someone\n\n", 1), (cut * 5, 5), (b"x\n" + cut, 2), (b'{"a":\n', 1)):
        for good in (1, 3):
            (tmp_path / "a").write_bytes(first + _lines(make(good)))
            got = read(tmp_path / "a")
            assert got.ids == [f"r{n}" for n in range(good)], first
            assert len(got.unreadable) == bad


@pytest.mark.parametrize("cut", [1, 40, 333, 1000])
@pytest.mark.parametrize("form", ["lines", "array", "page", "pretty"])
def test_cut_plain_file(form: str, cut: int, tmp_path: Path, read: Any, make: Any) -> None:
    """What a cut file no longer holds counts as one."""
    records = make(10)
    text = {
        "lines": _lines(records).decode().rstrip(),
        "array": json.dumps(records),
        "page": json.dumps({"value": records}),
        "pretty": json.dumps(records, indent=2),
    }[form]
    (tmp_path / "a").write_text(text[:-cut])
    got = read(tmp_path / "a")
    assert len(got.unreadable) == 1
    assert got.ids == [f"r{n}" for n in range(len(got.records))]
    assert len(got.records) >= 6


@pytest.mark.parametrize("form", ["lines", "array", "csv"])
def test_cut_gzip_at_every_place(form: str, tmp_path: Path, read: Any, make: Any) -> None:
    """Every record whose bytes are there is kept, and one unreadable is counted."""
    records = make(8)
    rows = "".join('"{}"\r\n'.format(json.dumps(r).replace('"', '""')) for r in records)
    plain = {"lines": _lines(records), "array": json.dumps(records).encode(), "csv": b"AuditData\r\n" + rows.encode()}[
        form
    ]
    packed = gzip.compress(plain)
    path = tmp_path / "a.gz"
    for size in range(12, len(packed), 7):
        path.write_bytes(packed[:size])
        got = read(path)
        whole = zlib.decompressobj(31).decompress(packed[:size])
        assert len(got.unreadable) == 1, size
        assert got.ids == [f"r{n}" for n in range(len(got.records))]
        ends = [plain.index(f'"r{n}"'.encode() if form != "csv" else f'""r{n}""'.encode()) for n in range(8)] + [
            len(plain)
        ]
        assert len(got.records) >= sum(len(whole) >= end for end in ends[1:]) - (len(whole) < len(plain)) - 1


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_cut_zip_at_every_place(method: int, tmp_path: Path, read: Any, make: Any) -> None:
    """Members before the cut are whole, the cut one keeps its beginning."""
    packed = _zip({"a": _lines(make(4)), "b": json.dumps(make(4, 4)).encode()}, method)
    path = tmp_path / "a.zip"
    for size in range(4, len(packed), 5):
        path.write_bytes(packed[:size])
        got = read(path)
        assert len(got.unreadable) == 1, (size, got.unreadable)
        assert got.ids == [f"r{n}" for n in range(len(got.records))]
    assert len(got.records) == 8


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_damaged_gzip_keeps_all_before(share: float, tmp_path: Path, read: Any, make: Any) -> None:
    """Every line before the damage is kept as it was, and the damage is said last, once.

    Deflate may go on for a while on wrong bits: the lines that this spoils are counted one by one.
    """
    plain = _lines(make(3000))
    packed = bytearray(gzip.compress(plain, 6))
    at = int(len(packed) * share)
    sound = zlib.decompressobj(31).decompress(bytes(packed[:at])).count(b"\n")
    assert sound > 100
    packed[at : at + 64] = b"\xff" * 64
    (tmp_path / "a").write_bytes(packed)
    got = read(tmp_path / "a")
    assert [record.raw + b"\n" for record in got.records[:sound]] == plain.splitlines(True)[:sound]
    assert "damaged" in got.reasons[-1]
    assert sum("damaged" in reason for reason in got.reasons) == 1
    assert min(line for _, line, _ in got.unreadable) > sound


def test_damaged_zip_member_does_not_hide_the_next(tmp_path: Path, read: Any, make: Any) -> None:
    """Sizes in the header lead to the next member; a wrong checksum is said."""
    packed = bytearray(_zip({"a": _lines(make(400)), "b": _lines(make(2, 400))}))
    packed[300:310] = b"\xff" * 10
    (tmp_path / "a").write_bytes(packed)
    got = read(tmp_path / "a")
    assert got.ids[-2:] == ["r400", "r401"]
    assert got.unreadable[-1][0].endswith("!a")
    stored = bytearray(_zip({"a": _lines(make(2))}, zipfile.ZIP_STORED))
    at = stored.index(b"SharePoint")
    stored[at] = ord("s")
    (tmp_path / "b").write_bytes(stored)
    got = read(tmp_path / "b")
    assert len(got.records) == 2
    assert "checksum" in got.reasons[0]


def test_encrypted_and_foreign_members(tmp_path: Path, read: Any, make: Any) -> None:
    """Each is one unreadable that says what to do."""
    packed = bytearray(_zip({"a": b"x" * 50, "b": _lines(make(1))}, zipfile.ZIP_STORED))
    packed[6] |= 1
    (tmp_path / "1").write_bytes(packed)
    (tmp_path / "2").write_bytes(_zip({"a": b"x" * 5000, "b": _lines(make(1))}, zipfile.ZIP_LZMA))
    for name, word in (("1", "encrypted"), ("2", "method 14")):
        got = read(tmp_path / name)
        assert word in got.reasons[0]
    for number, data in enumerate(
        (b"7z\xbc\xaf\x27\x1c", b"%PDF-1.7", b"\xfd7zXZ\0", b"\0\1\2\3" * 99, b"<xml>\n" * 50)
    ):
        (tmp_path / f"f{number}").write_bytes(data)
        assert len(read(tmp_path / f"f{number}").unreadable) == 1
    (tmp_path / "csv").write_text("a,b,c\n1,2,3\n4,5,6\n")
    assert read(tmp_path / "csv").reasons == ["a CSV of no known export (AuditData, message trace, Log Analytics)"]


def test_nesting_depth(tmp_path: Path, read: Any, make: Any) -> None:
    """Three archives inside each other are opened, a fourth is refused, its neighbours are read."""
    data = _lines(make(1))
    for depth in range(1, 6):
        data = gzip.compress(data) if depth % 2 else _zip({"m": data})
        (tmp_path / "a").write_bytes(data)
        got = read(tmp_path / "a")
        assert len(got.records) == (depth <= 3)
        assert got.reasons == ([] if depth <= 3 else ["archives are nested deeper than 3"])


@pytest.mark.parametrize("pack", ["gzip", "zip", "nested"])
def test_bomb(pack: str, tmp_path: Path, read: Any, make: Any) -> None:
    """Beyond the ratio reading stops; records before that are kept."""
    limits = Limits(ratio_from_bytes=1 << 20)
    body = _lines(make(3)) + b'{"Id": "' + b"0" * (40 << 20) + b'"}\n'
    data = gzip.compress(body) if pack == "gzip" else _zip({"a": body, "b": body})
    if pack == "nested":
        data = gzip.compress(_zip({"z": data}))
    (tmp_path / "a").write_bytes(data)
    got = read(tmp_path / "a", limits=limits)
    assert got.ids == ["r0", "r1", "r2"]
    assert got.reasons == ["refused: the archive expands to more than 200 times its size"]
    many = _zip({f"m{n}": b"" for n in range(30)})
    (tmp_path / "b").write_bytes(many)
    assert "members" in read(tmp_path / "b", limits=Limits(members_max=20)).reasons[0]


@pytest.mark.parametrize("form", ["line", "garbage", "array", "csv-cell", "csv-open-quote"])
def test_too_long_is_one_and_reading_goes_on(form: str, tmp_path: Path, read: Any, make: Any) -> None:
    """A record beyond 50 MB."""
    first, second = (json.dumps(r) for r in make(2))
    short_limit = form == "csv-open-quote"  # many short lines: the same way at a fiftieth of the cost
    limits = Limits(line_bytes_max=1_000_000) if short_limit else DEFAULT_LIMITS
    long = "x" * (limits.line_bytes_max + 1_000_000)
    quoted = [text.replace('"', '""') for text in (first, second)]
    text = {
        "line": f'{first}\n{{"Id": "{long}"}}\n{second}\n',
        "garbage": f"{first}\n{long}\n{second}\n",
        "array": f'[{first}, {{"Id": "{long}"}}, {second}]',
        "csv-cell": f'AuditData\n"{quoted[0]}"\n"{long}"\n"{quoted[1]}"\n',
        "csv-open-quote": f'AuditData\n"{quoted[0]}"\n"' + "x\n" * 510_000 + f'\n"{quoted[1]}"\n',
    }[form]
    (tmp_path / "a").write_text(text)
    got = read(tmp_path / "a", limits=limits)
    if form == "csv-open-quote":
        assert got.ids[0] == "r0"
        assert any("longer than" in reason for reason in got.reasons)
    else:
        assert got.ids == ["r0", "r1"]
        assert len(got.unreadable) == 1
        assert "longer than 50000000 bytes" in got.reasons[0]


@pytest.mark.parametrize("form", ["lines", "array", "csv"])
@pytest.mark.parametrize("depth", [260, 1100, 10_000, 200_000])
def test_deep_json(form: str, depth: int, tmp_path: Path, read: Any, make: Any) -> None:
    """Deep nesting is one unreadable, never a RecursionError."""
    first, second = (json.dumps(r) for r in make(2))
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        inner = opening * depth + "1" + closing * depth
        deep = first.replace('"r0"', '"deep"').replace('"UserType": 0', f'"UserType": {inner}')
        assert len(deep) > depth
        rows = [first, deep, second]
        text = {
            "lines": "\n".join(rows),
            "array": f"[{','.join(rows)}]",
            "csv": "AuditData\n" + "\n".join('"' + row.replace('"', '""') + '"' for row in rows),
        }[form]
        (tmp_path / "a").write_text(text)
        got = read(tmp_path / "a")
        assert got.ids == ["r0", "r1"]
        assert len(got.unreadable) == 1


def test_damage_within_an_array_is_resynchronised(tmp_path: Path, read: Any, make: Any) -> None:
    """An open string spoils its own record, not the ones after it."""
    text = json.dumps(make(5), indent=2).replace('"Id": "r2"', '"Id": "r2')
    (tmp_path / "a").write_text(text)
    got = read(tmp_path / "a")
    assert got.ids == ["r0", "r1", "r3", "r4"]
    assert len(got.unreadable) == 1
    (tmp_path / "b").write_text(json.dumps(make(2))[:-1] + ", oops, 17, " + json.dumps(make(1, 2))[1:])
    got = read(tmp_path / "b")
    assert got.ids == ["r0", "r1", "r2"]
    assert len(got.unreadable) == 1


@pytest.mark.parametrize("place", ['"UserType": 0', '"Parameters": [', "x\\\\"])
@pytest.mark.parametrize("form", ["pretty", "back to back", "one per line", "page", "not indented"])
def test_open_bracket_does_not_swallow_the_rest(form: str, place: str, tmp_path: Path, read: Any, make: Any) -> None:
    """A bracket too many in one record spoils that one; unless nothing is indented, where one cannot tell."""
    records = make(600)
    text = {
        "pretty": lambda: json.dumps(records, indent=2),
        "back to back": lambda: "\n".join(json.dumps(record, indent=2) for record in records),
        "one per line": lambda: "[\n" + ",\n".join(map(json.dumps, records)) + "\n]",
        "page": lambda: json.dumps({"@odata.context": "x", "value": records}, indent=1),
        "not indented": lambda: json.dumps(records, indent=0),
    }[form]()
    for wrong in (3, 400):
        start = text.index(place, text.index(f'"r{wrong}"'))
        (tmp_path / "a").write_text(text[:start] + '"y": {' + text[start:])
        got = read(tmp_path / "a")
        if form == "not indented":
            assert got.ids[:wrong] == [f"r{n}" for n in range(wrong)] and got.unreadable
        else:
            assert got.ids == [f"r{n}" for n in range(600) if n != wrong]
            assert len(got.unreadable) == 1


def test_open_brackets_everywhere_cost_linear_work(tmp_path: Path, read: Any, make: Any) -> None:
    """Every record damaged: each is one unreadable, and each byte is scanned a few times at most."""
    text = json.dumps(make(3000), indent=2).replace('"UserType": 0', '"y": {')
    (tmp_path / "a").write_text(text)
    got = read(tmp_path / "a")
    assert got.records == []
    assert 3000 <= len(got.unreadable) <= 3001


def test_whole_objects_at_the_same_indent(tmp_path: Path, read: Any, make: Any) -> None:
    """Text without indentation is no damage."""
    records = make(50)
    broken = [json.dumps(record).replace('{"Name"', '\n{"Name"') for record in records]
    for text in (json.dumps(records, indent=0), "[\n" + ",\n".join(broken) + "\n]", "\n".join(broken)):
        (tmp_path / "a").write_text(text)
        got = read(tmp_path / "a")
        assert (len(got.records), got.unreadable) == (50, [])


def test_larger_than_a_record_can_be(tmp_path: Path, read: Any, make: Any) -> None:
    """Beyond what can be decoded again it is not read now either, in every form."""
    first, second = make(2)
    rows = [json.dumps(record) for record in (first, {**make(1, 5)[0], "Blob": "x" * (9 << 20)}, second)]
    cells = ['"' + row.replace('"', '""') + '"' for row in rows]
    for text in ("\n".join(rows), f"[{','.join(rows)}]", "AuditData\n" + "\n".join(cells)):
        (tmp_path / "a").write_text(text)
        got = read(tmp_path / "a")
        assert (got.ids, got.reasons) == (["r0", "r1"], ["larger than 8 MiB"])


def test_short_rows(tmp_path: Path, read: Any, make: Any) -> None:
    """A row without its last cells is a row."""
    cell = '"' + json.dumps(make(1)[0]).replace('"', '""') + '"'
    (tmp_path / "a").write_text(f"RecordId,AuditData\nr0,{cell}\nr1\n")
    got = read(tmp_path / "a")
    assert (got.ids, got.reasons) == (["r0"], ["AuditData is empty"])


def test_bracket_too_many(tmp_path: Path, read: Any, make: Any) -> None:
    """A stray end of a list does not change how the pages after it are read."""
    pages = [json.dumps({"value": make(2, first)}, indent=1) for first in (0, 2)]
    (tmp_path / "a").write_text(f"{pages[0]}\n]\n{pages[1]}\n")
    assert read(tmp_path / "a").ids == ["r0", "r1", "r2", "r3"]


def test_lists_of_no_objects(tmp_path: Path, read: Any) -> None:
    """Scalars in a list, and a second list in a page, are said and not lost."""
    (tmp_path / "a").write_text('{"value": ["x", 1]}')
    (tmp_path / "b").write_text('{"value": [], "records": [{"Id": 1}]}')
    (tmp_path / "c").write_text('{"value": true}')
    got = read(tmp_path)
    assert len(got.unreadable) >= 3
    assert got.records == []


def test_hostile_names_and_texts(tmp_path: Path, read: Any) -> None:
    """File names, member names and record texts reach nobody raw."""
    folder = tmp_path / "a\x1b[31m\u202egpj"
    folder.mkdir()
    (folder / "z").write_bytes(_zip({"\x1b]0;x\x07\r\nfake: line": b'{"Id": 1, "\\u001b[31m": 2}'}))
    got = read(folder)
    shown = "".join(f"{file}{reason}" for file, _, reason in got.unreadable)
    assert shown.isprintable()
    assert "\\x1b" in shown
    assert "\\u202e" in shown
