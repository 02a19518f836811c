"""Labelled queries: sizes, strata and splits, and what makes each stratum what it is."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from benchmarks.corpus import Rankers, words
from gradus.coldtrail import (
    Query,
    conversations,
    doc,
    docs,
    judged_answers,
    knowledge,
    normalise,
    passages,
    queries,
    scenarios,
    tickets,
)

ROOT = Path(__file__).resolve().parents[2]
KNOWN = knowledge()
PASSAGES = passages()
ALL = (*queries("dev"), *queries("held_out"))

STRATA = {
    "paraphrase": 30,
    "identifier": 20,
    "numeric": 15,
    "version": 15,
    "negation": 10,
    "two_document": 10,
    "access_rights": 10,
    "unanswerable": 10,
}

# Words that any question may have in common with any passage.
COMMON = ENGLISH_STOP_WORDS | set(
    re.findall(
        r"\w+",
        """does did doing done can could would gets getting got needs needed need wants want uses used use using
        long many much far big often soon happens happen lets let make makes puts put way ways thing things ok
        tell says say know just going goes go come comes please help like work works new old set day days time
        times actually really""",
    )
)


def of(stratum: str) -> list[Query]:
    return [query for query in ALL if query.stratum == stratum]


def stem(word: str) -> str:
    """A crude stem: enough to see that "calibrated" and "calibration" share their word."""
    for ending in (
        "ations",
        "ation",
        "ating",
        "ated",
        "ingly",
        "edly",
        "ing",
        "ied",
        "ies",
        "ed",
        "es",
        "ly",
        "er",
        "s",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


def content_words(text: str) -> set[str]:
    return {stem(word) for word in words(normalise(text)) if word not in COMMON and len(word) > 1}


@pytest.mark.parametrize("split", ["dev", "held_out"])
def test_sizes_and_strata(split: str) -> None:
    half = queries("dev" if split == "dev" else "held_out")
    assert Counter(query.stratum for query in half) == STRATA
    assert len({query.id for query in half}) == 120
    assert {query.id[0] for query in half} == {"Q" if split == "dev" else "H"}


def test_no_query_is_asked_twice() -> None:
    texts = [" ".join(sorted(content_words(query.text))) for query in ALL]
    assert [text for text, times in Counter(texts).items() if times > 1] == []


def test_held_out_queries_are_not_about_what_the_dev_half_asks() -> None:
    """Some facts are asked for in both halves, as in life; most are not, so that tuning on the one half shows."""
    dev = {query.facts for query in queries("dev") if query.facts}
    held = [query.facts for query in queries("held_out") if query.facts]
    assert sum(facts in dev for facts in held) <= 0.35 * len(held)


def test_lessons_never_quote_the_held_out_half() -> None:
    lessons = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "modules").rglob("*.md"))
    lessons += "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "exercises").rglob("*.py"))
    plain = normalise(lessons).lower()
    held_out = {
        **{query.id: query.text for query in queries("held_out")},
        **{answer.id: answer.answer for answer in judged_answers("held_out")},
        **{ticket.id: ticket.body for ticket in tickets("held_out") if len(ticket.body) > 30},
        **{scenario.id: scenario.opening for scenario in scenarios()},
    }
    assert [name for name, text in held_out.items() if normalise(text).lower() in plain] == []


def test_a_paraphrase_shares_no_word_with_what_answers_it() -> None:
    for query in of("paraphrase"):
        for name, grade in query.relevance.items():
            if grade == 2:
                content = doc(PASSAGES[name].document).content(PASSAGES[name])
                assert content_words(query.text) & content_words(content) == set(), (query.id, name)


def test_an_identifier_query_names_an_identifier_of_what_answers_it() -> None:
    for query in of("identifier"):
        named = {word for word in words(query.text) if re.search(r"\d|-", word)} | set(words(query.text))
        assert any(
            set(words(doc(PASSAGES[name].document).content(PASSAGES[name])))
            & {w for w in named if re.search(r"\d|[-/_]", w)}
            for name, grade in query.relevance.items()
            if grade == 2
        ), query.id


def test_a_version_query_has_both_statements_in_the_corpus() -> None:
    stated = {name for passage in PASSAGES.values() for name in passage.facts}
    for query in of("version"):
        (name,) = query.facts
        fact = KNOWN.fact[name]
        others = [o for o in KNOWN.siblings(fact) if o.firmware != fact.firmware or o.valid_from != fact.valid_from]
        assert fact.id in stated, query.id
        assert any(other.id in stated for other in others), query.id
        assert fact.holds_on(query.as_of), query.id
        assert fact.firmware in (None, query.firmware), query.id
        assert 1 in query.relevance.values(), query.id


def test_a_negation_query_turns_on_a_no_or_an_exception() -> None:
    """It is asked so that the answer is yes or no, or what is asked or answered has a no in it."""
    negative = re.compile(
        r"\b(no|not|never|none|nobody|without|except|still|only|cannot|can't|don't|unless|even|anything)\b",
        re.IGNORECASE,
    )
    polar = re.compile(
        r"\b(do|does|is|are|can|may|will) (we|i|it|its|she|he|they|that|this|there|dispatch)\b", re.IGNORECASE
    )
    for query in of("negation"):
        told = [query.text, *(KNOWN.sentence(KNOWN.fact[name]) for name in query.facts)]
        assert polar.search(query.text) or any(negative.search(text) for text in told), query.id
        assert not re.match(r"how (many|much|long)\b", query.text, re.IGNORECASE), query.id


def test_a_two_document_query_cannot_be_answered_from_one() -> None:
    for query in of("two_document"):
        assert len(query.facts) == 2, query.id
        for document in docs():
            stated = {name for passage in document.passages for name in passage.facts}
            assert not set(query.facts) <= stated, (query.id, document.id)


def test_an_access_rights_query_has_a_document_that_its_asker_may_not_see() -> None:
    for query in of("access_rights"):
        assert query.withheld, query.id
        assert query.forbidden, query.id
        for name in query.forbidden:
            assert not query.asker.may_read(doc(PASSAGES[name].document)), query.id
        for document in docs():
            if query.asker.may_read(document):
                stated = {name for passage in document.passages for name in passage.facts}
                assert not stated & set(query.withheld), (query.id, document.id)
    assert 0 < sum(query.answerable for query in of("access_rights")) < len(of("access_rights"))


@pytest.fixture(scope="module")
def rankers() -> Rankers:
    return Rankers()


def test_an_unanswerable_query_has_a_near_miss(rankers: Rankers) -> None:
    for query in of("unanswerable"):
        assert not query.answerable, query.id
        assert query.near_miss is not None, query.id
        scores = rankers.scores(query)
        index = rankers.ids.index(query.near_miss)
        best = min(int((scores[method] > scores[method][index]).sum()) for method in ("dense", "BM25"))
        assert best < 5, query.id


def test_answerable_queries_have_an_answer_that_the_asker_may_read() -> None:
    for query in ALL:
        assert query.answerable == (2 in query.relevance.values()), query.id
        for name in (*query.relevance, *query.distractors):
            assert query.asker.may_read(doc(PASSAGES[name].document)), query.id
        stated = {fact for name, grade in query.relevance.items() if grade == 2 for fact in PASSAGES[name].facts}
        assert set(query.facts) <= stated, query.id
        for name in query.facts:
            fact = KNOWN.fact[name]
            assert fact.holds_on(query.as_of), query.id
            assert fact.region in (None, query.region), query.id
            assert fact.tenant in (None, query.asker.tenant), query.id


def test_relevance_is_graded_and_distractors_are_irrelevant() -> None:
    grades = Counter(grade for query in ALL for grade in query.relevance.values())
    assert set(grades) == {1, 2}
    assert grades[1] >= 60
    for query in ALL:
        assert not set(query.distractors) & set(query.relevance), query.id
        assert len(query.distractors) <= 10, query.id
    assert sum(len(query.distractors) >= 3 for query in ALL) >= 0.9 * len(ALL)
    for query in of("unanswerable"):
        assert query.near_miss in query.distractors, query.id


def test_answer_keys_tell_right_from_wrong() -> None:
    for query in ALL:
        assert len(query.right) == len(query.wrong) == len(query.facts), query.id
        for name, right, wrong in zip(query.facts, query.right, query.wrong, strict=True):
            assert KNOWN.fact[name].forms == right, query.id
            assert not set(right) & set(wrong), query.id


def test_conversations() -> None:
    talks = conversations()
    assert len(talks) == 30
    kinds = Counter(talk.kind for talk in talks)
    assert set(kinds) == {"pronoun", "ellipsis", "comparison", "correction", "topic_switch", "standalone"}
    assert min(kinds.values()) >= 3
    for talk in talks:
        assert len(talk.turns) >= 3, talk.id
        assert [turn.role for turn in talk.turns] == ["user", "assistant"] * (len(talk.turns) // 2) + ["user"]
        assert 2 in talk.relevance.values(), talk.id
        assert (normalise(talk.question) == normalise(talk.standalone)) == (talk.kind == "standalone"), talk.id


def test_judged_answers() -> None:
    parts = {split: judged_answers(split) for split in ("train", "dev", "held_out")}
    assert {split: len(part) for split, part in parts.items()} == {"train": 20, "dev": 40, "held_out": 60}
    answers = {answer.id: answer for part in parts.values() for answer in part}
    assert len(answers) == 120
    failed = [answer for answer in answers.values() if answer.verdict == "fail"]
    assert len(failed) >= 50
    modes = Counter(answer.mode for answer in failed)
    assert len(modes) == 6
    assert min(modes.values()) >= 5
    for part in parts.values():
        assert 0.35 <= sum(answer.verdict == "fail" for answer in part) / len(part) <= 0.65
    pairs = [(answer, answers[answer.pair]) for answer in answers.values() if answer.pair]
    assert len(pairs) >= 40
    for one, other in pairs:
        assert other.pair == one.id
        assert one.question == other.question, one.id
        assert one.split == other.split, one.id
        assert one.verdict != other.verdict, one.id
        assert abs(len(one.answer) - len(other.answer)) <= 0.15 * max(len(one.answer), len(other.answer)), one.id


def test_length_does_not_tell_good_answers_from_bad() -> None:
    answers = [answer for split in ("train", "dev", "held_out") for answer in judged_answers(split)]
    by_length = sorted(answers, key=lambda answer: len(answer.answer))
    longer = by_length[len(by_length) // 2 :]
    passed = sum(answer.verdict == "pass" for answer in longer) / len(longer)
    share = sum(answer.verdict == "pass" for answer in answers) / len(answers)
    assert abs(passed - share) <= 0.1


def test_what_passed_states_its_facts_and_what_has_a_wrong_value_does_not() -> None:
    for split in ("train", "dev", "held_out"):
        for answer in judged_answers(split):
            text = normalise(answer.answer).lower()
            given = {name for passage in answer.passages for name in PASSAGES[passage].facts}
            says = [any(form in text for form in KNOWN.fact[name].forms) for name in answer.facts]
            if answer.verdict == "pass":
                assert all(says), answer.id
                assert set(answer.facts) <= given, answer.id
            if answer.mode == "wrong_value":
                assert not all(says), answer.id
            if answer.mode == "should_abstain":
                assert not answer.facts, answer.id
