"""One writer: a second waits, a dead one is followed at once, a paused one that wakes is fenced."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from textwrap import dedent

import pytest

from streams.drivers.embedded.database import StoreLost, open_database
from streams.drivers.embedded.lease import Lease

WRITER = dedent(
    """
    import sys, time
    from pathlib import Path
    from streams.drivers.embedded.database import StoreLost, open_database
    from streams.drivers.embedded.lease import Lease
    database = open_database(Path(sys.argv[1]))
    lease = Lease(database, float(sys.argv[2]))
    try:
        lease.take()
        print("mine", flush=True)
        for line in sys.stdin:
            with database.transaction() as connection:
                connection.execute("INSERT OR REPLACE INTO meta VALUES ('by', ?)", (line.strip(),))
            print("written", flush=True)
    except StoreLost as error:
        print(f"lost {error}", flush=True)
    """
)


class Writer:
    """A process that takes the lease and writes what it is told."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(seconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3],
        )  # fmt: skip

    def line(self) -> str:
        """What it says next."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def write(self, text: str) -> str:
        """Have it write; what it says then."""
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.line()

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def written(path: Path) -> list[str]:
    """What is in the store."""
    connection = sqlite3.connect(path)
    found = [value for (value,) in connection.execute("SELECT value FROM meta")]
    connection.close()
    return found


def test_a_paused_writer_is_fenced(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    writer = Writer(path, 0.6)
    try:
        assert writer.line() == "mine"
        assert writer.write("first") == "written"
        os.kill(writer.process.pid, signal.SIGSTOP)
        database, said = open_database(path), list[str]()
        lease = Lease(database, 0.6)
        assert lease.take(say=said.append)
        assert len(said) <= 1
        with database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('by', 'second')")
        os.kill(writer.process.pid, signal.SIGCONT)
        answer = writer.write("third")
        assert answer.startswith("lost ") and "has taken over" in answer and str(os.getpid()) in answer
        assert written(path) == ["second"]
        with database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('by', 'fourth')")
        lease.release()
        database.close()
        assert written(path) == ["fourth"]
    finally:
        writer.kill()


def test_a_killed_writer_is_followed_without_waiting_for_its_lease(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    writer = Writer(path, 3600.0)
    try:
        assert writer.line() == "mine"
    finally:
        writer.kill()
    database = open_database(path)
    lease = Lease(database, 3600.0)
    assert lease.take(wait=False)
    assert lease.epoch == 2
    lease.release()
    database.close()


def test_a_second_process_waits_and_says_so_once(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    first, second = open_database(path), open_database(path)
    held, waiting, said, stop = Lease(first, 30.0), Lease(second, 0.2), list[str](), threading.Event()
    spoke = threading.Event()
    assert held.take()
    third = open_database(path)
    assert not Lease(third, 30.0).take(wait=False)
    third.close()
    got = list[bool]()

    def say(text: str) -> None:
        said.append(text)
        spoke.set()

    thread = threading.Thread(target=lambda: got.append(waiting.take(stop, say)))
    thread.start()
    assert spoke.wait(10)
    assert not stop.wait(0.1)  # several looks later
    assert got == [] and len(said) == 1 and str(path) in said[0] and str(os.getpid()) in said[0]
    held.release()
    thread.join(10)
    assert got == [True] and waiting.epoch == 2
    waiting.release()
    second.close()
    first.close()


def test_waiting_ends_when_told_to_stop(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    first, second, stop = open_database(path), open_database(path), threading.Event()
    held = Lease(first, 30.0)
    assert held.take()
    stop.set()
    assert not Lease(second).take(stop)
    held.release()
    first.close()
    second.close()


def test_a_lease_is_renewed_while_its_owner_is_idle(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    first = open_database(path)
    held = Lease(first, 0.3)
    assert held.take()
    until, looks = until_ms(path), 0
    while until_ms(path) == until and looks < 1000:
        looks += 1
        threading.Event().wait(0.01)
    assert until_ms(path) > until
    held.release()
    first.close()


def until_ms(path: Path) -> int:
    """When the lease runs out."""
    connection = sqlite3.connect(path)
    (found,) = connection.execute("SELECT until_ms FROM lease").fetchone()
    connection.close()
    return int(found)


def test_a_fenced_store_stays_lost(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    first, second = open_database(path), open_database(path)
    held, after = Lease(first, 3600.0), Lease(second, 3600.0)
    assert held.take()
    with second.waiting() as connection:
        connection.execute("UPDATE lease SET until_ms = 0")
    assert after.take(wait=False)
    for _ in range(2):
        with pytest.raises(StoreLost, match="has taken over"), first.transaction():
            raise AssertionError("the body must not run")
    after.release()
    held.release()
    with pytest.raises(StoreLost), first.reading():
        pass
    first.close()
    second.close()
