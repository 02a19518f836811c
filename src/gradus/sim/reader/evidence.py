"""Where in the excerpts a thing that is asked for is stated, and with which value."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gradus.coldtrail import Fact, Matcher, Statement, gives, knowledge, mentions, statements

from .excerpts import Excerpt
from .questions import Asked


@dataclass(frozen=True)
class Evidence:
    """One statement of a fact.

    Attributes:
        fact: the fact it states.
        wrong: whether it gives the fact's wrong value instead of the right one.
        excerpt: where it stands.
        place: the excerpt's place in the prompt, from 0.
        quote: the statement's words.
    """

    fact: Fact
    wrong: bool
    excerpt: Excerpt
    place: int
    quote: str

    @property
    def sentence(self) -> str:
        """The value that was read, in a plain sentence."""
        return knowledge().sentence(self.fact, wrong=self.wrong)


def find(asked: Asked, excerpts: Sequence[tuple[int, Excerpt]]) -> tuple[Evidence, ...]:
    """Every statement of what is asked for, for whatever version, region or time, in the order of the excerpts.

    Args:
        asked: a subject and an attribute.
        excerpts: what is read, each with its place in the prompt.
    """
    return tuple(
        Evidence(fact, wrong, excerpt, place, quote)
        for place, excerpt in excerpts
        for fact, wrong, quote in _stated(asked.facts, excerpt.text, excerpt.above)
    )


def stated_in(excerpts: Sequence[tuple[int, Excerpt]]) -> Iterator[tuple[str, str]]:
    """The subjects and attributes that the excerpts state something of. Nothing is looked at before it is asked for."""
    for _, excerpt in excerpts:
        yield from _all_stated(excerpt.text, excerpt.above)


@functools.lru_cache(maxsize=4096)
def _all_stated(text: str, above: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    pieces = _pieces(text, above)
    names = _matcher().stated(pieces) | _matcher().misstated(pieces)
    facts = (knowledge().fact[name] for name in sorted(names))
    return tuple(dict.fromkeys((fact.subject, fact.attribute) for fact in facts))


@functools.lru_cache(maxsize=8192)
def _stated(facts: tuple[Fact, ...], text: str, above: tuple[str, ...]) -> tuple[tuple[Fact, bool, str], ...]:
    return tuple(_statements_of(facts, _pieces(text, above)))


def _statements_of(facts: Sequence[Fact], pieces: Iterable[Statement]) -> Iterator[tuple[Fact, bool, str]]:
    wanted = {fact.id for fact in facts}
    cues = knowledge().attribute[facts[0].attribute].cues
    for piece in pieces:
        # The cue words first: most statements have none, and to see what a statement is about costs more.
        if cues and not mentions(piece.cued, cues):
            continue
        for fact in _matcher().concerned(piece):
            if fact.id not in wanted:
                continue
            if gives(piece, fact):
                yield fact, False, piece.text
            elif gives(piece, fact, wrong=True):
                yield fact, True, piece.text


@functools.lru_cache(maxsize=4096)
def _pieces(text: str, above: tuple[str, ...]) -> tuple[Statement, ...]:
    return statements(text, above)


@functools.cache
def _matcher() -> Matcher:
    return Matcher(knowledge())
