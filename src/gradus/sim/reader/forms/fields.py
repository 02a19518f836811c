"""Which value of a text belongs in which field of a form, by the field's name and what is said about it."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..prompt import sentences
from ..questions import words
from .amounts import Found, Kind

WINDOW = 60  # characters before a value in which its name may stand
WINDOW_AFTER = 30

# What else people say for what fields are called.
_CUES = {
    "purchase": "bought purchased ordered order purchase buy",
    "order": "order ordered orders po",
    "return": "return returned returning back sent shipped",
    "receive": "received arrived came delivered got receipt",
    "deliver": "delivered arrived delivery came",
    "start": "since started began from start beginning",
    "since": "since started began from",
    "end": "until till ended end over expire ending",
    "due": "due by before until deadline",
    "quantity": "quantity qty units pieces loggers trackers devices probes gateways items",
    "peak": "peak highest max maximum up reached peaked top",
    "maximum": "peak highest max maximum up reached peaked top",
    "max": "peak highest max maximum up reached peaked top",
    "minimum": "lowest min minimum down coldest",
    "total": "total sum altogether all overall amount",
    "refund": "refund back return credit",
    "amount": "amount sum total charged paid refund",
    "price": "price cost costs at each per",
    "duration": "for about around lasted long",
    "invoice": "invoice bill inv",
    "serial": "serial sn logger tracker unit device",
    "device": "logger tracker unit device gateway serial",
    "customer": "customer account site client",
    "phone": "call tel phone ring cb reach callback",
}
# What an identifier's letters stand for.
_FAMILIES = {
    "SN": "serial device logger tracker unit gateway sensor asset",
    "INV": "invoice bill",
    "RMA": "rma return authorisation authorization",
    "CO": "order",
    "C": "customer client account site tenant",
    "T": "ticket case",
    "E": "error code fault",
    "CT": "model product device logger tracker article sku",
    "CG": "model product gateway",
    "CR": "credit",
    "ST": "staff agent employee",
    "P": "probe",
}
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("email", "email mail e-mail"),
    ("phone", "phone telephone tel mobile callback"),
    ("url", "url link website uri href"),
    ("date", "date day when time timestamp deadline"),
    ("id", "id identifier serial sn code number no reference ref order invoice rma tracking sku iccid imei"),
    ("money", "amount price cost total refund fee balance subtotal tax charge cent euro dollar paid credit value sum"),
    ("name", "name contact sender person caller author signatory"),
)
_AS_THEY_ARE = {"ids": "id", "status": "status", "analysis": "analysis", "address": "address", "is": "is", "has": "has"}
_LAST_WORDS = {
    "on": "date",
    "at": "date",
    "by": "date",
    "since": "date",
    "from": "date",
    "until": "date",
    "deg": "number",
}


@dataclass(frozen=True)
class Field:
    """One field of a form.

    Attributes:
        name: its property's name, "" for the entry of a list.
        about: title and description.
        above: the names of the properties that it stands in, nearest first.
    """

    name: str
    about: str = ""
    above: tuple[str, ...] = ()

    @functools.cached_property
    def words(self) -> tuple[str, ...]:
        """The words of its name."""
        return tuple(name_words(self.name))

    @functools.cached_property
    def all_words(self) -> frozenset[str]:
        """The words of its name, of what is said about it, and of what it stands in."""
        return frozenset(
            (*self.words, *words(self.about), *(word for name in self.above[:1] for word in name_words(name)))
        )

    def inside(self, name: str, schema: dict[str, Any]) -> Field:
        """A field within this one."""
        said = [schema.get(keyword) for keyword in ("title", "description")]
        return Field(name, " ".join(part for part in said if isinstance(part, str)), (self.name, *self.above[:3]))

    def says(self, *wanted: str) -> bool:
        """Whether one of the words is in its name."""
        return any(word in self.words for word in wanted)


def name_words(name: str) -> list[str]:
    """The words of a name in snake, kebab or camel case.

    Example:
        >>> name_words("purchasedOn_dates")
        ['purchased', 'on', 'date']
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+", " ", name)
    return [_AS_THEY_ARE.get(word.lower()) or next(iter(words(word)), word.lower()) for word in apart.split()]


def kind_of_value(field: Field, schema: dict[str, Any]) -> Kind | None:
    """What a value of the field looks like in a text; None for words of any kind."""
    form, kind = schema.get("format"), schema.get("type")
    if form in ("date", "date-time", "time"):
        return "date"
    if form == "email":
        return "email"
    if form in ("uri", "url"):
        return "url"
    if kind in ("integer", "number"):
        return "money" if set(field.words) & set(_KINDS[5][1].split()) else "number"
    if field.words and field.words[-1] in _LAST_WORDS:
        return "date"
    named = next((one for one, known in _KINDS if set(field.words) & set(known.split())), None)
    if named == "id" and field.says("name"):
        return "name"
    if named is None and any(set(field.words) & set(known.split()) for known in _FAMILIES.values()):
        return "id"
    return named if named != "money" else None


def ranked(field: Field, kind: Kind, found: Sequence[Found], text: str) -> list[Found]:
    """The values of a text that the field may mean, the best first.

    Args:
        field: what is looked for.
        kind: what it looks like.
        found: the values of the text, by place.
        text: what they stand in.
    """
    kinds = (kind, "number") if kind == "money" else (kind,)
    scored = [
        (fitness, -place, one)
        for place, one in enumerate(found)
        if one.kind in kinds and (fitness := _fitness(field, kind, one, text)) is not None
    ]
    if field.says("total", "sum") and len(scored) > 1:
        # Of several sums the total is the one that is called so.
        scored = [entry for entry in scored if entry[0] > 0]
    return [one for _, _, one in sorted(scored, key=lambda entry: (-entry[0], -entry[1]))]


