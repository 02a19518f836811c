"""Where in the excerpts a thing that is asked for is stated, and with which value."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gradus.coldtrail import Fact, Matcher, Statement, gives, knowledge, statements

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
    found = tuple(_statements_of(facts, _pieces(text, above)))
    # A text that gives the right value may well warn of the wrong one.
    right = {fact.id for fact, wrong, _ in found if not wrong}
    return tuple(one for one in found if not (one[1] and one[0].id in right))


def _statements_of(facts: Sequence[Fact], pieces: Iterable[Statement]) -> Iterator[tuple[Fact, bool, str]]:
    # Whether a value is there is seen at once; to see what a statement is about takes a hundred times as long.
    for piece in pieces:
        right = [fact for fact in facts if gives(piece, fact)]
        wrong = [fact for fact in facts if fact not in right and gives(piece, fact, wrong=True)]
        if right or wrong:
            concerned = {fact.id for fact in _matcher().concerned(piece)}
            yield from (
                (fact, fact in wrong, piece.text) for fact in facts if fact.id in concerned and fact in right + wrong
            )


@functools.lru_cache(maxsize=4096)
def _pieces(text: str, above: tuple[str, ...]) -> tuple[Statement, ...]:
    return statements(text, above)


@functools.cache
def _matcher() -> Matcher:
    return Matcher(knowledge())
