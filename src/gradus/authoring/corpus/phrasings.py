"""Every question that the corpus knows an asker to have put, with what it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gradus.authoring.corpus.errors import SourceError
from gradus.coldtrail.answers import JudgedAnswer
from gradus.coldtrail.conversations import Conversation
from gradus.coldtrail.documents import Document
from gradus.coldtrail.facts import Knowledge
from gradus.coldtrail.phrasings import Phrasing
from gradus.coldtrail.queries import Query

SUBJECT = "{subject}"


def all_phrasings(
    spoken: Any,
    knowledge: Knowledge,
    documents: Iterable[Document],
    queries: Iterable[Query],
    conversations: Iterable[Conversation],
    answers: Iterable[JudgedAnswer],
) -> tuple[Phrasing, ...]:
    """Plain questions, those of data/phrasings.yaml, and all labelled ones; of two with the same text the first stays.

    Args:
        spoken: the parsed file: by attribute, ways of asking for it, with or without "{subject}".
        knowledge, documents, queries, conversations, answers: the rest of the corpus, all splits of it.

    Raises:
        SourceError: data/phrasings.yaml names an attribute that is not there, or leaves one out.
    """
    stated = {passage.id: passage.facts for document in documents for passage in document.passages}
    found = [
        *_plain(knowledge),
        *(_of_query(query, knowledge, stated) for query in queries),
        *(Phrasing(one.standalone, _asks(one.facts, knowledge)) for one in conversations),
        *(Phrasing(one.question, _asks(one.facts, knowledge)) for one in answers if one.facts),
        *_spoken(spoken, knowledge),
    ]
    first: dict[str, Phrasing] = {}
    for phrasing in found:
        first.setdefault(phrasing.text, phrasing)
    return tuple(first.values())


def _plain(knowledge: Knowledge) -> Iterator[Phrasing]:
    for fact in knowledge.facts:
        yield Phrasing(knowledge.question(fact), ((fact.subject, fact.attribute),))


def _of_query(query: Query, knowledge: Knowledge, stated: Mapping[str, tuple[str, ...]]) -> Phrasing:
    # What is asked for does not hang on who may know it.
    asks = _asks((*query.facts, *query.withheld), knowledge)
    near = stated[query.near_miss] if query.near_miss else ()
    return Phrasing(query.text, asks, near[0] if near and not asks else None)


def _asks(facts: Iterable[str], knowledge: Knowledge) -> tuple[tuple[str, str], ...]:
    pairs = ((knowledge.fact[name].subject, knowledge.fact[name].attribute) for name in facts)
    return tuple(dict.fromkeys(pairs))


def _spoken(spoken: Any, knowledge: Knowledge) -> Iterator[Phrasing]:
    subjects: dict[str, str] = {}
    for fact in knowledge.facts:
        subjects.setdefault(fact.attribute, fact.subject)
    if not isinstance(spoken, dict) or spoken.keys() != subjects.keys():
        given = spoken.keys() if isinstance(spoken, dict) else set()
        wrong = ", ".join(sorted(given ^ subjects.keys()))
        raise SourceError(f"data/phrasings.yaml: needs ways of asking for every attribute; look at {wrong}.")
    for attribute, texts in spoken.items():
        for text in texts:
            plain = " ".join(str(text).replace(SUBJECT, " ").split())
            yield Phrasing(plain, ((subjects[attribute], attribute),))
