"""SQLite in WAL mode, and Python's sqlite3: locks and transactions, as m1_engineering/e09_idempotency tells them."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest

Connect = Callable[..., sqlite3.Connection]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "facts.sqlite"


@pytest.fixture
def connect(path: Path) -> Iterator[Connect]:
    """Opens connections in autocommit mode to a file in WAL mode that has the table `seen`; closes them in the end."""
    with ExitStack() as opened:

        def connect(timeout: float = 0.0, same_thread: bool = True) -> sqlite3.Connection:
            conn = sqlite3.connect(path, timeout, isolation_level=None, check_same_thread=same_thread)
            conn.execute("PRAGMA synchronous = OFF")
            return opened.enter_context(closing(conn))

        conn = connect()
        assert conn.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
        conn.execute("CREATE TABLE seen (id INTEGER PRIMARY KEY, note TEXT)")
        yield connect


def count(conn: sqlite3.Connection) -> int:
    return int(conn.execute("SELECT count(*) FROM seen").fetchone()[0])


def test_a_deferred_transaction_that_has_read_is_refused_at_once_when_another_has_written(connect: Connect) -> None:
    one, other = connect(timeout=600), connect()
    one.execute("BEGIN")
    count(one)
    other.execute("INSERT INTO seen VALUES (1, 'other')")
    with pytest.raises(sqlite3.OperationalError, match="database is locked") as caught:
        one.execute("INSERT INTO seen VALUES (2, 'one')")  # ten minutes of busy timeout do not help
    assert caught.value.sqlite_errorname == "SQLITE_BUSY_SNAPSHOT"


def test_it_is_refused_at_once_while_another_holds_the_lock_too(connect: Connect) -> None:
    one, other = connect(timeout=600), connect()
    one.execute("BEGIN")
    count(one)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as caught:
        one.execute("INSERT INTO seen VALUES (2, 'one')")
    assert caught.value.sqlite_errorname == "SQLITE_BUSY"


def test_begin_immediate_waits_for_the_lock_as_long_as_the_busy_timeout_says(connect: Connect) -> None:
    holder, waiting, hasty = connect(same_thread=False), connect(timeout=600), connect(timeout=0.001)
    holder.execute("BEGIN IMMEDIATE")
    holder.execute("INSERT INTO seen VALUES (1, 'holder')")
    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        hasty.execute("BEGIN IMMEDIATE")
    commit = Thread(target=holder.execute, args=("COMMIT",))
    commit.start()
    waiting.execute("BEGIN IMMEDIATE")
    commit.join()
    assert count(waiting) == 1, "it reads what was committed while it waited"


def test_readers_do_not_wait_for_a_writer(connect: Connect) -> None:
    writer, reader = connect(), connect()
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO seen VALUES (1, 'writer')")
    assert count(reader) == 0
    writer.execute("COMMIT")
    assert count(reader) == 1


def insert_and_fail(conn: sqlite3.Connection, note: str) -> None:
    with conn:
        conn.execute("INSERT INTO seen (note) VALUES (?)", (note,))
        raise ZeroDivisionError


def test_with_conn_begins_nothing_in_autocommit_mode(connect: Connect) -> None:
    conn = connect()
    with pytest.raises(ZeroDivisionError):
        insert_and_fail(conn, "committed at once")
    assert count(conn) == 1


def test_with_conn_ends_a_transaction_that_was_begun_by_hand(connect: Connect) -> None:
    conn = connect()
    conn.execute("BEGIN IMMEDIATE")
    with conn:
        conn.execute("INSERT INTO seen (note) VALUES ('committed')")
    assert not conn.in_transaction
    conn.execute("BEGIN IMMEDIATE")
    with pytest.raises(ZeroDivisionError):
        insert_and_fail(conn, "rolled back")
    assert not conn.in_transaction
    assert count(conn) == 1


def test_a_rollback_of_sqlites_own_makes_rollback_fail_as_a_statement_but_not_as_a_method(connect: Connect) -> None:
    conn = connect()
    conn.execute("CREATE TRIGGER broken BEFORE INSERT ON seen BEGIN SELECT RAISE(ROLLBACK, 'no'); END")
    conn.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.IntegrityError):
        conn.execute("INSERT INTO seen VALUES (1, '')")
    assert not conn.in_transaction
    with pytest.raises(sqlite3.OperationalError, match="no transaction is active"):
        conn.execute("ROLLBACK")
    conn.rollback()


def test_a_cursor_that_is_still_open_keeps_its_snapshot(connect: Connect) -> None:
    one, other = connect(timeout=600), connect()
    other.executemany("INSERT INTO seen VALUES (?, '')", [(1,), (2,), (3,)])
    cursor = one.execute("SELECT id FROM seen")
    assert next(cursor) == (1,)
    other.execute("INSERT INTO seen VALUES (4, 'other')")
    with pytest.raises(sqlite3.OperationalError) as caught:
        one.execute("UPDATE seen SET note = 'one' WHERE id = 1")
    assert caught.value.sqlite_errorname == "SQLITE_BUSY_SNAPSHOT"
    assert cursor.fetchall() == [(2,), (3,)]
    one.execute("UPDATE seen SET note = 'one' WHERE id = 1")


def test_nothing_is_left_of_an_open_transaction_whose_process_is_killed(connect: Connect, path: Path) -> None:
    program = f"""
import os, signal, sqlite3
conn = sqlite3.connect({str(path)!r}, isolation_level=None)
conn.execute("INSERT INTO seen VALUES (1, 'committed')")
conn.execute("BEGIN IMMEDIATE")
conn.execute("INSERT INTO seen VALUES (2, 'not committed')")
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-I", "-c", program], check=False).returncode == -9
    conn = connect()
    assert conn.execute("SELECT note FROM seen").fetchall() == [("committed",)]
    conn.execute("BEGIN IMMEDIATE")


def test_a_decimal_is_rounded_to_28_digits_by_normalize_and_exact_as_a_ratio() -> None:
    one, other = Decimal("98"), Decimal("98.000000000000000000000000000001")
    assert one.normalize() == other.normalize()
    assert one.as_integer_ratio() != other.as_integer_ratio()
    assert Decimal("98.00").as_integer_ratio() == Decimal("9.8E+1").as_integer_ratio() == (98, 1)
