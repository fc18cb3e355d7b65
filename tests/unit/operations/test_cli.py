"""The command line as a user meets it."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from streams.operations.cli import app

RUN = CliRunner()


def test_simulate_writes_a_labelled_set(tmp_path: Path) -> None:
    done = RUN.invoke(
        app, ["simulate", "--out", str(tmp_path), "--accounts", "12", "--days", "2", "--scenarios", "none"]
    )
    assert done.exit_code == 0, done.output
    assert "sends/day" in done.stdout
    assert (tmp_path / "input" / "management.jsonl.gz").stat().st_size > 0
    assert (tmp_path / "truth" / "meta.json").is_file()


def test_an_unknown_scenario_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = RUN.invoke(app, ["simulate", "--out", str(tmp_path), "--scenarios", "S99"])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "S99" in done.stderr
