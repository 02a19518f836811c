"""The telemetry: the rules of the data sheet, as one SQL, turn the raw file into what was true, and none is idle."""

from __future__ import annotations

import functools
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from gradus.authoring.corpus import telemetry as generator
from gradus.coldtrail import store, telemetry
from gradus.coldtrail.ops import ops_db
from gradus.coldtrail.telemetry import DayTruth, HourTruth

Hours = dict[str, list[HourTruth]]
Days = dict[str, list[DayTruth]]

LONG_DAYS = {"aster-08": date(2025, 10, 26), "briar-04": date(2025, 10, 26), "cinder-06": date(2025, 11, 2)}
"""The three sites whose truth is known, and the day on which their clocks go back."""

CLEANED = """
WITH numbers AS (
    SELECT *,
        CAST(replace(value, ',', '.') AS DOUBLE) AS number                                          -- rule 1
    FROM readings JOIN sites USING (serial)
    WHERE value IS NOT NULL AND value <> '-999.0'                                                   -- rule 2
),
degrees AS (
    SELECT *,
        round(CASE WHEN unit ILIKE '%f%' THEN (number - 32) / 1.8 ELSE number END, 2) AS celsius    -- rule 3
    FROM numbers
),
written AS (
    SELECT *,
        CAST(received_at AS TIMESTAMPTZ) AS received,
        measured_at NOT LIKE '%T%' AS by_site_clock,
        CASE WHEN by_site_clock
             THEN timezone(zone, CAST(measured_at AS TIMESTAMP))  -- where it comes twice, the later
             ELSE CAST(measured_at AS TIMESTAMPTZ) END AS latest
    FROM degrees
),
placed AS (
    SELECT *,
        CASE WHEN by_site_clock AND latest > received
             THEN latest - INTERVAL 1 HOUR ELSE latest END AS shown                                 -- rule 4
    FROM written
),
put_right AS (
    SELECT *,
        epoch(TIMESTAMPTZ '2025-10-23 23:00:00Z') AS clock_set,
        clock_set + (epoch(shown) - clock_set) * 850 / 851 AS slowed,
        CASE WHEN serial = 'SN-210-0007'
             THEN to_timestamp(300 * round(slowed / 300)) ELSE shown END AS moment                  -- rule 5
    FROM placed
),
once AS (
    SELECT * FROM put_right
    QUALIFY row_number() OVER (PARTITION BY serial, moment ORDER BY received) = 1                   -- rule 6
)
SELECT *,
    timezone(zone, moment) AS local,                                                                -- rule 7
    date_trunc('hour', local) AS hour,
    date_diff('minute', timezone('UTC', moment), timezone(zone, moment)) AS utc_offset,
    CASE WHEN celsius < low_c OR celsius > high_c THEN 5 ELSE 0 END AS breach_minutes               -- rule 8
FROM once
"""

HOURS = """
SELECT site, hour, utc_offset, count(*), min(celsius), round(avg(celsius), 2), max(celsius)
FROM cleaned GROUP BY site, hour, utc_offset ORDER BY site, min(moment)
"""

DAYS = """
SELECT site, CAST(local AS DATE) AS day, count(*), round(avg(celsius), 2), sum(breach_minutes)
FROM cleaned GROUP BY site, day ORDER BY site, day
"""

