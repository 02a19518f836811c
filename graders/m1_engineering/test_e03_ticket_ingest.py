"""Grader for m1_engineering/e03_ticket_ingest."""

import csv
import functools
import io
import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradus.coldtrail import hourly_truth, readings_csv, sites, ticket_export, ticket_export_expected, tickets
from gradus.grading import fields_of, raises

MAX_ROW_BYTES = 65_536
MAX_HELD_BYTES = 4 << 20
BOM = b"\xef\xbb\xbf"
HEADER = ["ticket_id", "version", "received_at", "channel", "customer", "language", "priority", "subject", "body"]
READING_HEADER = ["serial", "gateway", "measured_at", "received_at", "value", "unit"]
TICKET = {
    "ticket_id": "T-3001",
    "version": "4",
    "received_at": "2026-03-02T08:15:00Z",
    "channel": "email",
    "customer": "C-117",
    "language": "nl",
    "priority": "P2",
    "subject": "Koelcel",
    "body": "Het alarm blijft piepen, het is 9,4 graden.",
}
READING = {
    "serial": "SN-200-0002",
    "gateway": "SN-10-0021",
    "measured_at": "2025-11-12T09:05:00Z",
    "received_at": "2025-11-12T09:05:21Z",
    "value": "-19.35",
    "unit": "C",
}
ZONES = {"SN-200-0002": "Europe/Helsinki", "SN-200-0027": "America/Chicago", "SN-210-0007": "Europe/Lisbon"}


# What the tests write


def written(folder, data, name="export.csv"):
    """A file with these bytes, or with this text."""
    file = folder / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


