"""The command line as a user meets it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from detectors.registry import account_detectors
from streams.operations.cli import app
from tests.unit.operations.conftest import Run

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


def test_detectors_are_listed_with_what_they_miss(run: Run) -> None:
    listed = [orjson.loads(line) for line in run("detectors", "--json").stdout.splitlines()]
    assert [info["number"] for info in listed] == sorted(info["number"] for info in listed)
    assert {detector.info.id for detector in account_detectors()} <= {info["id"] for info in listed}
    assert all(info["catches"] and info["misses"] and info["needs"] for info in listed)
    table = run("detectors").stdout
    assert all(info["title"] in table for info in listed)


def test_topics_are_listed_without_a_broker(run: Run) -> None:
    done = run("topics")
    assert done.exit_code == 0
    assert "watchpost.audit.v1" in done.stdout
    assert "no Kafka brokers are set" in done.stderr
    assert run("topics", "--create").exit_code == 2


def test_collect_and_detect_need_brokers(run: Run, export: Path) -> None:
    for arguments in (("collect", "--from", str(export)), ("detect",)):
        done = run(*arguments)
        assert done.exit_code == 2
        assert "WATCHPOST_KAFKA_BROKERS" in done.stderr
        assert done.stderr.count("\n") == 1


def test_evaluate_measures_a_labelled_set(run: Run, tmp_path: Path) -> None:
    run("simulate", "--out", tmp_path, "--accounts", "6", "--days", "2", "--scenarios", "S2", "--seed", "2")
    done = run("evaluate", tmp_path, "--json")
    assert done.exit_code == 0, done.stderr
    assert orjson.loads(done.stdout)
    assert "S2, review" in run("evaluate", tmp_path).stdout


def test_evaluate_names_what_is_wrong_with_a_set(run: Run, tmp_path: Path) -> None:
    done = run("evaluate", tmp_path)
    assert done.exit_code == 2
    assert "no such folder" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulate", "--serve", "--out", "o", "--port", "70000"),
        ("simulate", "--serve", "--out", "o", "--attack-minutes", "inf"),
        ("incidents", "list", "--days", "nan"),
        ("incidents", "list", "--days", "1e300"),
        ("run", "--follow", ""),
        ("run", "--archive-days", "inf"),
    ],
)
def test_numbers_and_paths_that_are_none_are_one_line_and_status_2(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "internal" not in done.stderr
