"""What the grader of m1_engineering/e09_idempotency runs beside the submission: live connections and rival processes.

A process here is a real one, with a connection of its own to the same file. It stops before the statement that the
grader names, so that two calls meet where the grader wants them to meet, and a call is killed where it wants it to be
killed: nothing is left to chance. What is in the file afterwards, the grader reads by itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

PATIENCE = 0.001  # seconds that a call waits for a lock which its rival cannot give back before it has ended
LONG = 4.0  # seconds: more than any lock is held for here
ALARM = 4  # seconds after which a process is ended that hangs

_made: list[bytes] = []

Call = tuple[str, str, Any, float]  # tenant, key, request, now
PostCredit = Callable[..., Any]
Deliver = Callable[[sqlite3.Connection, Callable[[str, str], str]], int]
Step = Callable[[str], None]
Work = Callable[[sqlite3.Connection, Step], dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """How a call in another process ended: with an answer, or with an error (and status 0)."""

    status: int
    body: str
    error: str


@dataclass(frozen=True)
class Meeting:
    """Two calls: the second was made as a whole while the first stood before `statement`; None: after it had ended."""

    statement: str | None
    first: Outcome
    second: Outcome


def create(open_database: Callable[[Path], sqlite3.Connection], path: Path) -> None:
    """A new database as the exercise's own function makes it. It is made once and then copied: that spares the disk."""
    if not _made:
        open_database(path).close()
        _made.append(path.read_bytes())
    path.write_bytes(_made[0])


def post(post_credit: PostCredit, path: Path, calls: Sequence[Call]) -> list[Any]:
    """The answers to these calls, one after the other on one connection."""
    with closing(_connect(path, PATIENCE)) as conn:
        return [post_credit(conn, *call) for call in calls]


def leaves_a_transaction_open(function: Callable[..., Any], path: Path, *arguments: Any) -> bool:
    """Whether the connection is in a transaction when the call has returned, or raised an error that it may raise."""
    with closing(_connect(path, PATIENCE)) as conn:
        with contextlib.suppress(sqlite3.Error, OSError):
            function(conn, *arguments)
        return conn.in_transaction


def meet(post_credit: PostCredit, path: Path, pairs: Sequence[tuple[Call, Call]]) -> list[Meeting]:
    """Let the calls of each pair meet, in two processes: of the first pair before the first call's first statement, of
    the next pair before its second, and so on, until there are no more statements to meet at."""
    one, other = ([_posting(post_credit, call) for call in calls] for calls in zip(*pairs, strict=True))
    meetings: list[Meeting] = []
    with closing(Process(one, path, PATIENCE)) as first, closing(Process(other, path, PATIENCE)) as second:
        for at in range(1, len(pairs) + 1):
            told = first.start(at - 1, stop_at=at)
            statement = told.get("before")
            of_second = _outcome(second.start(at - 1))
            meetings.append(Meeting(statement, _outcome(first.go_on() if "before" in told else told), of_second))
            if statement is None:
                break
    return meetings


