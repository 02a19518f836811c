"""The ways in which a value may be written: "24 months", "two years", "€1,200", "1200 euros"."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from gradus.coldtrail.statements import normalise

SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
TENS = {30: "thirty", 40: "forty", 45: "forty-five", 48: "forty-eight", 50: "fifty", 60: "sixty", 90: "ninety"}
WORDS = {**dict(enumerate(SMALL)), **TENS}

# How a unit is written, singular before plural.
UNITS = {
    "months": (("month", "months"),),
    "years": (("year", "years"),),
    "days": (("day", "days"),),
    "weeks": (("week", "weeks"),),
    "hours": (("hour", "hours"), ("h", "h")),
    "minutes": (("minute", "minutes"), ("min", "min")),
    "seconds": (("second", "seconds"), ("s", "s")),
    "working days": (("working day", "working days"), ("business day", "business days")),
    "business days": (("working day", "working days"), ("business day", "business days")),
    "working hours": (("working hour", "working hours"), ("business hour", "business hours")),
    "°C": (("°c", "°c"), ("degree", "degrees"), ("degree celsius", "degrees celsius")),
    "m": (("m", "m"), ("metre", "metres")),
    "metres": (("m", "m"), ("metre", "metres")),
    "cm": (("cm", "cm"), ("centimetre", "centimetres")),
    "g": (("g", "g"), ("gram", "grams")),
    "W": (("w", "w"), ("watt", "watts")),
    "MB": (("mb", "mb"), ("megabyte", "megabytes")),
    "devices": (("device", "devices"), ("logger", "loggers")),
    "users": (("user", "users"), ("seat", "seats"), ("colleague", "colleagues")),
    "requests": (("request", "requests"), ("a minute", "a minute"), ("per minute", "per minute"), ("/min", "/min")),
    "rows": (("row", "rows"), ("reading", "readings"), ("device", "devices")),
    "sockets": (("socket", "sockets"), ("probe socket", "probe sockets"), ("probe", "probes")),
    "blinks": (
        ("blink", "blinks"),
        ("red blink", "red blinks"),
        ("short blink", "short blinks"),
        ("time", "times"),
        ("flash", "flashes"),
        ("red flash", "red flashes"),
    ),
    "webhooks": (("webhook", "webhooks"), ("endpoint", "endpoints")),
    "attempts": (("attempt", "attempts"), ("try", "tries")),
    "exports": (("export", "exports"),),
}

# The same span of time in another unit: (unit, how many of it make one of the other, the other).
SPANS = (
    ("months", 12, "years"),
    ("days", 7, "weeks"),
    ("hours", 24, "days"),
    ("minutes", 60, "hours"),
    ("seconds", 60, "minutes"),
)
ONES = {
    "hours": ("an hour",),
    "days": ("a day", "one day"),
    "weeks": ("a week",),
    "years": ("a year",),
    "months": ("a month",),
}


def forms(value: str, unit: str, also: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Every form in which a value counts as stated, normalised and in lower case, without repeats.

    Args:
        value: "24", "0.5", "-30" or a phrase.
        unit: a unit of UNITS, another noun in the plural, "money", "%", or "" for a phrase.
        also: further ways that no rule gives.

    Example:
        >>> forms("24", "hours")
        ('24 hours', 'twenty-four hours', ...)
    """
    written = dict.fromkeys((*_derived(value, unit), *also))
    return tuple(dict.fromkeys(normalise(form).lower() for form in written))


def _derived(value: str, unit: str) -> Iterator[str]:
    number = _number(value)
    if number is None or not unit:
        yield f"{value} {unit}".strip()
    elif unit == "money":
        yield from _money(number)
    elif unit == "%":
        yield from (f"{text}{sign}" for text in _figures(number) for sign in ("%", " percent", " per cent"))
    else:
        yield from _counted(number, unit)
        for small, many, large in SPANS:
            if unit == small and number % many == 0:
                yield from _counted(number / many, large)
            if unit == large:
                yield from _counted(number * many, small)
        if unit == "minutes" and number == 30:
            yield "half an hour"


def _counted(number: Decimal, unit: str) -> Iterator[str]:
    for single, plural in UNITS.get(unit, ((unit.removesuffix("s"), unit),)):
        for figure in _figures(number):
            yield f"{figure}{plural}" if plural.startswith("/") else f"{figure} {plural}"
            if abs(number) == 1:
                yield f"{figure} {single}"
            if " " not in single and len(single) > 1:
                yield f"{figure}-{single}"
    if number == 1:
        yield from ONES.get(unit, ())


def _figures(number: Decimal) -> Iterator[str]:
    plain = f"{number.normalize():f}"
    yield plain
    if number == number.to_integral_value() and int(number) in WORDS:
        yield WORDS[int(number)]
    if number < 0:
        yield f"minus {plain.removeprefix('-')}"


def _money(number: Decimal) -> Iterator[str]:
    whole = f"{number.normalize():f}"
    for figure in dict.fromkeys((whole, f"{number:.2f}")):
        yield from (f"€{figure}", f"${figure}", f"{figure} €", f"eur {figure}", f"usd {figure}", f"{figure} eur")
        yield from (f"{figure} usd", f"{figure} euros", f"{figure} dollars", f"{figure} euro")


def _number(value: str) -> Decimal | None:
    try:
        return Decimal(value)
    except InvalidOperation:
        return None
