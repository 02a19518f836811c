"""The export, read here by code of its own that follows the data sheet: it finds what the generator says is in it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import get_args
from zoneinfo import ZoneInfo

from gradus.authoring.corpus.export import export_csv, export_expectation
from gradus.coldtrail.tickets import Priority, ticket_export, ticket_export_expected, tickets

COUNTS = {
    "missing_column": 3,
    "extra_column": 3,
    "unknown_priority": 3,
    "bad_date": 3,
    "stray_quote": 2,
    "control_character": 3,
    "not_utf8": 2,
    "empty_line": 3,
    "repeated_header": 1,
}
EXPORT = ticket_export().read_bytes()
EXPECTED = ticket_export_expected()


def rows(content: bytes) -> Iterator[tuple[int, list[str] | None]]:
    """Every row after the header, with the line that it begins on; None where its quotes are wrong."""
    text = content.decode("utf-8-sig", "surrogateescape")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    next(reader)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except csv.Error:
            yield line, None
        except StopIteration:
            return


def moment(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo("Europe/Berlin"))).astimezone(UTC)


def is_moment(text: str) -> bool:
    try:
        moment(text)
    except ValueError:
        return False
    return True


def fault(row: list[str] | None) -> str | None:
    if row is None:
        return "stray_quote"
    text = "".join(row)
    faults = {
        "empty_line": row == [],
        "repeated_header": row[:1] in (["ticket_id"], ["\ufeffticket_id"]),
        "missing_column": len(row) == 8,
        "extra_column": len(row) == 10,
        "not_utf8": any("\ud800" <= sign <= "\udfff" for sign in text),
        "control_character": re.search(r"[\x00-\x08\x0b-\x1f]", text) is not None,
        "bad_date": len(row) == 9 and not is_moment(row[2]),
        "unknown_priority": len(row) == 9 and row[6] not in get_args(Priority),
    }
    return next((name for name, present in faults.items() if present), None)


def read(content: bytes) -> tuple[list[list[str]], list[tuple[int, str]]]:
    """The accepted rows, and the line and reason of every rejected one."""
    accepted, rejected = [], []
    for line, row in rows(content):
        if reason := fault(row):
            rejected.append((line, reason))
        else:
            assert row is not None
            accepted.append(row)
    return accepted, rejected


ACCEPTED, REJECTED = read(EXPORT)


def test_the_files_are_what_the_generator_writes() -> None:
    assert export_csv(tickets()) == EXPORT
    assert export_expectation(tickets()) == EXPECTED


def test_a_strict_reader_finds_what_is_expected() -> None:
    assert [(row.line, row.reason) for row in EXPECTED.rejected] == REJECTED
    assert EXPECTED.accepted == len(ACCEPTED)
    assert EXPECTED.read == len(ACCEPTED) + len(REJECTED)
    assert Counter(reason for _, reason in REJECTED) == COUNTS


def test_the_latest_version_of_each_ticket_is_the_expected_one() -> None:
    latest: dict[str, list[str]] = {}
    for row in ACCEPTED:
        if row[0] not in latest or int(latest[row[0]][1]) < int(row[1]):
            latest[row[0]] = row
    found = [(id_, int(row[1]), moment(row[2]), row[6]) for id_, row in sorted(latest.items())]
    assert found == [(one.id, one.version, one.received_at, one.priority) for one in EXPECTED.tickets]


def test_texts_come_through_as_they_are() -> None:
    by_id = {ticket.id: ticket for ticket in tickets()}
    for row in ACCEPTED:
        ticket = by_id[row[0]]
        assert (row[3], row[4] or None, row[5]) == (ticket.channel, ticket.customer, ticket.language)
        assert (row[7], row[8]) == (ticket.subject, ticket.body), row[0]
        assert moment(row[2]) == ticket.received_at


def test_where_the_latest_version_is_good_it_has_the_true_priority() -> None:
    by_id = {ticket.id: ticket for ticket in tickets()}
    differing = [one.id for one in EXPECTED.tickets if one.priority != by_id[one.id].priority]
    assert 1 <= len(differing) <= 6  # those whose latest version is among the rejected rows
    assert 1 <= len(by_id) - len(EXPECTED.tickets) <= 12  # those of which no version is good


def test_every_kind_of_trouble_is_there() -> None:
    assert EXPORT.startswith(b"\xef\xbb\xbf")
    assert EXPORT.count(b"\xef\xbb\xbf") == 2
    assert EXPORT.count(b"\r\n") > 50
    assert EXPORT.count(b"\n") - EXPORT.count(b"\r\n") > 50
    assert EXPORT.count(b"\0") == COUNTS["control_character"]
    spellings = Counter(re.sub(r"\d+", "9", row[2]) for row in ACCEPTED)
    assert min(spellings["9-9-9T9:9:9Z"], spellings["9-9-9 9:9:9"]) > 30
    assert min(spellings["9-9-9T9:9:9+9:9"], spellings["9-9-9T9:9:9-9:9"]) > 10
    assert any("\n" in row[8] for row in ACCEPTED)
    assert any(row[8] == "" for row in ACCEPTED)
    assert any("\ufffd" in row[8] for row in ACCEPTED)  # a replacement character that was typed is no fault


def test_short_cuts_give_another_answer() -> None:
    """Last row wins, versions compared as text, every row a ticket: each is wrong somewhere."""
    expected = {one.id: one.version for one in EXPECTED.tickets}
    last_row = {row[0]: int(row[1]) for row in ACCEPTED}
    as_text = {id_: int(max(row[1] for row in ACCEPTED if row[0] == id_)) for id_ in expected}
    assert sum(last_row[id_] != version for id_, version in expected.items()) >= 5
    assert sum(as_text[id_] != version for id_, version in expected.items()) >= 5
    assert len(ACCEPTED) > len({(row[0], row[1]) for row in ACCEPTED}) > len(expected)


def test_local_times_are_read_in_their_zone() -> None:
    """Some fall into winter and some into summer, so that one fixed offset is wrong for half of them."""
    naive = [datetime.fromisoformat(row[2]) for row in ACCEPTED if " " in row[2]]
    offsets = Counter(str(one.replace(tzinfo=ZoneInfo("Europe/Berlin")).utcoffset()) for one in naive)
    assert min(offsets["1:00:00"], offsets["2:00:00"]) > 10
