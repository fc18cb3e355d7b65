"""`watchpost scan` by its contract: result, standard error, sums, exit status."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from pathlib import Path

import orjson
import pytest

from schemas.contracts.incident import Tier
from streams.operations.cli import app
from streams.operations.final_incidents import FinalIncidents
from streams.operations.problems import PER_FILE_MAX
from tests.unit.operations.conftest import Run, hiding_rule, incident, json_lines, management, sends, summary_of
from tests.unit.records.samples import hub

SUMMARY = re.compile(
    r"summary: read=\d+ distinct=\d+ duplicates=\d+ unreadable=\d+ skipped=\d+ accounts=\d+ review=\d+ act=\d+"
    r" seconds=[\d.]+ rate=\d+"
)


def test_an_incident_is_found_and_told(run: Run, export: Path) -> None:
    done = run("scan", export)
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 1
    message = orjson.loads(lines[0])
    assert message["resources"][0]["uid"] == "ann@corp.example"
    assert message["unmapped"]["tier"] == "act"
    assert SUMMARY.fullmatch(done.stderr.splitlines()[-1])
    found = summary_of(done)
    assert (found["read"], found["distinct"], found["accounts"]) == (419, 419, 7)
    assert (found["review"], found["act"]) == (0, 1)


def test_the_message_is_the_last_state(run: Run, export: Path) -> None:
    message = orjson.loads(run("scan", export).stdout)
    assert message["type_uid"] == 200402
    assert {"inbox-rule", "send-surge"} <= {evidence["name"] for evidence in message["evidences"]}


def test_without_a_path_the_sample_is_scanned(run: Run) -> None:
    done = run("scan")
    assert done.exit_code == 0, done.stderr
    assert "sample" in done.stderr
    assert [orjson.loads(line)["unmapped"]["tier"] for line in done.stdout.splitlines()] == ["act"]


def test_the_sample_is_small_and_within_the_package() -> None:
    from streams.operations.scan_command import SAMPLE

    files = list(SAMPLE.iterdir())
    assert files
    assert sum(file.stat().st_size for file in files) < 150_000


def test_sums(run: Run, tmp_path: Path) -> None:
    one, other = sends("ann@corp.example", 2)
    unknown = management("Odd", "ann@corp.example", ClientIP="")
    del unknown["MailboxOwnerUPN"]
    path = tmp_path / "a.jsonl"
    path.write_bytes(json_lines([one, one, other, unknown, dict(reversed(one.items()))]) + b'{"a": 1}\nnot json\n')
    done = run("scan", path)
    assert done.exit_code == 1
    found = summary_of(done)
    assert found["read"] == found["distinct"] + found["duplicates"] + found["unreadable"] == 7
    assert (found["distinct"], found["duplicates"], found["unreadable"], found["skipped"]) == (3, 2, 2, 1)


def test_a_category_of_event_hubs_that_nobody_reads_is_out_of_scope_and_no_damage(run: Run, tmp_path: Path) -> None:
    graph = [hub("MicrosoftGraphActivityLogs", {"requestId": f"r{number % 9}", "userId": "u"}) for number in range(10)]
    path = tmp_path / "a.jsonl"
    path.write_bytes(json_lines([*sends("ann@corp.example", 2), *graph]))
    done = run("scan", path)
    assert done.exit_code == 0
    found = summary_of(done)
    assert [found[name] for name in ("read", "distinct", "duplicates", "unreadable", "skipped", "accounts")] == [
        12, 11, 1, 0, 9, 1,
    ]  # fmt: skip


def test_a_revision_is_distinct_and_counted_once_by_detectors(run: Run, tmp_path: Path) -> None:
    records = sends("ann@corp.example", 30)
    path = tmp_path / "a.jsonl"
    path.write_bytes(json_lines([record | {"More": place} for record in records for place in range(20)]))
    done = run("scan", path)
    found = summary_of(done)
    assert (found["distinct"], found["duplicates"]) == (600, 0)
    once = tmp_path / "once.jsonl"
    once.write_bytes(json_lines(records))
    assert [_count(line) for line in done.stdout.splitlines()] == [
        _count(line) for line in run("scan", once).stdout.splitlines()
    ]


def _count(line: str) -> int:
    return int(orjson.loads(line)["count"])


def test_unreadable_lines_are_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(json_lines(sends("ann@corp.example", 1)) + b'{"a": 1}\n' + b"{broken\n")
    done = run("scan", path)
    assert done.exit_code == 1
    told = [line for line in done.stderr.splitlines() if "unreadable: " in line and line.startswith("watchpost")]
    assert [
        line.startswith(f"watchpost: {path}:{place}: unreadable: ") for place, line in zip((2, 3), told, strict=True)
    ]
    assert len(told) == 2


def test_many_unreadable_lines_end_in_a_count(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(json_lines(sends("ann@corp.example", 1)) + b'{"a": 1}\n' * (PER_FILE_MAX + 7))
    done = run("scan", path)
    lines = [line for line in done.stderr.splitlines() if line.startswith("watchpost: ")]
    assert len(lines) == PER_FILE_MAX + 1
    assert lines[-1].endswith("unreadable: 7 more")


def test_a_missing_path_beside_a_good_one(run: Run, export: Path, tmp_path: Path) -> None:
    done = run("scan", tmp_path / "gone", export)
    assert done.exit_code == 1
    assert f"{tmp_path / 'gone'}: unreadable: no such file or folder" in done.stderr
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize("content", [None, b"garbage", b'{"valid": "json"}\n'])
def test_nothing_readable(run: Run, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x"
    if content is not None:
        path.write_bytes(content)
    done = run("scan", path, "--output", tmp_path / "out")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "nothing could be read" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()


def test_an_empty_file_is_warned_of(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.touch()
    done = run("scan", path)
    assert done.exit_code == 0
    assert f"{path}: is empty" in done.stderr
    assert summary_of(done)["read"] == 0


def test_standard_input_archives_and_folders_agree(run: Run, export: Path, tmp_path: Path) -> None:
    content = export.read_bytes()
    plain = run("scan", export).stdout
    assert run("scan", "-", stdin=gzip.compress(content)).stdout == plain
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/y.csv", content)
    folder = tmp_path / "folder" / "deep"
    folder.mkdir(parents=True)
    (folder / "a.bin").write_bytes(packed.getvalue())
    assert run("scan", tmp_path / "folder").stdout == plain


def test_order_is_by_first_evidence_then_uid(run: Run, tmp_path: Path) -> None:
    people = [(f"p{place}@corp.example", minutes) for place, minutes in enumerate((50, 10, 30, 10))]
    path = tmp_path / "a.jsonl"
    path.write_bytes(json_lines([hiding_rule(person, minutes) for person, minutes in people]))
    found = [orjson.loads(line)["finding_info"] for line in run("scan", path).stdout.splitlines()]
    assert len(found) == 4
    assert found == sorted(found, key=lambda info: (info["first_seen_time"], info["uid"]))


@pytest.fixture
def one_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the detectors think: one incident of each tier."""

    def judged(*_: object) -> FinalIncidents:
        incidents = FinalIncidents()
        incidents.take([incident(uid="a"), incident(uid="b", tier=Tier.ACT)])
        return incidents

    monkeypatch.setattr("streams.operations.scan_command.judge", judged)


