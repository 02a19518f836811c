"""Ticket ingest: read a messy export in bounded memory, and never lose a row silently.

Lesson: modules/m1_engineering/e03_ticket_ingest.md
Grade:  make grade EX=e03
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

MAX_ROW_BYTES = 65_536
"""A row of the file may have so many bytes, its line ends included."""
MAX_HELD_BYTES = 4 << 20
"""What any function here may hold in memory at a time, as tracemalloc counts it, however long a file or a line is."""

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
"""The time zone of a ticket's time that names none."""
READING_COLUMNS = ("serial", "gateway", "measured_at", "received_at", "value", "unit")
CELSIUS = frozenset({"C", "°C", "degC", "celsius"})
FAHRENHEIT = frozenset({"F", "°F", "degF", "fahrenheit"})
NO_MEASUREMENT = -999.0
"""What a logger reports while its probe is unplugged."""

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
Reason = Literal[
    "too_long",
    "stray_quote",
    "not_utf8",
    "control_character",
    "empty_line",
    "repeated_header",
    "missing_column",
    "extra_column",
    "bad_ticket_id",
    "bad_version",
    "bad_date",
    "unknown_channel",
    "unknown_priority",
    "unknown_serial",
    "no_value",
    "bad_value",
    "unknown_unit",
]


@dataclass(frozen=True)
class Row:
    """A row that could be read.

    Attributes:
        line: the line of the file on which it begins; the file's first line is 1.
        fields: what stands in it, as text.
    """

    line: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Reject:
    """A row that could not.

    Attributes:
        line: the line of the file on which it begins; the file's first line is 1.
        reason: the one thing that is wrong with it.
    """

    line: int
    reason: Reason


class RowError(Exception):
    """A row that was read, and whose fields make no sense. `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class HeaderError(Exception):
    """A file that does not begin with the columns that it should have."""


@dataclass(frozen=True)
class Report:
    """What became of the rows below the header: `accepted + rejected = read`, always."""

    read: int
    accepted: int
    rejected: int


class Ticket(BaseModel):
    """One version of a ticket. The fields are given; add constraints and validators if they help you.

    Attributes:
        received_at: in UTC.
        customer: None where the sender is not known.
        subject, body: as they were sent, spaces and line ends included; either may be empty.
    """

    model_config = ConfigDict(frozen=True)

    ticket_id: Annotated[str, Field(pattern="^T-[0-9]+$")]
    version: Annotated[int, Field(ge=1)]
    received_at: datetime
    channel: Channel
    customer: str | None
    language: str
    priority: Priority
    subject: str
    body: str

    @field_validator("version", mode="before")
    @classmethod
    def _only_digits(cls, text: str) -> int:
        # Left to itself, pydantic also takes "1.0", " 7 ", "+3" and "1_000" for whole numbers.
        if not re.fullmatch("[0-9]{1,9}", text):
            raise ValueError("a version has one to nine digits and nothing else")
        return int(text)

    @field_validator("received_at", mode="before")
    @classmethod
    def _in_utc(cls, text: str) -> datetime:
        return to_utc(text, TICKET_ZONE)

    @field_validator("customer", mode="before")
    @classmethod
    def _none_if_empty(cls, text: str) -> str | None:
        return text or None


def utc_text(moment: datetime) -> str:
    """How a moment is written into the database. Given: use it as it is.

    Texts of this form sort as the moments do.

    Example:
        >>> utc_text(datetime(2026, 2, 16, 11, 9, tzinfo=ZoneInfo("Europe/Berlin")))
        '2026-02-16T10:09:00Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def read_rows(source: Path) -> Iterator[Row | Reject]:
    """Read a CSV file row by row, the header like any other row, so that no bad row spoils another.

    A line ends with LF or CR LF; a CR stands nowhere else. What follows the last line end is a line only if there is
    something. A row ends with its line, unless the line ends within a quoted field. A field that begins with a quote is
    quoted: it runs to the next quote that is not doubled, over line ends too, and a comma or the end of the line comes
    after that. In it, a doubled quote is one quote, and a line end stays as it stands. A quote in a field that does not
    begin with one is a character like any other. A byte-order mark (the bytes EF BB BF) at the beginning of a row, the
    first or any other, is no part of it; elsewhere it is a character like any other.

    A row with which something is wrong comes out as a Reject. The first rule that applies decides:
        1. "too_long": it has more than MAX_ROW_BYTES bytes in the file, line ends and byte-order mark included. It
           ends with the line that goes beyond the limit, within a quoted field or not.
        2. "stray_quote": something else than a comma or the end of the line comes after a quoted field. The row ends
           with the line on which that is. Or the file ends within a quoted field.
        3. "not_utf8": some of its bytes are not UTF-8. (U+FFFD itself is a character like any other.)
        4. "control_character": a character below U+0020 stands in a field, other than tab, LF and CR.
        5. "empty_line": the line has nothing in it.

    Memory: at most MAX_HELD_BYTES at a time, whatever is in the file. So of a line that is too long, a part at most.

    Args:
        source: the file. It may have hundreds of megabytes, in one line or in millions.

    Yields:
        Every row of the file, in order: a Row, or a Reject in its place.

    Example:
        >>> Path("notes.csv").write_bytes(b'id,note\\r\\n7,"two\\nlines"\\r\\n8,"a "quote" in it"\\r\\n\\r\\n9,fine')
        >>> list(read_rows(Path("notes.csv")))
        [Row(line=1, fields=('id', 'note')), Row(line=2, fields=('7', 'two\\nlines')),
         Reject(line=4, reason='stray_quote'), Reject(line=5, reason='empty_line'), Row(line=6, fields=('9', 'fine'))]
    """
    with source.open("rb") as file:
        lines = _Lines(file)
        # After an error, a strict reader begins anew with the next line: that is the rule for stray quotes.
        rows = csv.reader(lines, strict=True)
        while True:
            line = lines.begin_row()
            try:
                fields = next(rows)
            except StopIteration:
                return
            except _TooLong:
                yield Reject(line, "too_long")
            except csv.Error:
                yield Reject(line, "stray_quote")
            else:
                reason = _fault(fields)
                yield Reject(line, reason) if reason else Row(line, tuple(fields))


