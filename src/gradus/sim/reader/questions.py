"""Which facts a question asks for: by the known phrasing that it contains, or else by the one that is most like it.

It is told what is asked, never what is true: that stands in the prompt, or nowhere.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gradus.coldtrail import Fact, Phrasing, knowledge, mentions, normalise, phrasings

LIKE_ENOUGH = 0.45  # of 1: a phrasing less like the question than this is not taken for it
LIKELY_IN_SIGHT = 0.18  # of 1: the same where the text at hand states what the phrasing asks for
NAMED = 0.25  # what it adds that the question names the subject
WORDS_THAT_TELL = 4  # a phrasing shorter than this may stand in any text by chance

_WORD = re.compile(r"[a-z0-9]+(?:[-./][a-z0-9]+)*")


@dataclass(frozen=True)
class Asked:
    """One thing that a question asks for.

    Attributes:
        subject, attribute: the ids of an entity and of an attribute.
        named: whether the question itself says which subject it means.
    """

    subject: str
    attribute: str
    named: bool = True

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that give it, for one version, region or time each."""
        return _facts()[self.subject, self.attribute]

    def others(self) -> Iterator[Asked]:
        """The same attribute of every other subject that has it."""
        for subject, attribute in _facts():
            if attribute == self.attribute and subject != self.subject:
                yield Asked(subject, attribute)


@dataclass(frozen=True)
class Understood:
    """A question as it is understood.

    Attributes:
        asked: what it asks for; () where that is not understood, or nobody knows.
        guess: the fact that somebody has in mind who answers all the same, or None.
    """

    asked: tuple[Asked, ...] = ()
    guess: Fact | None = None


def understand(question: str, around: str = "", stated: Iterable[tuple[str, str]] = ()) -> Understood:
    """What a question asks for.

    Args:
        question: as it was put.
        around: earlier questions, which may name what this one only points to.
        stated: the subjects and attributes that the text at hand states something of: a question that is not known word
            for word is taken to be about one of them, if that is likely enough.

    Example:
        >>> understand("How long does the battery of the CT-200 last?").asked
        (Asked(subject='ct-200', attribute='battery_life', named=True),)
    """
    known = _known(question)
    if known is not None:
        return known
    text = normalise(question)
    named = named_in(text) or named_in(normalise(around))
    likenesses = _likenesses(text)
    best = max(
        (
            (likenesses.get(attribute, 0.0) + NAMED * (subject in named), subject, attribute)
            for subject, attribute in stated
        ),
        key=lambda choice: choice[0],
        default=None,
    )
    if best is not None and best[0] >= LIKELY_IN_SIGHT:
        return Understood((Asked(best[1], best[2]),))
    attribute = max(likenesses, key=likenesses.__getitem__, default=None)
    if attribute is None or likenesses[attribute] < LIKE_ENOUGH:
        return Understood()
    subjects = [subject for subject, other in _facts() if other == attribute]
    subject = next((name for name in named if name in subjects), subjects[0])
    return Understood((Asked(subject, attribute, subject in named or len(subjects) == 1),))


def words(text: str) -> list[str]:
    """The words of a text in lower case, plural endings off.

    Example:
        >>> words("Which batteries does E-4012 mean?")
        ['which', 'battery', 'does', 'e-4012', 'mean']
    """
    return [_stem(word) for word in _WORD.findall(text.lower())]


@functools.lru_cache(maxsize=4096)
def named_in(text: str) -> tuple[str, ...]:
    """The ids of the models, plans, codes and so on that a normalised text names."""
    return tuple(
        entity.id for entity in knowledge().entities if entity.kind != "topic" and mentions(text, entity.names)
    )


@functools.lru_cache(maxsize=4096)
def _known(question: str) -> Understood | None:
    """What the longest known phrasing asks for that the question contains word for word."""
    for phrasing in _contained_in(_folded(question)):
        guess = knowledge().fact[phrasing.guess] if phrasing.guess else None
        return Understood(tuple(Asked(*pair) for pair in phrasing.asks), guess)
    return None


def _contained_in(folded: str) -> Iterable[Phrasing]:
    """Known phrasings that stand in the question word for word, the longest first."""
    if folded in _index().whole:
        yield phrasings()[_index().whole[folded]]
        return
    candidates = {index for word in folded.split() for index in _index().by_first_word.get(word, ())}
    around = f" {folded} "
    found = [index for index in candidates if f" {_index().folded[index]} " in around]
    for index in sorted(found, key=lambda index: (-len(_index().folded[index]), index)):
        yield phrasings()[index]


@functools.lru_cache(maxsize=1024)
def _likenesses(text: str) -> dict[str, float]:
    """By attribute, how like the question is to the likest phrasing that asks for it: a cosine of weighted words."""
    index = _index()
    weights = {word: count * index.weight(word) for word, count in Counter(words(text)).items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    scores: defaultdict[int, float] = defaultdict(float)
    for word, weight in weights.items():
        for place, other in index.postings.get(word, ()):
            scores[place] += weight * other
    likest: dict[str, float] = {}
    for place in sorted(scores):
        likeness = round(scores[place] / length / index.lengths[place], 6)
        for _, attribute in phrasings()[place].asks:
            likest[attribute] = max(likest.get(attribute, 0.0), likeness)
    return likest


@functools.cache
def _facts() -> dict[tuple[str, str], tuple[Fact, ...]]:
    grouped: dict[tuple[str, str], list[Fact]] = {}
    for fact in knowledge().facts:
        grouped.setdefault((fact.subject, fact.attribute), []).append(fact)
    return {key: tuple(facts) for key, facts in grouped.items()}


class _Index:
    """The known phrasings by their words."""

    def __init__(self, known: Sequence[Phrasing]) -> None:
        self.folded = [_folded(phrasing.text) for phrasing in known]
        self.whole = {folded: place for place, folded in reversed(list(enumerate(self.folded)))}
        self.by_first_word: dict[str, list[int]] = {}
        for place, folded in enumerate(self.folded):
            if len(folded.split()) >= WORDS_THAT_TELL:
                self.by_first_word.setdefault(folded.split()[0], []).append(place)
        counted = [Counter(words(phrasing.text)) for phrasing in known]
        self._seen = Counter(word for counts in counted for word in counts)
        self._total = len(known)
        self.postings: dict[str, list[tuple[int, float]]] = {}
        self.lengths: list[float] = []
        for place, counts in enumerate(counted):
            weights = {word: count * self.weight(word) for word, count in counts.items()}
            for word, weight in weights.items():
                self.postings.setdefault(word, []).append((place, weight))
            self.lengths.append(math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0)

    def weight(self, word: str) -> float:
        """How much a word tells: the rarer, the more (inverse document frequency)."""
        return math.log(1 + self._total / (1 + self._seen[word]))


@functools.cache
def _index() -> _Index:
    return _Index(phrasings())


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(normalise(text).lower()))


def _stem(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        return word[:-1]
    return word
