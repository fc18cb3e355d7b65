"""Alerts in a file: whole lines whatever happens to the file, readable by its owner only."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import pytest

from streams.sinks.alert_sink import SinkRefused, SinkRetry
from streams.sinks.file import AlertFile
from streams.sinks.stdout import StandardOutput
from tests.unit.sinks.alert_examples import alert, named


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def test_each_alert_is_a_line_as_it_was_emitted(tmp_path: Path) -> None:
    sink = AlertFile("file", tmp_path / "alerts.jsonl")
    sink.send([named(1), named(2)])
    sink.send([named(3)])
    assert lines(tmp_path / "alerts.jsonl") == [named(1).body, named(2).body, named(3).body]


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        AlertFile("file", tmp_path / "a").send([alert()])
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    sink = AlertFile("file", tmp_path / "a")
    sink.send([named(1)])
    (tmp_path / "a").rename(tmp_path / "old")
    sink.send([named(2)])
    (tmp_path / "a").unlink()
    sink.send([named(3)])
    assert lines(tmp_path / "old") == [named(1).body]
    assert lines(tmp_path / "a") == [named(3).body]


def test_half_a_line_of_a_crash_does_not_spoil_the_next(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b'{"half')
    AlertFile("file", tmp_path / "a").send([alert()])
    assert lines(tmp_path / "a") == [b'{"half', alert().body]


def test_it_rotates_by_size_and_keeps_so_many(tmp_path: Path) -> None:
    sink = AlertFile("file", tmp_path / "a", rotate_bytes=len(named(1).body) + 10, keep=2)
    for number in range(5):
        sink.send([named(number)])
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a", "a.1", "a.2"]
    assert [lines(tmp_path / name) for name in names] == [[named(4).body], [named(3).body], [named(2).body]]


def test_keeping_none_leaves_one_file(tmp_path: Path) -> None:
    sink = AlertFile("file", tmp_path / "a", rotate_bytes=1, keep=0)
    sink.send([named(1)])
    sink.send([named(2)])
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert lines(tmp_path / "a") == [named(2).body]


def test_a_full_disk_leaves_no_half_line_and_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = AlertFile("file", tmp_path / "a")
    sink.send([named(1)])
    real = os.write

    def full(file: int, data: bytes) -> int:
        if len(data) < len(named(2).body):
            raise OSError(28, "No space left on device")
        return real(file, data[:10])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SinkRetry, match="No space left on device"):
        sink.send([named(2)])
    monkeypatch.undo()
    assert lines(tmp_path / "a") == [named(1).body]
    sink.send([named(2)])
    assert lines(tmp_path / "a") == [named(1).body, named(2).body]


def test_a_folder_that_is_gone_needs_a_person(tmp_path: Path) -> None:
    with pytest.raises(SinkRefused, match="cannot be written: No such file or directory"):
        AlertFile("file", tmp_path / "gone" / "a\x1b[2J").send([alert()])


def test_standard_output_has_one_line_each() -> None:
    out = io.BytesIO()
    StandardOutput("stdout", out=out).send([named(1), named(2)])
    assert out.getvalue() == named(1).body + b"\n" + named(2).body + b"\n"


def test_standard_output_in_words() -> None:
    out = io.BytesIO()
    StandardOutput("stdout", words=True, out=out).send([alert("Zoë \x1b[2J")])
    assert out.getvalue().decode().startswith("ACT: Zoë \\x1b[2J: ")


def test_a_reader_that_went_away_needs_a_person() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb", buffering=0) as out, pytest.raises(SinkRefused, match="Broken pipe"):
        StandardOutput("stdout", out=out).send([alert()])
