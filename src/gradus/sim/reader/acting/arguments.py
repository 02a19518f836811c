"""Filling a tool's arguments from what people said and what other tools gave, by the schema of its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import schemas
from . import details, wording
from .choice import Offer, mentioned, properties_of
from .slots import MISSING, Slot, Sources
from .steps import Step
from .vocabulary import concepts, raw_words, stem

DEEPEST = 6  # of nested objects: a schema may contain itself
MOST_PARTS = 300  # of one call's arguments: a schema that contains itself several times would never end
MOST_ENTRIES = 20
_NOT = r"(?:not|no|without|never|don't|isn't|non)\W+(?:\w+\W+){0,2}"
_LITTLE_WORDS = ("is", "has", "the", "should", "be", "to", "a")


@dataclass
class Filled:
    """A tool's arguments, and the paths of required ones that nothing provides."""

    arguments: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def fill(offer: Offer, sources: Sources) -> Filled:
    """The arguments for a tool.

    Args:
        offer: the tool.
        sources: where values may come from.
    """
    filled = Filled()
    filled.arguments = _Filler(offer, sources).object(offer.tool.parameters, "", filled.missing, 0)
    return filled


def identifying(offer: Offer) -> list[str]:
    """The names of a tool's parameters that take an identifier."""
    sources = Sources(Step("", "say"), "")
    slots = (_slot(offer, sources, key) for key in properties_of(offer.tool.parameters))
    return [slot.key for slot in slots if slot.identifies]


def alternatives(offer: Offer, sources: Sources, key: str) -> list[str]:
    """Every identifier that the user's words give for a parameter, the likeliest first."""
    return wording.named(_slot(offer, sources, key))


def required_value(offer: Offer, sources: Sources, key: str) -> Any:
    """The value of one parameter as if it were required, or None where nothing provides it."""
    spec = properties_of(offer.tool.parameters).get(key)
    value = _Filler(offer, sources).value(key, spec, "", [], 0, required=True)
    return None if value is MISSING else value


def may_be_looked_up(offer: Offer, sources: Sources, key: str) -> bool:
    """Whether a parameter takes what other tools can give: an identifier, an address, a currency."""
    slot = _slot(offer, sources, key)
    return slot.identifies or slot.pattern is not None or "currency" in slot.words


def _slot(offer: Offer, sources: Sources, key: str) -> Slot:
    spec = properties_of(offer.tool.parameters).get(key)
    return Slot(key, spec if isinstance(spec, dict) else {}, True, offer, sources)


class _Filler:
    """Walks the schema of one tool's parameters."""

    def __init__(self, offer: Offer, sources: Sources) -> None:
        self._offer = offer
        self._sources = sources
        self._used: list[str] = []
        self._parts = 0

    def object(self, schema: Mapping[str, Any], path: str, missing: list[str], depth: int) -> dict[str, Any]:
        required = schema.get("required")
        required = required if isinstance(required, list) else []
        made: dict[str, Any] = {}
        for key, spec in properties_of(schema).items():
            value = self.value(key, spec, path, missing, depth, required=key in required)
            if value is not MISSING:
                made[key] = value
            elif key in required:
                missing.append(f"{path}{key}")
        return made

    def value(self, key: str, given: Any, path: str, missing: list[str], depth: int, *, required: bool) -> Any:
        spec, nullable = self._plain(given)
        self._parts += 1
        value: Any = MISSING
        if depth <= DEEPEST and self._parts <= MOST_PARTS:
            slot = Slot(key, spec, required and not nullable, self._offer, self._sources)
            value = self._of_type(slot, path, missing, depth)
        if value is MISSING and required:
            return spec.get("default", None if nullable else MISSING)
        return value

    def _plain(self, given: Any) -> tuple[dict[str, Any], bool]:
        """A schema without references and choices, and whether it also allows null."""
        root = self._offer.tool.parameters
        spec = schemas.resolved(given, root)
        nullable = schemas.admits_null(spec, root)
        default = {"default": spec["default"]} if "default" in spec else {}
        for _ in range(DEEPEST):
            chosen = next((part for part in schemas.alternatives(spec) if part.get("type") != "null"), None)
            if chosen is None:
                break
            spec = schemas.resolved(chosen, root)
        return {**default, **spec}, nullable

    def _of_type(self, slot: Slot, path: str, missing: list[str], depth: int) -> Any:
        spec = slot.spec
        if "const" in spec:
            return spec["const"]
        if isinstance(spec.get("enum"), list):
            return _option(slot, spec["enum"])
        kind = spec.get("type")
        if kind == "object" or (kind is None and "properties" in spec):
            return self._nested(slot, path, missing, depth)
        if kind == "array":
            return self._entries(slot, depth)
        if kind == "boolean":
            return _truth(slot)
        if kind in ("integer", "number"):
            return _number(slot)
        return None if kind == "null" else wording.text(slot, self._used)

    def _nested(self, slot: Slot, path: str, missing: list[str], depth: int) -> Any:
        lacking: list[str] = []
        made = self.object(slot.spec, f"{path}{slot.key}.", lacking, depth + 1)
        if slot.needed:
            missing += lacking
            return made
        return made if made and not lacking else MISSING

    def _entries(self, slot: Slot, depth: int) -> Any:
        items, _ = self._plain(slot.spec.get("items"))
        words = slot.sources.step.words
        described = f"{slot.described} {items.get('description') or ''}"
        entry = Slot(slot.key, {**items, "description": described}, True, slot.offer, slot.sources)
        found: list[Any]
        if entry.pattern is not None:
            found = [match[0] for match in entry.pattern.finditer(words)]
        elif isinstance(items.get("enum"), list):
            found = [option for option in items["enum"] if mentioned(str(option), words)]
        elif items.get("type") in (None, "string"):
            found = wording.named(entry) or details.quoted(words)
        else:
            value = self.value(slot.key, items, "", [], depth + 1, required=True)
            found = [] if value is MISSING or value == {} else [value]
        may_be_empty = slot.needed and not slot.spec.get("minItems")
        return found[:MOST_ENTRIES] if found or may_be_empty else MISSING


