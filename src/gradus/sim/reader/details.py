"""The details that people and tools give: identifiers, amounts, dates, addresses, and the values of a tool's result."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .vocabulary import concepts

MOST_VALUES = 2000  # of one result: what a longer one says further on is not read

_ID = re.compile(
    r"(?<![\w-])(?:[A-Za-z]{1,8}[-_](?:[A-Z]{1,4}[-_])?\d[\w]*(?:[-_]\d\w*)*|[A-Z]{1,6}\d{2,}\w*|"
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?![\w-])"
)
_KINDS = {
    "C": "customer", "CUST": "customer", "SN": "device", "DEV": "device", "T": "ticket", "RMA": "rma", "INV": "invoice",
    "CR": "credit", "E": "error", "ST": "staff", "SUB": "subscription", "ORD": "order", "U": "user",
}  # fmt: skip
ALL_KINDS = frozenset(_KINDS.values())
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
URL = re.compile(r"https?://[^\s\"'<>)]+")
PHONE = re.compile(r"(?<![\w-])\+?\d[\d ()/-]{6,18}\d(?![\w-])")
ISO_DATE = re.compile(r"\b\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?Z?)?\b")
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAY = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?({'|'.join(_MONTHS)}),? (\d{{4}})\b|\b({'|'.join(_MONTHS)}) (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b",
    re.IGNORECASE,
)
_UNIT = r"(?P<unit{n}>[€$£]|euros?|dollars?|pounds?|eur|usd|gbp|cents?)"
_NUMBER = r"\d{{1,3}}(?:,\d{{3}})+(?:\.\d{{1,2}})?|\d+(?:[.,]\d{{1,2}})?"
_AMOUNT = re.compile(
    rf"(?:(?P<unit1>[€$£]|\b(?:eur|usd|gbp))\s?(?P<number1>{_NUMBER.format()})|(?<![\w-])(?P<number2>{_NUMBER.format()})\s?"
    rf"{_UNIT.format(n=2)}(?!\w)|(?<![\w.-])(?P<number3>\d+\.\d\d)(?![\w.]))",
    re.IGNORECASE,
)
_CURRENCY = {
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "euro": "EUR",
    "dollar": "USD",
    "pound": "GBP",
    "eur": "EUR",
    "usd": "USD",
    "gbp": "GBP",
}
_COUNTED = re.compile(r"(?<![\w.,/-])(-?\d+(?:\.\d+)?)(?![\w/]|[.,-]\d)\s*(?:%|([A-Za-z]+))?")
_SMALL = {
    word: number
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}
_QUOTED = re.compile(r"[\"“«]([^\"”»\n]+)[\"”»]|(?<!\w)['‘]([^'’\n]+(?:['’]\w[^'’\n]*)*)['’](?!\w)")
_PROPER = re.compile(r"\b[A-Z][\w'’&.-]*(?:\s+(?:of\s+)?(?:[A-Z][\w'’&.-]*|\d{1,3}\b))*")


@dataclass(frozen=True)
class Identifier:
    """A name like C-127: what it reads, where it stands, and what its letters stand for ("customer", or "")."""

    text: str
    at: int
    kind: str

    @property
    def prefix(self) -> str:
        return prefix_of(self.text)


@dataclass(frozen=True)
class Amount:
    """A sum of money in hundredths, its currency or "", and where it stands."""

    cents: int
    currency: str
    at: int


@dataclass(frozen=True)
class Found:
    """A value in a result.

    Attributes:
        key: the name of its property.
        value: a text, number or boolean.
        record: the number of the object that it stands in, over all results.
        source: the name of the tool whose result it is.
    """

    key: str
    value: Any
    record: int
    source: str


def prefix_of(identifier: str) -> str:
    letters = re.match(r"[A-Za-z]+", identifier)
    return letters[0].upper() if letters else ""


def kind_of(prefix: str) -> str:
    """What the letters of an identifier stand for, or ""."""
    return _KINDS.get(prefix.upper(), "")


@functools.lru_cache(maxsize=4096)
def identifiers(text: str) -> tuple[Identifier, ...]:
    """The identifiers in a text, with known letters in capitals.

    Example:
        >>> [found.text for found in identifiers("sn-300-0014 of C-127, covid-19")]
        ['SN-300-0014', 'C-127', 'covid-19']
    """
    found = []
    for match in _ID.finditer(text):
        kind = kind_of(prefix_of(match[0]))
        found.append(Identifier(match[0].upper() if kind else match[0], match.start(), kind))
    return tuple(found)


def amounts(text: str) -> Iterator[Amount]:
    """The sums of money in a text.

    Example:
        >>> [(found.cents, found.currency) for found in amounts("50 euros, $7.50")]
        [(5000, 'EUR'), (750, 'USD')]
    """
    for match in _AMOUNT.finditer(text):
        digits = match["number1"] or match["number2"] or match["number3"]
        unit = (match["unit1"] or match["unit2"] or "").lower()
        cents = _cents(digits)
        if unit.startswith("cent"):
            cents //= 100
        yield Amount(cents, _CURRENCY.get(unit) or _CURRENCY.get(unit.rstrip("s"), ""), match.start())


def _cents(digits: str) -> int:
    if re.search(r",\d{3}(?!\d)", digits):
        digits = digits.replace(",", "")
    whole, _, rest = digits.replace(",", ".").partition(".")
    return int(whole) * 100 + int((rest + "00")[:2])


def dates(text: str) -> Iterator[str]:
    """The days in a text, as 2026-10-01."""
    for match in ISO_DATE.finditer(text):
        yield match[0]
    for match in _DAY.finditer(text):
        day, month, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
        yield f"{year}-{_MONTHS.index(month.lower()) + 1:02}-{int(day):02}"


def numbers(text: str) -> Iterator[tuple[float, str]]:
    """Bare numbers, each with the word after it: no part of a name, a date or a sum of money."""
    for pattern in (_ID, ISO_DATE, _DAY, EMAIL, _AMOUNT):
        text = pattern.sub(lambda match: "·" * len(match[0]), text)
    for match in _COUNTED.finditer(text):
        yield float(match[1]), (match[2] or "").lower()
    for match in re.finditer(rf"\b({'|'.join(_SMALL)})\s+([A-Za-z]+)", text, re.IGNORECASE):
        if match[1].lower() != "one":
            yield float(_SMALL[match[1].lower()]), match[2].lower()


def quoted(text: str) -> list[str]:
    """What stands in quotation marks."""
    return [(match[1] or match[2]).strip() for match in _QUOTED.finditer(text) if (match[1] or match[2]).strip()]


def proper_names(text: str) -> list[str]:
    """Names in capitals, but those that only begin a sentence.

    Example:
        >>> proper_names("Credit Harbour Pharmacy 03 for the outage. Thanks")
        ['Harbour Pharmacy 03']
    """
    found = []
    for match in _PROPER.finditer(text):
        name = match[0].rstrip(".-'’")
        begins = not text[: match.start()].strip() or text[: match.start()].rstrip()[-1:] in ".!?:\n"
        if begins:
            first, _, rest = name.partition(" ")
            known = concepts(first)
            name = (
                rest.removeprefix("of ")
                if rest and (not known or len(rest.split()) > 1 or known[0] != first.lower())
                else ""
            )
        if name and name != "I" and not _ID.fullmatch(name):
            found.append(name)
    return found


def values_in(output: str, source: str, first_record: int) -> list[Found]:
    """The values of a result that is JSON (or lines of "key: value"), in their order."""
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        lines = re.findall(r"^([A-Za-z]\w*): (.+)$", output, re.MULTILINE)
        value = {key: text for key, text in lines}
    return _flattened(value, source, first_record)


def _flattened(value: Any, source: str, record: int) -> list[Found]:
    found: list[Found] = []
    waiting: list[tuple[str, Any, int]] = [("", value, record)]
    while waiting and len(found) < MOST_VALUES:
        key, part, owner = waiting.pop()
        if isinstance(part, dict):
            record += 1
            waiting += [(str(name), inner, record) for name, inner in reversed(part.items())]
        elif isinstance(part, list):
            waiting += [(key, inner, owner) for inner in reversed(part)]
        elif part is not None:
            found.append(Found(key, part, owner, source))
    return found


def records_of(found: Sequence[Found]) -> dict[int, list[Found]]:
    """The values by the object that they stand in."""
    grouped: dict[int, list[Found]] = {}
    for value in found:
        grouped.setdefault(value.record, []).append(value)
    return grouped
