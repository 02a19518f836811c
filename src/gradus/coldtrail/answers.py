"""The 120 judged answers: what the co-pilot said, and what a person thought of it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from gradus.coldtrail import store

AnswerSplit = Literal["train", "dev", "held_out"]
"""train: for examples in a judge's prompt (20). dev: to tune it on (40). held_out: to measure it on (60)."""

FailureMode = Literal["invented", "wrong_value", "wrong_version", "bad_citation", "should_abstain", "incomplete"]
"""invented: states what no passage supports. wrong_value: changes a number or a term of the passage.
wrong_version: what holds for another firmware, plan, time or region. bad_citation: the cited passage does not say it.
should_abstain: answers where the passages do not. incomplete: leaves out the exception or half of the question."""


@dataclass(frozen=True)
class JudgedAnswer:
    """One answer with its verdict.

    Attributes:
        id: "A-001".
        split: which part it belongs to.
        question: what was asked.
        passages: the ids of the passages that the co-pilot was given, in order: [1] in the answer is the first.
        facts: the ids of the facts that a right answer states; () where the passages do not answer.
        answer: what it said.
        verdict: what the person decided.
        mode: why it failed; None if it passed.
        note: the person's reason, in a sentence.
        pair: the id of the answer to the same question with the other verdict and about the same length, or None.
    """

    id: str
    split: AnswerSplit
    question: str
    passages: tuple[str, ...]
    facts: tuple[str, ...]
    answer: str
    verdict: Literal["pass", "fail"]
    mode: FailureMode | None
    note: str
    pair: str | None


@functools.cache
def judged_answers(split: AnswerSplit = "dev") -> tuple[JudgedAnswer, ...]:
    """The judged answers of one part.

    Args:
        split: "train", "dev" or "held_out".

    Raises:
        CorpusError: the file is missing or damaged.

    Example:
        >>> len(judged_answers("train"))
        20
    """
    folder = "held_out/derived" if split == "held_out" else "derived"
    answers = store.load(f"{folder}/answers.json", TypeAdapter(tuple[JudgedAnswer, ...]))
    return tuple(answer for answer in answers if answer.split == split)
