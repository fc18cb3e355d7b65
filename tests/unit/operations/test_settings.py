"""Option, variable, file, default: in this order; and what is wrong is one line without values of the file."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from streams.operations.refusal import Refusal
from streams.operations.settings import networks, read_file
from tests.unit.operations.conftest import Run


def settings_file(folder: Path, text: str) -> Path:
    """A settings file."""
    path = folder / "watchpost.toml"
    path.write_text(text)
    return path


def form_of(text: str) -> str:
    """Which form a result has."""
    if text.startswith("<!DOCTYPE"):
        return "html"
    return "jsonl" if text.startswith("{") else "table"


def test_order_of_sources(run: Run, export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = settings_file(tmp_path, 'format = "jsonl"\n[scan]\nformat = "html"\n')
    assert form_of(run("scan", export).stdout) == "jsonl"
    assert form_of(run("scan", export, "--config", path).stdout) == "html"
    monkeypatch.setenv("WATCHPOST_CONFIG", str(path))
    assert form_of(run("scan", export).stdout) == "html"
    monkeypatch.setenv("WATCHPOST_FORMAT", "table")
    assert form_of(run("scan", export).stdout) == "table"
    assert form_of(run("scan", export, "--format", "jsonl").stdout) == "jsonl"


def test_the_top_of_the_file_is_for_all_commands(run: Run, export: Path, tmp_path: Path) -> None:
    path = settings_file(tmp_path, 'fail-on = "act"\npartitions = 3\ncloud = "gcc"\n[kafka]\nlinger = 5\n[[tenants]]\n')
    assert run("scan", export, "--config", path).exit_code == 3


@pytest.mark.parametrize("written", ['"corp.example"', '["corp.example"]', '"corp.example, a.example"'])
def test_lists(run: Run, export: Path, tmp_path: Path, written: str) -> None:
    path = settings_file(tmp_path, f"home_domains = {written}\n")
    done = run("scan", export, "--config", path, "--format", "html")
    assert "corp.example</dd>" in done.stdout


def test_a_variable_may_be_a_list(run: Run, export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHPOST_HOME_DOMAIN", "b.example c.example,corp.example")
    assert "b.example, c.example, corp.example" in run("scan", export, "--format", "html").stdout


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("formt = 1", "formt"),
        ("[scan]\nformt = 1", "formt"),
        ("scan = 1", "scan"),
        ("client_secret = hunter2", "not TOML"),
        ("[scan]\nformat = 'hunter2x'", "format"),
        ("\udce9", "UTF-8"),
    ],
)
def test_a_wrong_file_is_one_line(run: Run, tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "watchpost.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    done = run("scan", "--config", path)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert named in done.stderr
    assert "hunter2 " not in done.stderr


def test_a_syntax_error_tells_its_place_and_no_content(tmp_path: Path) -> None:
    path = settings_file(tmp_path, 'a = 1\nclient_secret = "hunter2\n')
    with pytest.raises(Refusal) as refused:
        read_file(path)
    assert "line 2" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="larger"):
        read_file(settings_file(tmp_path, "#" * (2 << 20)))


def test_networks() -> None:
    assert networks(["10.0.0.1/8,2001:db8::/32", "10.0.0.0/8"]) == ("10.0.0.0/8", "2001:db8::/32")
    with pytest.raises(Refusal, match=r"999\.0\.0\.0"):
        networks(["999.0.0.0/8"])


def test_topics_take_the_kafka_table(run: Run, tmp_path: Path) -> None:
    done = run("topics", "--config", settings_file(tmp_path, '[kafka]\npartitions = "many"\nbrokers = "x:1"\n'))
    assert done.exit_code == 2
    assert "partitions" in done.stderr
    listed = run("topics", "--json", "--partitions", "5")
    assert {orjson.loads(line)["partitions"] for line in listed.stdout.splitlines()} == {1, 5}