def csv_text(*rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def ticket_fields(**changes):
    return list({**TICKET, **changes}.values())


def reading_fields(**changes):
    return list({**READING, **changes}.values())


# What the tests read


def rows_of(submission, folder, data):
    """What `read_rows` makes of a file, briefly: (line, fields) or (line, reason)."""
    return [brief(row) for row in submission.read_rows(written(folder, data))]


def brief(row):
    found = fields_of(row)
    return row.line, found["fields"] if "fields" in found else found["reason"]


def reason_of(submission, fields):
    """Why `parse_ticket` refuses these fields."""
    with raises("RowError") as caught:
        submission.parse_ticket(fields)
    return caught.error.fields["reason"]


def table(database, columns="*", name="tickets"):
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(f"SELECT {columns} FROM {name} ORDER BY 1").fetchall()


def rejects_in(file):
    """The reject file, as (line, reason)."""
    found = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [(reject["line"], reject["reason"]) for reject in found]


def counts(report):
    return report.read, report.accepted, report.rejected


def ingest(submission, folder, *rows, header=HEADER):
    """`ingest_tickets` on an export with these rows, into support.db and rejects.jsonl of the folder."""
    return ingest_file(submission, folder, written(folder, csv_text(header, *rows)))


def ingest_file(submission, folder, source):
    return submission.ingest_tickets(source, folder / "support.db", folder / "rejects.jsonl")


def ingest_raw(submission, folder, *rows, header=READING_HEADER):
    """`ingest_readings` on a file with these rows, into telemetry.db and rejects.jsonl of the folder."""
    return ingest_raw_file(submission, folder, written(folder, csv_text(header, *rows)))


def ingest_raw_file(submission, folder, source, zones=ZONES):
    return submission.ingest_readings(source, zones, folder / "telemetry.db", folder / "rejects.jsonl")


def readings(folder, columns="*"):
    return table(folder / "telemetry.db", columns, "readings")


def moment(text):
    return datetime.fromisoformat(text)


# Task 1: read rows, whatever is in the file


@pytest.mark.task(1)
def test_reads_every_row_with_its_line(submission, tmp_path):
    """Somebody opens the file at the line that you name. After the first body with a line end in it, the number of the
    row is no line of the file; and the line on which a row ends is not where they have to look. The header is a row
    too, and a last line without its line end is a line."""
    data = 'id,note\r\n7,"a, b"\r\n8,\r\n9,"she said ""no"""'
    assert rows_of(submission, tmp_path, data) == [
        (1, ("id", "note")),
        (2, ("7", "a, b")),
        (3, ("8", "")),
        (4, ("9", 'she said "no"')),
    ]
    data = 'id,note\n7,"one\ntwo\n\nfour"\n8,x\n9,"one\ntwo"\n'
    assert [line for line, _ in rows_of(submission, tmp_path, data)] == [1, 2, 6, 7]
    assert rows_of(submission, tmp_path, "") == []


@pytest.mark.task(1)
def test_leaves_the_text_of_a_field_alone(submission, tmp_path):
    """What a customer sent is evidence: spaces, CR LF within quotes, characters at which Python's splitlines would cut.
    Text mode turns CR LF into LF unless it is told not to."""
    texts = ["one\r\ntwo\nthree", "  padded  ", "a\u2028b\u0085c", "tab\there", "\x7f", "Grüße 🧊"]
    data = csv_text(*([text] for text in texts), ["last"])
    found = rows_of(submission, tmp_path, data)
    assert [fields for _, fields in found] == [*((text,) for text in texts), ("last",)]
    assert [line for line, _ in found] == [1, 4, 5, 6, 7, 8, 9], "only LF ends a line"


@pytest.mark.task(1)
def test_strips_a_byte_order_mark_where_a_row_begins(submission, tmp_path):
    """Where two exports were put into one file, there is a second mark in the middle. Left on, it makes a column named
    "\\ufeffid" that nobody finds, or hides the quote that a field begins with. Elsewhere it is the customer's."""
    data = BOM + b'id,note\r\n7,"a\n' + BOM + b'b"\r\n' + BOM + b'"8",' + BOM + b"c\n" + BOM + b"9,d\n"
    assert rows_of(submission, tmp_path, data) == [
        (1, ("id", "note")),
        (2, ("7", "a\n\ufeffb")),
        (4, ("8", "\ufeffc")),
        (5, ("9", "d")),
    ]


@pytest.mark.task(1)
def test_rejects_a_stray_quote_and_ends_the_row_there(submission, tmp_path):
    """Without `strict`, Python's reader drops such a quote and says nothing. And a row that went on to the next quote
    would take its neighbours with it. A file that ends within a quoted field was cut off: half a complaint is no
    row."""
    data = 'id,note\r\n1,"celler" logger\r\n2,ok\n3,"one\ntwo "three" four\n5,ok\n6,"a"b,"c\n7,"ok\nok"\n'
    assert rows_of(submission, tmp_path, data) == [
        (1, ("id", "note")),
        (2, "stray_quote"),
        (3, ("2", "ok")),
        (4, "stray_quote"),
        (6, ("5", "ok")),
        (7, "stray_quote"),
        (8, ("7", "ok\nok")),
    ]
    assert rows_of(submission, tmp_path, 'id,note\n7,"so far\nso good') == [(1, ("id", "note")), (2, "stray_quote")]
    assert rows_of(submission, tmp_path, '1,"') == [(1, "stray_quote")]


@pytest.mark.task(1)
def test_takes_a_quote_within_a_bare_field_for_a_character(submission, tmp_path):
    """A 5" probe is no fault. Only a field that begins with a quote is quoted, and a space before it is a beginning."""
    data = '1,5" probe\n2, "x"\n3,a""b\n4,""\n'
    assert rows_of(submission, tmp_path, data) == [
        (1, ("1", '5" probe')),
        (2, ("2", ' "x"')),
        (3, ("3", 'a""b')),
        (4, ("4", "")),
    ]


@pytest.mark.task(1)
def test_rejects_what_is_not_utf8_and_only_that(submission, tmp_path):
    """One byte of another encoding ends a text-mode reader for good. Replacing it makes up text; then nobody can tell
    it from a U+FFFD that was really sent."""
    data = (
        b'1,caf\xe9\n2,caf\xc3\xa9\n3,"one\ntwo \xff"\n5,\xed\xa0\x80\n6,\xef\xbf\xbd\xef\xbf\xbd\n7,cut \xc3\n8,ok\n'
    )
    assert rows_of(submission, tmp_path, data) == [
        (1, "not_utf8"),
        (2, ("2", "café")),
        (3, "not_utf8"),
        (5, "not_utf8"),
        (6, ("6", "\ufffd\ufffd")),
        (7, "not_utf8"),
        (8, ("8", "ok")),
    ]


@pytest.mark.task(1)
@pytest.mark.parametrize(
    "sign", ["\x00", "\x01", "\x08", "\x0b", "\x0c", "\x0e", "\x1b", "\x1f"], ids=lambda sign: f"U+{ord(sign):04X}"
)
def test_rejects_control_characters(submission, tmp_path, sign):
    """A NUL cuts a text short in every C library behind you; an escape character rewrites the terminal of whoever
    looks."""
    data = f'1,a{sign}b\n{sign}2,b\n3,"a\n{sign}"\n5,ok\n'
    assert rows_of(submission, tmp_path, data) == [
        (1, "control_character"),
        (2, "control_character"),
        (3, "control_character"),
        (5, ("5", "ok")),
    ]


@pytest.mark.task(1)
def test_only_signs_below_the_space_are_control_characters(submission, tmp_path):
    """U+0085 and its neighbours are odd, and letters in the files of some old systems. The contract names what is
    refused; whoever refuses more loses rows that somebody wrote."""
    text = "a\x7fb\u0080c\u0085d\u009fe\u00a0f"
    assert rows_of(submission, tmp_path, f"1,{text}\n2,ok\n") == [(1, ("1", text)), (2, ("2", "ok"))]


@pytest.mark.task(1)
def test_what_is_wrong_with_a_row_stays_with_it(submission, tmp_path):
    """A row may have a bad byte or a control character and be refused for something else that comes first. The next row
    begins with nothing against it."""
    too_long = b"5," + b"\xff" * MAX_ROW_BYTES
    data = b'1,"a"\xe9x\n2,ok\n3,"a"\x01x\n4,ok\n' + too_long + b"\n6,ok\n"
    assert rows_of(submission, tmp_path, data) == [
        (1, "stray_quote"),
        (2, ("2", "ok")),
        (3, "stray_quote"),
        (4, ("4", "ok")),
        (5, "too_long"),
        (6, ("6", "ok")),
    ]


@pytest.mark.task(1)
def test_counts_a_line_without_anything_as_a_row(submission, tmp_path):
    """Skipping empty lines looks harmless, until read is no longer accepted + rejected and nobody knows what else was
    skipped. A line with a space on it is not empty, and an empty field in quotes is a field."""
    data = b'1,a\r\n\r\n\n2,"\n\n"\n' + BOM + b'\n \n""\n\n'
    assert rows_of(submission, tmp_path, data) == [
        (1, ("1", "a")),
        (2, "empty_line"),
        (3, "empty_line"),
        (4, ("2", "\n\n")),
        (7, "empty_line"),
        (8, (" ",)),
        (9, ("",)),
        (10, "empty_line"),
    ]


@pytest.mark.task(1)
def test_draws_the_line_at_the_limit(submission, tmp_path):
    """A limit is a promise in both directions: a row of exactly so many bytes is read, its line ends counted, and one
    byte more is refused. Bytes, not characters: they are what memory and the file have."""
    room = MAX_ROW_BYTES - len("1,\r\n")
    rows = [
        b"1," + b"x" * room,
        b"1," + b"x" * (room + 1),
        b"1," + b"\xc3\xa9" * 32_767,
        b'1,"' + b"a\n" * 32_764 + b'"',
    ]
    data = b"".join(row + b"\r\n" for row in rows) + b"2,ok"
    sizes = [len(row) + 2 for row in rows]
    assert sizes == [MAX_ROW_BYTES, MAX_ROW_BYTES + 1, MAX_ROW_BYTES + 2, MAX_ROW_BYTES - 2]
    assert rows_of(submission, tmp_path, data) == [
        (1, ("1", "x" * room)),
        (2, "too_long"),
        (3, "too_long"),
        (4, ("1", "a\n" * 32_764)),
        (4 + 32_765, ("2", "ok")),
    ]
    assert rows_of(submission, tmp_path, b"3," + b"x" * (MAX_ROW_BYTES - 2)) == [(1, ("3", "x" * (MAX_ROW_BYTES - 2)))]
    assert rows_of(submission, tmp_path, BOM + b"3," + b"x" * (MAX_ROW_BYTES - 4)) == [(1, "too_long")]


@pytest.mark.task(1)
def test_does_not_let_an_open_quote_swallow_the_file(submission, tmp_path):
    """One quote is missing, and every line below is "in the field". The limit is for the row and not for its lines:
    with the line that goes beyond it, the row is over, and what comes after is read as if nothing had been."""
    lines = [b"%d,%s\n" % (number, b"fine" * 50) for number in range(400)]
    data = b'id,note\n7,"never closed\n' + b"".join(lines)
    size, inside = len(b'7,"never closed\n'), 0
    while size <= MAX_ROW_BYTES:
        size += len(lines[inside])
        inside += 1
    found = rows_of(submission, tmp_path, data)
    assert found[:2] == [(1, ("id", "note")), (2, "too_long")]
    assert found[2:] == [(3 + number, (str(number), "fine" * 50)) for number in range(inside, len(lines))]


@pytest.mark.task(1)
def test_names_one_reason_the_first_that_applies(submission, tmp_path):
    """Reasons are counted and acted on. Which of two faults a row is filed under must not depend on who wrote the
    reader."""
    long = b"x" * MAX_ROW_BYTES
    data = b'"a"b\xff\x00' + long + b'\n"a"b\xff\x00\n"a\n\xff\x00\n' + b'"\n\xff,\x00\n\x00,\xff\nok\n'
    assert rows_of(submission, tmp_path, data) == [
        (1, "too_long"),
        (2, "stray_quote"),
        (3, "not_utf8"),
        (6, "not_utf8"),
        (7, "not_utf8"),
        (8, ("ok",)),
    ]


@pytest.mark.task(1)
def test_reads_the_real_export(submission):
    """Two exports in one file, with everything that goes wrong then: 209 rows in 2,231 lines, and eight of them cannot
    even be read."""
    unread = {"stray_quote", "not_utf8", "control_character", "empty_line", "too_long"}
    expected = [(row.line, row.reason) for row in ticket_export_expected().rejected if row.reason in unread]
    found = [brief(row) for row in submission.read_rows(ticket_export())]
    assert [row for row in found if isinstance(row[1], str)] == expected
    assert len(found) == 1 + ticket_export_expected().read


@pytest.mark.task(1)
@given(st.lists(st.lists(st.text('a,"\n é\ufeff', max_size=6), min_size=1, max_size=3), max_size=6))
@settings(max_examples=20)
def test_reads_back_what_was_written(submission, tmp_path, rows):
    """Commas, quotes and line ends in a field are what quoting is for: whatever a customer types arrives as it was, and
    the line numbers stay right."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    data, line, expected = text.getvalue(), 1, []
    for row in rows:
        expected.append((line, tuple(row)))
        line += 1 + "".join(row).count("\n")
    assert rows_of(submission, tmp_path, data) == expected


@pytest.mark.task(1)
def test_never_holds_a_long_line(submission, driver, tmp_path):
    """200 MB of export, most of it in four lines that somebody's script forgot to end. A loop over the lines of a file
    asks for a whole line at a time: the worker has 512 MB, and the line does not care."""
    source = tmp_path / "export.csv"
    with source.open("wb") as file:
        for _ in range(4):
            file.write(csv_text(ticket_fields()).encode() + b'T-1,1,2026-01-01T00:00:00Z,email,,en,P1,"')
            file.seek(50 << 20, io.SEEK_CUR)  # a hole: zeros that take no space
            file.write(b'"\n')
        file.write(b"the end\n")
    measured = driver.peak_of_reading(submission.read_rows, source)
    assert measured.result == [*((n, None if n % 2 else "too_long") for n in range(1, 9)), (9, None)]
    assert measured.peak <= MAX_HELD_BYTES, f"it held {measured.peak:,} bytes at a time; {MAX_HELD_BYTES:,} are allowed"


# Task 2: from text to values


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-01T10:00:00Z", "2026-07-01T10:00:00+00:00"),
        ("2026-07-01T10:00:00+05:30", "2026-07-01T04:30:00+00:00"),
        ("2026-07-01 22:00:00-05:00", "2026-07-02T03:00:00+00:00"),
        ("2026-07-01 10:00:00Z", "2026-07-01T10:00:00+00:00"),
        ("2024-02-29T23:59:59+00:00", "2024-02-29T23:59:59+00:00"),
    ],
)
def test_takes_a_time_with_an_offset_at_its_word(submission, text, expected):
    """It says which moment it means, whatever zone the file is from. A result in UTC is one that compares and sorts.
    `not_after` only decides between two moments."""
    for not_after in (None, moment("2020-01-01T00:00:00+00:00")):
        found = submission.to_utc(text, "Europe/Berlin", not_after)
        assert found == moment(expected)
        assert found.utcoffset() == timedelta(0), f"in UTC, not {found.isoformat()}"


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-01-15 10:00:00", "Europe/Berlin", "2026-01-15T09:00:00+00:00"),
        ("2026-07-15T10:00:00", "Europe/Berlin", "2026-07-15T08:00:00+00:00"),
        ("2026-03-20 23:30:00", "America/Chicago", "2026-03-21T04:30:00+00:00"),
        ("2026-07-15 10:00:00", "Asia/Kolkata", "2026-07-15T04:30:00+00:00"),
    ],
)
def test_takes_a_time_without_one_for_local_time(submission, text, zone, expected):
    """Read as UTC it is off by an hour in winter and by two in summer. Left without a zone, it cannot even be compared
    with the others."""
    found = submission.to_utc(text, zone)
    assert found.utcoffset() == timedelta(0), f"aware and in UTC, not {found.isoformat()}"
    assert found == moment(expected)


@pytest.mark.task(2)
@pytest.mark.parametrize("machine", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_gives_the_same_on_every_machine(submission, driver, machine):
    """`astimezone` asks the machine where it is: on a naive time, and without an argument. Your laptop is in Berlin,
    the server in UTC, and the worker wherever it is cheap tonight."""
    for text in ("2026-07-15 10:00:00", "2026-07-15T10:00:00+02:00", "2026-07-15T08:00:00Z"):
        found = driver.in_zone(machine, submission.to_utc, text, "Europe/Berlin")
        assert found == moment("2026-07-15T08:00:00+00:00")
        assert found.utcoffset() == timedelta(0), f"in UTC, not {found.isoformat()}"


@pytest.mark.task(2)
def test_settles_the_hour_that_comes_twice(submission):
    """On that night in autumn 02:30 happens twice, an hour apart. Take the later, unless it is known to have been
    before: something cannot be received before it was measured. Known not to be after is a limit, and a limit is
    included."""
    text = "2026-10-25 02:30:00"
    earlier, later = moment("2026-10-25T00:30:00+00:00"), moment("2026-10-25T01:30:00+00:00")
    second = timedelta(seconds=1)
    assert submission.to_utc(text, "Europe/Berlin") == later
    assert submission.to_utc(text, "Europe/Berlin", later + second) == later
    assert submission.to_utc(text, "Europe/Berlin", later) == later
    assert submission.to_utc(text, "Europe/Berlin", later - second) == earlier
    assert submission.to_utc(text, "Europe/Berlin", earlier - second) == earlier
    assert submission.to_utc("2026-11-01T01:00:00", "America/Chicago") == moment("2026-11-01T07:00:00+00:00")


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2026-03-29 02:30:00", "Europe/Berlin"),
        ("2026-03-29T02:00:00", "Europe/Berlin"),
        ("2026-03-08 02:59:59", "America/Chicago"),
        ("2011-12-30 12:00:00", "Pacific/Apia"),
    ],
)
def test_refuses_a_local_time_that_never_was(submission, text, zone):
    """In spring the clock goes from 02:00 to 03:00. `zoneinfo` gives 02:30 an offset all the same: a moment that is
    made up."""
    with raises("ValueError"):
        submission.to_utc(text, zone)
    assert submission.to_utc(f"{text}Z", zone) == moment(f"{text}Z"), "with Z, the zone's clock plays no part"


@pytest.mark.task(2)
def test_compares_moments_and_not_clocks(submission, driver):
    """Two times of one zone are compared by what its clock shows, and in the hour that comes twice the clock shows the
    same for both. Compare in UTC, whatever zone the limit is in."""
    for limit, expected in (("2026-10-25T02:45:00", "00:30"), ("2026-10-25T03:15:00", "01:30")):
        found = driver.with_limit_in_zone(submission.to_utc, "2026-10-25 02:30:00", "Europe/Berlin", limit)
        assert found == moment(f"2026-10-25T{expected}:00+00:00"), (
            f"not after {limit} in Berlin, the first time it was so"
        )


@pytest.mark.task(2)
@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2026-02-16", "20260216T110900Z", "2026-02-16T11:09Z", "2026-W07-1", "1771236540"),
        *("2026-02-30T10:00:00Z", "2025-02-29 10:00:00", "2026-13-01T10:00:00Z", "2026-02-16T11:60:00Z"),
        *("03/06/2026 08:58", "2026-02-16T11:09:00.5Z", "2026-02-16T11:09:00,5Z", "2026-2-16T11:09:00Z"),
        *("2026-02-16T11:09:00z", "2026-02-16t11:09:00Z", "2026-02-16_11:09:00", "2026-02-16  11:09:00"),
        *(" 2026-02-16T11:09:00Z", "2026-02-16T11:09:00Z ", "2026-02-16T11:09:00Z\n", "2026-02-16 11:09:00\n"),
        *(
            "2026-02-16T11:09:00+0100",
            "2026-02-16T11:09:00+01",
            "2026-02-16T11:09:00 +01:00",
            "2026-02-16T11:09:00+25:00",
        ),
        *("2026-02-16T11:09:00+05:60", "2026-02-16T11:09:00-01:75", "2026-02-16T11:09:00+24:00"),
        *("0001-01-01T00:00:00+05:00", "0001-01-01 00:00:00", "9999-12-31T23:59:59-05:00", "0000-01-01T00:00:00Z"),
        *("٢٠٢٦-02-16T11:09:00Z", "2026-02-16T11:09:00Z2026-02-16T11:09:00Z"),
    ],
)
def test_refuses_what_is_no_date_and_time(submission, text):
    """What a parser lets through by kindness (a date alone, a number of seconds, a day of a week) is a guess about what
    somebody meant. And the first and the last day of the calendar, which programs write for "none", overflow in UTC:
    that is another exception, and would end the run."""
    with raises("ValueError"):
        submission.to_utc(text, "Europe/Berlin")


@pytest.mark.task(2)
@given(
    st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)).map(lambda local: local.replace(microsecond=0)),
    st.sampled_from(["Europe/Berlin", "America/Chicago", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.none() | st.integers(-120, 120),
)
@example(datetime(2026, 4, 5, 1, 45), "Australia/Lord_Howe", None)
@settings(max_examples=25)
def test_finds_the_moment_when_a_clock_showed_that(submission, local, zone, minutes):
    """The moments when a clock on the wall shows a local time can be found by looking at the clock: there are one, two
    or none."""
    guess = local.replace(tzinfo=UTC)
    quarters = (guess + timedelta(minutes=15 * n) for n in range(-60, 61))
    shown = [time for time in quarters if time.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local]
    limit = None if minutes is None or not shown else shown[-1] + timedelta(minutes=minutes)
    text = local.isoformat(sep=" ")
    if not shown:
        with raises("ValueError"):
            submission.to_utc(text, zone, limit)
    else:
        expected = shown[0] if limit is not None and shown[-1] > limit else shown[-1]
        assert submission.to_utc(text, zone, limit) == expected


@pytest.mark.task(2)
def test_makes_a_ticket_of_nine_fields(submission):
    """Typed once, here, a ticket is right everywhere behind: a version that is a number, a moment with its zone, and a
    text that is the customer's to the last space."""
    ticket = submission.parse_ticket(
        ticket_fields(received_at="2026-03-02 09:15:00", subject="  Koelcel ", body="één\r\ntwee\n", language="")
    )
    assert fields_of(ticket) == {
        **TICKET,
        "version": 4,
        "received_at": moment("2026-03-02T08:15:00+00:00"),
        "subject": "  Koelcel ",
        "body": "één\r\ntwee\n",
        "language": "",
    }
    unknown = submission.parse_ticket(ticket_fields(customer="", subject="", body="", version="007"))
    assert (unknown.customer, unknown.subject, unknown.body, unknown.version) == (None, "", "", 7)
    assert submission.parse_ticket(ticket_fields(version="999999999", ticket_id="T-1")).version == 999_999_999
    for channel, priority in zip(["email", "chat", "form", "phone"], ["P1", "P2", "P3", "P4"], strict=True):
        known = submission.parse_ticket(ticket_fields(channel=channel, priority=priority))
        assert (known.channel, known.priority) == (channel, priority)


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("reason", "column", "values"),
    [
        ("bad_ticket_id", "ticket_id", ["", "T-", "1001", "t-1001", "T-1001 ", "T-1001\n", "T-10x1", "XT-1", "T-١"]),
        ("bad_version", "version", ["", "0", "000", "-1", "+3", "1.0", " 7", "7\n", "1_0", "1e3", "ten", "٣", "²"]),
        ("bad_version", "version", ["1000000000", "9" * 30]),
        ("bad_date", "received_at", ["", "yesterday", "2026-02-30T10:00:00Z", "1771236540", "2026-03-29 02:30:00"]),
        ("unknown_channel", "channel", ["", "Email", "email ", "fax"]),
        ("unknown_priority", "priority", ["", "p1", " P1", "P5", "P0", "urgent", "1"]),
    ],
)
def test_says_what_is_wrong_with_a_field(submission, reason, column, values):
    """Fields are taken as they are. pydantic is kinder than that: it takes "1.0" and " 7" for whole numbers and a
    number for a moment, so somebody's typing error becomes the latest version."""
    assert {value: reason_of(submission, ticket_fields(**{column: value})) for value in values} == dict.fromkeys(
        values, reason
    )


