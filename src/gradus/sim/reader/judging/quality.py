"""How good an answer is: what it states, held against what the passages in the prompt state."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gradus.coldtrail import (
    Fact,
    JudgedAnswer,
    Matcher,
    judged_answers,
    knowledge,
    mentions,
    normalise,
    passages,
    statements,
)

from .. import grounding
from ..excerpts import Excerpt
from ..permissions import Permissions
from ..prompt import sentences
from ..questions import words
from ..reading import Reading
from .case import Candidate, Case

Fault = Literal["invented", "wrong_value", "wrong_version", "bad_citation", "should_abstain", "incomplete"]

# What an answer is still worth with its fault, of 1.
WORTH: dict[Fault, float] = {
    "invented": 0.2,
    "wrong_value": 0.2,
    "wrong_version": 0.25,
    "should_abstain": 0.2,
    "bad_citation": 0.5,
    "incomplete": 0.45,
}
ALIKE = 0.9  # of its words: an answer with so many of a known one's, all figures among them, is that one
GIVEN = 0.5  # of its passages: so many have to be in the prompt for the known reading of an answer to hold
SHARED = 0.4  # of its telling words: a sentence with so many of them in a passage rests on it

_ABSTAINS = re.compile(
    r"\b(?:do not know|don't know|(?:cannot|can't|could not|couldn't) (?:tell|say|answer|find|confirm)|not (?:stated|"
    r"mentioned|documented|covered|"
    r"specified|given|said|there|known)|(?:do|does) not (?:say|mention|state|contain|cover|tell|give|answer|list)|"
    r"don't (?:say|mention|cover)|"
    r"doesn't (?:say|mention|cover)|neither (?:passage|page|of)|no (?:information|word|mention|passage)|nothing (?:in|"
    r"about|on|here)|unable to|"
    r"not in (?:the|either|these|any)|is silent|are silent|see nothing)\b",
    re.IGNORECASE,
)
_CITED = re.compile(r"\[([^\]\n]{1,80})\]")
_NUMBER = re.compile(r"(?<![\w.-])\d+(?:[.,]\d+)?(?![\w-])")
_NUMERALS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_SPELT = {word: str(number) for number, word in enumerate(_NUMERALS.split())} | {
    name: str(number)
    for name, number in (("thirty", 30), ("forty", 40), ("fifty", 50), ("sixty", 60), ("ninety", 90), ("hundred", 100))
}
_SPELT_WORD = re.compile(rf"\b(?:{'|'.join(_SPELT)})\b", re.IGNORECASE)
_TELLING = frozenset(
    ("not", "no", "never", "none", "without", "nor", "except", "unless", "only", "until", "before", "after", *_SPELT)
)


@dataclass(frozen=True)
class Finding:
    """What a careful reading of an answer finds.

    Attributes:
        fault: what is wrong with it, or None.
        detail: what that was seen by, in a sentence, or "".
    """

    fault: Fault | None
    detail: str = ""

    @property
    def passes(self) -> bool:
        return self.fault is None

    @property
    def worth(self) -> float:
        """How good the answer is, from 0 to 1."""
        return 1.0 if self.fault is None else WORTH[self.fault]


def examine(reading: Reading, case: Case, candidate: Candidate) -> Finding:
    """Read an answer against the passages. Without any there is nothing to hold it against, and it passes."""
    if not case.passages:
        return Finding(None)
    return _known(reading, case, candidate.text) or _held_against(reading, case, candidate.text)


def _known(reading: Reading, case: Case, answer: str) -> Finding | None:
    """The person's verdict, where the answer is one of the corpus's judged ones: so fine no matcher reads.

    It holds for that question and those passages only, for that is what the person had before him.
    """
    given = normalise(reading.prompt.text)
    for one in _like(normalise(answer)):
        asked = not case.question or normalise(case.question) == normalise(one.question)
        known = [_beginning(name) in given for name in one.passages]
        if asked and sum(known) >= GIVEN * len(known):
            return Finding(one.mode)
    return None


@functools.cache
def _beginning(passage: str) -> str:
    return normalise(passages()[passage].text)[:80]


@functools.lru_cache(maxsize=1024)
def _like(answer: str) -> tuple[JudgedAnswer, ...]:
    """The judged answers that it is or contains: word for word, or but for a few words that change nothing."""
    return tuple(_likest(answer, words(answer)))


def _likest(answer: str, mine: Sequence[str]) -> Iterator[JudgedAnswer]:
    counted = Counter(mine)
    for one, text, theirs in _judged():
        if text in answer:
            yield one
            continue
        differing = (counted - theirs) + (theirs - counted)
        few = sum((counted & theirs).values()) >= ALIKE * max(len(mine), sum(theirs.values()))
        if few and not any(word in _TELLING or any(char.isdigit() for char in word) for word in differing):
            yield one


@functools.cache
def _judged() -> tuple[tuple[JudgedAnswer, str, Counter[str]], ...]:
    answers = (*judged_answers("train"), *judged_answers("dev"), *judged_answers("held_out"))
    described = [(one, normalise(one.answer)) for one in answers]
    return tuple((one, text, Counter(words(text))) for one, text in sorted(described, key=lambda entry: -len(entry[1])))


def _held_against(reading: Reading, case: Case, answer: str) -> Finding:
    """The first fault that shows, the gravest first."""
    abstains = bool(_ABSTAINS.search(normalise(answer)))
    ideal = _ideal(reading, case)
    facts = [claim.fact for claim in ideal.claims if claim.fact is not None]
    if ideal.abstains and not abstains:
        return Finding("should_abstain", "The passages do not answer the question, and the answer does not say so.")
    if facts and abstains and not any(_states(answer, fact) for fact in facts):
        return Finding("incomplete", "The passages answer the question, and the answer says that they do not.")
    faults = (
        *(_about(case, answer, fact) for fact in facts),
        _beyond(case, answer, facts),
        _cited_wrongly(case, answer),
    )
    return next((fault for fault in faults if fault is not None), Finding(None))


def _ideal(reading: Reading, case: Case) -> grounding.Answer:
    """What a flawless reader would answer who may abstain."""
    prompt = replace(reading.prompt, question=case.question, excerpts=case.passages, history=(), instructions="")
    rates = dict.fromkeys(reading.rates, 0.0)
    return grounding.answer(replace(reading, prompt=prompt, rates=rates, permissions=Permissions(abstain=True)))


def _about(case: Case, answer: str, fact: Fact) -> Finding | None:
    """What is wrong with what the answer says of a fact that was asked for."""
    if _states(answer, fact):
        return None
    if mentions(normalise(answer), fact.wrong_forms):
        return Finding("wrong_value", f"The passages say otherwise: {knowledge().sentence(fact)}")
    if any(_states(answer, other) for other in knowledge().siblings(fact)):
        return Finding("wrong_version", f"That holds for something else. Here it is: {knowledge().sentence(fact)}")
    pieces = statements(answer, (case.question,))
    if any(_figures(piece.text) and fact in _matcher().concerned(piece) for piece in pieces) and _figures(fact.value):
        return Finding("wrong_value", f"The passages say otherwise: {knowledge().sentence(fact)}")
    return Finding("incomplete", f"It leaves out what was asked: {knowledge().sentence(fact)}")


def _states(answer: str, fact: Fact) -> bool:
    return mentions(normalise(answer), fact.forms)


def _beyond(case: Case, answer: str, facts: Sequence[Fact]) -> Finding | None:
    """A claim that no passage supports: a fact's wrong value, or a figure that stands nowhere."""
    texts = [f"{' '.join(piece.above)} {piece.text}" for piece in case.passages]
    wrong = _matcher().misstated(statements(answer, (case.question,)))
    for name in sorted(wrong):
        fact = knowledge().fact[name]
        if not _states(answer, fact) and not any(mentions(normalise(text), fact.wrong_forms) for text in texts):
            return Finding("wrong_value", f"No passage says so. {knowledge().sentence(fact)}")
    known = _figures(" ".join([case.question, *texts, *(form for fact in facts for form in fact.forms)]))
    extra = [figure for figure in _figures(_CITED.sub(" ", answer)) if figure not in known]
    return Finding("invented", f"The figure {extra[0]} stands in no passage.") if extra else None


