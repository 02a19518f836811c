"""The six cold places of the telemetry: what stands there, what befell it, and how its readings are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from gradus.coldtrail.telemetry import Site

FIRST_DAY = date(2025, 10, 24)
END_DAY = date(2025, 11, 4)  # the first that is not in the period

What = Literal["ajar", "off", "stuck", "unplugged", "lost", "stored", "again", "fahrenheit", "comma"]
"""Of the cooled space: its door stands ajar, its cooling is off, or stuck on. Of the readings: measured without a
probe, lost, delivered only when the spell ends, sent a second time, written in °F, written with a decimal comma."""


@dataclass(frozen=True)
class Spell:
    """Something that holds from `start` to before `end`: local times, none of which comes twice."""

    what: What
    start: str
    end: str


@dataclass(frozen=True)
class Cooler:
    """How a cooled space behaves. Temperatures are in °C, rates for one minute."""

    target: float
    band: float  # the thermostat switches so far above and below the target
    power: float  # by how much running compressors cool the air
    room: float  # the temperature around it
    swing: float  # how much warmer that is in mid-afternoon, and colder in the small hours
    lag: float  # the share of the difference to the air by which the probe follows
    openings: float  # of the door, in an hour of work
    work: tuple[int, int]  # from the first hour to before the second
    closed: tuple[int, ...]  # days without work; Monday is 0
    leak: float = 0.006  # the share of the difference to the room that comes in through the walls
    defrosts: tuple[int, ...] = ()  # the hours that begin with one


@dataclass(frozen=True)
class Place:
    """A site with its cooler, and how its readings are written and delivered."""

    site: Site
    seed: int
    cooler: Cooler
    times: Literal["offset", "utc", "local"]
    celsius: tuple[str, ...]  # spellings of the unit
    spells: tuple[Spell, ...]
    empty: float = 0.0  # the share of readings that come without a value
    clock_gains: bool = False

    def local(self, at: datetime) -> datetime:
        """The moment by the site's clock."""
        return at.astimezone(ZoneInfo(self.site.timezone))

    def instant(self, local: str) -> datetime:
        """The moment, in UTC, at which the site's clock shows this."""
        return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(self.site.timezone)).astimezone(UTC)

    def end_of(self, what: What, at: datetime) -> datetime | None:
        """When the spell ends that holds at this moment; None if none does."""
        bounds = ((self.instant(spell.start), self.instant(spell.end)) for spell in self.spells if spell.what == what)
        return next((end for start, end in bounds if start <= at < end), None)

    def has(self, what: What, at: datetime) -> bool:
        """Whether such a spell holds at this moment."""
        return self.end_of(what, at) is not None


# Target, band, power, room and swing of a fridge; how fast a probe in glycol follows, and one that is not.
FRIDGE = (4.8, 0.9, 0.30, 21.0, 2.0)
BUFFERED, BARE = 0.15, 0.40