class _TooLong(Exception):
    pass


class _Lines:
    """The lines of a file as a csv.reader takes them, no more than MAX_ROW_BYTES for one row."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._taken = 0  # lines
        self._size = 0  # bytes of the present row

    def begin_row(self) -> int:
        """Whatever comes next belongs to another row; returns the number of its first line."""
        self._size = 0
        return self._taken + 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        raw = self._file.readline(MAX_ROW_BYTES + 1)
        if not raw:
            raise StopIteration
        self._taken += 1
        begins_row = self._size == 0
        self._size += len(raw)
        if self._size > MAX_ROW_BYTES:
            self._skip_rest(raw)
            raise _TooLong
        # Bytes that are not UTF-8 go on as surrogates: only when the row is complete is it known to be theirs.
        text = raw.decode("utf-8", "surrogateescape")
        return text.removeprefix("\ufeff") if begins_row else text

    def _skip_rest(self, raw: bytes) -> None:
        while raw and not raw.endswith(b"\n"):
            raw = self._file.readline(MAX_ROW_BYTES)


_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def _fault(fields: Sequence[str]) -> Reason | None:
    if not fields:
        return "empty_line"
    text = "".join(fields)
    if _SURROGATE.search(text):
        return "not_utf8"
    if _CONTROL.search(text):
        return "control_character"
    return None


def to_utc(text: str, zone: str, not_after: datetime | None = None) -> datetime:
    """The moment that a text means.

    The text is `YYYY-MM-DD`, a `T` or a space, `HH:MM:SS`, and then `Z`, an offset such as `+05:30`, or nothing. With
    `Z` or an offset, it means what it says. With nothing, it is the local time of `zone`. Where that comes twice,
    because the clock goes back, it is the later of the two; but if the later is after `not_after`, it is the earlier.

    Args:
        text: the time, as it stands in a file.
        zone: an IANA time zone, such as "Europe/Berlin". Only a text that says neither `Z` nor an offset needs it.
        not_after: the moment is known not to be after this (aware), or None. It only decides between two moments.

    Returns:
        The moment, aware, in UTC.

    Raises:
        ValueError: the text has another form (a fraction, a date alone, a space or a line end around it, other digits
            than 0 to 9); there is no such date, time of day or offset; the clock of `zone` skips that local time; or
            the moment, in UTC, is not within the years 1 to 9999.

    Example:
        >>> to_utc("2026-02-16 11:09:00", "Europe/Berlin")
        datetime.datetime(2026, 2, 16, 10, 9, tzinfo=datetime.timezone.utc)
        >>> to_utc("2026-10-25 02:30:00", "Europe/Berlin")  # 00:30Z and 01:30Z
        datetime.datetime(2026, 10, 25, 1, 30, tzinfo=datetime.timezone.utc)
    """
    if not _TIME.fullmatch(text):
        raise ValueError(f"not a date and a time: {text!r}")
    said = datetime.fromisoformat(text)
    try:
        return said.astimezone(UTC) if said.tzinfo else _local_to_utc(said, ZoneInfo(zone), not_after)
    except OverflowError as error:
        raise ValueError(f"out of the calendar: {text!r}") from error


# fromisoformat takes more than this: dates alone, weeks, fractions, any character in place of the T, +05:75.
_TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-5][0-9])?")


def _local_to_utc(local: datetime, zone: ZoneInfo, not_after: datetime | None) -> datetime:
    earlier, later = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    moment = later if not_after is None or later <= not_after else earlier
    # A local time that the clock skips gets an offset all the same. It gives itself away on the way back.
    if moment.astimezone(zone).replace(tzinfo=None) != local:
        raise ValueError(f"{local} does not exist in {zone}")
    return moment


def parse_ticket(fields: Sequence[str]) -> Ticket:
    """Make a ticket of a row's fields, or say what is wrong with them.

    The first rule that applies decides. The last five go by column, from left to right:
        1. "repeated_header": the fields are TICKET_COLUMNS.
        2. "missing_column": there are fewer than nine.
        3. "extra_column": there are more.
        4. "bad_ticket_id": `ticket_id` is not `T-` and one or more digits.
        5. "bad_version": `version` is not one to nine digits, or is 0. ("007" is 7.)
        6. "bad_date": `to_utc` with TICKET_ZONE refuses `received_at`.
        7. "unknown_channel": `channel` is none of Channel.
        8. "unknown_priority": `priority` is none of Priority.
    Digits are 0 to 9. Fields are taken as they are: "p1" and " P1" are no priorities. An empty `customer` becomes None;
    `language`, `subject` and `body` may be any text.

    Args:
        fields: what stands in a row.

    Returns:
        The ticket.

    Raises:
        RowError: with the reason.

    Example:
        >>> parse_ticket(["T-1015", "12", "2026-01-20T15:08:00+01:00", "chat", "", "en", "P1", "E-4012", " Hi"])
        Ticket(ticket_id='T-1015', version=12, received_at=datetime.datetime(2026, 1, 20, 14, 8, tzinfo=...),
               channel='chat', customer=None, language='en', priority='P1', subject='E-4012', body=' Hi')
        >>> parse_ticket(["T-1015", "12", "yesterday", "chat", "", "en", "P5", "E-4012", " Hi"])
        Traceback (most recent call last):
        RowError: bad_date
    """
    _check_columns(fields, TICKET_COLUMNS)
    try:
        return Ticket.model_validate(dict(zip(TICKET_COLUMNS, fields, strict=True)))
    except ValidationError as error:
        # pydantic lists the errors in the order of the fields, which is that of the columns.
        column = str(error.errors()[0]["loc"][0])
        raise RowError(_TICKET_REASONS[column]) from error


_TICKET_REASONS: dict[str, Reason] = {
    "ticket_id": "bad_ticket_id",
    "version": "bad_version",
    "received_at": "bad_date",
    "channel": "unknown_channel",
    "priority": "unknown_priority",
}


def _check_columns(fields: Sequence[str], columns: Sequence[str]) -> None:
    if tuple(fields) == columns:
        raise RowError("repeated_header")
    if len(fields) < len(columns):
        raise RowError("missing_column")
    if len(fields) > len(columns):
        raise RowError("extra_column")


def ingest_tickets(source: Path, database: Path, rejects: Path) -> Report:
    """Bring an export into a database that holds the latest version of each ticket.

    The first row of the file must be TICKET_COLUMNS. Each row below it is read with `read_rows` and `parse_ticket`, and
    is either accepted or rejected:
        - Accepted: the table `tickets` of the database, which TICKETS_TABLE creates, has one row for each ticket: its
          version with the highest number, wherever that came, in this file or in one brought in before. Of two with the
          same number, the one that is in the table stays.
        - Rejected: a line in `rejects`, in the order of the file: a JSON object such as
          {"line": 620, "reason": "control_character"}. The file is written anew by each run: it holds the rejects of
          `source` and nothing else, and is empty if there are none. A rejected version changes nothing in the table.
    So a second run with the same file changes nothing.

    Args:
        source: the export.
        database: a SQLite file. Created if it is not there.
        rejects: where to write the rejects.

    Returns:
        The rows below the header, by what became of them. A version that is not stored, because a later one is, or the
        same, is accepted nonetheless.

    Raises:
        HeaderError: the first row is not TICKET_COLUMNS, or there is none. Then neither the database's content nor
            `rejects` has changed.

    Memory: at most MAX_HELD_BYTES at a time, as in `read_rows`.

    Example:
        >>> ingest_tickets(ticket_export(), Path("support.db"), Path("rejects.jsonl"))
        Report(read=208, accepted=185, rejected=23)
    """

    def values(fields: Sequence[str]) -> tuple[object, ...]:
        ticket = parse_ticket(fields).model_dump()
        return tuple({**ticket, "received_at": utc_text(ticket["received_at"])}.values())

    return _ingest(source, TICKET_COLUMNS, database, (TICKETS_TABLE, _KEEP_LATEST), rejects, values)


_KEEP_LATEST = """
INSERT INTO tickets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (ticket_id) DO UPDATE SET
    version = excluded.version, received_at = excluded.received_at, channel = excluded.channel,
    customer = excluded.customer, language = excluded.language, priority = excluded.priority,
    subject = excluded.subject, body = excluded.body