def wait_for_lock(post_credit: PostCredit, path: Path, call: Call) -> Outcome:
    """Let the call come to its first statement that writes while somebody else is about to commit; then commit."""
    work = _posting(post_credit, call)
    with closing(Process([work], path, LONG)) as process, closing(_connect(path, 0)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        holder.execute("INSERT INTO tenants VALUES ('somebody else', 1)")
        at = 1
        told = process.start(0, stop_at=at)
        while "before" in told and not _writes(told["before"]):
            at += 1
            told = process.go_on(stop_at=at)
        if "before" in told:
            process.order(stop_at=0)
            process.has_spoken(within=0.005)  # it asks for the lock meanwhile; if it is slow, it finds it free
            holder.execute("COMMIT")
            told = process.hear()
        return _outcome(told)


def kill(post_credit: PostCredit, path: Path, calls: Sequence[Call]) -> list[str | None]:
    """Kill a process for each of these calls: the first before its first statement, the next before its second, and so
    on, and the last one when its call has returned.

    Returns:
        The statements that were not run any more, and None for the call that had returned.
    """
    statements: list[str | None] = []
    for at, call in enumerate(calls, 1):
        statements.append(_killed(_posting(post_credit, call), path, at))
        if statements[-1] is None:
            break
    return statements


def deliver(deliver: Deliver, path: Path, send: Callable[[str, str], str]) -> int:
    """What `deliver` returns, with the grader's own provider."""
    with closing(_connect(path, PATIENCE)) as conn:
        return deliver(conn, send)


def kill_delivery(deliver: Deliver, path: Path, journal: Path, at: int) -> str | None:
    """Kill a process that delivers before step number `at`: a statement, or a message or its answer that arrives.

    Args:
        deliver: the submission's.
        path: the database.
        journal: the provider's memory; each key it is sent is a line there.
        at: which step, from 1.

    Returns:
        The step, or None if the call had returned.
    """

    def work(conn: sqlite3.Connection, step: Step) -> dict[str, Any]:
        def send(key: str, payload: str) -> str:
            step(f"{key} reached the provider")
            with journal.open("a") as file:
                file.write(f"{key}\n")
            step(f"the answer to {key} came back")
            return f"receipt of {key}"

        deliver(conn, send)
        return {}

    return _killed(work, path, at)


class Process:
    """A forked process that does pieces of work, each on a connection of its own, and stops where it is told to.

    SQLite's locks do not survive a fork, so it has to be made while this process has no connection open.

    Args:
        works: what it can be told to do. Each is given a connection, and a function to call at a step that is no
            statement.
        path: the database.
        patience: seconds that it waits for a lock.
    """

    def __init__(self, works: Sequence[Work], path: Path, patience: float) -> None:
        self._line, theirs = socket.socketpair()
        self._pid = os.fork()
        if self._pid == 0:
            _live(theirs, works, path, patience)
        theirs.close()
        self._told = self._line.makefile("r", encoding="utf-8")

    def start(self, work: int, stop_at: int = 0) -> dict[str, Any]:
        """Let it begin a piece of work; returns what it says when it comes to step `stop_at` (from 1) or to the end."""
        self.order(work=work, stop_at=stop_at)
        return self.hear()

    def go_on(self, stop_at: int = 0) -> dict[str, Any]:
        """Let it go on from where it stopped."""
        self.order(stop_at=stop_at)
        return self.hear()

    def order(self, **what: int) -> None:
        self._line.sendall(json.dumps(what).encode() + b"\n")

    def hear(self) -> dict[str, Any]:
        line = self._told.readline()
        if not line:
            raise RuntimeError(f"a process that made the call died, or had not ended after {ALARM} seconds")
        told: dict[str, Any] = json.loads(line)
        if told.get("error") == "NotImplementedError":
            raise NotImplementedError(told["text"])
        return told

    def has_spoken(self, within: float) -> bool:
        return bool(select.select([self._line], [], [], within)[0])  # time.sleep is virtual here

    def close(self) -> None:
        """Kill it, wherever it is."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._told.close()
        self._line.close()


def _live(line: socket.socket, works: Sequence[Work], path: Path, patience: float) -> NoReturn:
    """The life of a forked process."""
    steps = stop_at = 0

    def tell(**what: Any) -> None:
        line.sendall(json.dumps(what).encode() + b"\n")

    def orders() -> Iterator[dict[str, int]]:
        with line.makefile("r", encoding="utf-8") as lines:
            yield from map(json.loads, lines)
        os._exit(1)  # whoever gave them is gone

    def step(what: str) -> None:
        nonlocal steps, stop_at
        steps += 1
        if steps == stop_at:
            tell(before=what)
            stop_at = next(given)["stop_at"]

    try:
        signal.alarm(ALARM)
        time.sleep = lambda seconds: None  # the clock is the examiner's, and this process must not talk to it
        given = orders()
        for order in given:
            steps, stop_at = 0, order["stop_at"]
            conn = _connect(path, patience)
            conn.set_trace_callback(step)
            try:
                told = works[order["work"]](conn, step)
            except Exception as error:
                told = {"error": type(error).__name__, "text": str(error)}
            conn.set_trace_callback(None)
            conn.close()
            tell(**told)
    finally:
        os._exit(1)


def _connect(path: Path, patience: float) -> sqlite3.Connection:
    """As `open_database` does it, but nobody waits for the disk: no power is cut here."""
    conn = sqlite3.connect(path, timeout=patience, isolation_level=None)
    conn.execute("PRAGMA synchronous = OFF")
    return conn


def _posting(post_credit: PostCredit, call: Call) -> Work:
    def work(conn: sqlite3.Connection, step: Step) -> dict[str, Any]:
        response = post_credit(conn, *call)
        return {"status": response.status, "body": response.body}

    return work


def _killed(work: Work, path: Path, at: int) -> str | None:
    with closing(Process([work], path, PATIENCE)) as process:
        told = process.start(0, stop_at=at)
    if "error" in told:
        raise RuntimeError(f"{told['error']}: {told['text']}")
    before: str | None = told.get("before")
    return before


def _outcome(told: dict[str, Any]) -> Outcome:
    error = f"{told['error']}: {told['text']}" if "error" in told else ""
    return Outcome(told.get("status", 0), told.get("body", ""), error)


def _writes(statement: str) -> bool:
    """Whether it needs the write lock, which reading does not, nor the begin of a transaction that may only read."""
    return not re.match(r"\s*(SELECT|PRAGMA|SAVEPOINT|BEGIN(\s+DEFERRED)?(\s+TRANSACTION)?\s*;?\s*$)", statement, re.I)