@pytest.mark.task(2)
def test_says_what_is_wrong_with_a_row(submission):
    """A row with one field too few is not a ticket without a body: every field behind the gap is in the wrong column.
    And of several faults the first counts, so that a row is filed under the same reason by whoever's code."""
    assert reason_of(submission, HEADER) == "repeated_header"
    assert reason_of(submission, ticket_fields()[:-1]) == "missing_column"
    assert reason_of(submission, [""]) == "missing_column"
    assert reason_of(submission, HEADER[:-1]) == "missing_column"
    assert reason_of(submission, [*ticket_fields(), ""]) == "extra_column"
    assert reason_of(submission, [*HEADER, ""]) == "extra_column"
    faults = {
        "ticket_id": "bad_ticket_id",
        "version": "bad_version",
        "received_at": "bad_date",
        "channel": "unknown_channel",
        "priority": "unknown_priority",
    }
    columns = list(faults)
    for place, column in enumerate(columns):
        wrong = ticket_fields(**dict.fromkeys(columns[place:], "?"))
        assert reason_of(submission, wrong) == faults[column]
        assert reason_of(submission, wrong[:-1]) == "missing_column"


# Task 3: keep the latest version


@pytest.mark.task(3)
def test_ingests_the_real_export(submission, tmp_path):
    """208 rows are below the header: 185 accepted, 23 rejected, none unaccounted for. That sum is the one number that
    tells the morning after whether anything was lost."""
    expected = ticket_export_expected()
    report = ingest_file(submission, tmp_path, ticket_export())
    assert rejects_in(tmp_path / "rejects.jsonl") == [(row.line, row.reason) for row in expected.rejected]
    assert counts(report) == (208, 185, 23)
    assert table(tmp_path / "support.db", "ticket_id, version, received_at, priority") == [
        (one.id, one.version, one.received_at.strftime("%Y-%m-%dT%H:%M:%SZ"), one.priority) for one in expected.tickets
    ]
    sent = {ticket.id: (ticket.channel, ticket.customer, ticket.language, ticket.body) for ticket in tickets()}
    for id_, *found in table(tmp_path / "support.db", "ticket_id, channel, customer, language, body"):
        assert tuple(found) == sent[id_]


