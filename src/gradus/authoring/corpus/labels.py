"""Relevance, distractors and answer keys, derived from the facts that questions need and passages state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gradus.coldtrail.documents import Document, Passage
from gradus.coldtrail.facts import Knowledge
from gradus.coldtrail.queries import Asker

ANSWERS = 2
HELPS = 1
MOST_DISTRACTORS = 10


@dataclass(frozen=True)
class Labels:
    """What is derived for one question: the fields of the same names in a Query."""

    relevance: dict[str, int]
    forbidden: tuple[str, ...]
    distractors: tuple[str, ...]
    right: tuple[tuple[str, ...], ...]
    wrong: tuple[tuple[str, ...], ...]


class Labeller:
    """Derives labels over all documents.

    Args:
        knowledge: the facts.
        documents: every document, with the facts that its passages state.

    Example:
        >>> Labeller(knowledge(), docs()).labels(["ct-200.weight"], [], Asker("public")).relevance
        {'help/device-ct-200#...': 2, ...}
    """

    def __init__(self, knowledge: Knowledge, documents: Iterable[Document]) -> None:
        self._knowledge = knowledge
        self._documents = tuple(documents)
        self._passages = {passage.id: passage for document in self._documents for passage in document.passages}

    def labels(
        self,
        facts: Iterable[str],
        withheld: Iterable[str],
        asker: Asker,
        helps: Iterable[str] = (),
        near_miss: str | None = None,
    ) -> Labels:
        """The labels of one question.

        Args:
            facts: the ids of the facts that answer it.
            withheld: the ids of those that would, but are not for this asker.
            asker: who asks.
            helps: ids of passages that help without answering, beside those that can be derived.
            near_miss: the id of the passage that looks as if it answered what nothing answers.
        """
        needed, hidden, helpful = tuple(facts), set(withheld), set(helps)
        siblings = {other.id for name in needed for other in self._knowledge.siblings(self._knowledge.fact[name])}
        relevance = {
            passage.id: ANSWERS if set(passage.facts) & set(needed) else HELPS
            for passage in self._readable(asker)
            if set(passage.facts) & {*needed, *siblings} or passage.id in helpful
        }
        readable = {passage.id for passage in self._readable(asker)}
        looks_so = (near_miss,) if near_miss else ()
        about = {*needed, *hidden, *(fact for name in looks_so for fact in self._passages[name].facts)}
        beside = {name for name, grade in relevance.items() if grade == ANSWERS}.union(looks_so)
        distractors = dict.fromkeys((*looks_so, *self._distractors(about, beside, asker, relevance)))
        return Labels(
            relevance=relevance,
            forbidden=tuple(p.id for p in self._passages.values() if set(p.facts) & hidden and p.id not in readable),
            distractors=tuple(distractors)[:MOST_DISTRACTORS],
            right=tuple(self._knowledge.fact[name].forms for name in needed),
            wrong=tuple(self._knowledge.fact[name].wrong_forms for name in needed),
        )

    def has_passage(self, name: str) -> bool:
        """Whether there is a passage with this id."""
        return name in self._passages

    def _readable(self, asker: Asker) -> Iterator[Passage]:
        return (p for document in self._documents if asker.may_read(document) for p in document.passages)

    def _distractors(self, facts: set[str], beside: set[str], asker: Asker, relevance: dict[str, int]) -> Iterator[str]:
        """Passages on the same attribute of something else, then on the same thing, then in the same documents."""
        about = [self._knowledge.fact[name] for name in sorted(facts)]
        attributes, subjects = {fact.attribute for fact in about}, {fact.subject for fact in about}
        documents = {self._passages[name].document for name in beside}
        others = [passage for passage in self._readable(asker) if passage.id not in relevance]
        stated = {passage.id: [self._knowledge.fact[name] for name in passage.facts] for passage in others}
        same_attribute = [p.id for p in others if any(fact.attribute in attributes for fact in stated[p.id])]
        same_subject = [p.id for p in others if any(fact.subject in subjects for fact in stated[p.id])]
        same_document = [p.id for p in others if p.document in documents]
        yield from (*same_attribute, *same_subject, *same_document)
