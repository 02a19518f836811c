"""The ways of asking: every attribute has some, and every labelled question is among them."""

from __future__ import annotations

import pytest

from gradus.authoring.corpus.errors import SourceError
from gradus.authoring.corpus.phrasings import all_phrasings
from gradus.coldtrail import conversations, docs, judged_answers, knowledge, passages, phrasings, queries

KNOWN = {phrasing.text: phrasing for phrasing in phrasings()}
QUERIES = (*queries(), *queries("held_out"))


def test_every_attribute_is_asked_for_in_at_least_six_ways() -> None:
    ways = {attribute.id: 0 for attribute in knowledge().attributes}
    for phrasing in phrasings():
        for _, attribute in phrasing.asks:
            ways[attribute] += 1
    assert min(ways.values()) >= 6


def test_what_is_asked_for_is_there() -> None:
    pairs = {(fact.subject, fact.attribute) for fact in knowledge().facts}
    assert all(set(phrasing.asks) <= pairs for phrasing in phrasings())


@pytest.mark.parametrize("fact", knowledge().facts[::7], ids=lambda fact: str(fact.id))
def test_plain_questions_are_known(fact: object) -> None:
    question = knowledge().question(fact)  # type: ignore[arg-type]
    assert (fact.subject, fact.attribute) in KNOWN[question].asks  # type: ignore[attr-defined]


def test_a_labelled_query_asks_for_its_facts_whoever_may_know_them() -> None:
    for query in QUERIES:
        facts = [knowledge().fact[name] for name in (*query.facts, *query.withheld)]
        assert KNOWN[query.text].asks == tuple(dict.fromkeys((fact.subject, fact.attribute) for fact in facts)), (
            query.id
        )


def test_what_nobody_knows_brings_the_near_miss_to_mind() -> None:
    for query in QUERIES:
        if not query.facts and not query.withheld and query.near_miss:
            stated = passages()[query.near_miss].facts
            assert KNOWN[query.text].guess == (stated[0] if stated else None)


def test_conversations_and_judged_questions_are_known() -> None:
    assert {one.standalone for one in conversations()} <= KNOWN.keys()
    for split in ("train", "dev", "held_out"):
        assert {one.question for one in judged_answers(split) if one.facts} <= KNOWN.keys()


@pytest.mark.parametrize("change", [{"battery_life": None}, {"no_such_thing": ["how so"]}])
def test_an_attribute_too_few_or_too_many_is_named(change: dict[str, list[str] | None]) -> None:
    spoken = {attribute.id: ["how is it"] for attribute in knowledge().attributes} | change
    spoken = {name: texts for name, texts in spoken.items() if texts is not None}
    with pytest.raises(SourceError, match=next(iter(change))):
        all_phrasings(spoken, knowledge(), docs(), (), (), ())
