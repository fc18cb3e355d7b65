"""`run` on a full disk: it says so, waits for room, and goes on."""

from __future__ import annotations

import os
import resource
import threading
from pathlib import Path

import pytest

from streams.clock import WallClock
from streams.cloud.credentials import ManagedIdentity
from streams.cloud.seam import Endpoints
from streams.cloud.tenant_access import TenantAccess
from streams.drivers.embedded import database
from streams.operations import full_disk, run_command
from streams.operations.full_disk import has_room, wait_for_room
from streams.operations.live_settings import WatchedTenant
from streams.operations.run_command import RunOptions, run_watch
from streams.telemetry.health import Health

FULL = "watchpost.db: the disk is full; make room"


def test_room_is_what_can_be_written_and_is_given_back(tmp_path: Path) -> None:
    store = tmp_path / "watchpost.db"
    assert has_room(store, 1 << 20)
    assert list(tmp_path.iterdir()) == []
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
        os._exit(int(has_room(store, 1 << 20)))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert list(tmp_path.iterdir()) == []
    assert not has_room(tmp_path / "no folder" / "watchpost.db", 1)


def test_it_waits_alive_and_not_ready_until_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    health, said, looks = Health(), list[str](), list[bool]()

    def room(store: Path) -> bool:
        looks.append("full" in health.ready()["disk"] and not health.live()["store"])
        return len(looks) == 3

    monkeypatch.setattr(full_disk, "has_room", room)
    assert wait_for_room(tmp_path / "s", health, threading.Event(), said.append, 0.0)
    assert looks == [True, True, True] and health.ready()["disk"] == ""
    assert len(said) == 1 and "going on" in said[0]
    stop = threading.Event()
    stop.set()
    assert not wait_for_room(tmp_path / "s", health, stop, said.append, 0.0)
    assert len(said) == 1


def options(tmp_path: Path) -> RunOptions:
    """One tenant that nobody asks for."""
    access = TenantAccess("local", "", ManagedIdentity(), Endpoints("", "", "", ""))
    return RunOptions((WatchedTenant(access, ()),), WallClock(), tmp_path / "watchpost.db", metrics_address="off")


@pytest.mark.parametrize(("course", "status"), [([(FULL, True), ("", False)], 0), ([("damaged", False)], 1)])
def test_it_goes_on_after_a_full_disk_and_ends_after_other_losses(
    course: list[tuple[str, bool]],
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    left, waits = list(course), list[Path]()
    monkeypatch.setattr(run_command, "_watched", lambda *_: left.pop(0))
    monkeypatch.setattr(run_command, "wait_for_room", lambda store, *_: waits.append(store) or True)
    assert run_watch(options(tmp_path)) == status
    assert left == [] and len(waits) == len(course) - 1
    assert capfd.readouterr().err.count(course[0][0]) == 1


def test_a_store_that_cannot_be_opened_for_want_of_room_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def full(path: Path) -> None:
        raise database.StoreFull(FULL)

    monkeypatch.setattr("streams.drivers.embedded.store.open_database", full)
    asked = list[bool]()
    monkeypatch.setattr(run_command, "wait_for_room", lambda *_: bool(asked.append(True)))
    assert run_watch(options(tmp_path)) == 0
    assert asked == [True] and FULL in capfd.readouterr().err