def _option(slot: Slot, options: Sequence[Any]) -> Any:
    """The option that the words name, or that means what they say."""
    for said in slot.texts:
        exact = [option for option in options if isinstance(option, str) and mentioned(option, said)]
        if exact:
            return _nearest(exact, said, slot.key)
        shared = [len(set(concepts(str(option))).intersection(concepts(said))) for option in options]
        best = max(shared, default=0)
        if best and shared.count(best) == 1:
            return options[shared.index(best)]
    if not slot.needed:
        return MISSING
    given = [value.value for value in slot.sources.found if value.key == slot.key and value.value in options]
    return given[-1] if given else options[0] if len(options) == 1 else MISSING


def _nearest(options: Sequence[str], said: str, key: str) -> str:
    """Of several options that the words name, the one behind "to", or else the last."""
    behind = [
        option
        for option in options
        if re.search(rf"\b(?:to|as|{re.escape(key)})\s+(?:\w+\s+)?\"?{re.escape(option)}\b", said, re.IGNORECASE)
    ]
    return (behind or [max(options, key=lambda option: said.lower().rfind(option.lower()))])[0]


def _truth(slot: Slot) -> Any:
    """True where the step names it, False where it names it with a "not"."""
    order = slot.sources.step.order
    wanted = [stem(word) for word in slot.words if word not in _LITTLE_WORDS]
    if wanted and {stem(word) for word in raw_words(order)}.issuperset(wanted):
        return not re.search(rf"\b{_NOT}{re.escape(wanted[0])}", order, re.IGNORECASE)
    if not slot.needed:
        return MISSING
    return slot.spec["default"] if isinstance(slot.spec.get("default"), bool) else False


def _number(slot: Slot) -> Any:
    about = concepts(f"{slot.key.replace('_', ' ')} {slot.described}")
    of_money = "money" in about or "credit" in about
    for said in slot.texts:
        found = list(_sums(slot, said)) if of_money else _counted(slot, about, said)
        if fitting := [number for number in found if _within(number, slot.spec)]:
            whole = slot.spec.get("type") == "integer" or fitting[0] == int(fitting[0])
            return int(fitting[0]) if whole else fitting[0]
    if not slot.needed:
        return MISSING
    return slot.from_results(lambda value: isinstance(value, int | float) and not isinstance(value, bool))


def _sums(slot: Slot, said: str) -> Iterator[float]:
    """The sums of money in a text, those with a currency first, in cents where the parameter says so."""
    in_cents = "cent" in f"{slot.key} {slot.described}".lower()
    sums = sorted(details.amounts(said), key=lambda amount: not amount.currency)
    for amount in sums:
        yield amount.cents if in_cents else amount.cents / 100
    for number, word in details.numbers(said) if not sums else ():
        if not concepts(word):  # "3 nights" is no sum
            yield number * 100 if in_cents else number


def _counted(slot: Slot, about: Sequence[str], said: str) -> list[float]:
    """The numbers in a text: the one behind the parameter's name, those beside a word of it, or the only one."""
    own = re.escape(slot.words[0] if slot.words else slot.key)
    named = re.search(rf"\b{own}\w*\s+(?:(?:to|of|is|at|by|=|:)\s+)*(-?\d+(?:\.\d+)?)(?![\w-])", said, re.IGNORECASE)
    if named:
        return [float(named[1])]
    found = list(details.numbers(said))
    beside = [number for number, word in found if set(concepts(word)).intersection(about)]
    return beside or ([number for number, _ in found] if len(found) == 1 else [])


def _within(number: float, spec: Mapping[str, Any]) -> bool:
    low, high = spec.get("minimum"), spec.get("maximum")
    return not (isinstance(low, int | float) and number < low) and not (isinstance(high, int | float) and number > high)
