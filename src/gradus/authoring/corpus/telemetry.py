"""Telemetry: the truth about three sites, and the awkward file that gateways and intake made of the same readings."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from itertools import groupby
from random import Random

from gradus.authoring.corpus.telemetry_model import Reading, readings
from gradus.authoring.corpus.telemetry_places import PLACES, Place
from gradus.coldtrail.telemetry import BreachTruth, DayTruth, HourTruth, Site, TelemetryTruth

TRUTH_SITES = ("aster-08", "briar-04", "cinder-06")
ROWS = 20_000
BATCH = 12
FAHRENHEIT = ("F", "°F", "degF", "fahrenheit")
NO_PROBE = "-999.0"
CLOCK_SET = datetime(2025, 10, 23, 23, tzinfo=UTC)
CLOCK_GAIN = 850  # a clock that gains shows one second too much for every 850 that have passed


def sites_csv() -> str:
    """data/telemetry/sites.csv: a line for each site, thresholds in °C.

    Example:
        >>> sites_csv().splitlines()[0].split(",")[:3]
        ['site', 'name', 'customer_id']
    """
    header = [field.name for field in fields(Site)]
    return _csv([header, *([str(value) for value in asdict(place.site).values()] for place in PLACES)])


def readings_csv() -> str:
    """data/telemetry/readings.csv: a header and 20,000 rows in the order in which intake filed them.

    Example:
        >>> readings_csv().count("\\n")
        20001
    """
    random = Random(2025)
    rows = sorted(row for place in PLACES for row in _rows(place, random))
    rows += _filed_twice(rows, ROWS - len(rows), random)
    header = ("serial", "gateway", "measured_at", "received_at", "value", "unit")
    return _csv([header, *(row.cells for row in sorted(rows))])


def truth() -> TelemetryTruth:
    """What was true at three sites by local hour and day, reckoned before anything spoils the readings.

    Example:
        >>> truth().hours[0].readings
        12
    """
    measured = [(place, readings(place)) for place in PLACES if place.site.site in TRUTH_SITES]
    return TelemetryTruth(
        hours=tuple(hour for place, found in measured for hour in _hours(place, found)),
        breaches=tuple(_breaches(place, found) for place, found in measured),
    )


def _hours(place: Place, found: Iterable[Reading]) -> Iterator[HourTruth]:
    for start, hour in groupby(found, lambda reading: place.local(reading.at).replace(minute=0).isoformat()):
        values = _values(hour)
        if values:
            lowest, highest = min(values) / 100, max(values) / 100
            yield HourTruth(place.site.site, datetime.fromisoformat(start), len(values), lowest, _mean(values), highest)


def _breaches(place: Place, found: Iterable[Reading]) -> BreachTruth:
    low, high = 100 * place.site.low_c, 100 * place.site.high_c
    days = []
    for day, group in groupby(found, lambda reading: place.local(reading.at).date()):
        values = _values(group)
        days.append(DayTruth(day, len(values), _mean(values), 5 * sum(not low <= value <= high for value in values)))
    return BreachTruth(place.site.site, sum(day.breach_minutes for day in days), tuple(days))


def _values(found: Iterable[Reading]) -> list[int]:
    return [reading.value for reading in found if reading.value is not None]


def _mean(values: Sequence[int]) -> float:
    """The mean in °C of hundredths, rounded to two decimals in whole numbers."""
    return (2 * sum(values) + len(values)) // (2 * len(values)) / 100


@dataclass(frozen=True, order=True)
class _Row:
    """A row of the raw file, and the moment that decides where it stands there."""

    filed: datetime
    cells: tuple[str, ...]


def _rows(place: Place, random: Random) -> Iterator[_Row]:
    """A row for each reading as it was sent first, and another where it was sent again."""
    for reading in readings(place):
        received = _received(place, reading.at, random)
        yield _row(place, reading, received, random, again=False)
        if place.has("again", reading.at):
            later = received + timedelta(seconds=180 + int(1500 * random.random()))
            yield _row(place, reading, later, random, again=True)


def _received(place: Place, at: datetime, random: Random) -> datetime:
    """Seconds later; after an outage with all that was stored; from a tracker at the half hour, when it uploads."""
    seconds = timedelta(seconds=4 + int(36 * random.random()))
    if stored_until := place.end_of("stored", at):
        return stored_until + 5 * seconds
    if not place.site.gateway:
        return at + timedelta(minutes=30 - at.minute % 30) + seconds
    return at + seconds


def _row(place: Place, reading: Reading, received: datetime, random: Random, *, again: bool) -> _Row:
    units = FAHRENHEIT if place.has("fahrenheit", reading.at) else place.celsius
    cells = (
        place.site.serial,
        place.site.gateway,
        _written_time(place, reading.at, again=again),
        _utc(received),
        _written_value(place, reading, again=again),
        units[int(len(units) * random.random())],
    )
    return _Row(received + timedelta(seconds=int(600 * random.random())), cells)


def _written_time(place: Place, at: datetime, *, again: bool) -> str:
    """As the place's gateway writes it; one that writes offsets sends again by another way, which writes Z."""
    if place.clock_gains:
        at += (at - CLOCK_SET) // CLOCK_GAIN
    if place.times == "local":
        return f"{place.local(at):%Y-%m-%d %H:%M:%S}"
    return place.local(at).isoformat() if place.times == "offset" and not again else _utc(at)


def _written_value(place: Place, reading: Reading, *, again: bool) -> str:
    """With two decimals, of which what is sent again has lost one; or what stands for no measurement."""
    if reading.value is None:
        return NO_PROBE if place.has("unplugged", reading.at) else ""
    hundredths = reading.value * 9 // 5 + 3200 if place.has("fahrenheit", reading.at) else reading.value
    text = f"{hundredths / 100:.{1 if again else 2}f}"
    return text.replace(".", ",") if place.has("comma", reading.at) else text


def _filed_twice(rows: Sequence[_Row], count: int, random: Random) -> list[_Row]:
    """So many copies, to the letter: some batches were filed a second time, minutes later."""
    batches = [rows[begin : begin + BATCH] for begin in range(0, len(rows), BATCH)]
    copies: list[_Row] = []
    while len(copies) < count:
        batch = batches.pop(int(len(batches) * random.random()))
        copies += [_Row(row.filed + timedelta(minutes=4), row.cells) for row in batch]
    return copies[:count]


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _csv(lines: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