@pytest.mark.task(3)
@pytest.mark.held_out
def test_ingests_another_export(submission, tmp_path):
    """Tickets of another quarter: whoever wrote the code has not seen them, and they are as awkward."""
    rows = [
        ticket_fields(
            ticket_id=ticket.id,
            version=str(1 + number % 13),
            received_at=ticket.received_at.isoformat(),
            channel=ticket.channel,
            customer=ticket.customer or "",
            language=ticket.language,
            priority=ticket.priority if number % 7 else "high",
            subject=ticket.subject,
            body=ticket.body,
        )
        for number, ticket in enumerate(tickets("held_out"))
    ]
    report = ingest(submission, tmp_path, *rows)
    bad = [number for number in range(len(rows)) if number % 7 == 0]
    lines = [2 + number + sum(field.count("\n") for row in rows[:number] for field in row) for number in bad]
    assert counts(report) == (80, 80 - len(bad), len(bad))
    assert rejects_in(tmp_path / "rejects.jsonl") == [(line, "unknown_priority") for line in lines]
    sent = {ticket.id: (ticket.customer, ticket.subject, ticket.body) for ticket in tickets("held_out")}
    kept = [ticket.id for number, ticket in enumerate(tickets("held_out")) if number not in bad]
    assert table(tmp_path / "support.db", "ticket_id, customer, subject, body") == [(id_, *sent[id_]) for id_ in kept]


