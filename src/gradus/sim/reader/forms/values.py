"""The single values of a form, read from its material: texts, numbers, booleans and labels."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from .. import schemas
from ..orders import orders_in
from ..prompt import sentences
from ..questions import words
from ..reading import Reading
from . import amounts, labels
from .amounts import Found, Kind
from .fields import Field, first_sentence, kind_of_value, labelled, ranked
from .slips import SEPARATED_FROM, invented_id, misscaled, other_date, other_number
from .triage import best, concerns_medicine, triage

CONFIDENCE = frozenset(["confidence", "certainty", "probability", "score", "likelihood", "sure"])
SURE, UNSURE = 0.95, 0.55
SPREAD = 0.03

_TELLING = frozenset(
    (
        "summary", "description", "problem", "issue", "symptom", "detail", "reason", "rationale", "explanation",
        "reasoning", "why", "justification", "thought", "analysis", "note", "comment", "complaint", "gist",
    )
)  # fmt: skip
_OF_A_LINE = frozenset(["description", "name", "item", "product", "article", "label", "title"])
_SUBJECT = frozenset(["subject", "title", "headline", "heading"])
_SPAN = frozenset(["quote", "evidence", "excerpt", "span", "verbatim", "snippet"])
_PRODUCT = re.compile(r"\b(?:CT-\d{3,4}|CG-\d+)\b", re.IGNORECASE)
_VERSION = re.compile(r"\b\d+\.\d+(?:\.\d+)?\b")
_PLACE = re.compile(
    r"\b\d+ [A-Z]\w+ (?:Street|Road|Avenue|Lane|Place)(?:, [\w ]+)?|\b[A-Z]\w+ (?:Street|Road|Avenue|Lane) \d+(?:, "
    r"[\w ]+)?|\b(?:Pharmacy|Catering|Clinic|Site) \d+\b"
)
_CURRENCY = re.compile(r"€|\$|£|\b(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?)\b", re.IGNORECASE)
_LANGUAGES = {
    "de": r"\b(?:der|die|das|und|ist|nicht|bitte|wir|ich)\b", "fr": r"\b(?:le|la|les|est|nous|bonjour|merci)\b",
    "es": r"\b(?:el|los|que|buenos|gracias|por|desde|está)\b", "en": r"\b(?:the|and|is|it|we|you|of|to|my|in)\b",
    "fi": r"\b(?:ja|on|hei|kun|meidän|terveisin|ei)\b", "pl": r"\b(?:jest|nie|się|dzień|dobry|od|pozdrawiam)\b",
}  # fmt: skip
_MADE_UP = {
    "email": "customer@example.com", "phone": "+1 202 555 0100", "url": "https://example.com/", "date": "2026-01-15",
    "name": "Alex Miller", "id": "REF-10427",
}  # fmt: skip
_IDS = {
    "serial": "SN-200-0187",
    "device": "SN-200-0187",
    "invoice": "INV-20871",
    "order": "CO-104832",
    "rma": "RMA-1342",
    "customer": "C-118",
    "ticket": "T-1187",
    "error": "E-4012",
    "code": "E-4012",
}
_NOT_BEFORE = re.compile(r"\b(?:no|not|never|without|n't|don't|none|isn't|wasn't)\W+(?:\w+\W+){0,2}$", re.IGNORECASE)
_ABOUT_NOBODY = frozenset(
    (
        "is", "has", "was", "have", "need", "requires", "require", "contain", "contains", "should", "be", "it", "the",
        "a", "an", "of", "in", "any", "mention", "mentions", "mentioned", "involve", "involves", "flag",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """What the values of a form are read from.

    Attributes:
        reading: who reads it.
        text: what is read.
        about: what an occasion to err is known by.
        year: of dates without one.
        strict: whether the schema is enforced.
        doubts: whether there was any, for each label and answer so far.
    """

    reading: Reading
    text: str
    about: str
    year: int
    strict: bool
    doubts: list[bool] = field(default_factory=list)

    @property
    def found(self) -> tuple[Found, ...]:
        """The values in the text."""
        return amounts.find(self.text, self.year)

    def narrowed(self, text: str) -> Sheet:
        """The same with a part of the text only."""
        return replace(self, text=text, about=" ".join(text.split()))


def text_of(sheet: Sheet, at: Field, schema: dict[str, Any]) -> str | None:
    """The text for a field, or None where there is none."""
    kind = kind_of_value(at, schema)
    if at.says("language", "locale", "lang") and kind is None:
        return _language(sheet.text)
    if at.says("currency"):
        return _currency(sheet.text)
    if kind is None:
        return _words_of(sheet, at)
    options = ranked(at, kind, sheet.found, sheet.text)
    fitting = [one for one in options if schemas.fits(_written(one, schema), schema)]
    if kind == "date":
        return _date(sheet, at, schema, fitting)
    if kind == "id":
        return _id(sheet, at, schema, [str(one.value) for one in fitting])
    return _written(fitting[0], schema) if fitting else labelled(at, sheet.text) or None


def all_texts(sheet: Sheet, at: Field, schema: dict[str, Any]) -> list[str]:
    """Every text of the field's kind, for a list."""
    kind = kind_of_value(at, schema)
    if kind is None:
        several = at.says(
            "issue",
            "symptom",
            "problem",
            "point",
            "question",
            "request",
            "action",
            "step",
            "summary",
            "quote",
            "evidence",
        )
        return [part for part in sentences(sheet.text) if len(part.split()) > 3][:3] if several else []
    options = [_written(one, schema) for one in ranked(at, kind, sheet.found, sheet.text)]
    order = sorted(dict.fromkeys(options), key=lambda text: sheet.text.find(text) if text in sheet.text else 0)
    return [text for text in order if schemas.fits(text, schema)]