MISTAKES = {
    "1: the comma separates thousands": ("replace(value, ',', '.')", "replace(value, ',', '')"),
    "1: what has a comma is no number": ("CAST(replace(value, ',', '.') AS DOUBLE)", "TRY_CAST(value AS DOUBLE)"),
    "2: without a probe it is very cold": (" AND value <> '-999.0'", ""),
    "2: empty is zero": (
        "FROM readings JOIN",
        "FROM (SELECT * REPLACE (coalesce(value, '0') AS value) FROM readings) JOIN",
    ),
    "3: all is °C": ("CASE WHEN unit ILIKE '%f%' THEN (number - 32) / 1.8 ELSE number END", "number"),
    "3: only F is °F": ("unit ILIKE '%f%'", "unit = 'F'"),
    "4: without a zone it is UTC": (
        "timezone(zone, CAST(measured_at AS TIMESTAMP))",
        "CAST(measured_at AS TIMESTAMPTZ)",
    ),
    "4: always the later of two": ("THEN latest - INTERVAL 1 HOUR", "THEN latest"),
    "4: none is later than received": ("by_site_clock AND latest > received", "latest > received"),
    "5: every clock is right": ("WHEN serial = 'SN-210-0007'", "WHEN false"),
    "5: not rounded to five minutes": ("300 * round(slowed / 300)", "slowed"),
    "6: every copy counts": ("QUALIFY row_number() OVER (PARTITION BY serial, moment ORDER BY received) = 1", ""),
    "6: the last one counts": ("ORDER BY received)", "ORDER BY received DESC)"),
    "6: a copy has the same text": ("PARTITION BY serial, moment", "PARTITION BY serial, measured_at"),
    "7: days and hours of UTC": ("timezone(zone, moment) AS local", "timezone('UTC', moment) AS local"),
    "7: the hour that comes twice is one": (
        "date_diff('minute', timezone('UTC', moment), timezone(zone, moment))",
        "0",
    ),
    "8: the threshold itself is outside": (
        "celsius < low_c OR celsius > high_c",
        "celsius <= low_c OR celsius >= high_c",
    ),
    "8: only what is too warm is outside": ("celsius < low_c OR celsius > high_c", "celsius > high_c"),
}
"""By name, which begins with the number of the rule: what is replaced in CLEANED, and by what."""

EVERY_MOMENT = (
    CLEANED.partition("once AS")[0]
    .replace("SELECT *,", "SELECT *, readings.rowid AS line,", 1)
    .replace("WHERE value IS NOT NULL AND value <> '-999.0'", "")
    .strip(" \n,")
    + " SELECT * FROM put_right"
)
"""Every row of the file with its true moment, copies and empty ones too."""

AWKWARD = {
    "rows": "SELECT count(*) FROM readings",
    "rows in °F": "SELECT count(*) FROM readings WHERE unit IN ('F', '°F', 'degF', 'fahrenheit')",
    "spellings of the two units": "SELECT count(DISTINCT unit) FROM readings",
    "values with a decimal comma": "SELECT count(*) FROM readings WHERE value LIKE '%,%'",
    "values that are empty": "SELECT count(*) FROM readings WHERE value IS NULL",
    "values that are -999.0": "SELECT count(*) FROM readings WHERE value = '-999.0'",
    "times with an offset": "SELECT count(*) FROM readings WHERE measured_at LIKE '%T%+__:__'",
    "times in UTC, with Z": "SELECT count(*) FROM readings WHERE measured_at LIKE '%T%Z'",
    "times without a zone": "SELECT count(*) FROM readings WHERE measured_at LIKE '____-__-__ __:__:__'",
    "of these, in the hour that comes twice": "SELECT count(*) FROM readings WHERE measured_at LIKE '2025-11-02 01:%'",
    "exact copies": "SELECT (SELECT count(*) FROM readings) - (SELECT count(*) FROM (SELECT DISTINCT * FROM readings))",
    "sent a second time": (
        "SELECT (SELECT count(*) FROM (SELECT DISTINCT * FROM readings))"
        " - (SELECT count(*) FROM (SELECT DISTINCT serial, moment FROM every_moment))"
    ),
    "rows of the clock that gains": "SELECT count(*) FROM readings WHERE serial = 'SN-210-0007'",
    "times in the future": (
        "SELECT count(*) FROM readings WHERE serial = 'SN-210-0007'"
        " AND CAST(measured_at AS TIMESTAMPTZ) > CAST(received_at AS TIMESTAMPTZ)"
    ),
    "received over an hour late": "SELECT count(*) FROM every_moment WHERE received > moment + INTERVAL 1 HOUR",
    "out of order": (
        "SELECT count(*) FROM (SELECT moment < lag(moment) OVER (PARTITION BY serial ORDER BY line) AS early"
        " FROM every_moment) WHERE early"
    ),
    "readings that were lost (no rows)": (
        "SELECT 6 * (11 * 24 + 1) * 12 - count(*) FROM (SELECT DISTINCT serial, moment FROM every_moment)"
    ),
}
"""What the data sheet counts, and how."""