@pytest.mark.task(3)
def test_accounts_for_every_row(submission, tmp_path):
    """accepted + rejected = read. Each row here is wrong in a way of its own, and none may end the run, vanish from the
    account or take a neighbour with it. A second header, and rows of blanks, are rows too."""
    line = b"T-%d,1,2026-01-01T00:00:00Z,email,,en,P1,s,b\n"
    parts = [
        (None, line % 1),
        ("empty_line", b"\n"),
        ("repeated_header", BOM + ",".join(HEADER).encode() + b"\n"),
        (None, line % 2),
        ("missing_column", b"a,b\n"),
        ("extra_column", (line % 3)[:-1] + b",\n"),
        ("not_utf8", (line % 4)[:-1] + b"\xe9\n"),
        ("control_character", (line % 5)[:-1] + b"\x00\n"),
        ("stray_quote", b'"T-6"6' + line % 6),
        ("too_long", (line % 7)[:-1] + b"x" * MAX_ROW_BYTES + b"\n"),
        ("bad_ticket_id", b"X" + line % 8),
        ("bad_version", (line % 9).replace(b",1,", b",v1,")),
        ("bad_date", (line % 10).replace(b"-01-01T", b"-01-32T")),
        ("unknown_channel", (line % 11).replace(b"email", b"fax")),
        ("unknown_priority", (line % 12).replace(b"P1", b"P9")),
        (None, line % 13),
        ("stray_quote", b'T-14,"'),
    ]
    source = written(tmp_path, ",".join(HEADER).encode() + b"\n" + b"".join(data for _, data in parts))
    report = ingest_file(submission, tmp_path, source)
    assert rejects_in(tmp_path / "rejects.jsonl") == [(2 + n, reason) for n, (reason, _) in enumerate(parts) if reason]
    assert counts(report) == (17, 3, 14)
    assert table(tmp_path / "support.db", "ticket_id") == [("T-1",), ("T-13",), ("T-2",)]


