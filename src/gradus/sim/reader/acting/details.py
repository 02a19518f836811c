"""The details that people and tools give: identifiers, amounts, dates, names, addresses."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..days import ISO_DAY, SPELT_DAY
from .vocabulary import is_verb

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
_NUMERALS = "zero one two three four five six seven eight nine ten eleven twelve"
_TENS = "ten twenty thirty forty fifty sixty seventy eighty ninety hundred"
_SMALL = {word: number for number, word in enumerate(_NUMERALS.split())}
_SPELT = {**_SMALL, **{word: 10 * number for number, word in enumerate(_TENS.split(), 1)}}
_NO_NAMES = (
    "i please the a an can could would then also if and but we they rma id ok hello hi dear eur usd gbp what "
    "which who when where why how is are does do has have did was were my our there that this it you"
)
_OPENERS = frozenset(_NO_NAMES.split())
_QUOTED = re.compile(r"[\"“«]([^\"”»\n]+)[\"”»]|(?<!\w)['‘]([^'’\n]+(?:['’]\w[^'’\n]*)*)['’](?!\w)")
_PROPER = re.compile(r"\b[A-Z][\w'’&.-]*(?:\s+(?:of\s+)?[A-Z][\w'’&.-]*)*(?:\s+\d{1,3}\b(?![.,]\d))?")


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
    spelt = rf"\b({'|'.join(_SPELT)})(?= (?:euro|dollar|pound))"
    text = re.sub(spelt, lambda match: str(_SPELT[match[1].lower()]), text, flags=re.IGNORECASE)
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


def numbers(text: str) -> Iterator[tuple[float, str]]:
    """Bare numbers, each with the word after it: no part of a name, a date or a sum of money."""
    for pattern in (_ID, ISO_DAY, SPELT_DAY, EMAIL, _AMOUNT):
        text = pattern.sub(lambda match: "·" * len(match[0]), text)
    for match in _COUNTED.finditer(text):
        if len(match[1]) > 1 and match[1][0] == "0" and match[1][1] != ".":
            continue  # of a name: "Kitchen 01"
        yield float(match[1]), (match[2] or "").lower()
    for match in re.finditer(rf"\b({'|'.join(_SPELT)})\s+([A-Za-z]+)", text, re.IGNORECASE):
        if match[1].lower() != "one":
            yield float(_SPELT[match[1].lower()]), match[2].lower()


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
    text = _ID.sub(lambda match: "·" * len(match[0]), text)
    for match in _PROPER.finditer(text):
        name = match[0].rstrip(".-'’").removesuffix("'s").removesuffix("’s")
        first, _, rest = name.partition(" ")
        begins = text[: match.start()].rstrip()[-1:] in ("", ".", "!", "?", ":", "\n", "-")
        if (begins and is_verb(first)) or (first.lower() in _OPENERS and name != first):
            name = rest.removeprefix("of ").strip()
        alone = " " not in name and (begins or name.lower() in _OPENERS or name.upper() in _CURRENCY.values())
        abbreviated = name.isupper() and name.isalpha() and len(name) < 5
        if name and not abbreviated and not alone and not _ID.fullmatch(name) and not name.isdigit():
            found.append(name)
    return found
