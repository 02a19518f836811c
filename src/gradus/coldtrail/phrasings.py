"""The ways in which things are asked for: what lets the simulated model understand a question."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from pydantic import TypeAdapter

from gradus.coldtrail import store


@dataclass(frozen=True)
class Phrasing:
    """One question as somebody might put it.

    Attributes:
        text: the question.
        asks: what it asks for, as ids of a subject and an attribute; () where nobody knows the answer.
        guess: the id of the fact that comes to mind where nobody knows the answer, or None.
    """

    text: str
    asks: tuple[tuple[str, str], ...]
    guess: str | None = None


@functools.cache
def phrasings() -> tuple[Phrasing, ...]:
    """All phrasings: plain questions, those of data/phrasings.yaml, and every labelled question of the corpus.

    Raises:
        CorpusError: the file is missing or damaged.

    Example:
        >>> phrasings()[0].asks
        (('ct-200', 'battery_life'),)
    """
    return store.load("held_out/derived/phrasings.json", TypeAdapter(tuple[Phrasing, ...]))