@pytest.mark.task(3)
def test_keeps_the_highest_version_in_whatever_order(submission, tmp_path):
    """10 comes after 9, but not as text, and not if the last row wins. Exports are in no order, and one made earlier
    may be brought in later."""
    versions = {"9": "P3", "10": "P1", "2": "P4"}
    orders = list(permutations(versions))
    for place, order in enumerate(orders):
        rows = [ticket_fields(ticket_id=f"T-{place}", version=version, priority=versions[version]) for version in order]
        ingest(submission, tmp_path, *rows[:2])
        assert counts(ingest(submission, tmp_path, *rows[2:])) == (1, 1, 0)
    assert table(tmp_path / "support.db", "ticket_id, version, priority") == [
        (f"T-{place}", 10, "P1") for place in range(len(orders))
    ]


@pytest.mark.task(3)
def test_stores_all_of_the_later_version(submission, tmp_path):
    """A new version may change any field. A ticket with the number of one version and the text of another never
    existed."""
    later = ticket_fields(
        version="10",
        received_at="2026-03-02 12:00:00",
        channel="phone",
        customer="",
        language="en",
        priority="P1",
        subject="Cold room, new",
        body="",
    )
    ingest(submission, tmp_path, ticket_fields(version="9"), later)
    assert table(tmp_path / "support.db") == [
        ("T-3001", 10, "2026-03-02T11:00:00Z", "phone", None, "en", "P1", "Cold room, new", "")
    ]


@pytest.mark.task(3)
def test_lets_the_first_of_equal_versions_stay(submission, tmp_path):
    """The same version comes in both exports. It is accepted twice and is one ticket; and what is stored does not flip
    with each run."""
    report = ingest(submission, tmp_path, ticket_fields(body="first"), ticket_fields(body="second"))
    assert counts(report) == (2, 2, 0)
    assert counts(ingest(submission, tmp_path, ticket_fields(body="third"))) == (1, 1, 0)
    assert table(tmp_path / "support.db", "ticket_id, version, body") == [("T-3001", 4, "first")]


@pytest.mark.task(3)
def test_changes_nothing_when_run_again(submission, tmp_path):
    """Jobs are run again: after a crash, by a nervous hand, by a scheduler with two minds. The second run finds the
    same and leaves the same."""
    reports = [counts(ingest_file(submission, tmp_path, ticket_export()))]
    before = table(tmp_path / "support.db"), rejects_in(tmp_path / "rejects.jsonl")
    reports.append(counts(ingest_file(submission, tmp_path, ticket_export())))
    assert (table(tmp_path / "support.db"), rejects_in(tmp_path / "rejects.jsonl")) == before
    assert reports == [(208, 185, 23)] * 2


@pytest.mark.task(3)
def test_writes_the_rejects_of_this_run_only(submission, tmp_path):
    """The reject file is somebody's work list. With yesterday's rows in it, they mend them twice; and no file at all
    might mean that nothing was wrong, or that nothing ran."""
    rejects = tmp_path / "rejects.jsonl"
    ingest(submission, tmp_path, ticket_fields(version="x"), ticket_fields(), ticket_fields(channel="fax"))
    assert rejects_in(rejects) == [(2, "bad_version"), (4, "unknown_channel")]
    ingest(submission, tmp_path, ticket_fields(), ticket_fields(priority="?"))
    assert rejects_in(rejects) == [(3, "unknown_priority")]
    ingest(submission, tmp_path, ticket_fields())
    assert rejects_in(rejects) == []
    rejects.unlink()
    quoted = ",".join(f'"{name}"' for name in HEADER)
    assert counts(ingest_file(submission, tmp_path, written(tmp_path, quoted))) == (0, 0, 0)
    assert rejects.exists(), "without rejects the file is empty, and it is there"


@pytest.mark.task(3)
@pytest.mark.parametrize(
    "data",
    [
        "",
        "\r\n" + csv_text(HEADER, ticket_fields()),
        csv_text(READING_HEADER, reading_fields()),
        csv_text([*HEADER, "note"], [*ticket_fields(), ""]),
        csv_text(HEADER[:-1], ticket_fields()[:-1]),
        csv_text([*HEADER[:-2], "body", "subject"], ticket_fields()),
        csv_text([name.title() for name in HEADER], ticket_fields()),
        csv_text(ticket_fields(), HEADER, ticket_fields()),
        ",".join(HEADER).encode() + b"\xff\n",
    ],
    ids=["empty", "line", "other_file", "longer", "shorter", "swapped", "capitals", "headless", "garbled"],
)
def test_refuses_another_file_and_touches_nothing(submission, tmp_path, data):
    """With other columns, or with the same in another order, every row would be wrong or, worse, right. A file by
    mistake must not cost the work list of the one before."""
    ingest(submission, tmp_path, ticket_fields(), ticket_fields(version="x"))
    before = table(tmp_path / "support.db"), rejects_in(tmp_path / "rejects.jsonl")
    with raises("HeaderError"):
        ingest_file(submission, tmp_path, written(tmp_path, data))
    assert (table(tmp_path / "support.db"), rejects_in(tmp_path / "rejects.jsonl")) == before


@pytest.mark.task(3)
def test_holds_no_list_of_rejects(submission, driver, tmp_path):
    """The worse the file, the longer the list of rejects. Write each down when it comes, or the export with nothing
    right in it is the one that ends the run."""
    source = written(tmp_path, ",".join(HEADER) + "\n" * 22_000)
    measured = driver.peak_of(submission.ingest_tickets, source, tmp_path / "support.db", tmp_path / "rejects.jsonl")
    assert tuple(fields_of(measured.result).values()) == (21_999, 0, 21_999)
    assert measured.peak <= MAX_HELD_BYTES, f"it held {measured.peak:,} bytes at a time; {MAX_HELD_BYTES:,} are allowed"


