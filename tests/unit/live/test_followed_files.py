"""Files that grow, turn over, shrink and are left half-written."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.cloud.seam import Unreachable
from streams.collectors.live import line_file
from streams.collectors.live.followed_files import FollowedFiles
from streams.collectors.live.seam import JournalLost, Window
from tests.unit.collectors.conftest import management
from tests.unit.live.fakes import NOW, FakeClock, FakeJournal

WINDOW = Window(NOW, NOW)


class Setting:
    """A folder, and a feed that follows it or one file of it."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        self.names = names
        self.clock = FakeClock()
        self.journal = FakeJournal()
        self.again()

    def again(self) -> None:
        """The process is started again."""
        self.journal.survive()
        paths = [self.folder / name for name in self.names] or [self.folder]
        self.feed = FollowedFiles(self.journal, paths, now_ms=self.clock.now_ms)

    def collect(self, seconds: int = 1) -> list[str]:
        """Poll; gives the ids that are new."""
        before = len(self.journal.ids)
        self.clock.now += seconds * 1000
        self.feed.collect(WINDOW)
        return self.journal.ids[before:]

    def still(self) -> list[str]:
        """Poll until the files have stood still."""
        return [*self.collect(), *self.collect(10)]


def line(*names: str, **more: Any) -> bytes:
    return b"".join(orjson.dumps(management(name, **more)) + b"\n" for name in names)


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_lines_are_read_as_they_come_and_each_once(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    path = tmp_path / "log.jsonl"
    assert setting.collect() == []
    append(path, line("a", "b"))
    assert setting.collect() == ["a", "b"]
    assert setting.collect() == []
    append(path, line("c"))
    setting.again()
    assert setting.collect() == ["c"]
    assert setting.journal.totals.duplicates == 0


def test_a_half_written_line_waits_until_it_is_whole(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    path, text = tmp_path / "log.jsonl", line("b")
    append(path, line("a") + text[:30])
    assert setting.collect() == ["a"]
    assert setting.collect(60) == []
    append(path, text[30:])
    assert setting.collect() == ["b"]
    assert setting.journal.dead == []


def test_a_last_line_without_an_end_is_read_when_the_file_stands_still(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    append(tmp_path / "log.jsonl", line("a", "b")[:-1])
    assert setting.collect() == ["a"]
    assert setting.collect(60) == ["b"]


@pytest.mark.parametrize("names", [(), ("log.jsonl",)])
def test_a_rotated_file_is_read_to_its_end_and_the_new_one_from_its_beginning(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    setting = Setting(tmp_path, *names)
    path = tmp_path / "log.jsonl"
    append(path, line("a"))
    assert setting.collect() == ["a"]
    append(path, line("b"))
    path.rename(tmp_path / "log.jsonl.1")
    append(path, line("c"))
    assert sorted(setting.collect()) == ["b", "c"]
    append(tmp_path / "log.jsonl.1", line("d"))
    assert setting.collect() == ["d"]
    assert setting.journal.totals.duplicates == 0


def test_a_neighbour_that_was_never_followed_is_left_alone(tmp_path: Path) -> None:
    setting = Setting(tmp_path, "log.jsonl")
    append(tmp_path / "other.jsonl", line("x"))
    append(tmp_path / "log.jsonl", line("a"))
    assert setting.collect() == ["a"]


def test_a_file_that_was_cut_is_read_anew_and_repeats_are_recognised(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    path = tmp_path / "log.jsonl"
    append(path, line("a", "b", "c"))
    setting.collect()
    path.write_bytes(line("c"))
    assert setting.collect() == []
    assert setting.journal.totals.duplicates == 1
    path.write_bytes(line("e", "f", "g", "h"))  # longer than what was read, and other bytes
    assert setting.collect() == ["e", "f", "g", "h"]


def test_lines_that_are_no_records_are_dead_letters_and_the_rest_is_read(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    append(tmp_path / "log.jsonl", line("a") + b"rubbish\n\n" + b'{"half":\n' + line("b"))
    assert setting.collect() == ["a", "b"]
    assert setting.journal.dead == [b"rubbish", b'{"half":']


def test_many_lines_are_several_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_file, "CHUNK_BYTES", 1_000)
    setting = Setting(tmp_path)
    names = [f"r{number}" for number in range(20)]
    append(tmp_path / "log.jsonl", line(*names[:10]) + line("long", Extra="x" * 5_000) + line(*names[10:]))
    assert setting.collect() == [*names[:10], "long", *names[10:]]
    assert len(setting.journal.batches) > 5


@pytest.mark.parametrize("kind", ["list", "pretty", "gzip", "csv"])
def test_other_kinds_are_read_whole_once_they_stand_still(tmp_path: Path, kind: str) -> None:
    setting = Setting(tmp_path)
    rows = [management("a"), management("b")]
    data = {
        "list": orjson.dumps(rows),
        "pretty": b"\n".join(orjson.dumps(row, option=orjson.OPT_INDENT_2) for row in rows),
        "gzip": gzip.compress(line("a", "b")),
        "csv": b"CreationDate,UserIds,Operations,AuditData\n"
        + b"".join(b'x,y,z,"' + orjson.dumps(row).replace(b'"', b'""') + b'"\n' for row in rows),
    }[kind]
    append(tmp_path / "export", data)
    assert setting.collect() == []
    assert setting.collect(10) == ["a", "b"]
    assert setting.collect(10) == []
    setting.again()
    assert setting.still() == []
    assert setting.journal.totals.duplicates == 0


def test_a_file_that_changed_is_read_again_and_only_the_new_counts(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    path = tmp_path / "export.json"
    path.write_bytes(orjson.dumps([management("a")]))
    assert setting.still() == ["a"]
    path.write_bytes(orjson.dumps([management("a"), management("b")]))
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1_000_000))
    assert setting.still() == ["b"]


def test_a_file_of_no_known_kind_is_told_once(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    (tmp_path / "picture").write_bytes(b"\x89PNG\x00\x01")
    assert setting.still() == []
    assert setting.still() == []
    assert setting.journal.totals.dead == 1


def test_an_empty_file_and_one_that_went_are_nothing(tmp_path: Path) -> None:
    setting = Setting(tmp_path, "log.jsonl")
    assert setting.collect() == []
    (tmp_path / "log.jsonl").touch()
    assert setting.still() == []
    (tmp_path / "log.jsonl").unlink()
    assert setting.still() == []
    assert setting.journal.writes == 0


def test_a_file_that_cannot_be_read_does_not_keep_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Setting(tmp_path)
    append(tmp_path / "a.jsonl", line("a"))
    append(tmp_path / "b.jsonl", line("b"))

    def refuse(file: Any, still: bool) -> bool | None:
        if file.name.endswith("a.jsonl"):
            raise PermissionError(13, "Permission denied")
        return line_file.kind_is_lines(file, still)

    monkeypatch.setattr("streams.collectors.live.followed_files.kind_is_lines", refuse)
    with pytest.raises(Unreachable, match="permission denied"):
        setting.collect()
    assert setting.journal.ids == ["b"]


def test_deleted_files_are_forgotten(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    append(tmp_path / "a.jsonl", line("a"))
    setting.collect()
    (tmp_path / "a.jsonl").unlink()
    append(tmp_path / "keep.jsonl", line("b"))
    append(tmp_path / "more.jsonl", line("c"))
    setting.collect()
    assert len(setting.journal.checkpoints["files/files"]["files"]) == 2


def test_killed_at_any_write_nothing_is_lost_and_nothing_comes_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_file, "CHUNK_BYTES", 900)
    monkeypatch.setattr("streams.collectors.live.followed_files.RECORDS_MAX", 2)
    names = [f"r{number:02}" for number in range(10)]
    append(tmp_path / "a.jsonl", line(*names[:6]))
    (tmp_path / "b.json").write_bytes(orjson.dumps([management(name) for name in names[6:]]))
    undisturbed = Setting(tmp_path)
    assert sorted(undisturbed.still()) == names
    for write in range(undisturbed.journal.writes):
        setting = Setting(tmp_path)
        setting.journal.crash_at = write
        with pytest.raises(JournalLost):
            setting.still()
        setting.again()
        setting.still()
        assert sorted(setting.journal.ids) == names
        assert set(setting.journal.states("files/files").values()) == {"fetched"}
