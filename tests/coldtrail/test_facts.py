"""Facts: enough of them, none contradicting another, each stated somewhere and nowhere wrongly."""

from __future__ import annotations

from datetime import date

import pytest

from gradus.authoring.corpus.errors import SourceError
from gradus.authoring.corpus.facts import read_facts
from gradus.authoring.corpus.surface import forms
from gradus.coldtrail import Matcher, docs, knowledge, passages, statements

KNOWN = knowledge()


def test_there_are_about_350_of_them_of_every_sort() -> None:
    assert 340 <= len(KNOWN.facts) <= 400
    for sort in ("plan", "firmware", "region", "tenant", "valid_from", "valid_to"):
        assert sum(getattr(fact, sort) is not None for fact in KNOWN.facts) >= 5, sort
    assert {fact.audience for fact in KNOWN.facts} == {"public", "customer", "internal"}


def test_every_attribute_and_entity_is_used() -> None:
    qualifiers = {f"fw{fact.firmware}" for fact in KNOWN.facts} | {fact.region for fact in KNOWN.facts}
    assert set(KNOWN.entity) == {fact.subject for fact in KNOWN.facts} | {
        name for name in qualifiers if name in KNOWN.entity
    }
    assert set(KNOWN.attribute) == {fact.attribute for fact in KNOWN.facts}


def test_siblings_are_told_apart_by_what_they_hold_for() -> None:
    for fact in KNOWN.facts:
        for other in KNOWN.siblings(fact):
            assert fact.forms[0] != other.forms[0], (fact.id, other.id)
            differ = (fact.firmware != other.firmware) or (fact.region != other.region)
            first, second = sorted((fact, other), key=lambda one: one.valid_from or date.min)
            in_turn = (
                first.valid_to is not None and second.valid_from is not None and first.valid_to < second.valid_from
            )
            assert differ or in_turn, (fact.id, other.id)


def test_every_fact_is_stated_where_its_readers_may_read_it() -> None:
    stated: dict[str, set[tuple[str, str | None]]] = {}
    for document in docs():
        for passage in document.passages:
            for name in passage.facts:
                stated.setdefault(name, set()).add((document.audience, document.tenant))
    assert set(stated) == set(KNOWN.fact)
    for fact in KNOWN.facts:
        if fact.audience == "internal":
            assert {audience for audience, _ in stated[fact.id]} == {"internal"}, fact.id
        elif fact.tenant:
            assert stated[fact.id] == {("customer", fact.tenant)}, fact.id
        else:
            assert any(audience == "public" for audience, _ in stated[fact.id]), fact.id


def test_questions_and_sentences_are_whole() -> None:
    for fact in KNOWN.facts:
        for text in (KNOWN.question(fact), KNOWN.sentence(fact), KNOWN.sentence(fact, wrong=True)):
            assert "{" not in text
        assert KNOWN.sentence(fact) != KNOWN.sentence(fact, wrong=True)


def test_a_fact_is_found_in_its_own_sentence_and_its_wrong_value_in_the_other() -> None:
    matcher = Matcher(KNOWN)
    for fact in KNOWN.facts:
        above = [KNOWN.entity[name].names[0] for name in (f"fw{fact.firmware}", fact.region) if name in KNOWN.entity]
        above.append(KNOWN.entity[fact.subject].names[0])
        assert fact.id in matcher.stated(statements(KNOWN.sentence(fact), above)), KNOWN.sentence(fact)
        wrong = statements(KNOWN.sentence(fact, wrong=True), above)
        assert fact.id in matcher.misstated(wrong), KNOWN.sentence(fact, wrong=True)
        assert fact.id not in matcher.stated(wrong), KNOWN.sentence(fact, wrong=True)


def test_passages_state_several_facts_or_none() -> None:
    counts = [len(passage.facts) for passage in passages().values()]
    assert 0 < counts.count(0) < len(counts) / 2
    assert max(counts) >= 5


@pytest.mark.parametrize(
    ("value", "unit", "some"),
    [
        ("24", "months", {"24 months", "24-month", "2 years", "two years"}),
        ("1", "hours", {"1 hour", "one hour", "an hour", "60 minutes"}),
        ("48", "hours", {"48 hours", "2 days", "two days", "forty-eight hours"}),
        ("-30", "°C", {"-30 °c", "minus 30 °c", "-30 degrees"}),
        ("1900", "money", {"€1900", "$1900", "1900 euros", "1900.00 eur"}),
        ("15", "%", {"15%", "fifteen percent", "15 per cent"}),
        ("500", "failed deliveries", {"500 failed deliveries"}),
        ("the quality desk", "", {"the quality desk"}),
    ],
)
def test_forms(value: str, unit: str, some: set[str]) -> None:
    assert some <= set(forms(value, unit))


SOURCE = {
    "entities": [{"id": "ct-1", "kind": "model", "names": ["CT-1"]}],
    "attributes": [{"id": "life", "ask": "{subject}?", "say": "{subject} {value}.", "cues": ["lasts"]}],
    "facts": [{"id": "ct-1.life", "value": "24", "unit": "months", "wrong": "18"}],
}


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ([{"id": "ct-2.life", "value": "1", "wrong": "2"}], "no entity 'ct-2'"),
        ([{"id": "ct-1.weight", "value": "1", "wrong": "2"}], "no attribute 'weight'"),
        ([{"id": "ct-1.life", "value": "24", "unit": "months", "wrong": "24"}], "is true of ct-1.life"),
        ([{"id": "ct-1.life", "value": "24", "unit": "months", "wrong": "18"}] * 2, "is there twice"),
        ([{"id": "ct-1.life", "value": "24"}], "wrong"),
        (
            [
                {"id": "ct-1.life.fw2", "value": "12", "unit": "months", "wrong": "18", "firmware": "2"},
                {"id": "ct-1.life.fw3", "value": "24", "unit": "months", "wrong": "12", "firmware": "3"},
            ],
            "is true of ct-1.life.fw2",
        ),
    ],
)
def test_contradictions_are_refused(facts: list[dict[str, str]], says: str) -> None:
    with pytest.raises(SourceError, match=says):
        read_facts({**SOURCE, "facts": facts})