@pytest.mark.task(3)
def test_ingests_in_bounded_memory(submission, driver, tmp_path):
    """A list of rows, or a dict of the latest tickets, works until the file is larger than the machine. The database is
    where the latest version is kept: ask it to compare."""
    rows = (f"T-{number},1,2026-01-01T00:00:00Z,email,,en,P1,," + "x" * 62_000 for number in range(100))
    source = written(tmp_path, "\n".join([",".join(HEADER), *rows]))
    size = source.stat().st_size
    assert driver.peak_of_swallowing(source) > MAX_HELD_BYTES, "the measure sees what is held"
    measured = driver.peak_of(submission.ingest_tickets, source, tmp_path / "support.db", tmp_path / "rejects.jsonl")
    assert table(tmp_path / "support.db", "count(*), sum(length(body))") == [(100, 6_200_000)]
    assert measured.peak <= MAX_HELD_BYTES, (
        f"it held {measured.peak:,} of {size:,} bytes; {MAX_HELD_BYTES:,} are allowed"
    )


# Task 4: the same for telemetry


@functools.cache
def lines_without_value():
    """The lines of the raw file on which value is empty or -999.0: the last field but one, and never quoted there."""
    ends = re.compile(r",(-999\.0)?,[^,]*$")
    with readings_csv().open(encoding="utf-8") as file:
        return [number for number, line in enumerate(file, start=1) if ends.search(line)]


@pytest.mark.task(4)
def test_ingests_the_real_readings(submission, tmp_path):
    """20,000 rows, three ways to write a time, two units in eight spellings, copies and gaps. What remains has to give
    back, to the last digit, what was true in every hour."""
    report = ingest_raw_file(submission, tmp_path, readings_csv(), {site.serial: site.timezone for site in sites()})
    assert rejects_in(tmp_path / "rejects.jsonl") == [(line, "no_value") for line in lines_without_value()]
    assert counts(report) == (20_000, 19_947, 53)
    for site in sites():
        if site.site in ("aster-08", "cinder-06"):  # briar-04's clock gains: to put it right is another exercise
            assert hours_of(tmp_path, site) == {
                hour.start.isoformat(): (hour.readings, hour.min_c, hour.mean_c, hour.max_c)
                for hour in hourly_truth()
                if hour.site == site.site
            }


def hours_of(folder, site):
    """Readings, minimum, mean and maximum of every hour of the site's own clock."""
    hours, zone = {}, ZoneInfo(site.timezone)
    with closing(sqlite3.connect(folder / "telemetry.db")) as connection:
        found = connection.execute("SELECT measured_at, celsius FROM readings WHERE serial = ?", (site.serial,))
        for measured_at, celsius in found:
            hours.setdefault(measured_at[:13], []).append(celsius)
    return {
        moment(f"{hour}:00:00Z").astimezone(zone).isoformat(): (
            len(values),
            min(values),
            round(sum(values) / len(values), 2),
            max(values),
        )
        for hour, values in hours.items()
    }


@pytest.mark.task(4)
@pytest.mark.parametrize(
    ("value", "unit", "celsius"),
    [
        ("4.85", "C", 4.85),
        ("4,85", "°C", 4.85),
        ("-21.3", "degC", -21.3),
        ("0", "celsius", 0.0),
        ("007,5", "C", 7.5),
        ("39.4", "F", 4.11),
        ("39,40", "°F", 4.11),
        ("-4.27", "degF", -20.15),
        ("32", "fahrenheit", 0.0),
        ("0.0", "F", -17.78),
        ("999.0", "C", 999.0),
        ("-999.1", "C", -999.1),
        ("-999", "F", None),
        ("-999.00", "C", None),
        ("-999,0", "?", None),
        ("", "?", None),
    ],
)
def test_reads_a_value_in_its_unit(submission, tmp_path, value, unit, celsius):
    """40 is a fridge in one unit and a fever in the other. A missing value is neither 0 nor -999: no measurement is a
    row without a reading. 0.0 is a measurement."""
    ingest_raw(submission, tmp_path, reading_fields(value=value, unit=unit))
    found = [(2, "no_value")] if celsius is None else []
    assert rejects_in(tmp_path / "rejects.jsonl") == found
    assert readings(tmp_path, "celsius") == ([] if celsius is None else [(celsius,)])


@pytest.mark.task(4)
def test_refuses_what_is_no_number_or_no_unit(submission, tmp_path):
    """Python's float takes "nan", "1e5", "1_0" and " 4"; a thousands comma turns 1,234.5 into something else. And a
    unit that nobody knows is not °C: 277 K is a cold fridge."""
    values = ["nan", "inf", "1e5", "1_0", " 4.5", "4.5 ", "4.5\n", "+4.5", ".5", "4.", "4.555", "1,234.5", "1.2.3"]
    values += ["--4", "four", "٤", "1234567", "9" * 400, "-", "0x1A"]
    units = ["", "K", "f", "c", " C", "C ", "c°", "Fahrenheit", "CF", "C\n"]
    rows = [reading_fields(value=value) for value in values] + [reading_fields(unit=unit) for unit in units]
    report = ingest_raw(submission, tmp_path, *rows)
    expected = ["bad_value"] * len(values) + ["unknown_unit"] * len(units)
    found = [reason for _, reason in rejects_in(tmp_path / "rejects.jsonl")]
    assert dict(zip(values + units, found, strict=True)) == dict(zip(values + units, expected, strict=True))
    assert counts(report) == (len(rows), 0, len(rows))


