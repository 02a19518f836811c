"""Ticket ingest without csv.reader and upsert: a scanner of its own over blocks, and a look before each write."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

MAX_ROW_BYTES = 65_536
MAX_HELD_BYTES = 4 << 20

TICKET_COLUMNS = (
    "ticket_id",
    "version",
    "received_at",
    "channel",
    "customer",
    "language",
    "priority",
    "subject",
    "body",
)
TICKET_ZONE = "Europe/Berlin"
READING_COLUMNS = ("serial", "gateway", "measured_at", "received_at", "value", "unit")
CELSIUS = frozenset({"C", "°C", "degC", "celsius"})
FAHRENHEIT = frozenset({"F", "°F", "degF", "fahrenheit"})
NO_MEASUREMENT = -999.0

TICKETS_TABLE = """
CREATE TABLE IF NOT EXISTS tickets (
    ticket_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    received_at TEXT NOT NULL, -- as utc_text writes it
    channel TEXT NOT NULL,
    customer TEXT, -- NULL: not known
    language TEXT NOT NULL,
    priority TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT
"""
READINGS_TABLE = """
CREATE TABLE IF NOT EXISTS readings (
    serial TEXT NOT NULL,
    measured_at TEXT NOT NULL, -- as utc_text writes it
    received_at TEXT NOT NULL, -- as utc_text writes it
    celsius REAL NOT NULL,
    PRIMARY KEY (serial, measured_at)
) STRICT
"""

Channel = Literal["email", "chat", "form", "phone"]
Priority = Literal["P1", "P2", "P3", "P4"]
Reason = str


@dataclass(frozen=True)
class Row:
    line: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Reject:
    line: int
    reason: Reason


class RowError(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class HeaderError(Exception):
    pass


@dataclass(frozen=True)
class Report:
    read: int
    accepted: int
    rejected: int


class Ticket(BaseModel):
    model_config = ConfigDict(frozen=True)

    ticket_id: str
    version: int
    received_at: datetime
    channel: Channel
    customer: str | None
    language: str
    priority: Priority
    subject: str
    body: str


def utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def read_rows(source: Path) -> Iterator[Row | Reject]:
    with source.open("rb") as file:
        lines = numbered_lines(file)
        for first, line in lines:
            scan, length = Scan(), 0
            while True:
                length += MAX_ROW_BYTES + 1 if line is None else len(line)
                if line is None or length > MAX_ROW_BYTES:
                    yield Reject(first, "too_long")
                    break
                scan.feed(line)
                if not scan.open:
                    yield scan.result(first)
                    break
                try:
                    _, line = next(lines)
                except StopIteration:
                    yield Reject(first, "stray_quote")
                    break


def numbered_lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Every line with its number; None in the place of one that alone is too long for a row."""
    number, begun = 1, b""
    overlong = False
    while block := file.read(1 << 15):
        *ended, rest = block.split(b"\n")
        for end in ended:
            line = begun + end + b"\n"
            yield number, None if overlong or len(line) > MAX_ROW_BYTES else line
            number, begun, overlong = number + 1, b"", False
        begun += rest
        if len(begun) > MAX_ROW_BYTES:
            overlong, begun = True, b""
    if overlong:
        yield number, None
    elif begun:
        yield number, begun


CONTROL = {chr(code) for code in range(32)} - {"\t", "\r", "\n"}


class Scan:
    """One row, scanned as bytes: in UTF-8, commas and quotes are never part of anything else."""

    def __init__(self) -> None:
        self.open = False  # within a quoted field, at the end of what was fed
        self.stray = False
        self.empty = False
        self.fields: list[bytes] = []
        self.parts: list[bytes] = []  # of the quoted field that is open
        self.fed = False

    def feed(self, line: bytes) -> None:
        if not self.fed:
            line = line.removeprefix(b"\xef\xbb\xbf")
            self.empty = not line.rstrip(b"\r\n")
        at = 0
        while True:
            if self.open or (not self.parts and line[at : at + 1] == b'"'):
                at = self.quoted(line, at if self.open else at + 1)
                if self.open:
                    break
            else:
                end = line.find(b",", at)
                self.fields.append(line[at:end] if end >= 0 else line[at:].rstrip(b"\r\n"))
                at = len(line) if end < 0 else end
            tail = line[at:]
            if tail[:1] == b",":
                at += 1
            else:
                self.stray = tail not in (b"", b"\n", b"\r\n")
                break
        self.fed = True

    def quoted(self, line: bytes, at: int) -> int:
        """Read on in a quoted field from `at`; returns where it ends, or leaves it open."""
        while True:
            end = line.find(b'"', at)
            if end < 0:
                self.open = True
                self.parts.append(line[at:])
                return len(line)
            self.parts.append(line[at:end])
            if line[end + 1 : end + 2] != b'"':
                self.open = False
                self.fields.append(b"".join(self.parts))
                self.parts = []
                return end + 1
            self.parts.append(b'"')
            at = end + 2

    def result(self, line: int) -> Row | Reject:
        if self.stray:
            return Reject(line, "stray_quote")
        try:
            fields = tuple(field.decode("utf-8", "strict") for field in self.fields)
        except UnicodeDecodeError:
            return Reject(line, "not_utf8")
        if not all(CONTROL.isdisjoint(field) for field in fields):
            return Reject(line, "control_character")
        return Reject(line, "empty_line") if self.empty else Row(line, fields)


def to_utc(text: str, zone: str, not_after: datetime | None = None) -> datetime:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)?", text, re.ASCII):
        raise ValueError(text)
    local = datetime.fromisoformat(text[:19])
    offset = text[19:]
    try:
        if offset:
            hours, minutes = (0, 0) if offset == "Z" else (int(offset[1:3]), int(offset[4:]))
            if hours > 23 or minutes > 59:
                raise ValueError(text)
            delta = timedelta(hours=hours, minutes=minutes)
            return (local + delta if offset[0] == "-" else local - delta).replace(tzinfo=UTC)
        return among(candidates(local, ZoneInfo(zone)), not_after)
    except OverflowError:
        raise ValueError(text) from None