PLACES = (
    Place(
        Site(
            *("aster-08", "Aster Example Pharmacy 08, vaccine fridge", "C-108", "aster", "Europe/Helsinki"),
            *("SN-210-0010", "SN-20-0005", "vaccines", 2.0, 8.0),
        ),
        seed=108,
        cooler=Cooler(*FRIDGE, lag=BUFFERED, openings=5, work=(9, 18), closed=(6,)),
        times="offset",
        celsius=("°C", "C"),
        empty=0.002,
        spells=(
            Spell("comma", "2025-10-24 00:00", "2025-10-29 11:00"),
            Spell("stored", "2025-10-25 21:40", "2025-10-26 07:15"),
            Spell("again", "2025-10-26 02:00", "2025-10-26 05:00"),
            Spell("again", "2025-10-28 08:10", "2025-10-28 10:10"),
            Spell("ajar", "2025-10-30 21:20", "2025-10-31 02:10"),
            Spell("again", "2025-10-30 23:00", "2025-10-31 01:00"),
            Spell("stuck", "2025-11-02 03:10", "2025-11-02 06:25"),
        ),
    ),
    Place(
        Site(
            *("briar-04", "Briar Example Kitchen 04, chef's cold room", "C-114", "briar", "Europe/Lisbon"),
            *("SN-210-0007", "SN-10-0006", "chilled food", 0.0, 5.0),
        ),
        seed=114,
        cooler=Cooler(
            *(2.6, 0.8, 0.34, 19.0, 3.0, BARE), openings=6, work=(7, 22), closed=(0,), leak=0.007, defrosts=(3, 11, 19)
        ),
        times="utc",
        celsius=("C", "degC", "celsius"),
        clock_gains=True,
        spells=(
            Spell("lost", "2025-10-28 13:20", "2025-10-28 16:45"),
            Spell("again", "2025-10-29 10:00", "2025-10-29 12:00"),
            Spell("ajar", "2025-10-29 10:40", "2025-10-29 11:35"),
            Spell("ajar", "2025-11-02 22:05", "2025-11-03 00:50"),
            Spell("again", "2025-11-02 23:00", "2025-11-03 01:00"),
        ),
    ),
    Place(
        Site(
            *("cinder-06", "Cinder Example Courier 06, depot fridge", "C-126", "cinder", "America/Chicago"),
            *("SN-200-0027", "SN-10-0018", "vaccines", 2.0, 8.0),
        ),
        seed=126,
        cooler=Cooler(*FRIDGE, lag=BARE, openings=6, work=(6, 20), closed=(6,)),
        times="local",
        celsius=("C", "°C"),
        empty=0.003,
        spells=(
            Spell("fahrenheit", "2025-10-24 00:00", "2025-10-29 10:05"),
            Spell("unplugged", "2025-10-27 14:05", "2025-10-27 15:10"),
            Spell("again", "2025-10-28 20:00", "2025-10-28 22:00"),
            Spell("off", "2025-11-01 17:30", "2025-11-02 02:40"),
            Spell("again", "2025-11-02 00:40", "2025-11-02 02:20"),
        ),
    ),
    Place(
        Site(
            *("elm-04", "Elm Example Catering 04, freezer", "C-144", "elm", "Europe/Helsinki"),
            *("SN-200-0002", "SN-10-0021", "frozen food", -30.0, -15.0),
        ),
        seed=144,
        cooler=Cooler(*(-20.5, 1.2, 0.52, 20.0, 2.0, BARE), openings=3, work=(6, 15), closed=(5, 6), defrosts=(1, 13)),
        times="utc",
        celsius=("C",),
        spells=(
            Spell("again", "2025-10-27 06:00", "2025-10-27 07:00"),
            Spell("off", "2025-11-01 03:00", "2025-11-01 08:30"),
            Spell("lost", "2025-11-03 12:00", "2025-11-03 12:30"),
        ),
    ),
    Place(
        Site(
            *("aster-05", "Aster Example Pharmacy 05, insulin fridge", "C-105", "aster", "Europe/Lisbon"),
            *("SN-210-0006", "SN-20-0002", "insulin", 2.0, 8.0),
        ),
        seed=105,
        cooler=Cooler(*FRIDGE, lag=BUFFERED, openings=4, work=(9, 19), closed=(6,)),
        times="offset",
        celsius=("°C",),
        empty=0.004,
        spells=(
            Spell("stored", "2025-10-31 12:00", "2025-10-31 14:30"),
            Spell("again", "2025-11-01 09:00", "2025-11-01 10:00"),
        ),
    ),
    Place(
        Site(
            *("cinder-02", "Cinder Example Courier 02, van", "C-122", "cinder", "America/Chicago"),
            *("SN-300-0007", "", "medicines", 2.0, 8.0),
        ),
        seed=122,
        cooler=Cooler(4.4, 1.0, 0.40, 15.0, 5.0, BARE, openings=20, work=(8, 18), closed=(5, 6), leak=0.009),
        times="utc",
        celsius=(),
        spells=(
            Spell("fahrenheit", "2025-10-24 00:00", "2025-11-04 00:00"),
            Spell("stored", "2025-10-27 09:10", "2025-10-27 10:40"),
            Spell("stored", "2025-10-30 12:50", "2025-10-30 13:55"),
            Spell("ajar", "2025-10-30 13:05", "2025-10-30 13:40"),
            Spell("off", "2025-10-30 13:05", "2025-10-30 13:40"),
            Spell("again", "2025-10-31 15:00", "2025-10-31 16:00"),
        ),
    ),
)