@functools.cache
def database() -> duckdb.DuckDBPyConnection:
    """The raw file as text in `readings`, and `sites`; times are understood as UTC unless they say otherwise."""
    raw = duckdb.connect()
    raw.execute("SET TimeZone = 'UTC'")
    raw.execute(f"CREATE TABLE readings AS FROM read_csv('{quoted(telemetry.readings_csv())}', all_varchar = true)")
    sites = [(site.serial, site.site, site.timezone, site.low_c, site.high_c) for site in telemetry.sites()]
    raw.execute("CREATE TABLE sites (serial TEXT, site TEXT, zone TEXT, low_c DOUBLE, high_c DOUBLE)")
    raw.executemany("INSERT INTO sites VALUES (?, ?, ?, ?, ?)", sites)
    raw.execute(f"CREATE TABLE every_moment AS {EVERY_MOMENT}")
    return raw


def quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def cleaned(sql: str = CLEANED) -> tuple[Hours, Days]:
    """What the rules, or others, make of the raw file."""
    raw = database()
    raw.execute(f"CREATE OR REPLACE TEMP TABLE cleaned AS {sql}")
    hours: Hours = {}
    for site, hour, utc_offset, *figures in raw.execute(HOURS).fetchall():
        start = hour.replace(tzinfo=timezone(timedelta(minutes=utc_offset)))
        hours.setdefault(site, []).append(HourTruth(site, start, *figures))
    days: Days = {}
    for site, *figures in raw.execute(DAYS).fetchall():
        days.setdefault(site, []).append(DayTruth(*figures))
    return hours, days


def true_hours() -> Hours:
    hours: Hours = {}
    for hour in telemetry.hourly_truth():
        hours.setdefault(hour.site, []).append(hour)
    return hours


def true_days() -> Days:
    return {breach.site: list(breach.days) for breach in telemetry.breach_truth()}


def offsets(hours: Hours) -> list[object]:
    """Moments are equal whatever their offsets; what people read is not."""
    return [hour.start.isoformat() for site in hours.values() for hour in site]