def number_of(sheet: Sheet, at: Field, schema: dict[str, Any]) -> float | int | str | None:
    """The number for a field, or None where there is none; as text where O10 shows and nothing forbids it."""
    kind = kind_of_value(at, schema)
    if kind not in ("money", "number"):
        kind = "number"
    digits = labelled(at, sheet.text)
    options = ranked(at, kind, sheet.found, sheet.text)
    if stated := re.match(r"[€$£]?\s?(-?\d[\d.,]*\d|\d)", digits):
        value: float | int = amounts.number(stated[1])
    elif options:
        value = _as_number(options[0])
    else:
        return None
    if at.says("cent") and options and options[0].kind == "money":
        value = round(float(value) * 100)
    return _slipped_number(sheet, at, schema, value, kind)


def boolean_of(sheet: Sheet, at: Field) -> bool | None:
    """The boolean for a field, or None where nothing speaks for or against it."""
    truth = _truth(sheet, at)
    if truth is None:
        return None
    return not truth if sheet.reading.errs("O3", *at.above, at.name, sheet.about) else truth


def label_of(sheet: Sheet, at: Field, values: list[Any]) -> Any:
    """The label for a field; None may be one."""
    if at.words and set(at.words) & CONFIDENCE:
        return _level(sheet, at, values)
    if at.says("currency") and (currency := _currency(sheet.text)) in values:
        return currency
    choice = labels.choose(sheet.reading, at, values, sheet.text)
    sheet.doubts.append(not choice.clear)
    return choice.label


def confidence_of(sheet: Sheet, at: Field, schema: dict[str, Any]) -> float | int:
    """How sure the model says that it is (N4): nearly always very."""
    dice, key = sheet.reading.dice, (at.name, sheet.about)
    if sheet.reading.errs("N4", *key):
        share = 0.9 + 0.09 * dice.draw("confidence", *key)
    else:
        share = (UNSURE if any(sheet.doubts) else SURE) + SPREAD * (2 * dice.draw("confidence", *key) - 1)
    top = schemas.bound(
        schema, "maximum", 100 if schema.get("type") == "integer" or "percent" in at.about.lower() else 1
    )
    return round(share * top) if schema.get("type") == "integer" else round(share * top, 2)


def made_up(sheet: Sheet, at: Field, schema: dict[str, Any]) -> str:
    """What a model writes into a field that has to be filled when nothing is known."""
    kind = kind_of_value(at, schema)
    if kind == "id":
        known = next((example for word, example in _IDS.items() if word in at.words), _MADE_UP["id"])
        return invented_id(sheet.reading.dice, known, sheet.text)
    if kind in _MADE_UP:
        return _dated(_MADE_UP[kind], schema) if kind == "date" else _MADE_UP[kind]
    return first_sentence(sheet.text) or "unspecified"


def _words_of(sheet: Sheet, at: Field) -> str | None:
    names = set(at.words)
    if given := labelled(at, sheet.text):
        return given
    if at.above[:1] == ("",) and any(at.above[1:]) and names & _OF_A_LINE:  # of an entry of a list
        return _without_numbers(sheet)
    if names & {"model", "product", "device", "item"} and (product := _PRODUCT.search(sheet.text)):
        return product[0]
    if names & {"firmware", "version"}:
        return version[0] if (version := _VERSION.search(sheet.text)) else None
    if names & {"address", "location", "site", "place"}:
        return place[0] if (place := _PLACE.search(sheet.text)) else None
    if names & _SUBJECT:
        return labelled(Field("subject"), sheet.text) or next(iter(sentences(sheet.text)), None)
    if names & (_TELLING | _SPAN):
        return first_sentence(sheet.text) or None
    if names & {"question", "query"}:
        return sheet.reading.prompt.question or None
    return (first_sentence(sheet.text) or None) if names & {"text", "message", "body", "content", "request"} else None