def _figures(text: str) -> dict[str, None]:
    """The numbers of a text, those in words among them, in their order."""
    plain = _SPELT_WORD.sub(lambda match: _SPELT[match[0].lower()], normalise(text))
    return dict.fromkeys(number.replace(",", "") for number in _NUMBER.findall(plain))


def _cited_wrongly(case: Case, answer: str) -> Finding | None:
    """A citation of a passage that is not there, or of one that does not say it while another does."""
    named = {piece.id: piece for piece in case.passages if piece.id}
    labels = named or {str(place): piece for place, piece in enumerate(case.passages, 1)}
    for sentence in sentences(re.sub(r"([.!?])((?:\s*\[[^\]\n]*\])+)", r"\2\1", answer)):
        cited = [label.strip() for found in _CITED.findall(sentence) for label in re.split(r"[,;]", found)]
        if not cited:
            continue
        missing = [label for label in cited if label not in labels]
        if missing:
            return Finding("bad_citation", f"There is no passage {missing[0]}.")
        if not any(_rests_on(sentence, labels[label], case) for label in cited) and any(
            _rests_on(sentence, piece, case) for piece in case.passages
        ):
            return Finding("bad_citation", f"Passage {cited[0]} does not say that.")
    return None


def _rests_on(sentence: str, piece: Excerpt, case: Case) -> bool:
    said = _matcher().stated(statements(_CITED.sub(" ", sentence), (case.question,)))
    if said:
        return bool(said & _matcher().stated(statements(piece.text, piece.above)))
    telling = _telling(sentence)
    return not telling or sum(word in _telling(piece.text) for word in telling) >= SHARED * len(telling)


def _telling(text: str) -> Sequence[str]:
    return [word for word in words(_CITED.sub(" ", text)) if len(word) > 3]


@functools.cache
def _matcher() -> Matcher:
    return Matcher(knowledge())
