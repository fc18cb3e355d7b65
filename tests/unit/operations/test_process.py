"""The program as a process: signals, pipes, defects."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from streams.operations.one_line_group import STATUS_INTERNAL
from tests.unit.operations.conftest import Run, hiding_rule, json_lines

ENTRY = "import sys; sys.argv[0] = 'watchpost'; from streams.operations.cli import main; main()"
ROOT = Path(__file__).resolve().parents[3]


def start(*arguments: str, **streams: int) -> subprocess.Popen[bytes]:
    """The console script, without a shell and without variables of ours."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WATCHPOST_")}
    command = [sys.executable, "-c", ENTRY, *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environ | {"PYTHONPATH": str(ROOT)}, **streams)  # type: ignore[call-overload,no-any-return]


def test_a_piped_result_is_json_lines_and_alone_on_standard_output(export: Path) -> None:
    process = start("scan", str(export), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [orjson.loads(line)["class_uid"] for line in out.splitlines()] == [2004]
    assert err.splitlines()[-1].startswith(b"summary: ")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_bytes(json_lines([hiding_rule(f"p{place}@corp.example", place) for place in range(100)]))
    process = start("scan", str(path), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(60) == 0
    assert err.startswith(b"summary: ")
    assert err.count(b"\n") == 1


def _heeds_signals() -> None:
    """A job in the background of a shell is started with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_it_quietly(tmp_path: Path, number: int, status: int) -> None:
    process = start(
        "scan", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_heeds_signals
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write((json_lines([hiding_rule("ann@corp.example")]) + b"{broken\n") * 5_000)
    process.stdin.flush()
    assert b"unreadable" in process.stderr.readline()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == status
    assert out == b""
    assert b"Traceback" not in err
    assert (b"interrupted" in err) == (number == signal.SIGINT)


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [
        (KeyError("hunter2"), STATUS_INTERNAL, "internal error: KeyError at"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device", "/tmp/x"), 2, "/tmp/x: No space left on device"),
        (MemoryError(), STATUS_INTERNAL, "out of memory"),
    ],
)
def test_failures_are_one_line(
    run: Run, export: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, word: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("streams.operations.scan_command.judge", fail)
    done = run("scan", export)
    assert done.exit_code == status
    assert done.stderr.count("\n") == 1
    assert word in done.stderr
    assert "hunter2" not in done.stderr