def _without_numbers(sheet: Sheet) -> str | None:
    """What one line of a list is about, without how many of it and what it costs."""
    text, end = "", 0
    for one in sheet.found:
        if one.kind in ("number", "money"):
            text, end = f"{text}{sheet.text[end : one.start]} ", max(end, one.end)
    text = re.sub(r"\s+", " ", re.sub(r"(?:^|\s)(?:x|×|@|at|each|for|à|-|–)(?=\s|$)", " ", text + sheet.text[end:]))
    return re.sub(r"^[\W_]+|[\s,;:.(]+$", "", text) or None


def _date(sheet: Sheet, at: Field, schema: dict[str, Any], options: list[Found]) -> str | None:
    if not options:
        return None
    day = _written(options[0], schema)
    if sheet.reading.errs("O3", *at.above, at.name, sheet.about):
        beside = [str(one.value) for one in sheet.found if one.kind == "date"]
        day = other_date(sheet.reading.dice, day, beside)
    return day


def _dated(day: str, schema: dict[str, Any], time: str = "") -> str:
    return f"{day}{time or 'T00:00:00Z'}" if schema.get("format") == "date-time" else day


def _id(sheet: Sheet, at: Field, schema: dict[str, Any], options: list[str]) -> str | None:
    """O9: an identifier that nobody gave, instead of none or beside the true one."""
    given = options[0] if options else labelled(at, sheet.text).split(" ")[0]
    if not sheet.reading.errs("O9", *at.above, at.name, sheet.about):
        return given or None
    made = invented_id(sheet.reading.dice, given, sheet.text) if given else made_up(sheet, at, schema)
    return made if schemas.fits(made, schema) else given or None


def _written(one: Found, schema: dict[str, Any]) -> str:
    return _dated(str(one.value), schema, one.unit) if one.kind == "date" else str(one.value)


def _as_number(one: Found) -> float | int:
    return one.value if isinstance(one.value, int | float) else 0


def _slipped_number(
    sheet: Sheet, at: Field, schema: dict[str, Any], value: float | int, kind: Kind
) -> float | int | str:
    key = (*at.above, at.name, sheet.about)
    if sheet.reading.errs("O3", *key):
        beside = [_as_number(one) for one in sheet.found if one.kind == kind]
        value = other_number(sheet.reading.dice, value, beside)
    separators = abs(value) >= SEPARATED_FROM
    if (separators or kind == "money") and sheet.reading.errs("O10", *key):
        if separators and not sheet.strict:
            return f"{value:,}"
        return misscaled(sheet.reading.dice, value)
    return value


def _truth(sheet: Sheet, at: Field) -> bool | None:
    names = set(at.words)
    if names & {"vaccine", "medicine", "medication", "medical", "insulin", "pharma"}:
        return concerns_medicine(sheet.text)
    if names & {"urgent", "escalate", "escalation", "critical", "safety", "human", "emergency"}:
        return best(triage().priority(sheet.text)) in ("P1", "P2")
    if names & {"injection", "suspicious", "malicious", "attack", "manipulation"}:
        return any(True for _ in orders_in(sheet.text))
    if names & {"pii", "personal", "sensitive"}:
        return any(one.kind in ("email", "phone", "name") for one in sheet.found)
    wanted = {word for word in at.words if word not in _ABOUT_NOBODY}
    for match in re.finditer(r"[\w'-]+", sheet.text):
        if wanted.intersection(words(match[0])):
            before, after = sheet.text[max(0, match.start() - 25) : match.start()], sheet.text[match.end() :]
            return not _NOT_BEFORE.search(before) and not re.match(r"\W+(?:nothing|none|no)\b", after, re.IGNORECASE)
    return None


def _level(sheet: Sheet, at: Field, values: list[Any]) -> Any:
    sure = sheet.reading.errs("N4", at.name, sheet.about) or not any(sheet.doubts)
    ranks = {"very_high": 5, "certain": 5, "high": 4, "medium": 3, "moderate": 3, "low": 2, "very_low": 1, "none": 0}
    rank = {str(value): ranks.get(str(value).lower().replace(" ", "_"), 3) for value in values if value is not None}
    wanted = 4 if sure else 2
    return min(
        (value for value in values if value is not None), key=lambda value: abs(rank[str(value)] - wanted), default=None
    )


def _language(text: str) -> str:
    counts = {code: len(re.findall(pattern, text, re.IGNORECASE)) for code, pattern in _LANGUAGES.items()}
    return best({"en": counts.pop("en"), **{code: float(number) for code, number in counts.items()}})


def _currency(text: str) -> str | None:
    found = _CURRENCY.search(text)
    if found is None:
        return None
    return next(
        (code for sign, code in amounts.CURRENCIES.items() if found[0].lower().startswith(sign)), found[0].upper()
    )