@pytest.mark.task(4)
@pytest.mark.parametrize(
    ("serial", "measured_at", "received_at", "stored"),
    [
        ("SN-200-0002", "2025-11-12T11:05:00+02:00", "2025-11-12T09:05:21Z", "2025-11-12T09:05:00Z"),
        ("SN-200-0002", "2025-11-12 11:05:00", "2025-11-12T09:05:21Z", "2025-11-12T09:05:00Z"),
        ("SN-200-0027", "2025-07-12T04:05:00", "2025-07-12T09:05:21Z", "2025-07-12T09:05:00Z"),
        ("SN-200-0027", "2025-11-02T01:30:00", "2025-11-02T06:30:15Z", "2025-11-02T06:30:00Z"),
        ("SN-200-0027", "2025-11-02T01:30:00", "2025-11-02T07:30:00Z", "2025-11-02T07:30:00Z"),
        ("SN-200-0027", "2025-11-02T01:30:00", "2025-11-02T07:52:00Z", "2025-11-02T07:30:00Z"),
        ("SN-210-0007", "2025-11-12T09:24:00Z", "2025-11-12T09:05:21Z", "2025-11-12T09:24:00Z"),
    ],
    ids=["offset", "helsinki", "chicago", "first_1_30", "second_1_30", "second_late", "fast_clock"],
)
def test_knows_when_a_reading_was_taken(submission, tmp_path, serial, measured_at, received_at, stored):
    """A time without a zone is the local time of the logger's site, not of the office. In the hour that comes twice,
    when it was received says which one it was. A clock that is ahead is no reason to lose readings."""
    ingest_raw(submission, tmp_path, reading_fields(serial=serial, measured_at=measured_at, received_at=received_at))
    assert rejects_in(tmp_path / "rejects.jsonl") == []
    assert readings(tmp_path) == [(serial, stored, received_at, -19.35)]


@pytest.mark.task(4)
def test_says_what_is_wrong_with_a_reading(submission, tmp_path):
    """The first rule that applies decides, so that last month's count of reasons compares with this month's."""
    rows = {
        "repeated_header": [READING_HEADER],
        "missing_column": [reading_fields()[:-1], [""], READING_HEADER[:-1]],
        "extra_column": [[*reading_fields(), ""], [*reading_fields(serial="?"), ""]],
        "unknown_serial": [reading_fields(serial="SN-999-0001"), reading_fields(serial="?", measured_at="?", value="")],
        "bad_date": [
            reading_fields(measured_at="2025-11-12", value=""),
            reading_fields(received_at="yesterday", value="x"),
            reading_fields(received_at="2025-11-12T09:05:21+00:00"),
            reading_fields(received_at="2025-11-12 09:05:21"),
            reading_fields(received_at="2025-02-30T09:05:21Z", measured_at="2025-11-12T09:05:00Z"),
            reading_fields(serial="SN-200-0027", measured_at="2026-03-08 02:10:00", received_at="2026-03-08T09:00:00Z"),
        ],
        "no_value": [reading_fields(value="", unit="?"), reading_fields(value="-999.0", unit="?")],
        "bad_value": [reading_fields(value="x", unit="?")],
        "unknown_unit": [reading_fields(unit="K")],
    }
    report = ingest_raw(submission, tmp_path, *(row for some in rows.values() for row in some), reading_fields())
    expected = [reason for reason, some in rows.items() for _ in some]
    assert rejects_in(tmp_path / "rejects.jsonl") == [(2 + n, reason) for n, reason in enumerate(expected)]
    assert counts(report) == (len(expected) + 1, 1, len(expected))
    assert len(readings(tmp_path)) == 1


@pytest.mark.task(4)
def test_counts_what_was_received_first(submission, tmp_path):
    """A gateway sends again what it is not sure of, rounded. The first is the measurement, wherever it stands in the
    file and whichever file it is in; of equals, the one that is there stays. The same minute of another logger is
    another reading, and so is another minute."""
    copies = {"21": "-19.35", "09": "-19.40", "40": "-19.3"}
    minute = "2025-11-12T09:{:02}:00Z"
    for place, order in enumerate(permutations(copies)):
        rows = [
            reading_fields(measured_at=minute.format(place), received_at=f"2025-11-12T10:00:{at}Z", value=copies[at])
            for at in order
        ]
        ingest_raw(submission, tmp_path, *rows[:2])
        assert counts(ingest_raw(submission, tmp_path, *rows[2:])) == (1, 1, 0)
    same = {"measured_at": "2025-11-12T09:00:00Z", "received_at": "2025-11-12T10:00:09Z"}
    local = {"measured_at": "2025-11-12T11:00:00+02:00", "received_at": "2025-11-12T10:00:09Z"}
    ingest_raw(submission, tmp_path, reading_fields(**same, value="1.0"), reading_fields(**local, value="2.0"))
    ingest_raw(submission, tmp_path, reading_fields(**same, serial="SN-210-0007", value="3.0"))
    assert readings(tmp_path) == [
        *(("SN-200-0002", minute.format(place), "2025-11-12T10:00:09Z", -19.4) for place in range(6)),
        ("SN-210-0007", "2025-11-12T09:00:00Z", "2025-11-12T10:00:09Z", 3.0),
    ]


@pytest.mark.task(4)
def test_refuses_another_file_than_readings(submission, tmp_path):
    """A ticket export in the place of the telemetry is somebody's mistake, and not 20,000 rejects. What is there
    stays."""
    ingest_raw(submission, tmp_path, reading_fields(), reading_fields(value=""))
    for header, row in [(HEADER, ticket_fields()), (READING_HEADER[::-1], reading_fields()), ([], reading_fields())]:
        with raises("HeaderError"):
            ingest_raw(submission, tmp_path, row, header=header)
    assert len(readings(tmp_path)) == 1
    assert rejects_in(tmp_path / "rejects.jsonl") == [(3, "no_value")]
    ingest_raw(submission, tmp_path, reading_fields(), header=["\ufeffserial", *READING_HEADER[1:]])
    assert len(readings(tmp_path)) == 1
    assert rejects_in(tmp_path / "rejects.jsonl") == []


@pytest.mark.task(4)
def test_ingests_readings_in_bounded_memory(submission, driver, tmp_path):
    """Telemetry is the larger of the two: six loggers make 20,000 rows in eleven days, and there are not six
    loggers."""
    minutes = [f"2025-11-12T{number // 60:02}:{number % 60:02}:00Z" for number in range(100)]
    rows = (f"SN-200-0002,{'g' * 62_000},{at},2025-11-13T00:00:00Z,4.5,C" for at in minutes)
    source = written(tmp_path, "\n".join([",".join(READING_HEADER), *rows]))
    paths = source, ZONES, tmp_path / "telemetry.db", tmp_path / "rejects.jsonl"
    measured = driver.peak_of(submission.ingest_readings, *paths)
    assert readings(tmp_path, "measured_at") == [(at,) for at in minutes]
    assert measured.peak <= MAX_HELD_BYTES, f"it held {measured.peak:,} bytes at a time; {MAX_HELD_BYTES:,} are allowed"