@pytest.fixture
def one_review(monkeypatch: pytest.MonkeyPatch) -> None:
    """One incident of tier review."""

    def judged(*_: object) -> FinalIncidents:
        incidents = FinalIncidents()
        incidents.take([incident()])
        return incidents

    monkeypatch.setattr("streams.operations.scan_command.judge", judged)


@pytest.mark.usefixtures("one_of_each")
def test_tier_filters_and_the_summary_still_counts_all(run: Run, export: Path) -> None:
    both, act = run("scan", export), run("scan", export, "--tier", "act")
    assert len(both.stdout.splitlines()) == 2
    assert [orjson.loads(line)["unmapped"]["tier"] for line in act.stdout.splitlines()] == ["act"]
    assert summary_of(act)["review"] == summary_of(both)["review"] == 1


@pytest.mark.parametrize(("tier", "status"), [("review", 3), ("act", 3)])
def test_fail_on_what_is_there(run: Run, export: Path, tier: str, status: int) -> None:
    done = run("scan", export, "--fail-on", tier)
    assert done.exit_code == status
    assert summary_of(done)["act"] == 1


@pytest.mark.usefixtures("one_review")
def test_fail_on_act_lets_review_pass(run: Run, export: Path) -> None:
    assert run("scan", export, "--fail-on", "act").exit_code == 0
    assert run("scan", export, "--fail-on", "review").exit_code == 3


def test_forms_of_the_result(run: Run, export: Path, tmp_path: Path) -> None:
    table = run("scan", export, "--format", "table").stdout
    assert "ann@corp.example" in table
    assert "1 incident: 1 act, 0 review." in table
    assert run("scan", export, "--output", tmp_path / "r.html").stdout == ""
    assert (tmp_path / "r.html").read_text().startswith("<!DOCTYPE html>")
    run("scan", export, "--output", tmp_path / "r.out")
    assert orjson.loads((tmp_path / "r.out").read_bytes())["class_uid"] == 2004
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export.jsonl", "r.html", "r.out"]


def test_home_domain_given(run: Run, export: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    run("scan", export, "--home-domain", "@Corp.Example", "--home-domain", "b.example,c.example", "--output", out)
    assert "b.example, c.example, corp.example" in out.read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "--format", "xml"),
        ("scan", "--no-such"),
        ("scan", "--tier", "all"),
        ("scan", "--egress", "300.1.1.1/8"),
        ("scan", "--geo", "/nonexistent.mmdb"),
        ("scan", "--output", "/nonexistent/folder/out"),
        ("scan", "--output", "/"),
        ("scan", "--config", "/nonexistent.toml"),
        ("scna",),
    ],
)
def test_wrong_usage_is_one_line(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("watchpost: ")
    assert done.stderr.count("\n") == 1


def test_hostile_text_never_comes_out_raw(run: Run, tmp_path: Path) -> None:
    name = "\x1b]0;x\x07<script>alert(1)</script>\u202e=cmd|' /C calc'!A0\ud800"
    path = tmp_path / "ev\x1b[31mil.jsonl"
    rule = orjson.dumps(hiding_rule("eve@corp.example", 0, "NAME")).replace(b"NAME", _escaped(name))
    path.write_bytes(rule + b'\n{"\x1b[2J": 1}\n\x1b[31mbroken\n')
    for form in ("table", "jsonl", "html"):
        done = run("scan", path, "--format", form)
        assert done.exit_code == 1
        text = done.stdout + done.stderr
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\u202e" not in text
        if form == "html":
            assert "<script>alert" not in text


def _escaped(text: str) -> bytes:
    return "".join(f"\\u{ord(char):04x}" for char in text).encode()


def test_no_command_shows_help_with_status_2(run: Run) -> None:
    done = run()
    assert done.exit_code == 2
    assert "scan" in done.stdout + done.stderr


def test_every_command_has_a_help(run: Run) -> None:
    for command in app.registered_commands:
        assert command.callback is not None
        assert run(str(command.name or command.callback.__name__), "--help").exit_code == 0
