"""csv, pydantic, zoneinfo and sqlite3: what m1_engineering/e03_ticket_ingest tells of them."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

LINES = ['7,"a "quote" in it"\n', '8,"two\r\n', 'lines"\n', '9,"never closed\n', "10,x\n"]


def test_csv_drops_a_stray_quote_unless_it_is_strict() -> None:
    assert next(csv.reader(LINES)) == ["7", 'a quote" in it"']
    with pytest.raises(csv.Error, match="expected after"):
        next(csv.reader(LINES, strict=True))


def test_csv_begins_anew_with_the_next_line_after_an_error() -> None:
    rows = csv.reader(LINES, strict=True)
    with pytest.raises(csv.Error):
        next(rows)
    assert next(rows) == ["8", "two\r\nlines"]


def test_csv_counts_the_lines_that_it_took() -> None:
    rows = csv.reader(LINES[1:], strict=True)
    assert rows.line_num == 0
    next(rows)
    assert rows.line_num == 2


def test_csv_takes_lines_until_a_quote_is_closed() -> None:
    rows = csv.reader(LINES[3:])
    assert next(rows) == ["9", "never closed\n10,x\n"]
    strict = csv.reader(LINES[3:], strict=True)
    with pytest.raises(csv.Error, match="unexpected end of data"):
        next(strict)


def test_csv_limits_a_field_and_not_a_row() -> None:
    assert csv.field_size_limit() == 131_072
    with pytest.raises(csv.Error, match="field larger than field limit"):
        next(csv.reader(["x" * 131_073]))
    assert len(next(csv.reader([",".join(["x" * 131_072] * 9)]))) == 9


def test_csv_passes_on_what_its_source_raises_and_begins_anew() -> None:
    class Lines(Iterator[str]):
        def __init__(self) -> None:
            self.left = ['1,"open\n', "", "2,ok\n"]

        def __next__(self) -> str:
            line = self.left.pop(0)
            if not line:
                raise LookupError
            return line

    rows = csv.reader(Lines())
    with pytest.raises(LookupError):
        next(rows)
    assert next(rows) == ["2", "ok"]


def test_csv_takes_a_nul_and_gives_an_empty_line_as_an_empty_list() -> None:
    assert list(csv.reader(["a\0,b\n", "\r\n"])) == [["a\0", "b"], []]


def test_text_mode_turns_crlf_into_lf_unless_told_not_to(tmp_path: Path) -> None:
    file = tmp_path / "crlf.csv"
    file.write_bytes(b'"a\r\nb"\r\n')
    assert file.open(encoding="utf-8").read() == '"a\nb"\n'
    assert file.open(encoding="utf-8", newline="").read() == '"a\r\nb"\r\n'


def test_readline_stops_at_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    file.write_bytes(b"abcdef\nab\n")
    with file.open("rb") as lines:
        assert [lines.readline(4), lines.readline(4), lines.readline(4)] == [b"abcd", b"ef\n", b"ab\n"]


def test_surrogateescape_tells_a_broken_byte_from_a_replacement_character() -> None:
    assert b"\xe9\xef\xbf\xbd".decode("utf-8", "surrogateescape") == "\udce9\ufffd"
    assert b"\xe9\xef\xbf\xbd".decode("utf-8", "replace") == "\ufffd\ufffd"


def test_utf8_sig_drops_the_first_byte_order_mark_only() -> None:
    assert b"\xef\xbb\xbfa\n\xef\xbb\xbfb".decode("utf-8-sig") == "a\n\ufeffb"


@pytest.mark.parametrize(("text", "number"), [("1.0", 1), (" 7 ", 7), ("+3", 3), ("1_000", 1000), ("007", 7)])
def test_pydantic_takes_more_than_digits_for_a_whole_number(text: str, number: int) -> None:
    assert TypeAdapter(int).validate_python(text) == number


def test_pydantic_takes_a_number_and_a_date_for_a_moment() -> None:
    moments = TypeAdapter(datetime)
    assert moments.validate_python("1771236540") == datetime(2026, 2, 16, 10, 9, tzinfo=UTC)
    assert moments.validate_python("2026-02-16") == datetime(2026, 2, 16)
    assert moments.validate_python("2026-02-16 11:09:00").tzinfo is None


def test_pydantic_lists_errors_in_the_order_of_the_fields() -> None:
    class Pair(BaseModel):
        first: int
        second: int

    with pytest.raises(ValidationError) as caught:
        Pair.model_validate({"second": "x", "first": "y"})
    assert [error["loc"] for error in caught.value.errors()] == [("first",), ("second",)]


def test_fromisoformat_takes_dates_weeks_and_any_separator() -> None:
    for text in ("2026-02-16", "20260216T110900", "2026-W08-1", "2026-02-16x11:09:00"):
        assert datetime.fromisoformat(text).date() == datetime(2026, 2, 16).date()


def test_fromisoformat_takes_75_minutes_of_offset() -> None:
    assert datetime.fromisoformat("2026-02-16T11:09:00+05:75") == datetime.fromisoformat("2026-02-16T11:09:00+06:15")


def test_zoneinfo_gives_an_offset_to_a_time_that_the_clock_skips() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    skipped = datetime(2026, 3, 29, 2, 30, tzinfo=berlin)
    assert skipped.utcoffset() is not None
    assert skipped.astimezone(UTC).astimezone(berlin).hour == 3


def test_zoneinfo_takes_the_first_of_two_unless_fold_says_otherwise() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert datetime(2026, 10, 25, 2, 30, tzinfo=berlin).astimezone(UTC).hour == 0
    assert datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=berlin).astimezone(UTC).hour == 1


def test_the_first_day_of_the_calendar_overflows_in_utc() -> None:
    with pytest.raises(OverflowError):
        datetime.fromisoformat("0001-01-01T00:00:00+05:00").astimezone(UTC)


def test_sqlite_compares_text_as_text_and_upserts_where_it_is_told() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        assert connection.execute("SELECT '9' > '10', 9 > 10").fetchone() == (1, 0)
        connection.execute("CREATE TABLE gateways (serial TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT")
        newest = """
            INSERT INTO gateways VALUES (?, ?)
            ON CONFLICT (serial) DO UPDATE SET sequence = excluded.sequence WHERE excluded.sequence > gateways.sequence
        """
        connection.executemany(newest, [("SN-10-0014", 9), ("SN-10-0014", 10), ("SN-10-0014", 2)])
        assert connection.execute("SELECT * FROM gateways").fetchall() == [("SN-10-0014", 10)]


def test_sqlite_integers_have_64_bits() -> None:
    with closing(sqlite3.connect(":memory:")) as connection, pytest.raises(OverflowError):
        connection.execute("SELECT ?", (2**63,))


def test_closing_a_connection_does_not_commit(tmp_path: Path) -> None:
    for commit in (False, True):
        with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS t (x)")
            connection.execute("INSERT INTO t VALUES (1)")
            if commit:
                connection.commit()
        with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (int(commit),)


def test_duckdb_names_the_line_of_what_it_left_out(tmp_path: Path) -> None:
    file = tmp_path / "versions.csv"
    file.write_text("id,version\nT-1,9\nT-2,x\nT-3,10\n")
    with duckdb.connect() as connection:
        read = "SELECT * FROM read_csv(?, store_rejects = true, columns = {'id': 'VARCHAR', 'version': 'INTEGER'})"
        assert connection.execute(read, [str(file)]).fetchall() == [("T-1", 9), ("T-3", 10)]
        rejects = connection.execute("SELECT line, error_message FROM reject_errors").fetchall()
    ((line, message),) = rejects
    assert line == 3
    assert "Could not convert" in message