def candidates(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """The moments when a clock in the zone shows that, in order."""
    day = timedelta(days=1)
    near = [local.replace(tzinfo=UTC), *((local + step).replace(tzinfo=UTC) for step in (-day, day))]
    offsets = {moment.astimezone(zone).utcoffset() or timedelta() for moment in near}
    moments = sorted((local - offset).replace(tzinfo=UTC) for offset in offsets)
    return [moment for moment in moments if moment.astimezone(zone).replace(tzinfo=None) == local]


def among(moments: Sequence[datetime], not_after: datetime | None) -> datetime:
    if not moments:
        raise ValueError("no clock ever showed that")
    early_enough = [moment for moment in moments if not_after is None or moment <= not_after]
    return early_enough[-1] if early_enough else moments[0]


def parse_ticket(fields: Sequence[str]) -> Ticket:
    count(fields, TICKET_COLUMNS)
    id_, version, received_at, channel, customer, language, priority, subject, body = fields
    demand(re.fullmatch(r"T-[0-9]+", id_), "bad_ticket_id")
    demand(re.fullmatch(r"[0-9]{1,9}", version) and int(version), "bad_version")
    moment = date(received_at, TICKET_ZONE)
    demand(channel in get_args(Channel), "unknown_channel")
    demand(priority in get_args(Priority), "unknown_priority")
    return Ticket.model_validate(
        {
            "ticket_id": id_,
            "version": int(version),
            "received_at": moment,
            "channel": channel,
            "customer": customer or None,
            "language": language,
            "priority": priority,
            "subject": subject,
            "body": body,
        }
    )


def demand(condition: object, reason: Reason) -> None:
    if not condition:
        raise RowError(reason)


def date(text: str, zone: str, not_after: datetime | None = None) -> datetime:
    try:
        return to_utc(text, zone, not_after)
    except ValueError:
        raise RowError("bad_date") from None


def count(fields: Sequence[str], columns: Sequence[str]) -> None:
    demand(list(fields) != list(columns), "repeated_header")
    demand(len(fields) >= len(columns), "missing_column")
    demand(len(fields) <= len(columns), "extra_column")


def ingest_tickets(source: Path, database: Path, rejects: Path) -> Report:
    def store(connection: sqlite3.Connection, fields: Sequence[str]) -> None:
        ticket = parse_ticket(fields)
        query = "SELECT version FROM tickets WHERE ticket_id = ?"
        known = connection.execute(query, (ticket.ticket_id,)).fetchone()
        if known is None or known[0] < ticket.version:
            values: dict[str, Any] = {**ticket.model_dump(), "received_at": utc_text(ticket.received_at)}
            names = ", ".join(f":{name}" for name in values)
            connection.execute(f"INSERT OR REPLACE INTO tickets ({', '.join(values)}) VALUES ({names})", values)

    return ingest(source, TICKET_COLUMNS, database, TICKETS_TABLE, rejects, store)


def ingest_readings(source: Path, zones: Mapping[str, str], database: Path, rejects: Path) -> Report:
    def store(connection: sqlite3.Connection, fields: Sequence[str]) -> None:
        count(fields, READING_COLUMNS)
        serial, _, measured_at, received_at, value, unit = fields
        demand(serial in zones, "unknown_serial")
        demand(received_at[-1:] == "Z", "bad_date")
        received = date(received_at, "UTC")
        key = serial, utc_text(date(measured_at, zones[serial], received))
        degrees = celsius(value, unit)
        query = "SELECT received_at FROM readings WHERE serial = ? AND measured_at = ?"
        known = connection.execute(query, key).fetchone()
        if known is None or datetime.fromisoformat(known[0]) > received:
            values = (*key, utc_text(received), degrees)
            connection.execute("INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?)", values)

    return ingest(source, READING_COLUMNS, database, READINGS_TABLE, rejects, store)


def celsius(value: str, unit: str) -> float:
    demand(value, "no_value")
    demand(re.fullmatch(r"-?[0-9]{1,6}(?:[.,][0-9]{1,2})?", value), "bad_value")
    number = Decimal(value.replace(",", "."))
    demand(number != Decimal(NO_MEASUREMENT), "no_value")
    demand(unit in CELSIUS | FAHRENHEIT, "unknown_unit")
    return float(number) if unit in CELSIUS else float(((number - 32) * 5 / 9).quantize(Decimal("0.01")))


def ingest(
    source: Path,
    columns: Sequence[str],
    database: Path,
    create: str,
    rejects: Path,
    store: Callable[[sqlite3.Connection, Sequence[str]], None],
) -> Report:
    if next(read_rows(source), None) != Row(1, tuple(columns)):
        raise HeaderError(source.name)
    connection = sqlite3.connect(database)
    connection.execute(create)
    read = rejected = 0
    with rejects.open("w", encoding="utf-8") as out:
        for row in read_rows(source):
            if row.line == 1:
                continue
            read += 1
            try:
                demand(isinstance(row, Row), getattr(row, "reason", ""))
                store(connection, getattr(row, "fields", ()))
            except RowError as error:
                rejected += 1
                out.write(json.dumps({"line": row.line, "reason": error.reason}) + "\n")
    connection.commit()
    connection.close()
    return Report(read, read - rejected, rejected)
