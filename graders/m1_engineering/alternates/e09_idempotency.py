"""Idempotency by claiming the key first: the row goes in without an answer, and gets it in the same transaction."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

RETENTION = 24 * 60 * 60.0

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
    customer_id: str
    amount: Decimal
    reason: str
    ticket: str | None = None


@dataclass(frozen=True)
class Response:
    status: int
    body: str


KEY_REUSED = Response(422, '{"error": "key_reused"}')


def open_database(path: Path, timeout: float = 5.0) -> sqlite3.Connection:
    conn = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.executescript(f"BEGIN; {SCHEMA} COMMIT;")
    return conn


def book(conn: sqlite3.Connection, tenant: str, request: CreditRequest, now: float) -> Response:
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
    sign, digits, exponent = request.amount.as_tuple()
    assert isinstance(exponent, int)  # it is finite
    while len(digits) > 1 and digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    amount = f"{sign}:{digits}:{exponent}" if any(digits) else "0"
    digest = hashlib.sha256()
    for field in (request.customer_id, amount, request.reason, request.ticket):
        text = b"-" if field is None else b"+" + field.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%s" % (len(text), text))
    return digest.hexdigest()


def post_credit(conn: sqlite3.Connection, tenant: str, key: str, request: CreditRequest, now: float) -> Response:
    name, mine = (tenant, key), fingerprint(request)
    # Most retries find their answer here, without the lock. What is not found says nothing yet.
    if (answer := look_up(conn, name, mine, now)) is not None:
        return answer
    conn.execute("BEGIN IMMEDIATE")
    try:
        answer = claim(conn, name, mine, request, now)
        conn.execute("COMMIT" if answer.status < 500 else "ROLLBACK")
        return answer
    finally:
        conn.rollback()


def look_up(conn: sqlite3.Connection, name: tuple[str, str], mine: str, now: float) -> Response | None:
    query = "SELECT fingerprint, status, body, kept_at FROM idempotency_keys WHERE (tenant, key) = (?, ?)"
    for theirs, status, body, kept_at in conn.execute(query, name).fetchall():
        if now - kept_at < RETENTION:
            return Response(status, body) if theirs == mine else KEY_REUSED
    return None


def claim(conn: sqlite3.Connection, name: tuple[str, str], mine: str, request: CreditRequest, now: float) -> Response:
    conn.execute(
        "DELETE FROM idempotency_keys WHERE (tenant, key) = (?, ?) AND ? - kept_at >= ?", (*name, now, RETENTION)
    )
    claimed = conn.execute("INSERT OR IGNORE INTO idempotency_keys VALUES (?, ?, ?, 0, '', ?)", (*name, mine, now))
    if not claimed.rowcount:
        answer = look_up(conn, name, mine, now)
        assert answer is not None  # the row that was in the way
        return answer
    response = book(conn, name[0], request, now)
    conn.execute(
        "UPDATE idempotency_keys SET status = ?, body = ? WHERE (tenant, key) = (?, ?)",
        (response.status, response.body, *name),
    )
    return response


def deliver(conn: sqlite3.Connection, send: Callable[[str, str], str]) -> int:
    last, delivered = 0, 0
    query = "SELECT id, key, payload FROM outbox WHERE receipt IS NULL AND id > ? ORDER BY id LIMIT 1"
    while message := conn.execute(query, (last,)).fetchone():
        last, key, payload = message
        try:
            receipt = send(key, payload)
        except OSError as error:
            if not isinstance(error, (ConnectionError, TimeoutError)):
                raise
        else:
            with conn:
                conn.execute("BEGIN IMMEDIATE")
                conn.execute("UPDATE outbox SET receipt = ? WHERE key = ?", (receipt, key))
            delivered += 1
    return delivered