def labelled(field: Field, text: str) -> str:
    """What follows the field's name where a line gives it: "Problem: it does not start"; or ""."""
    if not field.words:
        return ""
    name = r"[\s_-]*".join(map(re.escape, field.words))
    line = re.search(rf"^[\W_]*{name}s?[ \t]*[:=][ \t]*(\S.*)$", text, re.IGNORECASE | re.MULTILINE)
    return line[1].strip(" \t\"',") if line else ""


def first_sentence(text: str) -> str:
    """The first sentence that says something: no greeting, no name of a part."""
    for sentence in sentences(text):
        plain = re.sub(r"^(?:subject|body|customer|ticket|message|text)\s*:\s*", "", sentence, flags=re.IGNORECASE)
        if len(plain.split()) >= 4 and not re.match(
            r"(?:dear|hello|hi|good (?:morning|afternoon))\b.{0,30}$", plain, re.I
        ):
            return plain
    return next(iter(sentences(text)), "")


def _fitness(field: Field, kind: Kind, one: Found, text: str) -> float | None:
    """How well a value fits, or None where it must be something else's."""
    cues = _cues(field)
    before = re.split(r"[.?!;\n](?:\s|$)", text[max(0, one.start - WINDOW) : one.start])[-1]
    after = re.split(r"[.?!;,\n](?:\s|$)", text[one.end : one.end + WINDOW_AFTER])[0]
    near = words(before)
    distance = next((place for place, word in enumerate(reversed(near)) if word in cues), None)
    fitness = 0.0 if distance is None else 3.0 - min(distance, 12) * 0.15
    fitness += 1.0 * bool(cues.intersection(words(after)[:3])) + 0.5 * (one.unit in cues)
    if kind == "id":
        return _id_fitness(field, str(one.value), fitness)
    if kind == "date":
        return _date_fitness(field, near, fitness)
    if kind == "number":
        return _number_fitness(field, one, fitness) if one.kind == "number" else None
    if kind == "money" and one.kind == "number":
        return (
            fitness - 1
            if fitness >= 2 and one.unit not in ("c", "f", "°c", "°f", "degree", "degrees", "%", "day", "days")
            else None
        )
    return fitness


def _id_fitness(field: Field, text: str, fitness: float) -> float | None:
    letters = re.match(r"[A-Za-z]*", text)
    family = _FAMILIES.get(letters[0].upper() if letters else "")
    named = set(field.words) | ({"order"} if "order" in field.all_words else set())
    kinds = {word for words_of in _FAMILIES.values() for word in words_of.split()} & named
    if family is not None and kinds:
        return 4 + fitness if kinds & set(family.split()) else None
    if kinds and not fitness:
        return None
    return fitness


def _date_fitness(field: Field, near: Sequence[str], fitness: float) -> float | None:
    """A date that stands with the word for another event is that event's."""
    own = _cues(field)
    known = [
        set(cues.split())
        for name, cues in _CUES.items()
        if name in ("purchase", "return", "receive", "start", "due", "end")
    ]
    of_event = [
        cues for cues in known if cues & set(field.words) or any(_same_stem(word, cues) for word in field.words)
    ]
    if of_event and not fitness:
        elsewhere = any(cues & set(near[-4:]) for cues in known if not cues & own)
        return None if elsewhere else 0.1
    return fitness


def _number_fitness(field: Field, one: Found, fitness: float) -> float | None:
    degrees = one.unit in ("c", "f", "°c", "°f", "°", "degree", "degrees", "deg", "grad")
    wants_degrees = bool(
        {"temperature", "temp", "celsius", "fahrenheit", "peak", "max", "min", "degree"} & field.all_words
    )
    times = one.unit in (
        "day",
        "days",
        "hour",
        "hours",
        "h",
        "hrs",
        "minute",
        "minutes",
        "min",
        "mins",
        "week",
        "weeks",
        "month",
        "months",
    )
    wants_time = bool({"minute", "hour", "day", "duration", "week", "month", "age"} & field.all_words)
    counts = bool({"quantity", "qty", "count", "number", "unit", "piece", "how"} & field.all_words)
    if degrees or wants_degrees:
        if degrees:
            return fitness + 4 if wants_degrees else None
        return fitness if fitness >= 2 and not times else None
    if times or wants_time:
        return fitness + 1 if times and wants_time else None
    if counts:
        return (
            fitness + 1
            if isinstance(one.value, int) and one.value > 0 and one.kind == "number" and one.unit
            else fitness or None
        )
    return fitness or None


def _same_stem(word: str, cues: set[str]) -> bool:
    return any(word[:5] == cue[:5] for cue in cues if len(word) > 4)


@functools.lru_cache(maxsize=1024)
def _cues(field: Field) -> frozenset[str]:
    """The words that stand near the field's value."""
    own = {
        word
        for word in (*field.words, *(word for name in field.above[:1] for word in name_words(name)))
        if len(word) > 2
    }
    said = {cue for name, cues in _CUES.items() if any(word[:6] == name[:6] for word in own) for cue in words(cues)}
    return frozenset((own | said) - {"date", "number", "code", "the"})
