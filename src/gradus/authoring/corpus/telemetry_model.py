"""What the loggers of the telemetry measured: a thermal model of a cooled space, read every five minutes.

Only + - * / are used on floats, so that every machine computes the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from random import Random

from gradus.authoring.corpus.telemetry_places import END_DAY, FIRST_DAY, Cooler, Place

RESOLUTION = 5  # in hundredths: a multiple of 0.05 °C has two decimals in °C and, exactly, in °F
TO_SETTLE = timedelta(hours=12)  # until a cooler has forgotten how it began


@dataclass(frozen=True)
class Reading:
    """What a logger measured, in hundredths of °C; None where it sent no measurement."""

    at: datetime
    value: int | None


def readings(place: Place) -> tuple[Reading, ...]:
    """What a place's logger measured and did not lose, every five minutes of the period.

    No mean of an hour lies halfway between two hundredths of a degree: where it would, the hour's last value is one
    step higher. So every way of rounding gives the same mean.

    Args:
        place: one of PLACES.

    Example:
        >>> readings(PLACES[0])[0].at.isoformat()
        '2025-10-23T21:00:00+00:00'
    """
    random = Random(place.seed)
    kept = [
        Reading(at, None if place.has("unplugged", at) or random.random() < place.empty else value)
        for at, value in list(_temperatures(place, random))
        if not place.has("lost", at)
    ]
    hours = groupby(kept, lambda reading: reading.at.replace(minute=0))
    return tuple(reading for _, hour in hours for reading in _easy_to_round([*hour]))


def _easy_to_round(hour: list[Reading]) -> list[Reading]:
    """The readings of an hour, the last value raised if their mean lies halfway."""
    measured = [reading for reading in hour if reading.value is not None]
    twice = 2 * sum(reading.value or 0 for reading in measured)
    if not measured or twice % len(measured) or twice // len(measured) % 2 == 0:
        return hour
    last = measured[-1]
    return [Reading(last.at, (last.value or 0) + RESOLUTION) if reading is last else reading for reading in hour]


def _temperatures(place: Place, random: Random) -> Iterator[tuple[datetime, int]]:
    """The probe's temperature every five minutes, in hundredths of °C; reckoned by the minute."""
    cooler = place.cooler
    start, end = place.instant(FIRST_DAY.isoformat()), place.instant(END_DAY.isoformat())
    air = contents = probe = cooler.target
    at, running, door = start - TO_SETTLE, False, 0.0
    while at < end:
        local = place.local(at)
        defrosting = local.hour in cooler.defrosts and local.minute < 18
        if random.random() < _chance_of_opening(cooler, local):
            door = 0.3 + 1.5 * random.random()
        opened = 0.5 if place.has("ajar", at) else min(door, 1.0)
        running = air > cooler.target + cooler.band or (running and air > cooler.target - cooler.band)
        running = (running or place.has("stuck", at)) and not (defrosting or place.has("off", at))

        warmth = (cooler.leak + 0.08 * opened) * (_room(cooler, local) - air)
        air += warmth + 0.08 * (contents - air) + 0.10 * defrosting - cooler.power * running
        contents += 0.004 * (air - contents)
        probe += cooler.lag * (air - probe)
        if at >= start and at.minute % 5 == 0:
            noise = 0.06 * (random.random() + random.random() - 1)
            yield at, RESOLUTION * round((probe + noise) * 100 / RESOLUTION)
        door = max(door - 1, 0)
        at += timedelta(minutes=1)


def _chance_of_opening(cooler: Cooler, local: datetime) -> float:
    """How likely somebody opens the door in this minute."""
    working = cooler.work[0] <= local.hour < cooler.work[1] and local.weekday() not in cooler.closed
    return cooler.openings / 60 if working else 0.0


def _room(cooler: Cooler, local: datetime) -> float:
    """The temperature around: straight lines between three in the morning and three in the afternoon."""
    from_three = abs((local.hour + local.minute / 60 + 9) % 24 - 12)  # 12 h at three in the morning, 0 at 15:00
    return cooler.room + cooler.swing * (1 - from_three / 6)