def sheet(heading: str) -> list[list[str]]:
    """The rows of the table that follows a heading of the data sheet."""
    part = store.data_folder() / "telemetry/README-part.md"
    text = (part if part.exists() else store.data_folder() / "README.md").read_text(encoding="utf-8")
    _, found, below = text.partition(f"# {heading}\n")
    assert found, f"no heading {heading!r} in the data sheet"
    lines = [line for line in below.partition("\n#")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def degrees(value: float, form: str = ".2f") -> str:
    return f"{value:{form}}".replace("-", "−")


def test_the_rules_bring_back_what_was_true() -> None:
    hours, days = cleaned()
    recovered = {site: hours[site] for site in true_hours()}
    assert recovered == true_hours()
    assert offsets(recovered) == offsets(true_hours())
    for breach in telemetry.breach_truth():
        assert days[breach.site] == list(breach.days)
        assert sum(day.breach_minutes for day in days[breach.site]) == breach.minutes


def test_three_sites_in_three_zones_are_known() -> None:
    zones = {site.site: site.timezone for site in telemetry.sites()}
    assert list(true_hours()) == list(true_days()) == list(LONG_DAYS)
    assert sorted(zones[site] for site in LONG_DAYS) == ["America/Chicago", "Europe/Helsinki", "Europe/Lisbon"]


@pytest.mark.parametrize("name", MISTAKES)
def test_no_rule_is_idle(name: str) -> None:
    """Without a rule, or with a common mistake about it, the result is another one."""
    find, replacement = MISTAKES[name]
    assert CLEANED.count(find) == 1
    hours, days = cleaned(CLEANED.replace(find, replacement))
    assert any((hours[site], days[site]) != (true_hours()[site], true_days()[site]) for site in LONG_DAYS)


def test_every_rule_is_tried() -> None:
    assert sorted({name[0] for name in MISTAKES}) == re.findall(r"-- rule (\d)", CLEANED)


def test_a_day_is_not_the_mean_of_its_hours() -> None:
    """Hours with fewer readings weigh less, and on the day of the loss it shows."""
    day = date(2025, 10, 28)
    means = [hour.mean_c for hour in true_hours()["briar-04"] if hour.start.date() == day]
    true_mean = next(one.mean_c for one in true_days()["briar-04"] if one.day == day)
    assert abs(sum(means) / len(means) - true_mean) > 0.01


@pytest.mark.parametrize("group", ["site, hour, utc_offset", "site, CAST(local AS DATE)"])
def test_no_mean_is_hard_to_round(group: str) -> None:
    """Half up, half to even, binary fractions: all come to the same two decimals."""
    means = database().execute(f"SELECT 100 * avg(celsius) FROM ({CLEANED}) GROUP BY {group}").fetchall()
    assert min(abs(mean % 1 - 0.5) for (mean,) in means) > 1e-4


def test_values_come_back_exactly() -> None:
    """The loggers resolve 0.05 °C, and what was written in °F returns to that."""
    values = database().execute(f"SELECT DISTINCT celsius FROM ({CLEANED})").fetchall()
    assert all(value == round(round(20 * value) / 20, 2) for (value,) in values)


def test_the_sheet_counts_every_awkwardness() -> None:
    counts = {name: database().execute(sql).fetchall()[0][0] for name, sql in AWKWARD.items()}
    assert counts["rows"] == 20_000
    assert {name: count for name, count, *_ in sheet("What is awkward")} == {
        name: f"{count:,}" for name, count in counts.items()
    }


@pytest.mark.parametrize("site", LONG_DAYS)
def test_the_sheet_tells_the_hours_of_the_long_day(site: str) -> None:
    day = LONG_DAYS[site]
    hours = [hour for hour in cleaned()[0][site] if hour.start.date() == day]
    assert len(hours) == 25
    assert sheet(f"{site} on {day.day} {day:%B %Y}") == [
        [
            f"{hour.start:%H:%M} {hour.start.isoformat()[-6:].replace('-', '−')}",
            *(str(hour.readings), degrees(hour.min_c), degrees(hour.mean_c), degrees(hour.max_c)),
        ]
        for hour in hours
    ]


def test_the_sheet_tells_the_breach_minutes() -> None:
    days = cleaned()[1]
    by_day = {
        day.day: [str(days[site][at].breach_minutes) for site in LONG_DAYS] for at, day in enumerate(days["aster-08"])
    }
    total = [str(sum(day.breach_minutes for day in days[site])) for site in LONG_DAYS]
    assert sheet("Breach minutes") == [
        *([f"{day.day} {day:%B}", *row] for day, row in by_day.items()),
        ["total", *total],
    ]


def test_the_sheet_lists_the_sites() -> None:
    assert sheet("The sites") == [
        [
            *(site.site, site.customer_id, site.timezone, site.serial, site.gateway or "none", site.holds),
            f"{degrees(site.low_c, 'g')} to {degrees(site.high_c, 'g')}",
        ]
        for site in telemetry.sites()
    ]


def test_a_damaged_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = telemetry.readings_csv().read_bytes()
    (tmp_path / "telemetry").mkdir()
    (tmp_path / "telemetry/readings.csv").write_bytes(whole[:-1])
    monkeypatch.setattr(store, "data_folder", lambda: tmp_path)
    with pytest.raises(store.CorpusError, match=r"data/telemetry/readings\.csv is damaged"):
        telemetry.readings_csv()


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_generator_makes_the_same_bytes_again(seed: str) -> None:
    """In a fresh process, however its strings hash: what lies in data/."""
    script = (
        "import sys; from gradus.authoring.corpus.telemetry import readings_csv, sites_csv\n"
        "sys.stdout.buffer.write((sites_csv() + readings_csv()).encode())"
    )
    made = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": seed},
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    assert made == store.read("telemetry/sites.csv") + telemetry.readings_csv().read_bytes()


def test_the_truth_is_that_of_the_generator() -> None:
    truth = generator.truth()
    assert (truth.hours, truth.breaches) == (telemetry.hourly_truth(), telemetry.breach_truth())


def test_sites_are_those_of_the_operations_database(tmp_path: Path) -> None:
    with closing(sqlite3.connect(ops_db(tmp_path))) as connection:
        for site in telemetry.sites():
            zone, serial = connection.execute(
                "SELECT c.time_zone, d.serial FROM customers AS c JOIN devices AS d ON d.customer_id = c.id"
                " WHERE c.id = ? AND c.tenant_id = ? AND d.serial = ?",
                (site.customer_id, site.tenant_id, site.serial),
            ).fetchone()
            assert (zone, serial) == (site.timezone, site.serial), site.site
