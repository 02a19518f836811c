"""data/exports/tickets.csv: the dev tickets as two exports put into one file, and what goes wrong then.

While it writes, the writer keeps account of what a careful reader must find; nothing of it comes from reading back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from random import Random
from zoneinfo import ZoneInfo

from gradus.authoring.corpus.errors import SourceError
from gradus.coldtrail.tickets import ExportExpectation, LatestVersion, Priority, RejectedRow, RejectReason, Ticket

COLUMNS = ("ticket_id", "version", "received_at", "channel", "customer", "language", "priority", "subject", "body")
PRIORITY, SUBJECT, BODY = COLUMNS.index("priority"), COLUMNS.index("subject"), COLUMNS.index("body")
RECEIVED_AT, LANGUAGE = COLUMNS.index("received_at"), COLUMNS.index("language")
ZONE = ZoneInfo("Europe/Berlin")
"""The zone of times that name none."""
OFFSETS = (timezone(timedelta(hours=2)), timezone(timedelta(hours=-5)), timezone(timedelta(hours=5, minutes=30)))
BOM = "\ufeff"
NOT_UTF8 = "\udce9"  # written with surrogateescape: the single byte E9, an é of another encoding
SEED = 20_261_001

SPOILED: dict[tuple[str, int], tuple[RejectReason, str]] = {
    ("T-1008", 1): ("missing_column", ""),
    ("T-1074", 1): ("missing_column", ""),
    ("T-1034", 1): ("extra_column", ""),
    ("T-1014", 3): ("extra_column", ""),
    ("T-1016", 1): ("unknown_priority", "urgent"),
    ("T-1055", 12): ("unknown_priority", "P5"),
    ("T-1101", 1): ("unknown_priority", ""),
    ("T-1023", 2): ("bad_date", "2026-02-30T10:00:00Z"),
    ("T-1086", 3): ("bad_date", "03/06/2026 08:58"),
    ("T-1117", 1): ("bad_date", "yesterday"),
    ("T-1060", 1): ("stray_quote", ""),
    ("T-1079", 2): ("stray_quote", ""),
    ("T-1028", 10): ("control_character", "\0"),
    ("T-1090", 1): ("control_character", "\0"),
    ("T-1022", 1): ("not_utf8", NOT_UTF8),
    ("T-1047", 2): ("not_utf8", NOT_UTF8),
}
"""What is wrong with a version of a ticket, and the value that makes it so."""
EMPTY_LINE_AFTER = (("T-1003", 1), ("T-1083", 1), ("T-1105", 1))


@dataclass(frozen=True)
class Row:
    """A version of a ticket, as one of the two exports holds it."""

    ticket: Ticket
    version: int
    priority: Priority

    @property
    def key(self) -> tuple[str, int]:
        return self.ticket.id, self.version

    def fields(self) -> list[str]:
        ticket = self.ticket
        return [
            ticket.id,
            str(self.version),
            _moment(ticket.received_at, int(ticket.id[2:]) + self.version),
            ticket.channel,
            ticket.customer or "",
            ticket.language,
            self.priority,
            ticket.subject,
            ticket.body,
        ]


@dataclass
class Writer:
    """Writes rows and keeps account of them."""

    content: bytearray = field(default_factory=bytearray)
    line_end: str = "\r\n"
    line: int = 1
    accepted: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)
    latest: dict[str, LatestVersion] = field(default_factory=dict)

    def write(self, text: str) -> None:
        raw = (text + self.line_end).encode("utf-8", "surrogateescape")
        self.content += raw
        self.line += raw.count(b"\n")

    def reject(self, reason: RejectReason, text: str) -> None:
        self.rejected.append(RejectedRow(self.line, reason))
        self.write(text)

    def accept(self, row: Row) -> None:
        self.accepted += 1
        id_, version = row.key
        if id_ not in self.latest or self.latest[id_].version < version:
            self.latest[id_] = LatestVersion(id_, version, row.ticket.received_at, row.priority)
        self.write(_line(row.fields()))


def export_csv(tickets: Sequence[Ticket]) -> bytes:
    """The export, byte for byte.

    Args:
        tickets: the dev tickets.

    Raises:
        SourceError: a ticket whose version is to be spoiled is not there.

    Example:
        >>> export_csv(tickets()).count(b"ticket_id,version")
        2
    """
    return bytes(_written(tickets).content)


def export_expectation(tickets: Sequence[Ticket]) -> ExportExpectation:
    """What a careful reader of the export finds, counted while it is written.

    Args:
        tickets: the dev tickets.

    Raises:
        SourceError: a ticket whose version is to be spoiled is not there.

    Example:
        >>> expected = export_expectation(tickets())
        >>> expected.read == expected.accepted + len(expected.rejected)
        True
    """
    writer = _written(tickets)
    return ExportExpectation(
        read=writer.accepted + len(writer.rejected),
        accepted=writer.accepted,
        rejected=tuple(writer.rejected),
        tickets=tuple(sorted(writer.latest.values(), key=lambda one: one.id)),
    )


def _written(tickets: Sequence[Ticket]) -> Writer:
    first, second = _exports(tickets)
    present = {row.key for row in (*first, *second)}
    if missing := sorted({*SPOILED, *EMPTY_LINE_AFTER} - present):
        raise SourceError(f"data/tickets.yaml: no ticket has these versions, which the export spoils: {missing}.")
    header = BOM + ",".join(COLUMNS)
    writer = Writer()
    writer.write(header)
    _write(writer, first)
    writer.line_end = "\n"
    writer.reject("repeated_header", header)
    _write(writer, second)
    return writer


def _write(writer: Writer, rows: Sequence[Row]) -> None:
    for row in rows:
        if row.key in SPOILED:
            reason, value = SPOILED[row.key]
            writer.reject(reason, _spoiled(row, reason, value))
        else:
            writer.accept(row)
        if row.key in EMPTY_LINE_AFTER:
            writer.reject("empty_line", "")


def _exports(tickets: Sequence[Ticket]) -> tuple[list[Row], list[Row]]:
    """Which versions the export of July holds and which that of October, each in no order at all."""
    random = Random(SEED)
    first: list[Row] = []
    second: list[Row] = []
    for place, ticket in enumerate(tickets):
        *earlier, latest = _rows(place, ticket)
        old = ticket.received_at.month < 7
        (first if old else second).extend(earlier)
        (first if old and place % 3 else second).append(latest)
        if old and place % 8 == 1:
            second.append((*earlier, latest)[0])  # a version that both exports hold
    return _shuffled(first, random), _shuffled(second, random)


def _rows(place: int, ticket: Ticket) -> Iterator[Row]:
    *earlier, latest = _versions(place, ticket)
    for version in earlier:
        # The form's own preset, until somebody has looked; so that an old version can be told from the latest.
        yield Row(ticket, version, "P4" if ticket.priority == "P3" else "P3")
    yield Row(ticket, latest, ticket.priority)


def _versions(place: int, ticket: Ticket) -> tuple[int, ...]:
    if ticket.oddity == "huge":
        return (1,)
    if place % 20 == 7:
        return 1, 2, 9, 10
    if place % 20 == 14:
        return 9, 11, 12
    if place % 9 == 4:
        return 1, 2, 3
    if place % 4 == 2:
        return 1, 2
    return (1,)


def _shuffled(rows: Sequence[Row], random: Random) -> list[Row]:
    keyed = [(random.random(), row) for row in rows]
    return [row for _, row in sorted(keyed, key=lambda pair: pair[0])]


def _moment(moment: datetime, number: int) -> str:
    """The same moment in one of three spellings: Z, an offset, or the clock of ZONE without saying so."""
    if number % 3 == 0:
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if number % 3 == 1:
        return moment.astimezone(OFFSETS[number // 3 % len(OFFSETS)]).isoformat()
    return moment.astimezone(ZONE).replace(tzinfo=None).isoformat(sep=" ")


def _spoiled(row: Row, reason: RejectReason, value: str) -> str:
    fields = row.fields()
    if reason == "missing_column":
        del fields[LANGUAGE]
    elif reason == "extra_column":
        fields.append("")
    elif reason == "unknown_priority":
        fields[PRIORITY] = value
    elif reason == "bad_date":
        fields[RECEIVED_AT] = value
    elif reason in ("control_character", "not_utf8"):
        fields[BODY] = fields[BODY][:20] + value + fields[BODY][20:]
    elif reason == "stray_quote":
        return _line(fields[:BODY]) + ',"' + fields[BODY].replace(" ", '" ', 1) + '"'
    return _line(fields)


def _line(fields: Sequence[str]) -> str:
    return ",".join(_quoted(text) for text in fields)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text
