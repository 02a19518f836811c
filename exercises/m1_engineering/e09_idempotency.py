"""Idempotency: a request that is sent twice books one credit, and both callers read the same answer.

Lesson: modules/m1_engineering/e09_idempotency.md
Grade:  make grade EX=e09
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

RETENTION = 24 * 60 * 60.0
"""Seconds for which a key is remembered."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS tenants (
    tenant TEXT PRIMARY KEY,
    books_open INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS customers (
    tenant TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    limit_cents INTEGER NOT NULL,
    PRIMARY KEY (tenant, customer_id)
);
CREATE TABLE IF NOT EXISTS credits (
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    cents INTEGER NOT NULL,
    reason TEXT NOT NULL,
    ticket TEXT,
    booked_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS idempotency_keys (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    kept_at REAL NOT NULL,
    PRIMARY KEY (tenant, key)
);
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    payload TEXT NOT NULL,
    receipt TEXT
);
"""


@dataclass(frozen=True)
class CreditRequest:
    """What a caller asks for.

    Attributes:
        customer_id: who gets the credit.
        amount: euros; a finite number, written in any way.
        reason: any text.
        ticket: the support ticket it belongs to; None if there is none.
    """

    customer_id: str
    amount: Decimal
    reason: str
    ticket: str | None = None


@dataclass(frozen=True)
class Response:
    """What the caller gets back.

    Attributes:
        status: an HTTP status. 201: booked; 4xx: refused, for good; 5xx: not now, maybe later.
        body: JSON, as it goes over the network.
    """

    status: int
    body: str


KEY_REUSED = Response(422, '{"error": "key_reused"}')
"""The answer to a key that was used for another request."""


def open_database(path: Path, timeout: float = 5.0) -> sqlite3.Connection:
    """Open the billing database. Given: use it as it is.

    The file is in WAL mode. The connection is in autocommit mode (`isolation_level=None`): sqlite3 never begins a
    transaction by itself, so a statement outside of one is committed at once.

    Args:
        path: the SQLite file; it is created if it is not there.
        timeout: seconds that a statement waits for a lock which another connection holds (the busy timeout).

    Returns:
        A connection that is in no transaction.
    """
    conn = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.executescript(f"BEGIN; {SCHEMA} COMMIT;")
    return conn


def book(conn: sqlite3.Connection, tenant: str, request: CreditRequest, now: float) -> Response:
    """Decide on a credit and enter it into the ledger. Given: use it as it is.

    It begins no transaction and ends none: inside one of yours, what it writes is committed or rolled back with the
    rest. A credit is a row in `credits` and a message for the payment provider in `outbox`; a refusal writes nothing.

    Args:
        conn: a connection to the billing database.
        tenant: whose customer it is.
        request: the credit.
        now: the moment, in seconds since 1970.

    Returns:
        201 with the credit's id and all that the customer has been credited so far; 400 `bad_amount` (not positive, or
        no whole cents), 404 `unknown_customer`, 409 `over_limit`; 503 `books_closed` while the tenant's books are shut.

    Raises:
        sqlite3.Error: whatever SQLite raises.

    Example:
        >>> book(conn, "north", CreditRequest("C-1042", Decimal("98"), "two dead sensors"), 1790841600.0)
        Response(status=201, body='{"credit_id": 1, "cents": 9800, "total_cents": 9800}')
    """
    if not conn.execute("SELECT 1 FROM tenants WHERE tenant = ? AND books_open", (tenant,)).fetchone():
        return Response(503, '{"error": "books_closed"}')
    cents = int(request.amount * 100)
    if cents <= 0 or Decimal(cents) / 100 != request.amount:
        return Response(400, '{"error": "bad_amount"}')
    owner = (tenant, request.customer_id)
    limit = conn.execute("SELECT limit_cents FROM customers WHERE tenant = ? AND customer_id = ?", owner).fetchone()
    if limit is None:
        return Response(404, '{"error": "unknown_customer"}')
    credited = "SELECT coalesce(sum(cents), 0) FROM credits WHERE tenant = ? AND customer_id = ?"
    total = conn.execute(credited, owner).fetchone()[0] + cents
    if total > limit[0]:
        return Response(409, '{"error": "over_limit"}')
    credit_id = conn.execute(
        "INSERT INTO credits (tenant, customer_id, cents, reason, ticket, booked_at) VALUES (?, ?, ?, ?, ?, ?)",
        (*owner, cents, request.reason, request.ticket, now),
    ).lastrowid
    payload = {"customer_id": request.customer_id, "cents": cents}
    conn.execute("INSERT INTO outbox (key, payload) VALUES (?, ?)", (f"credit-{credit_id}", json.dumps(payload)))
    return Response(201, json.dumps({"credit_id": credit_id, "cents": cents, "total_cents": total}))


def fingerprint(request: CreditRequest) -> str:
    """Tell whether two requests ask for the same.

    Two fingerprints are equal exactly if all four fields are. Amounts are compared as the numbers they are: 98, 98.0
    and 9.8E+1 are equal, and a difference in the last of thirty digits is a difference. Texts are compared character
    by character, and no ticket (None) is not the ticket "". The fingerprint is the same in every process.

    Args:
        request: what a caller asks for. Its amount is finite and has at most a thousand digits, those before and after
            the point together, written out; its texts are any text that UTF-8 can hold.

    Returns:
        A SHA-256 as 64 lowercase hexadecimal digits.

    Example:
        >>> first = fingerprint(CreditRequest("C-1042", Decimal("98"), "two dead sensors"))
        >>> first == fingerprint(CreditRequest("C-1042", Decimal("98.00"), "two dead sensors"))
        True
        >>> first == fingerprint(CreditRequest("C-1042", Decimal("980"), "two dead sensors"))
        False
    """
    raise NotImplementedError("Task 1")


def post_credit(conn: sqlite3.Connection, tenant: str, key: str, request: CreditRequest, now: float) -> Response:
    """Book a credit once for each key, and give every call that carries the key the same answer.

    A key belongs to its tenant: another tenant's key of the same text is another key. Keys are compared character by
    character. An answer that was kept at the moment `t` counts as long as `now - t` is less than `RETENTION`; after
    that, its key is as good as new. The first rule that applies decides:
        1. An answer is kept under the key, for a request with the same fingerprint: return that answer, status and body
           as they were. Nothing is booked, and the answer is not kept any longer for it.
        2. An answer is kept under the key, for another request: return `KEY_REUSED`. Nothing is booked, and the answer
           that was kept stays.
        3. Otherwise `book` decides. If its status is below 500, its answer is kept under the key as of `now`, whether
           it is a credit or a refusal. A status of 500 and above is returned and not kept, so that the next call asks
           `book` again.

    Everything that belongs to one credit, and the answer that is kept under its key, reach the database in one
    transaction: other connections, and whoever opens the file after this process was killed, see all of it or nothing.

    Calls on other connections may be under way, for the same key or another, in this process or others. The rules hold
    as if one call came after the other. Waiting for another connection's lock is left to SQLite, which waits as long as
    the connection's busy timeout says: no sleeping and no second try here. Only a lock that is kept for longer than
    that makes a call fail, never that somebody else has written meanwhile.

    Args:
        conn: a connection as `open_database` opens it, in no transaction. Afterwards it is in none either, whether this
            returns or raises.
        tenant: who calls, as authenticated.
        key: the caller's idempotency key, any text that UTF-8 can hold.
        request: what to book.
        now: the moment, in seconds since 1970, as time.time() gives it.

    Returns:
        The answer.

    Raises:
        sqlite3.OperationalError: another connection kept its lock for longer than the busy timeout.
        Exception: whatever `book` or SQLite raised, unchanged. After this or the above, nothing is booked and no answer
            is kept: the next call with the key starts afresh.

    Example:
        >>> request = CreditRequest("C-1042", Decimal("98"), "two dead sensors")
        >>> post_credit(conn, "north", "K-7", request, 1790841600.0)
        Response(status=201, body='{"credit_id": 1, "cents": 9800, "total_cents": 9800}')
        >>> post_credit(conn, "north", "K-7", request, 1790841605.0)
        Response(status=201, body='{"credit_id": 1, "cents": 9800, "total_cents": 9800}')
    """
    raise NotImplementedError("Task 2")


def deliver(conn: sqlite3.Connection, send: Callable[[str, str], str]) -> int:
    """Send what waits in the outbox to the payment provider, so that each message takes effect there once.

    A message waits as long as its `receipt` is NULL. Each one that waits when this is called is sent exactly once by
    this call, in the order of their ids, with the key and the payload that stand in its row. The provider acts once for
    each key and answers a repeated key with the receipt of the first time.

    When `send` returns, its receipt (any text, also "") is written to the row and committed before the next message is
    sent, and not before `send` has returned. While `send` runs, `conn` is in no transaction and holds no lock and no
    snapshot: others read and write meanwhile, and what they write must not make this call fail.

    When `send` raises a ConnectionError or a TimeoutError, nobody knows whether the provider has acted. The message
    keeps waiting, and the next message is sent. Messages that are added meanwhile may wait for the next call.

    Args:
        conn: a connection as `open_database` opens it, in no transaction. Afterwards it is in none either.
        send: `send(key, payload)` hands one message to the provider and returns its receipt.

    Returns:
        The number of messages for which this call wrote a receipt.

    Raises:
        Exception: any other exception that `send` raised, unchanged and at once. Its message and those after it keep
            waiting; the receipts that came before it stay.

    Example:
        >>> deliver(conn, provider.send)  # three messages wait; the answer to the second is lost
        2
        >>> deliver(conn, provider.send)  # the second again, with its key
        1
    """
    raise NotImplementedError("Task 3")
