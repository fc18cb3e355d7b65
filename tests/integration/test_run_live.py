"""`watchpost run` on practice tenants over HTTPS, as processes: everything goes wrong, and it is killed."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import orjson
import pytest

from streams.drivers.embedded.archive import unpack_block
from tests.bench.live_faults import collected
from tests.bench.live_proof import Proof, proof
from tests.bench.live_run import ALERTS, CONFIG, LOG, ROOT, STORE, Runner, asked, looked_back, running, serving
from tests.bench.live_service import TOKENS, Plan

KILLS = 3
OWN_SECRETS = ("secrets", "tls", "spool", "served", TOKENS)  # the service's side of it
pytestmark = pytest.mark.timeout(240)


class Course:
    """What a collected life left behind."""

    def __init__(self, plan: Plan) -> None:
        self.folder = plan.path
        self.store = plan.path / STORE
        self.proof, self.figures = collected(plan, KILLS, patience=20.0)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Twelve accounts, six hours, every fault, two attacks, three kills."""
    plan = Plan(
        str(tmp_path_factory.mktemp("live")), accounts=12, hours=6.0, speed=1500.0, faults="all", expiring=0.02,
        unknown=0.01, attacks=(("seed", 60.0), ("S1", 100.0)), token_seconds=400,
    )  # fmt: skip
    return Course(plan)


def test_killed_among_all_faults_it_archives_what_was_served_and_judges_as_undisturbed(course: Course) -> None:
    found: Proof = course.proof
    assert found.wrong == {}
    assert course.figures["kills"] == KILLS and course.figures["status"] == 0
    assert found.served > 1_000 and found.messages > 0 and found.states > 12
    assert found.blobs_expired > 0 and found.blobs_missing > 0
    assert found.repeats > 0


def test_the_proof_sees_a_lost_record_a_changed_state_and_a_wrong_sum(course: Course, tmp_path: Path) -> None:
    store = tmp_path / STORE
    with closing(sqlite3.connect(course.store)) as whole, closing(sqlite3.connect(store)) as copy:
        whole.backup(copy)
        copy.execute("DELETE FROM log WHERE block = (SELECT max(id) FROM blocks)")
        copy.execute("DELETE FROM blocks WHERE id = (SELECT max(id) FROM blocks)")
        copy.execute("UPDATE contents SET produced = produced + 1 WHERE id = (SELECT min(id) FROM contents)")
        copy.execute("UPDATE states SET data = x'00' WHERE rowid = (SELECT min(rowid) FROM states)")
        copy.commit()
    assert {"not_archived", "other_states", "wrong_sums"} <= proof(course.folder, store).wrong.keys()


def test_no_secret_is_in_anything_that_was_written_or_said(course: Course, tmp_path: Path) -> None:
    secrets = _secrets(course.folder)
    assert len(secrets) > 2 * KILLS
    said = [_said(*command) for command in _commands(course, tmp_path)]
    held = {path: path.read_bytes() for path in _files(course.folder, tmp_path)}
    assert {LOG, ALERTS, CONFIG, STORE, "report.html"} <= {path.name for path in held}
    for text in [*said, *held.values(), *_unpacked(course.store)]:
        assert not any(secret in text for secret in secrets)


def _secrets(folder: Path) -> list[bytes]:
    """Every token that was issued and every client secret; of the long ones the end, which a cut one still has."""
    found = orjson.loads((folder / TOKENS).read_bytes())
    return [secret[-40:].encode() for secret in found]


def _commands(course: Course, tmp_path: Path) -> list[list[str]]:
    """Commands whose output people copy: lists, reports, checks, and refusals of several kinds."""
    config, store = ["--config", str(course.folder / CONFIG)], ["--store", str(course.store)]
    broken = tmp_path / "broken.toml"
    text = (course.folder / CONFIG).read_text()
    secret = next((course.folder / "secrets").iterdir()).read_text()
    broken.write_text(text.replace("[[tenants]]", f'[[tenants]]\nclient_secret = "{secret}"', 1))
    broken.chmod(0o600)
    return [
        ["incidents", "list", *store],
        ["incidents", "list", "--json", *store],
        ["incidents", "report", "--output", str(tmp_path / "report.html"), *store],
        ["tenants", "list", *store],
        ["run", *config, "--store", "/dev/null/store", "--metrics-address", "off"],
        ["run", "--config", str(broken), "--store", "/dev/null/store", "--metrics-address", "off"],
    ]


def _said(*arguments: str) -> bytes:
    """What a command prints, whatever its status."""
    main = "import sys; sys.argv[0] = 'watchpost'; from streams.operations.cli import main; main()"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WATCHPOST_")}
    done = subprocess.run(
        [sys.executable, "-c", main, *arguments], capture_output=True, timeout=60, cwd=ROOT,
        env=kept | {"PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def _files(*folders: Path) -> Iterator[Path]:
    """Everything that was written, but for what the service needs and for the settings that hold a secret on purpose."""
    for folder in folders:
        for path in folder.rglob("*"):
            inside = path.relative_to(folder).parts
            if path.is_file() and inside[0] not in OWN_SECRETS and path.name != "broken.toml":
                yield path


def _unpacked(store: Path) -> list[bytes]:
    """What the store holds compressed, and every text and value of its tables."""
    found = [raw for (data,) in asked(store, "SELECT data FROM blocks") for raw in unpack_block(data)]
    found += [raw for (data,) in asked(store, "SELECT data FROM dead") for raw in unpack_block(data)]
    return [b"\n".join(found)]


def test_a_second_run_waits_and_takes_over_when_the_first_is_killed(tmp_path: Path) -> None:
    plan = Plan(str(tmp_path), accounts=6, hours=12.0, speed=300.0)
    first, second = Runner(tmp_path, address="127.0.0.1:0"), Runner(tmp_path, log="second.log")
    with serving(plan), running(first):
        first.wait_until(lambda: looked_back(first.store), "the present", 60)
        with running(second):
            second.wait_until(lambda: "waiting until it ends" in second.said(), "the second's waiting", 30)
            assert _owner(first) == first.process.pid  # type: ignore[union-attr]
            metrics = _metrics(first)
            before = _complete(first.store)
            first.kill()
            second.wait_until(lambda: _owner(second) == second.process.pid, "the takeover", 30)  # type: ignore[union-attr]
            second.wait_until(lambda: _complete(second.store) > before, "its first look", 60)
            assert second.stop() == 0
        doctor = _said("doctor", "--config", str(tmp_path / CONFIG))
    assert second.said().count("waiting until it ends") == 1
    assert b"activity" in doctor and b"watchpost_feed_records_total" in metrics
    for text in (doctor, metrics, first.said().encode(), second.said().encode(), first.store.read_bytes()):
        assert not any(secret in text for secret in _secrets(tmp_path))


def _metrics(runner: Runner) -> bytes:
    """The page that it serves."""
    found = re.search(r"http://\S+/metrics", runner.said())
    assert found is not None
    with urlopen(found[0], timeout=10) as answer:
        return bytes(answer.read())


def _owner(runner: Runner) -> int:
    rows: list[tuple[Any, ...]] = asked(runner.store, "SELECT owner FROM lease")
    return int(rows[0][0].split()[1]) if rows else 0


def _complete(store: Path) -> int:
    """Up to when the slowest feed is complete."""
    return int(asked(store, "SELECT min(complete_ms) FROM feeds WHERE feed LIKE 'activity/%'")[0][0])
