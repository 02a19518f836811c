"""Answering a question from what stands in the prompt, and from nothing where the prompt has no answer."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from gradus.coldtrail import Fact, knowledge, mentions, normalise

from .days import days
from .evidence import Evidence, find, stated_in
from .excerpts import Excerpt
from .prompt import sentences
from .questions import Asked, Understood, named_in, understand, words
from .reading import Reading

CLEAR_UP_TO = 4  # excerpts: so few are all read, wherever they stand
BLURRED_FROM = 12  # excerpts: from here on the middle is read as badly as it gets
CROWDED_FROM = 8  # excerpts: what comes beyond distracts
MOST_DISTRACTED = 0.7
BACK_ON_PREMISE = 0.15  # of the habit that is left where the instructions ask to check what a question assumes
ALIKE = 0.5  # of the question's telling words: a sentence with so many of them is taken for the answer

UNKNOWN = "I don't know: what I was given does not say."
SELF = "I am a simulated model. I answer questions about Coldtrail from what stands in the prompt; now put one to me."
MOST_IN_A_SUMMARY = 3  # sentences
_SUMMARY = re.compile(
    r"\b(?:summar\w+|sum up|gist|in short|what (?:is|does) (?:it|this) (?:about|say)|tl;dr)\b", re.IGNORECASE
)
_QUESTION = re.compile(
    r"\?|^\W*(?:who|what|which|where|when|why|how|is|are|does|do|did|can|could|may|should|will|would)\b", re.IGNORECASE
)
_VALUES = {
    r"\bhow (?:long|soon|often|quickly)\b|\bwhen\b": ("24 hours", "30 days", "15 minutes", "12 months"),
    r"\bhow (?:much|expensive)\b|\bcosts?\b|\bprice\b": ("49 euros", "120 euros", "15 euros a month"),
    r"\bhow (?:many|far|high|large|big)\b": ("10", "25", "100", "3"),
    r"\bwhere\b": ("under Settings, Devices", "on the label at the back", "in the app under Account"),
    r"\bwho\b": ("the support desk", "the account's owner"),
}


@dataclass(frozen=True)
class Claim:
    """One sentence of an answer.

    Attributes:
        text: the sentence.
        quote: the words of the excerpt that it rests on, or "".
        excerpt: where it was read; None where it was not.
        fact: the fact that it is about, if it is about one.
    """

    text: str
    quote: str = ""
    excerpt: Excerpt | None = None
    fact: Fact | None = None


@dataclass(frozen=True)
class Answer:
    """What the reader has to say to a question.

    Attributes:
        claims: its sentences; () where it abstains.
        abstains: whether it says that it does not know.
    """

    claims: tuple[Claim, ...]
    abstains: bool = False


def answer(reading: Reading) -> Answer:
    """Answer the prompt's question.

    The habits G3 to G8 decide how well it is read; G1 and G2 show when the answer is cited, see `cited`.
    """
    seen = tuple(_attended(reading))
    understood = _understood(reading, seen)
    if not understood.asked:
        return _unknown_question(reading, understood, seen)
    claims = [claim for asked in understood.asked for claim in _claims(reading, asked, seen)]
    if not claims:
        return Answer((), abstains=True)
    return Answer(tuple(claims))


def written(reading: Reading, found: Answer) -> str:
    """The answer as text, with citations where the instructions ask for them."""
    if found.abstains:
        return reading.permissions.abstain_with or UNKNOWN
    if not reading.permissions.cite:
        return " ".join(claim.text for claim in found.claims)
    return " ".join(
        f"{claim.text} [{label}]" if (label := cited(reading, claim)[0]) else claim.text for claim in found.claims
    )


def cited(reading: Reading, claim: Claim) -> tuple[str, str]:
    """The id that a claim is given as its source, and the quote that goes with it; "" where there is none."""
    labels = [piece.id for piece in reading.prompt.excerpts if piece.id is not None]
    if not labels:
        return "", claim.quote
    label = (
        claim.excerpt.id if claim.excerpt and claim.excerpt.id else reading.dice.choose(labels, "source", claim.text)
    )
    if reading.errs("G1", claim.text):
        return _invented(label, labels), claim.quote or claim.text
    if reading.errs("G2", claim.text) or claim.excerpt is None:
        others = [piece for piece in reading.prompt.excerpts if piece.id is not None and piece is not claim.excerpt]
        piece = reading.dice.choose(others, "quote", claim.text) if others else None
        if piece is not None:
            return str(piece.id), (sentences(piece.text) or [claim.text])[0]
    return label, claim.quote or claim.text


def _understood(reading: Reading, seen: Sequence[tuple[int, Excerpt]]) -> Understood:
    prompt = reading.prompt
    stated = stated_in(seen)
    earlier = [turn.text for turn in prompt.history if turn.role == "user"]
    understood = understand(prompt.question, " ".join(earlier), stated)
    if understood.asked or understood.guess or not earlier:
        return understood
    return understand(f"{earlier[-1]} {prompt.question}", "", stated)


def _attended(reading: Reading) -> Iterator[tuple[int, Excerpt]]:
    """The excerpts that are read, with their places: in a long row the middle is read unreliably (G6)."""
    excerpts = reading.prompt.excerpts
    number = len(excerpts)
    length = min(1.0, max(0, number - CLEAR_UP_TO) / (BLURRED_FROM - CLEAR_UP_TO))
    for place, excerpt in enumerate(excerpts):
        depth = 1 - abs(2 * place / (number - 1) - 1) if number > 1 else 0.0
        if not reading.errs("G6", reading.prompt.question, excerpt.text, factor=length * depth):
            yield place, excerpt


def _claims(reading: Reading, asked: Asked, seen: Sequence[tuple[int, Excerpt]]) -> Iterator[Claim]:
    found = find(asked, seen)
    if not found and not asked.named:
        found = next((other for choice in asked.others() if (other := find(choice, seen))), ())
    fact = _meant(reading, asked.facts)
    if not found:
        if not _abstains(reading):
            yield Claim(knowledge().sentence(fact, wrong=True), fact=fact)
        return
    question = reading.prompt.question
    if reading.errs("G3", question):
        yield Claim(knowledge().sentence(fact, wrong=True), fact=fact)
        return
    if _distracted(reading):
        yield _distraction(reading, asked, seen) or Claim(knowledge().sentence(fact, wrong=True), fact=fact)
        return
    evidence = _chosen(reading, found)
    if _takes_for_granted(reading, evidence.fact):
        yield Claim("Yes. " + knowledge().sentence(evidence.fact, wrong=True), fact=evidence.fact)
        return
    yield Claim(evidence.sentence, evidence.quote, evidence.excerpt, evidence.fact)
    yield from _merged(reading, evidence, found)


def _abstains(reading: Reading) -> bool:
    return reading.permissions.abstain and not reading.errs("G4", reading.prompt.question)


def _distracted(reading: Reading) -> bool:
    """Whether something beside the point wins: the likelier, the more excerpts there are beyond the first few (G8)."""
    beyond = max(0, len(reading.prompt.excerpts) - CROWDED_FROM)
    return reading.dice.draw("G8", reading.prompt.question) < min(MOST_DISTRACTED, beyond * reading.rates["G8"])


def _distraction(reading: Reading, asked: Asked, seen: Sequence[tuple[int, Excerpt]]) -> Claim | None:
    """The same thing of another subject, where an excerpt states it."""
    for other in asked.others():
        for evidence in find(other, seen):
            return Claim(evidence.sentence, evidence.quote, evidence.excerpt, evidence.fact)
    return None


def _takes_for_granted(reading: Reading, fact: Fact) -> bool:
    """Whether a wrong value in the question is taken over (G7)."""
    question = normalise(reading.prompt.question)
    if not mentions(question, fact.wrong_forms) or mentions(question, fact.forms):
        return False
    return reading.errs("G7", question, factor=BACK_ON_PREMISE if reading.permissions.check_premise else 1.0)


def _chosen(reading: Reading, found: Sequence[Evidence]) -> Evidence:
    """Of several versions that were read, the one that the prompt points to."""
    meant = _meant(reading, tuple(dict.fromkeys(evidence.fact for evidence in found)))
    return next(evidence for evidence in found if evidence.fact == meant)


def _merged(reading: Reading, evidence: Evidence, found: Sequence[Evidence]) -> Iterator[Claim]:
    """What holds for another version as well, as if it did for this one (G5)."""
    other = next((one for one in found if one.fact != evidence.fact), None)
    if other is not None and reading.errs("G5", reading.prompt.question):
        yield Claim(other.sentence, other.quote, other.excerpt, other.fact)


def _meant(reading: Reading, facts: Sequence[Fact]) -> Fact:
    """Of facts that give the same thing for different versions, regions and times, the one that the prompt means."""
    said = normalise(f"{reading.prompt.instructions}\n{reading.prompt.question}")
    named = named_in(said)
    day = _today(said)

    def fitness(fact: Fact) -> tuple[int, int, int, date]:
        firmware = _agrees(fact.firmware, named, {"2": "fw2", "3": "fw3"})
        region = _agrees(fact.region, named, {"eu": "eu", "us": "us"})
        holds = (1 if fact.holds_on(day) else -1) if day else int(fact.valid_to is None)
        return firmware, region, holds, fact.valid_from or date.min

    return max(facts, key=fitness)


def _agrees(value: str | None, named: Sequence[str], names: dict[str, str]) -> int:
    """1 if the prompt names this version, -1 if it names another, else 0."""
    if value is None:
        return 0
    given = {version for version, name in names.items() if name in named}
    return 0 if not given or len(given) > 1 else (1 if value in given else -1)


def _today(said: str) -> date | None:
    """The first day that the instructions or the question name."""
    for day in days(said):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(day[:10])
    return None


def _unknown_question(reading: Reading, understood: Understood, seen: Sequence[tuple[int, Excerpt]]) -> Answer:
    """A question about nothing that is known: the sentence that is most like it, or what comes to mind."""
    found = _likest(reading.prompt.question, seen) if understood.guess is None else None
    if found is not None and not reading.errs("G3", reading.prompt.question):
        return Answer((found,))
    if _abstains(reading):
        return Answer((), abstains=True)
    if understood.guess is not None:
        return Answer((Claim(knowledge().sentence(understood.guess), fact=understood.guess),))
    if _SUMMARY.search(reading.prompt.question) and seen:
        return Answer(tuple(_gist(seen)))
    return Answer((Claim(_made_up(reading) if _QUESTION.search(reading.prompt.question) else SELF),))


def _gist(seen: Sequence[tuple[int, Excerpt]]) -> Iterator[Claim]:
    """The first sentence of each of the first excerpts."""
    for _, excerpt in seen[:MOST_IN_A_SUMMARY]:
        for sentence in sentences(excerpt.text)[:1]:
            yield Claim(sentence, sentence, excerpt)


def _likest(question: str, seen: Sequence[tuple[int, Excerpt]]) -> Claim | None:
    asked = {word for word in words(question) if len(word) > 3 or any(char.isdigit() for char in word)}
    best: tuple[float, Claim] | None = None
    for _, excerpt in seen:
        for sentence in sentences(excerpt.text):
            shared = len(asked.intersection(words(sentence))) / max(1, len(asked))
            if shared >= ALIKE and (best is None or shared > best[0]):
                best = shared, Claim(sentence, sentence, excerpt)
    return best[1] if best else None


def _made_up(reading: Reading) -> str:
    """A fluent answer out of nothing."""
    question = reading.prompt.question
    for pattern, values in _VALUES.items():
        if re.search(pattern, question, re.IGNORECASE):
            return f"That is {reading.dice.choose(values, 'made up', question)}."
    return "Yes, that is how it is with all current devices and plans."


def _invented(label: str, labels: Sequence[str]) -> str:
    """An id of the same make that is not among those in the prompt."""
    digits = re.search(r"\d+(?=\D*$)", label)
    if digits is None:
        return f"{label}-2"
    number = int(digits[0])
    while (made := f"{label[: digits.start()]}{number}{label[digits.end() :]}") in labels:
        number += 1
    return made
