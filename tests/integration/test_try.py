"""`watchpost try`, as a person types it: the attack is found, the folder holds what it says, README shows what it prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).resolve().parents[2]
MARK = "<!-- try: a test compares this with what the command prints -->"
VARYING = re.compile(r"^  .*: (Acted|Sent|Signed|The account|One session|Used) ")


def shape(text: str, folder: str) -> list[str]:
    """What a text says, whatever its numbers and the folder; lines of the story that depend on timing are left out."""
    kept = []
    for line in text.replace(folder, "watchpost-try").splitlines():
        for end in (" ...", " Stop outgoing mail", " Revoke the account's sessions and check", " Of each stage"):
            line = line.split(end)[0]
        line = re.sub(r" \(\d[\d,]* records\)$", "", line)
        line = re.sub(r"(nats of surprise \(act\)): .*", r"\1", line)  # which stages, depends on timing
        if line.strip() and not VARYING.match(line):
            kept.append(re.sub(r"\d[\d.]*", "#", line.rstrip()))
    return kept


def readme_block() -> str:
    """The example in README, without its indentation."""
    after = (ROOT / "README.md").read_text(encoding="utf-8").partition(MARK)[2]
    block = after[: after.index("Every command below")]
    return "\n".join(line.removeprefix("    ") for line in block.splitlines())


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The command, run to its end."""
    folder = tmp_path_factory.mktemp("trial") / "watchpost-try"
    command = [sys.executable, "-m", "streams.operations", "try", "--folder", str(folder)]
    return folder, subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.timeout(300)
def test_it_finds_the_attack_and_says_so_as_readme_shows(
    trial: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = trial
    assert done.returncode == 0, done.stderr[-2000:]
    assert shape(done.stdout, str(folder)) == shape(readme_block(), "watchpost-try")


def test_the_story_unfolds_before_the_reader(trial: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    lines = trial[1].stderr.splitlines()
    assert any(line.endswith("is live") for line in lines)
    assert any(" ACT " in line and ": evasion: An inbox rule" in line for line in lines)
    assert "Traceback" not in trial[1].stderr


def test_the_folder_holds_report_alerts_and_store(trial: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder = trial[0]
    assert {"report.html", "alerts.jsonl", "watchpost.db", "tenant"} <= {path.name for path in folder.iterdir()}
    alerts = [orjson.loads(line) for line in (folder / "alerts.jsonl").read_bytes().splitlines()]
    assert {alert["unmapped"]["tier"] for alert in alerts} >= {"act"}
    assert not any(alert["unmapped"]["historical"] for alert in alerts)
    assert "An inbox rule" in (folder / "report.html").read_text(encoding="utf-8")


def test_no_secret_is_anywhere_but_in_its_file(trial: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, done = trial
    secrets = [path.read_bytes() for path in (folder / "tenant" / "secrets").iterdir()]
    assert secrets and all(len(secret) > 8 for secret in secrets)
    for secret in secrets:
        assert secret.decode() not in done.stdout + done.stderr
        for path in folder.rglob("*"):
            if path.is_file() and path.parent.name != "secrets":
                assert secret not in path.read_bytes(), path
