"""One argument to be filled, and where its value may come from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .choice import Offer, mentioned
from .details import ALL_KINDS, EMAIL, PHONE, URL, identifiers, kind_of, prefix_of
from .outcomes import Found, records_of
from .steps import Step
from .vocabulary import concepts, raw_words

IDENTIFYING = frozenset(
    {"id", "serial", "number", "no", "code", "ref", "reference", "key", "identifier", "sku", "uuid"}
)
WHICH_ONE = frozenset({"from", "to", "old", "new", "source", "target", "current"})
# A pattern comes from whoever wrote the schema: only short ones are tried, on short values, so that none hangs.
_LONGEST_PATTERN, _LONGEST_VALUE = 200, 80


class Missing:
    """Stands for a value that nobody gave."""


MISSING = Missing()


@dataclass(frozen=True)
class Sources:
    """Where values may come from, the nearest first.

    Attributes:
        step: what is being done.
        goal: all that the goal says.
        around: what the user pasted in, and earlier user turns, the latest first.
        found: the values in tool results.
        report: what has been done so far, in words, for messages about it.
    """

    step: Step
    goal: str
    around: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()
    report: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.step.words, self.goal, *self.around)


@dataclass(frozen=True)
class Slot:
    """One argument to be filled.

    Attributes:
        key: the parameter's name.
        spec: its schema.
        needed: whether a value has to be found; if not, only the step's own words are looked at.
        offer: the tool.
        sources: where the value may come from.
    """

    key: str
    spec: Mapping[str, Any]
    needed: bool
    offer: Offer
    sources: Sources

    @cached_property
    def words(self) -> list[str]:
        return [word.lower() for word in raw_words(self.key.replace("_", " "))]

    @cached_property
    def described(self) -> str:
        return str(self.spec.get("description") or "")

    @property
    def texts(self) -> Sequence[str]:
        """Where to look: everywhere for what is needed, else in the step's words and in those that they point to."""
        return self.sources.texts if self.needed else (self.sources.step.words, self.sources.step.about)

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What an address of the kind that is wanted looks like, if one is wanted."""
        form = self.spec.get("format")
        if form == "email" or {"email", "mail", "attendee", "recipient"}.intersection(self.words):
            return EMAIL
        if form in ("uri", "url") or {"url", "uri", "link"}.intersection(self.words):
            return URL
        return PHONE if {"phone", "telephone"}.intersection(self.words) else None

    @cached_property
    def identifies(self) -> bool:
        """Whether it takes an identifier."""
        if IDENTIFYING.intersection(self.words) and "name" not in self.words:
            return self.spec.get("type") in (None, "string")
        rest = [word for word in self.words if word not in WHICH_ONE]
        alone = len(rest) == 1 and rest[0] != "credit"
        return bool(identifiers(self.described)) or (alone and bool(ALL_KINDS.intersection(concepts(rest[0]))))

    def fits(self, value: Any) -> bool:
        """Whether an identifier is of the make that is wanted: by pattern, example, or what its letters stand for."""
        if not isinstance(value, str) or not value:
            return False
        if isinstance(self.spec.get("pattern"), str):
            return _matches(self.spec["pattern"], value)
        prefix = prefix_of(value)
        examples = {prefix_of(name.text) for name in identifiers(self.described)}
        if examples:
            return prefix in examples
        if kind := kind_of(prefix):
            return kind in self._kinds or not self._kinds
        if self._kinds and prefix:
            return any(word.startswith(prefix.lower()) for word in self.words)
        return bool(identifiers(value))

    @cached_property
    def _kinds(self) -> frozenset[str]:
        """What it identifies: by its name, or else its description, or else by what the tool is about."""
        named = ALL_KINDS.intersection(concepts(self.key.replace("_", " ")))
        return named or ALL_KINDS.intersection(concepts(self.described)) or ALL_KINDS & self.offer.does

    def from_results(self, fits: Callable[[Any], bool]) -> Any:
        """A value from results: of the property of the same name, or of one that means the same; or MISSING."""
        fitting = [value for value in self.sources.found if fits(value.value)]
        about = set(concepts(self.key.replace("_", " ")))
        alike = [value for value in fitting if about.intersection(concepts(value.key))]
        if self.identifies:
            alike += [value for value in fitting if value.key in IDENTIFYING and self._is_of_its_kind(value, about)]
        same = [value for value in fitting if value.key == self.key]
        return self._meant(same or alike or (fitting if "pattern" in self.spec else []))

    def _is_of_its_kind(self, value: Found, about: set[str]) -> bool:
        """Whether a property "id" is meant: by its letters, or because the tool that gave it is about the same kind."""
        return bool(kind_of(prefix_of(str(value.value)))) or bool(
            about.intersection(concepts(value.source.replace("_", " ")))
        )

    def _meant(self, found: Sequence[Found]) -> Any:
        """Of several values, that of the record which the step describes best; MISSING if it describes none of them."""
        if len({repr(value.value) for value in found}) < 2:
            return found[-1].value if found else MISSING
        said = self.sources.step.words.lower()
        records = records_of(self.sources.found)
        scores = [sum(mentioned(str(other.value), said) for other in records[value.record]) for value in found]
        chosen = [value for score, value in zip(scores, found, strict=True) if score == max(scores)]
        if len({repr(value.value) for value in chosen}) == 1:
            return chosen[0].value
        if re.search(r"\b(?:latest|newest|last|most recent|second)\b", said):
            return chosen[-1].value
        return chosen[0].value if re.search(r"\b(?:first|oldest|earliest)\b", said) else MISSING


def _matches(pattern: str, value: str) -> bool:
    try:
        return len(pattern) < _LONGEST_PATTERN and len(value) < _LONGEST_VALUE and re.search(pattern, value) is not None
    except re.error:
        return True
