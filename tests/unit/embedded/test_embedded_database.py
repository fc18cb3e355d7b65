"""The store's file: its making, and one plain line for whatever is wrong with it."""

from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from streams.drivers.embedded.database import Database, StoreLost, integrity, open_database, open_readonly
from streams.drivers.embedded.fair_lock import FairLock
from tests.unit.embedded.store_run import contents_of


def test_it_is_the_owners_alone_and_survives_power_cuts(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "store.sqlite"
    database = open_database(path)
    with database.upkeep() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    with database.transaction() as connection:
        connection.execute("INSERT INTO meta VALUES ('a', 'b')")
    for name in path.parent.iterdir():
        assert stat.S_IMODE(name.stat().st_mode) == 0o600, name
    with database.reading() as connection:
        assert integrity(connection) == "ok"
    database.close()


def test_it_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    for value in ("1", "2"):
        database = open_database(path)
        with database.transaction() as connection:
            connection.execute("INSERT INTO meta VALUES (?, '')", (value,))
        database.close()
    connection = open_readonly(path)
    assert connection.execute("SELECT count(*) FROM meta").fetchone() == (2,)
    connection.close()


def refused(path: Path) -> str:
    """The one line with which a file is refused."""
    with pytest.raises(StoreLost) as caught:
        open_database(path, 0.1)
    text = str(caught.value)
    assert str(path) in text and "\n" not in text
    return text


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(b"From: ann@corp.example\n" * 400)
    assert "no store of Watchpost" in refused(path)
    database = tmp_path / "other.sqlite"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    assert "no store of Watchpost" in refused(database)


def test_a_newer_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    open_database(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "newer release (format 99" in refused(path)
    with pytest.raises(StoreLost, match="newer release"):
        open_readonly(path)


def test_a_folder_in_its_place_and_a_missing_store_are_told(tmp_path: Path) -> None:
    assert "cannot be opened" in refused(tmp_path)
    with pytest.raises(StoreLost, match="no store yet"):
        open_readonly(tmp_path / "none")


def test_a_damaged_file_is_told_in_one_line(undisturbed: Path, tmp_path: Path) -> None:
    whole = undisturbed.read_bytes()
    path = tmp_path / "store.sqlite"
    path.write_bytes(whole[:4096] + b"\x5a" * (len(whole) - 4096))
    text = ""
    try:
        database = open_database(path)
        with database.reading() as connection:
            connection.execute("SELECT * FROM log").fetchall()
    except StoreLost as error:
        text = str(error)
    assert "damaged" in text and "\n" not in text


def test_a_locked_file_is_told_and_loses_the_store(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    first, second = open_database(path), open_database(path, 0.05)
    with (
        first.transaction(),
        pytest.raises(StoreLost, match="another process holds it"),
        second.transaction(),
    ):
        pass
    with pytest.raises(StoreLost), second.transaction():
        pass
    first.close()
    second.close()


def insert(database: Database, value: str) -> None:
    """Two rows in one transaction, the second with this value."""
    with database.transaction() as connection:
        connection.execute("INSERT INTO meta VALUES ('first', '')")
        connection.execute("INSERT INTO meta VALUES ('second', ?)", (value,))


def test_a_full_disk_is_told_and_nothing_of_the_transaction_stays(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    database = open_database(path)
    with database.upkeep() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 10}")
    with pytest.raises(StoreLost, match="the disk is full"):
        insert(database, "x" * 4096 * 50)
    database.close()
    after = open_readonly(path)
    assert after.execute("SELECT count(*) FROM meta").fetchone() == (0,)
    after.close()


def test_after_any_failure_no_further_transaction_is_taken(tmp_path: Path) -> None:
    database = open_database(tmp_path / "store.sqlite")
    with pytest.raises(ZeroDivisionError), database.transaction():
        raise ZeroDivisionError
    with pytest.raises(StoreLost), database.transaction():
        pass
    database.close()


def test_the_lock_is_given_in_the_order_of_asking() -> None:
    lock, order, started = FairLock(), list[int](), threading.Event()
    threads = []
    with lock:
        for place in range(5):
            thread = threading.Thread(target=lambda place=place: _note(lock, order, place))
            thread.start()
            threads.append(thread)
            while lock._next < place + 2:
                started.wait(0.001)
    for thread in threads:
        thread.join(5)
    assert order == [0, 1, 2, 3, 4]


def _note(lock: FairLock, order: list[int], place: int) -> None:
    with lock:
        order.append(place)


def test_reading_waits_for_no_transaction_and_cannot_write(tmp_path: Path) -> None:
    database = open_database(tmp_path / "store.sqlite")
    with database.transaction() as connection:
        connection.execute("INSERT INTO meta VALUES ('a', 'b')")
        with database.reading() as other:
            assert other.execute("SELECT count(*) FROM meta").fetchone() == (0,)
    with pytest.raises(StoreLost, match="may not be written"), database.reading() as other:
        other.execute("DELETE FROM meta")
    database.close()


def test_reading_back_a_store_needs_no_lease(undisturbed: Path) -> None:
    assert contents_of(undisturbed)["messages"]
