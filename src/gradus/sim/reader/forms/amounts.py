"""What stands in a text as a value: dates, numbers, sums of money, identifiers, addresses for mail."""

from __future__ import annotations

import calendar
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["date", "number", "money", "id", "email", "phone", "url", "name"]

_MONTHS = [name.lower() for name in calendar.month_name[1:]]
_MONTH = "|".join(f"{name}|{name[:3]}\\.?" for name in _MONTHS) + "|sept"
_YEAR = r"(?:,?\s+(?P<y{0}>(?:19|20)\d\d))?"
_DATE = re.compile(
    r"\b(?P<y1>(?:19|20)\d\d)[-/.](?P<m1>\d{1,2})[-/.](?P<d1>\d{1,2})(?!\d)"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.)?(?:\s+of)?\s+(?P<m2>{_MONTH})\b{_YEAR.format(2)}"
    rf"|\b(?P<m3>{_MONTH})\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.]\d){_YEAR.format(3)}"
    r"|\b(?P<d4>\d{1,2})(?P<dot>[./])(?P<m4>\d{1,2})[./](?P<y4>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"[T ](\d\d:\d\d)(:\d\d)?(Z|[+-]\d\d:\d\d)?(?!\d)")
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_COUNTED = {**{word: place + 1 for place, word in enumerate(_WORDS)}, "a dozen": 12, "a couple of": 2, "both": 2}
_NUMBER = r"[-−]?(?:\d{1,3}(?:[,'  ]\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:[.,]\d+)?)"
_CURRENCY = r"€|\$|£|(?:EUR|USD|GBP|CHF)\b|(?:euros?|dollars?|pounds?|francs?)\b"
_MONEY = re.compile(
    rf"(?P<before>{_CURRENCY})\s?(?P<a>{_NUMBER})|(?P<b>{_NUMBER})\s?(?P<after>{_CURRENCY})|"
    rf"(?<![\w.,:-])(?P<c>\d+[.,]\d\d)(?![\w.,:]*\d)"
    r"(?!\s?(?:°|deg|grad|C\b|F\b|%))",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    rf"(?<![\w.,:/#+-])({_NUMBER})(?![\w]*-?\d)(?=[^\w]|$|[A-Za-z°%])|\b({'|'.join(_COUNTED)})\b", re.IGNORECASE
)
_ID = re.compile(
    r"(?<![\w-])(?=[\w/-]*\d)(?:[A-Z]{1,8}[-_/]?[0-9][\w-]*|[A-Z]{1,8}(?:-[A-Z0-9]+)+|[A-Za-z]{1,8}-\d[\w-]*)(?![\w-])"
    r"|(?<![\w-])\d{4,}(?:[ -]\d{3,})*(?![\w-])"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"https?://[^\s<>\"')]+")
_PHONE = re.compile(r"\+\d[\d ()-]{6,}\d|\(\d{3}\) ?\d{3}-\d{4}")
_NAME = re.compile(
    r"(?:(?i:regards|sincerely|thanks|thank you|cheers|grüßen|best|yours|name|from|contact|i am|my name is|this is|"
    r"signed)[\s,:]+)"
    r"(?P<name>[A-ZÄÖÜ][\w'’-]+(?: [A-ZÄÖÜ][\w'’.-]+){1,2})"
)
CURRENCIES = {"€": "EUR", "euro": "EUR", "$": "USD", "dollar": "USD", "£": "GBP", "pound": "GBP", "franc": "CHF"}


@dataclass(frozen=True)
class Found:
    """One value in a text.

    Attributes:
        kind: what it looks like.
        value: an ISO date, a number, or the text itself.
        start, end: where it stands.
        unit: the currency of a sum of money, what comes after a number, the time after a date, or "".
    """

    kind: Kind
    value: str | float | int
    start: int
    end: int
    unit: str = ""


@functools.lru_cache(maxsize=512)
def find(text: str, year: int) -> tuple[Found, ...]:
    """Every value in a text, by place.

    Args:
        text: what is read.
        year: of dates that name none.

    Example:
        >>> [found.value for found in find("INV-19855 of 2 March: 1,200 euros", 2026)]
        ['INV-19855', '2026-03-02', 1200]
    """
    taken = bytearray(len(text))
    found: list[Found] = []
    for part in (_addresses(text), _dates(text, year), _ids(text), _sums(text), _numbers(text)):
        for one in part:
            if not any(taken[one.start : one.end]):
                found.append(one)
                taken[one.start : one.end] = b"\x01" * (one.end - one.start)
    found += [Found("name", match["name"], match.start("name"), match.end("name")) for match in _NAME.finditer(text)]
    return tuple(sorted(found, key=lambda one: one.start))


def number(written: str) -> float | int:
    """The number that digits with separators stand for.

    Example:
        >>> number("1,200"), number("12,50"), number("1.200,5")
        (1200, 12.5, 1200.5)
    """
    text = re.sub(r"[\s' ]", "", written).replace("−", "-")
    if re.fullmatch(r"-?\d{1,3}(?:\.\d{3})+(?:,\d+)?", text):
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    else:
        text = text.replace(",", ".")
    value = float(text)
    return int(value) if value == int(value) and "." not in text else value


def _addresses(text: str) -> Iterator[Found]:
    kinds: tuple[tuple[Kind, re.Pattern[str]], ...] = (("email", _EMAIL), ("url", _URL), ("phone", _PHONE))
    for kind, pattern in kinds:
        for match in pattern.finditer(text):
            yield Found(kind, match[0].rstrip("."), match.start(), match.end())


def _dates(text: str, year: int) -> Iterator[Found]:
    for match in _DATE.finditer(text):
        for form in "1234":
            if match[f"d{form}"]:
                break
        day, month = match[f"d{form}"], match[f"m{form}"]
        if form == "4" and match["dot"] == "/" and int(month) > 12:
            day, month = month, day
        number_of_month = int(month) if month.isdigit() else 1 + [name[:3] for name in _MONTHS].index(month.lower()[:3])
        try:
            stands_for = date(int(match[f"y{form}"] or year), number_of_month, int(day))
        except ValueError:
            continue
        clock = _CLOCK.match(text, match.end())
        time = f"T{clock[1]}{clock[2] or ':00'}{clock[3] or 'Z'}" if clock else ""
        yield Found("date", stands_for.isoformat(), match.start(), clock.end() if clock else match.end(), time)


def _ids(text: str) -> Iterator[Found]:
    for match in _ID.finditer(text):
        yield Found("id", match[0], match.start(), match.end())


def _sums(text: str) -> Iterator[Found]:
    for match in _MONEY.finditer(text):
        sign = (match["before"] or match["after"] or "").lower()
        unit = next((code for mark, code in CURRENCIES.items() if sign.startswith(mark)), sign.upper())
        yield Found("money", number(match["a"] or match["b"] or match["c"]), match.start(), match.end(), unit)


def _numbers(text: str) -> Iterator[Found]:
    for match in _PLAIN.finditer(text):
        value = number(match[1]) if match[1] else _COUNTED[match[2].lower()]
        after = re.match(r"\s?(?:more |new |of (?:the|our|your) )*([A-Za-z°%]+)", text[match.end() :])
        yield Found("number", value, match.start(), match.end(), after[1].lower() if after else "")
