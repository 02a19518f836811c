"""Temperature readings as they reached the cloud, the sites they come from, and what was true at three of these.

The raw file is awkward on purpose; the rules that undo every awkwardness stand in data/README.md.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pydantic import TypeAdapter

from gradus.coldtrail import store


@dataclass(frozen=True)
class Site:
    """A cold place with one logger in it.

    Attributes:
        site: its short name, such as "aster-08".
        name: its name for people; holds commas and apostrophes.
        customer_id: the customer it belongs to, "C-108".
        tenant_id: the customer's tenant, "aster".
        timezone: its IANA time zone, whose days and hours count here.
        serial: the logger's or tracker's serial.
        gateway: the serial of the gateway that the logger reports through; "" for a tracker, which needs none.
        holds: what is kept there.
        low_c: in °C; anything below is a breach.
        high_c: in °C; anything above is a breach.
    """

    site: str
    name: str
    customer_id: str
    tenant_id: str
    timezone: str
    serial: str
    gateway: str
    holds: str
    low_c: float
    high_c: float


@dataclass(frozen=True)
class HourTruth:
    """What a site measured in one hour of its own clock.

    Attributes:
        site: the site's short name.
        start: when the hour begins, in local time with its offset from UTC. When the clock goes back, the same local
            hour comes twice, with different offsets.
        readings: how many readings there are: 12 unless some were lost or held no measurement; never 0.
        min_c: the lowest of them, in °C.
        mean_c: their mean, in °C, rounded to two decimals.
        max_c: the highest of them, in °C.
    """

    site: str
    start: datetime
    readings: int
    min_c: float
    mean_c: float
    max_c: float


@dataclass(frozen=True)
class DayTruth:
    """What a site measured on one day of its own calendar.

    Attributes:
        day: the local date. On the day when the clock goes back it has 25 hours.
        readings: how many readings there are: 288, or 300 on the long day, unless some were lost or held no
            measurement.
        mean_c: the mean of all readings of the day (not of its hours), in °C, rounded to two decimals.
        breach_minutes: five for each reading below `Site.low_c` or above `Site.high_c`.
    """

    day: date
    readings: int
    mean_c: float
    breach_minutes: int


@dataclass(frozen=True)
class BreachTruth:
    """How long a site was outside its thresholds.

    Attributes:
        site: the site's short name.
        minutes: the sum over all days, in minutes.
        days: every local day of the period, in order.
    """

    site: str
    minutes: int
    days: tuple[DayTruth, ...]


@dataclass(frozen=True)
class TelemetryTruth:
    """What derived/telemetry_truth.json holds."""

    hours: tuple[HourTruth, ...]
    breaches: tuple[BreachTruth, ...]


def readings_csv() -> Path:
    """The raw file: 20,000 rows below a header, UTF-8. Its columns and the cleaning rules stand in data/README.md.

    Raises:
        CorpusError: the file is missing or damaged.

    Example:
        >>> with readings_csv().open(encoding="utf-8") as lines:
        ...     next(lines)
        'serial,gateway,measured_at,received_at,value,unit\\n'
    """
    return store.path("telemetry/readings.csv")


def sites() -> tuple[Site, ...]:
    """The six sites that the readings come from, in the order of sites.csv.

    Raises:
        CorpusError: the file is missing or damaged.

    Example:
        >>> [site.high_c for site in sites() if site.site == "aster-08"]
        [8.0]
    """
    rows = csv.DictReader(store.read("telemetry/sites.csv").decode().splitlines())
    return TypeAdapter(tuple[Site, ...]).validate_python(tuple(rows))


def hourly_truth() -> tuple[HourTruth, ...]:
    """What was true in each local hour of three sites; an hour without any reading is left out.

    Raises:
        CorpusError: the file is missing or damaged.

    Example:
        >>> hourly_truth()[0].start.isoformat()
        '2025-10-24T00:00:00+03:00'
    """
    return _truth().hours


def breach_truth() -> tuple[BreachTruth, ...]:
    """How long each of the three sites was outside its thresholds, by local day and in total.

    Raises:
        CorpusError: the file is missing or damaged.

    Example:
        >>> [breach.site for breach in breach_truth()]
        ['aster-08', 'briar-04', 'cinder-06']
    """
    return _truth().breaches


@functools.cache
def _truth() -> TelemetryTruth:
    return store.load("derived/telemetry_truth.json", TypeAdapter(TelemetryTruth))
