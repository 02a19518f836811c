"""Which of the offered tools is meant: by the words of its name and description, each counting as much as the other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..prompt import Tool
from .details import ALL_KINDS, identifiers, proper_names
from .steps import Step
from .vocabulary import FOR_ANY_OBJECT, GENERAL, READING, VERBS, concepts, is_verb, meanings

ENOUGH = 0.75  # a tool that shares less with the words than this is not meant
ENOUGH_TO_ASK = 0.55  # the same, where something is to be looked up
OF_A_GENERAL_VERB = 0.35  # get, create, update: they go with any object
FURTHER_ON = 0.6  # a word that stands in the description, but not where it says what the tool does
OF_A_PARAMETER = 0.4  # a word that stands in a parameter only
OF_ANOTHER_KIND = 0.75  # what is left of a tool that takes invoices where the step names a device
OF_A_HAND_OFF = 0.8  # what is left of a tool that hands over where something is asked
OF_THE_WRONG_KIND = 0.45  # what is left of a tool that looks something up where something is to be done
FOR_THE_VERB = 1.0  # where the tool does what the step's first verb says
FOR_A_GENERAL_VERB = 0.3
FOR_AN_OPTION = 0.5  # where the step names an option of one of its parameters
FOR_WHAT_IT_TAKES = 0.5  # where the step names what one of its parameters is for
FOR_BEING_ASKED = 0.2  # where something is asked and the tool looks something up
ALIKE = 0.02  # two tools that differ by less than this share cannot be told apart

_ADDITION = re.compile(r"[,.:;(]|\b(?:of|by|for|on|to|in|from|with|at|about|when|if|that|which)\b", re.IGNORECASE)
_QUESTIONS = "query q question search text input keywords search_query search_term term terms topic"
_QUERIES = frozenset(_QUESTIONS.split())


@dataclass(frozen=True)
class Offer:
    """A tool as the model sees it.

    Attributes:
        tool: as it was offered.
        does: what the name, and the beginning of the description, are taken for.
        said: what name and description are taken for.
        parameters: what the names of its parameters and their descriptions are taken for.
        takes: what its parameters name: "customer" for a customer_id, "name" for a name.
        reads: True if it only looks something up, False if it changes something, None if that cannot be seen.
        hands_over: whether it hands the conversation to somebody else.
        options: what its parameters that are chosen from a list can be.
        query: the parameter that takes a question in plain words, or "".
    """

    tool: Tool
    does: frozenset[str]
    said: frozenset[str]
    parameters: frozenset[str]
    takes: frozenset[str]
    options: tuple[str, ...]
    reads: bool | None
    hands_over: bool
    query: str

    @property
    def name(self) -> str:
        return self.tool.name


class Toolbox:
    """The offered tools, and how rare each of their words is among them.

    Args:
        tools: as they were offered.
    """

    def __init__(self, tools: Sequence[Tool]) -> None:
        self.offers = tuple(map(_offer, tools))
        self._seen = Counter(word for offer in self.offers for word in offer.said | offer.parameters)

    def meant(self, step: Step) -> tuple[Offer, ...]:
        """The tools that fit a step best: one, or several that cannot be told apart, or () where none fits."""
        scores = [(self.fitness(step, offer), offer) for offer in self.offers]
        best = max((score for score, _ in scores), default=0.0)
        enough = ENOUGH_TO_ASK if step.mood == "ask" else ENOUGH
        return tuple(offer for score, offer in scores if score >= best * (1 - ALIKE)) if best >= enough else ()

    def named(self, name: str) -> Offer | None:
        """The tool of this name, or None."""
        return next((offer for offer in self.offers if offer.name == name), None)

    def shared(self, words: Iterable[str], offer: Offer) -> float:
        """How much of what some words are taken for a tool speaks of: the rarer a word, the more it counts."""
        total = 0.0
        for word in words:
            weight = OF_A_GENERAL_VERB if word in GENERAL else 1.0
            if word in offer.does:
                total += weight * self._seen[word] ** -0.5
            elif word in offer.said:
                total += weight * self._seen[word] ** -0.5 * FURTHER_ON
            elif word in offer.parameters:
                total += weight * self._seen[word] ** -0.5 * OF_A_PARAMETER
        return total

    def fitness(self, step: Step, offer: Offer) -> float:
        """How well a tool fits a step."""
        words, wanted = step.order, concepts(step.order)
        if not set(wanted) - VERBS and not identifiers(words):
            # "Change it": what it is stands before.
            words, wanted = f"{words} {step.about}", (*wanted, *concepts(step.about))
        verb = _verb(wanted)
        kinds = {found.kind for found in identifiers(words) if found.kind}
        total = self.shared(dict.fromkeys([*wanted, *sorted(kinds)]), offer)
        named = _names_option(offer, step.order, wanted)
        changes = offer.reads is False and not offer.hands_over
        if not total or (changes and not named and not _may_be_meant(offer, wanted, verb, kinds)):
            return 0.0
        if not offer.said.isdisjoint(verb):
            best = FOR_A_GENERAL_VERB if GENERAL.issuperset(verb) else FOR_THE_VERB
            total += best * (FURTHER_ON if offer.does.isdisjoint(verb) else 1)
        if offer.takes & kinds or ("name" in offer.takes and not kinds and proper_names(f"- {step.order}")):
            total += FOR_WHAT_IT_TAKES
        taken = offer.takes & ALL_KINDS
        total = (total + FOR_AN_OPTION * named) * (OF_ANOTHER_KIND if kinds and taken and not taken & kinds else 1)
        return self._by_mood(step, offer, total)

    def _by_mood(self, step: Step, offer: Offer, total: float) -> float:
        if step.mood == "say":
            # Whoever only tells what happened may want to be put through, but nothing done behind their back.
            return total if offer.hands_over else 0.0
        if step.mood == "ask" and offer.hands_over:
            return total * OF_A_HAND_OFF
        if step.mood == "ask" and offer.reads is not None:
            return total + FOR_BEING_ASKED if offer.reads else 0.0
        return total * OF_THE_WRONG_KIND if step.mood == "act" and offer.reads else total


def _names_option(offer: Offer, words: str, wanted: Sequence[str]) -> bool:
    """Whether a step names an option of one of a tool's parameters, or means it: "close" for "closed"."""
    meant = {word for option in offer.options if len(option.split("_")) == 1 for word in concepts(option)[:1]} - GENERAL
    return not meant.isdisjoint(wanted) or any(mentioned(option, words) for option in offer.options)