WHERE excluded.version > tickets.version
"""


def _ingest(
    source: Path,
    columns: Sequence[str],
    database: Path,
    statements: tuple[str, str],
    rejects: Path,
    values: Callable[[Sequence[str]], tuple[object, ...]],
) -> Report:
    """Store every row of a file or write it off, one at a time.

    Args:
        statements: what creates the table, and what stores a row.
        values: the parameters that a row's fields make for that; raises RowError if they make none.
    """
    rows = read_rows(source)
    header = next(rows, None)
    if not isinstance(header, Row) or header.fields != columns:
        raise HeaderError(f"{source.name} does not begin with the columns {', '.join(columns)}")
    accepted = rejected = 0
    create, store = statements
    with rejects.open("w", encoding="utf-8") as file, closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(create)
        for row in rows:
            try:
                connection.execute(store, values(_fields_of(row)))
                accepted += 1
            except RowError as error:
                print(json.dumps({"line": row.line, "reason": error.reason}), file=file)
                rejected += 1
    return Report(accepted + rejected, accepted, rejected)


def _fields_of(row: Row | Reject) -> Sequence[str]:
    if isinstance(row, Reject):
        raise RowError(row.reason)
    return row.fields


def ingest_readings(source: Path, zones: Mapping[str, str], database: Path, rejects: Path) -> Report:
    """Bring raw telemetry into a database that holds each reading once, in °C and UTC.

    As `ingest_tickets`, with READING_COLUMNS, READINGS_TABLE and its table `readings`, and with these rules for a row's
    fields. The first that applies decides:
        1. "repeated_header": the fields are READING_COLUMNS.
        2. "missing_column": there are fewer than six.
        3. "extra_column": there are more.
        4. "unknown_serial": `serial` is not in `zones`.
        5. "bad_date": `received_at` does not end with `Z`, or `to_utc` refuses it; or `to_utc` refuses `measured_at`,
           given the logger's zone and, as `not_after`, the moment of `received_at`.
        6. "no_value": `value` is empty, or the number NO_MEASUREMENT.
        7. "bad_value": `value` is not a number: a minus or none, one to six digits, and then nothing, or a point or a
           comma with one or two digits. The comma is a decimal point. Digits are 0 to 9.
        8. "unknown_unit": `unit` is in neither CELSIUS nor FAHRENHEIT.
    A value in °C is stored as it is. One in °F becomes (°F - 32) / 1.8, rounded to two decimals. `gateway` may be any
    text and is not stored. A reading that was measured after it was received is accepted: clocks gain.

    Rows with the same serial and the same moment of measuring are one reading, and the row received first counts,
    wherever it came, in this file or in one brought in before. Of two received at the same moment, the one in the table
    stays.

    Args:
        source: the raw file.
        zones: the IANA time zone of each logger's site, by the logger's serial.
        database: a SQLite file. Created if it is not there.
        rejects: where to write the rejects.

    Returns:
        The rows below the header, by what became of them. A copy that is not stored is accepted nonetheless.

    Raises:
        HeaderError: the first row is not READING_COLUMNS, or there is none. Then neither the database's content nor
            `rejects` has changed.

    Memory: at most MAX_HELD_BYTES at a time, as in `read_rows`.

    Example:
        >>> zones = {site.serial: site.timezone for site in sites()}
        >>> ingest_readings(readings_csv(), zones, Path("telemetry.db"), Path("rejects.jsonl"))
        Report(read=20000, accepted=19947, rejected=53)
    """

    def values(fields: Sequence[str]) -> tuple[object, ...]:
        return _reading(fields, zones)

    return _ingest(source, READING_COLUMNS, database, (READINGS_TABLE, _KEEP_FIRST), rejects, values)


_KEEP_FIRST = """
INSERT INTO readings VALUES (?, ?, ?, ?)
ON CONFLICT (serial, measured_at) DO UPDATE SET received_at = excluded.received_at, celsius = excluded.celsius
WHERE excluded.received_at < readings.received_at
"""
_NUMBER = re.compile("-?[0-9]{1,6}([.,][0-9]{1,2})?")


def _reading(fields: Sequence[str], zones: Mapping[str, str]) -> tuple[object, ...]:
    _check_columns(fields, READING_COLUMNS)
    serial, _, measured_at, received_at, value, unit = fields
    if serial not in zones:
        raise RowError("unknown_serial")
    received = _moment(received_at if received_at.endswith("Z") else "", zones[serial])
    measured = _moment(measured_at, zones[serial], received)
    return serial, utc_text(measured), utc_text(received), _celsius(value, unit)


def _moment(text: str, zone: str, not_after: datetime | None = None) -> datetime:
    try:
        return to_utc(text, zone, not_after)
    except ValueError as error:
        raise RowError("bad_date") from error


def _celsius(value: str, unit: str) -> float:
    if not value:
        raise RowError("no_value")
    if not _NUMBER.fullmatch(value):
        raise RowError("bad_value")
    number = float(value.replace(",", "."))
    if number == NO_MEASUREMENT:
        raise RowError("no_value")
    if unit in FAHRENHEIT:
        return round((number - 32) / 1.8, 2)
    if unit in CELSIUS:
        return number
    # A unit that nobody knows is no reason to guess: 277 K taken for °C is a fire.
    raise RowError("unknown_unit")
