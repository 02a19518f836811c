"""What a goal asks for, step by step: sentences and parts of sentences that order or ask something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from . import grammar
from .details import quoted
from .grammar import Mood

MOST_STEPS = 24
MOST_READ = 8000  # characters of a goal

_SENTENCE = re.compile(r"(?:[^.?!;\n]|[.?!](?!\s|$)|(?<=\be\.g)\.|(?<=\bi\.e)\.)+[.?!;]*")
_POINTS_BACK = re.compile(r"\b(?:it|that|this|them|those|these|so)\b", re.IGNORECASE)
_LIST_MARK = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.)]|step \d+\s*:|[a-h]\))\s+", re.IGNORECASE)
_INLINE_NUMBER = re.compile(r"(?:^[ \t]*|(?<=[.:;!?,])[ \t]+)(?:\(?\d{1,2}[.)]|step \d+:)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Step:
    """One thing that is asked for.

    Attributes:
        words: the words that ask for it.
        mood: "ask" for something to be found out, "act" for something to be done, "wish" for what may be either, "say"
            for what only tells something.
        condition: what it depends on, in the goal's words, or "".
        reversed: whether it is to be done where the condition does not hold.
        waits: whether the words put it after what stands before.
        about: the words before, where these only point to what they are about.
    """

    words: str
    mood: Mood
    condition: str = ""
    reversed: bool = False
    waits: bool = False
    about: str = ""

    @cached_property
    def order(self) -> str:
        """The words without those that a message or a note is to have."""
        announced = grammar.dictated(self.words)
        return self.words[: announced[0]] if announced else grammar.QUOTES.sub(" ", self.words)

    @cached_property
    def dictated(self) -> str:
        """The words that a message or a note is to have, or ""."""
        announced = grammar.dictated(self.words)
        words = self.words[announced[1] :] if announced else self.words
        if found := quoted(words):
            return max(found, key=len)
        return words.strip(" .\"'") if announced else ""


def steps_of(goal: str) -> tuple[Step, ...]:
    """The steps of a goal, in its order.

    Example:
        >>> [(step.mood, step.words) for step in steps_of("Look up C-127 and then credit 50 euros. Don't call.")]
        [('ask', 'Look up C-127'), ('act', 'credit 50 euros')]
    """
    found: list[Step] = []
    for sentence in _SENTENCE.findall(_INLINE_NUMBER.sub("\n- ", goal[:MOST_READ])):
        sentence = _LIST_MARK.sub("", sentence).strip()
        if sentence:
            found += _in_sentence(sentence, found[-1] if found else None)
    return tuple(found[:MOST_STEPS])


def _in_sentence(sentence: str, before: Step | None) -> Iterator[Step]:
    condition, turned, rest = _condition(sentence, before)
    asks = sentence.rstrip().endswith("?")
    for place, (words, waits) in enumerate(_parts(rest)):
        body = grammar.FILLER.sub("", words).strip()
        if condition and place and (other := grammar.OTHERWISE.match(body)):
            turned, body = not turned, body[other.end() :]
        if not body or grammar.NEGATED.search(body):
            continue
        polite = bool(re.search(r"\b(?:please|pls|kindly)\b", words, re.IGNORECASE))
        mood = grammar.mood_of(body, words, asks=asks and not place, polite=polite)
        body = re.sub(r"[\s,]*\b(?:please|pls)\W*$", "", body, flags=re.IGNORECASE).rstrip(" .;,!?")
        about = before.words if before and _POINTS_BACK.search(body) else ""
        before = Step(body, mood, condition, turned, waits or (bool(condition) and not place), about)
        yield before


def _condition(sentence: str, before: Step | None) -> tuple[str, bool, str]:
    """A sentence's condition, whether it is turned round, and the rest; "if not" and "otherwise" look back."""
    condition, turned, rest = grammar.conditional(sentence)
    if before and (bare := grammar.BARE_CONDITION.match(condition)):
        return before.condition or before.words, bool(bare["no"]) != (bool(before.condition) and before.reversed), rest
    if not condition and before and before.condition and (other := grammar.OTHERWISE.match(rest)):
        return before.condition, not before.reversed, rest[other.end() :]
    return condition, turned, rest


def _parts(sentence: str) -> Iterator[tuple[str, bool]]:
    """The parts of a sentence that each begin with an order, and whether each says that it comes later."""
    masked = grammar.QUOTES.sub(lambda quote: "“" + "·" * (len(quote[0]) - 2) + "”", sentence)
    start, waits = 0, False
    for link in grammar.LINK.finditer(masked):
        later = bool(re.search(r"\bthen\b|\bafter", link[0], re.IGNORECASE))
        if link.start() < start or (_in_dictated(masked[start : link.end()]) and not later):
            continue
        if not grammar.begins_order(masked[link.end() :]):
            continue
        if masked[start : link.start()].strip():
            yield sentence[start : link.start()], waits
        start, waits = link.end(), later
    yield sentence[start:], waits


def _in_dictated(text: str) -> bool:
    """Whether what follows still belongs to a message or note that the sentence dictates."""
    found = grammar.dictated(text)
    return found is not None and "”" not in text[found[1] :]