def _may_be_meant(offer: Offer, wanted: Sequence[str], verb: Sequence[str], kinds: set[str]) -> bool:
    """Whether a tool that changes something does what is said.

    Nothing is changed because of an identifier alone, no invoice is voided where a ticket is to be closed, and nothing
    is deleted where somebody is to be told something.
    """
    special = VERBS.intersection(verb) - GENERAL
    if special and offer.said.isdisjoint(special):
        return False
    taken = offer.takes & ALL_KINDS
    if (
        kinds
        and taken
        and not taken & kinds
        and offer.said.isdisjoint(word for word in wanted if word not in FOR_ANY_OBJECT)
    ):
        return False
    named = (word for word in wanted if word not in GENERAL)
    return not (offer.does.isdisjoint(named) and offer.does.isdisjoint(verb) and offer.said.isdisjoint(special))


def properties_of(schema: Any) -> dict[str, Any]:
    """The properties of an object's schema, whatever it looks like."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties if isinstance(properties, dict) else {}


def _verb(words: Sequence[str]) -> tuple[str, ...]:
    """What the first verb is taken for."""
    return next((meanings(word) for word in words if word in VERBS or is_verb(word)), ())


def _offer(tool: Tool) -> Offer:
    properties = properties_of(tool.parameters)
    about = " ".join(f"{name} {_described(spec)}" for name, spec in properties.items())
    name = frozenset(concepts(tool.name.replace("_", " ")))
    does = name | frozenset(concepts(_ADDITION.split(tool.description, maxsplit=1)[0]))
    said = name | frozenset(concepts(tool.description))
    takes = frozenset(kind for key in properties for kind in _taken(key))
    reads = _reads(tool)
    query = next((name for name in properties if name.lower() in _QUERIES), "") if reads is not False else ""
    return Offer(
        tool,
        does,
        said,
        frozenset(concepts(about)),
        takes,
        tuple(_options(properties)),
        reads,
        _hands_over(tool),
        query,
    )


def _options(properties: dict[str, Any]) -> Iterator[str]:
    for spec in properties.values():
        options = spec.get("enum") if isinstance(spec, dict) else None
        yield from (option for option in (options if isinstance(options, list) else ()) if isinstance(option, str))


def mentioned(option: str, text: str) -> bool:
    """Whether a text names an option of a list, with spaces for underscores."""
    plain = re.escape(option.strip().lower()).replace("_", r"[\s_-]").replace(r"\ ", r"[\s_-]")
    return bool(option.strip()) and re.search(rf"(?<!\w){plain}(?!\w)", text.lower()) is not None


def _taken(key: str) -> tuple[str, ...]:
    words = re.split(r"[_\W]+", key.lower())
    return (*concepts(" ".join(words)), *(["name"] if "name" in words else []))


def _hands_over(tool: Tool) -> bool:
    first = concepts(tool.description.split(".")[0])[:1]
    return "transfer" in concepts(tool.name.replace("_", " ")) or first == ("transfer",)


def _reads(tool: Tool) -> bool | None:
    """Whether it only looks something up: by the first verb of its name, or else of its description."""
    name = concepts(tool.name.replace("_", " "))
    if READING.intersection(name):
        return True
    for text in (tool.name, tool.description):
        for word in concepts(text.replace("_", " "))[:1]:
            if word in VERBS or is_verb(word):
                return word in READING
    return next((word in READING for word in concepts(tool.description) if word in VERBS), None)


def _described(spec: Any) -> str:
    if not isinstance(spec, dict):
        return ""
    options = spec.get("enum")
    words = [str(option) for option in options] if isinstance(options, list) else []
    return " ".join([str(spec.get("description") or ""), *words])
