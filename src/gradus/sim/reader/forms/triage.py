"""Which intent and which priority a support ticket has: naive Bayes over the words and signs of labelled tickets."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from gradus.coldtrail import Ticket, tickets

from ..questions import words
from .signs import signs

READ_FROM_EITHER_END = 2000  # characters: what a desk reads of a pasted log
WORDS_SMOOTHED = 0.3
SIGNS_SMOOTHED = 0.7
REMEMBERED = 12.0  # what a known ticket that says the same weighs, on the scale of the scores
LIKE_ENOUGH = 0.45  # of 1: a ticket less like a known one than this does not remind of it
# Words that stand in any ticket.
_COMMON = frozenset(
    (
        "the", "and", "for", "that", "our", "are", "was", "have", "has", "not", "with", "this", "but", "from", "can",
        "you", "they", "what", "there", "one", "all", "will", "when", "would", "hello", "dear", "regards", "team",
        "thanks", "please", "customer", "agent", "bot", "subject", "body", "ticket", "priority", "intent", "email",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Noted:
    """A ticket as the desk sees it: which words are in it and which signs it shows."""

    words: frozenset[str]
    signs: frozenset[str]


@functools.lru_cache(maxsize=2048)
def note(text: str) -> Noted:
    """What there is to go by in a ticket's text."""
    if len(text) > 2 * READ_FROM_EITHER_END:
        text = f"{text[:READ_FROM_EITHER_END]}\n{text[-READ_FROM_EITHER_END:]}"
    telling = (word for word in words(text) if len(word) > 2 and word not in _COMMON and not _has_digit(word))
    return Noted(frozenset(telling), frozenset(signs(text)))


class Desk:
    """What labelled tickets teach about tickets.

    Args:
        examples: tickets as they are seen, each with its label.
    """

    def __init__(self, examples: Sequence[tuple[Noted, str]]) -> None:
        self._examples = examples
        self._number = Counter(label for _, label in examples)
        self.labels = tuple(sorted(self._number))
        self._words = self._counted(lambda noted: noted.words)
        self._signs = self._counted(lambda noted: noted.signs)
        self._seen = Counter(word for noted, _ in examples for word in noted.words)
        self._all_signs = sorted({sign for noted, _ in examples for sign in noted.signs})
        self._holders: dict[str, list[int]] = {}
        for place, (noted, _) in enumerate(examples):
            for word in sorted(noted.words):
                self._holders.setdefault(word, []).append(place)

    def scores(self, noted: Noted) -> dict[str, float]:
        """How well each label fits, as log-probabilities up to a constant."""
        found = {
            label: self._by_words(label, noted.words) + self._by_signs(label, noted.signs) for label in self.labels
        }
        reminded = self.reminds_of(noted)
        if reminded is not None:
            label, likeness = reminded
            found[label] += REMEMBERED * likeness
        # Rounded, so that a last bit that differs between machines decides nothing.
        return {label: round(score, 6) for label, score in found.items()}

    def reminds_of(self, noted: Noted) -> tuple[str, float] | None:
        """The label of the known ticket that is most like this one, and the likeness, where it is like enough."""
        shared = Counter(place for word in sorted(noted.words) for place in self._holders.get(word, ()))
        best, likeness = None, LIKE_ENOUGH
        for place in sorted(shared):
            known, label = self._examples[place]
            cosine = shared[place] / math.sqrt(len(known.words) * len(noted.words))
            if cosine > likeness:
                best, likeness = label, cosine
        return (best, likeness) if best is not None else None

    def _counted(self, part: Callable[[Noted], Iterable[str]]) -> dict[str, Counter[str]]:
        counts = {label: Counter[str]() for label in self._number}
        for noted, label in self._examples:
            counts[label].update(part(noted))
        return counts

    def _by_words(self, label: str, present: Set[str]) -> float:
        """Divided by the root of the number of words, because the words of a ticket depend on one another."""
        counts = self._words[label]
        total = sum(counts.values()) + WORDS_SMOOTHED * len(self._seen)
        known = sorted(word for word in present if self._seen[word] > 1)
        weight = math.fsum(math.log((counts[word] + WORDS_SMOOTHED) / total) for word in known)
        return weight / math.sqrt(max(1, len(present)))

    def _by_signs(self, label: str, present: Set[str]) -> float:
        counts, number = self._signs[label], self._number[label]
        weight = math.log(number / len(self._examples))
        for sign in self._all_signs:
            share = (counts[sign] + SIGNS_SMOOTHED) / (number + 2 * SIGNS_SMOOTHED)
            weight += math.log(share if sign in present else 1 - share)
        return weight


@dataclass(frozen=True)
class Triage:
    """Two desks, one of which looks at what a ticket wants, the other at how soon."""

    intents: Desk
    priorities: Desk

    def intent(self, text: str) -> dict[str, float]:
        """The score of every intent."""
        return self.intents.scores(note(text))

    def priority(self, text: str) -> dict[str, float]:
        """The score of every priority, given the likeliest intent."""
        noted = note(text)
        wanted = best(self.intents.scores(noted)) if tells(text) else "none"
        return self.priorities.scores(_with_stakes(noted, wanted))


def learn(known: Sequence[Ticket]) -> Triage:
    """Both desks, taught by these tickets."""
    noted = [(ticket, note(f"{ticket.subject}\n{ticket.body}")) for ticket in known]
    return Triage(
        Desk([(seen, ticket.intent) for ticket, seen in noted if ticket.intent is not None]),
        Desk([(_with_stakes(seen, ticket.intent or "none"), ticket.priority) for ticket, seen in noted]),
    )


@functools.cache
def triage() -> Triage:
    """What all labelled tickets teach."""
    return learn((*tickets("dev"), *tickets("held_out")))


def best(scores: Mapping[str, float]) -> str:
    """The label with the highest score; of equal ones the first."""
    return max(scores, key=lambda label: scores[label])


def tells(text: str) -> bool:
    """Whether a ticket says what it is about: it is neither empty, nor illegible, nor a signature alone."""
    noted = note(text)
    silent, telling = _silence().reminds_of(noted), triage().intents.reminds_of(noted)
    if silent or telling:
        return (telling[1] if telling else 0.0) > (silent[1] if silent else 0.0)
    return len(noted.words) + len(noted.signs) >= 3 and bool(noted.signs - {"all", "one", "calm"})


def concerns_medicine(text: str) -> bool:
    """Whether vaccines or other medicine are in it.

    Example:
        >>> concerns_medicine("The flu fridge was at 12 over night")
        True
    """
    return "medicine" in note(text).signs


@functools.cache
def _silence() -> Desk:
    """The tickets of which nobody could tell what they want."""
    return Desk(
        [(note(f"{t.subject}\n{t.body}"), "none") for t in (*tickets("dev"), *tickets("held_out")) if not t.intent]
    )


def _with_stakes(noted: Noted, intent: str) -> Noted:
    """With what is at stake as signs of its own: the same trouble weighs differently over medicine and over beer."""
    medicine = "medicine" in noted.signs and "other goods" not in noted.signs
    at_stake = medicine and "nothing in it" not in noted.signs
    stakes = (
        f"wants {intent}",
        "medicine at stake" if at_stake else "no medicine at stake",
        *(("medicine got warm",) if medicine and intent == "excursion" else ()),
    )
    return Noted(noted.words, noted.signs | set(stakes))


def _has_digit(word: str) -> bool:
    return any(char.isdigit() for char in word)
