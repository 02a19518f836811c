"""Answers from what stands in the prompt: how often they are right, and what makes them wrong."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from gradus.coldtrail import Query, knowledge, mentions, normalise, queries
from gradus.sim import Simulator, tokens
from gradus.sim.reader import Reader
from tests.sim.reader.asking import (
    FLAWLESS,
    MAY_ABSTAIN,
    PLAIN,
    asked,
    context,
    irrelevant,
    is_right,
    is_wrong_value,
    messages,
    relevant,
    say,
    share,
)

SMALL, LARGE = "sim-small", "sim-large"
DATED = [f"{model}-{date}" for model in (SMALL, LARGE) for date in ("2026-03", "2026-09")]
ANSWERABLE = [query for query in queries() if query.answerable]
SIMPLE = [query for query in ANSWERABLE if len(query.facts) == 1 and query.distractors][::2]


def accuracy(model: str, seeds: Sequence[int] = (0, 1, 2)) -> float:
    return share(
        is_right(query, asked(Reader(seed), model, query, relevant(query))) for seed in seeds for query in ANSWERABLE
    )


@pytest.mark.parametrize("model", DATED)
def test_answers_from_relevant_passages_are_as_right_as_the_size_promises(model: str) -> None:
    if model.startswith(LARGE):
        assert accuracy(model) >= 0.95
    else:
        assert 0.75 <= accuracy(model) <= 0.90


def test_without_its_habits_it_reads_every_labelled_query_right() -> None:
    assert (
        share(is_right(query, asked(Reader(rates=FLAWLESS), LARGE, query, relevant(query))) for query in ANSWERABLE)
        == 1
    )


@pytest.mark.parametrize("model", [SMALL, LARGE])
def test_what_it_was_not_given_it_makes_up(model: str) -> None:
    answers = [asked(Reader(), model, query, irrelevant(query, 5, place)) for place, query in enumerate(ANSWERABLE)]
    assert share(is_wrong_value(query, answer) for query, answer in zip(ANSWERABLE, answers, strict=True)) >= 0.9


@pytest.mark.parametrize(("model", "least", "most"), [(SMALL, 0.55, 0.85), (LARGE, 0.9, 1.0)])
def test_where_it_may_it_says_that_it_does_not_know(model: str, least: float, most: float) -> None:
    answers = [
        asked(Reader(), model, query, irrelevant(query, 5, place), MAY_ABSTAIN)
        for place, query in enumerate(ANSWERABLE)
    ]
    assert least <= share("don't know" in answer for answer in answers) <= most


def test_leave_to_abstain_costs_no_answers() -> None:
    asking = (asked(Reader(), LARGE, query, relevant(query), MAY_ABSTAIN) for query in ANSWERABLE)
    assert share("don't know" in answer for answer in asking) <= 0.02


def with_right_one_at(query: Query, place: int, number: int) -> list[str]:
    others = irrelevant(query, number - 1, place=sum(map(ord, query.id)))
    return [*others[:place], relevant(query)[0], *others[place:]]


@cache
def accuracy_at(model: str, place: int, number: int) -> float:
    return share(
        is_right(query, asked(Reader(seed, rates={"G8": 0}), model, query, with_right_one_at(query, place, number)))
        for seed in range(2)
        for query in SIMPLE
    )


@pytest.mark.parametrize("model", [SMALL, LARGE])
def test_the_middle_of_a_long_context_is_read_badly(model: str) -> None:
    first, quarter, middle, last = (accuracy_at(model, place, 21) for place in (0, 5, 10, 20))
    assert first - middle >= 0.15
    assert last - middle >= 0.15
    assert first > quarter > middle


@pytest.mark.parametrize("model", [SMALL, LARGE])
def test_a_short_context_has_no_middle(model: str) -> None:
    assert abs(accuracy_at(model, 1, 4) - accuracy_at(model, 0, 4)) < 0.06


@pytest.mark.parametrize("model", [SMALL, LARGE])
def test_passages_beyond_the_first_few_distract_the_more_there_are(model: str) -> None:
    def right(number: int) -> float:
        return share(
            is_right(query, asked(Reader(seed, rates={"G6": 0}), model, query, with_right_one_at(query, 0, number)))
            for seed in range(2)
            for query in SIMPLE
        )

    few, more, many = right(6), right(14), right(22)
    assert few - many >= 0.15
    assert few > more > many


def test_of_two_versions_it_takes_the_one_that_the_prompt_points_to() -> None:
    reader = Reader(rates=FLAWLESS)
    facts = [fact for fact in knowledge().facts if fact.subject == "ct-210" and fact.attribute == "sample_interval"]
    texts = [knowledge().sentence(fact) for fact in facts]
    passages = "\n".join(
        f"<passage id='{fact.firmware}'>Firmware {fact.firmware}. {sentence}</passage>"
        for fact, sentence in zip(facts, texts, strict=True)
    )
    question = knowledge().question(facts[0])
    for fact in facts:
        system = f"{PLAIN} The customer's device runs firmware {fact.firmware}."
        answer = normalise(say(reader, LARGE, system, f"{passages}\n\n{question}"))
        assert mentions(answer, fact.forms)


def test_of_two_versions_it_merges_both_now_and_then() -> None:
    facts = [fact for fact in knowledge().facts if fact.subject == "ct-210" and fact.attribute == "sample_interval"]
    passages = "\n".join(
        f"<passage id='{fact.firmware}'>Firmware {fact.firmware}. {knowledge().sentence(fact)}</passage>"
        for fact in facts
    )
    answer = normalise(
        say(Reader(rates={**FLAWLESS, "G5": 1}), LARGE, PLAIN, f"{passages}\n\n{knowledge().question(facts[0])}")
    )
    assert all(mentions(answer, fact.forms) for fact in facts)


def test_it_reads_a_value_that_was_changed_in_the_text() -> None:
    fact = knowledge().fact["ct-200.battery_life"]
    text = f"<doc>{knowledge().sentence(fact, wrong=True)}</doc> {knowledge().question(fact)}"
    assert mentions(normalise(say(Reader(rates=FLAWLESS), LARGE, PLAIN, text)), fact.wrong_forms)


def test_a_false_premise_is_taken_over_unless_the_prompt_asks_to_check_it() -> None:
    facts = [fact for fact in knowledge().facts if fact.unit and not knowledge().siblings(fact)][:100]

    def taken_over(system: str) -> float:
        return share(
            mentions(
                normalise(
                    say(
                        Reader(),
                        SMALL,
                        system,
                        f"<doc>{knowledge().sentence(fact)}</doc>\n\n{knowledge().question(fact)} "
                        f"I read that it is {fact.wrong_forms[0]}.",
                    )
                ),
                fact.wrong_forms,
            )
            for fact in facts
        )

    trusting = taken_over(PLAIN)
    checking = taken_over(f"{PLAIN} If the question assumes something wrong, correct it.")
    assert trusting >= 0.5
    assert trusting - checking >= 0.3


@pytest.mark.parametrize("habit", ["G1", "G2"])
def test_citations_go_wrong_in_the_way_that_the_habit_says(habit: str) -> None:
    query = next(query for query in SIMPLE if len(relevant(query)) == 1)
    names = [*relevant(query), *irrelevant(query, 3, 1)]
    system = f"{PLAIN} Cite the id of the passage behind each sentence in square brackets."
    answer = asked(Reader(rates={**FLAWLESS, habit: 1}), LARGE, query, names, system)
    label = answer.rpartition("[")[2].rstrip("]")
    assert (label in names) == (habit == "G2")
    assert label != relevant(query)[0]
    assert asked(Reader(rates=FLAWLESS), LARGE, query, names, system).endswith(f"[{relevant(query)[0]}]")


def test_a_question_about_nothing_known_is_answered_from_the_likest_sentence() -> None:
    text = "<doc>The canteen opens at noon. The bicycle shed was painted green in spring.</doc>"
    answer = say(
        Reader(rates=FLAWLESS), LARGE, PLAIN, f"{text}\n\nWhich colour was the bicycle shed painted in spring?"
    )
    assert answer == "The bicycle shed was painted green in spring."


@pytest.mark.parametrize("query", [query for query in queries() if not query.answerable and not query.withheld])
def test_what_nobody_knows_is_made_up_or_left_open(query: Query) -> None:
    names = [query.near_miss] if query.near_miss else list(query.distractors[:3])
    flawless = Reader(rates=FLAWLESS)
    assert "don't know" in asked(flawless, LARGE, query, names, MAY_ABSTAIN)
    assert "don't know" not in asked(flawless, LARGE, query, names)


def test_an_answer_is_cut_where_its_tokens_end() -> None:
    query = SIMPLE[0]
    body = {
        "model": LARGE,
        "messages": [
            {
                "role": "user",
                "content": f"<doc>{knowledge().sentence(knowledge().fact[query.facts[0]])}</doc> {query.text}",
            }
        ],
        "max_tokens": 3,
    }
    reply = Reader(rates=FLAWLESS)(body)
    assert reply.finish_reason == "length"
    whole = Reader(rates=FLAWLESS)({**body, "max_tokens": 500})
    assert whole.finish_reason is None
    assert (whole.text or "").startswith(reply.text or "-")
    assert len(reply.text or "") < len(whole.text or "")


def test_dated_versions_differ() -> None:
    for model in (SMALL, LARGE):
        answers = [
            [asked(Reader(), f"{model}-{date}", query, relevant(query), temperature=0) for query in ANSWERABLE]
            for date in ("2026-03", "2026-09")
        ]
        assert answers[0] != answers[1]


def test_an_alias_is_the_newest_version() -> None:
    pairs = [
        (asked(Reader(), name, query, relevant(query), temperature=0) for query in ANSWERABLE)
        for name in (SMALL, f"{SMALL}-2026-09")
    ]
    assert all(one == other for one, other in zip(*pairs, strict=True))


def test_sampling_is_seeded() -> None:
    reader = Reader()
    some = [query for query in ANSWERABLE if relevant(query)][:60]

    def run(**options: Any) -> list[str]:
        return [asked(reader, SMALL, query, relevant(query), **options) for query in some]

    assert run(temperature=0) == run(temperature=0)
    assert run(seed=3) == run(seed=3)
    assert run(seed=3) != run(seed=4)
    assert run() != run()


def test_choices_of_one_request_are_samples_of_their_own() -> None:
    def answers(**options: Any) -> list[str | None]:
        query = SIMPLE[0]
        prompt = messages(PLAIN, f"{context(relevant(query))}\n\nQuestion: {query.text}")
        reply = Reader(rates={"G3": 0.5})({"model": SMALL, "messages": prompt, "n": 40, **options})
        return [choice.text for choice in reply.choices(40)]

    assert len(set(answers())) > 1
    assert len(set(answers(seed=3))) > 1
    assert answers(seed=3) == answers(seed=3)
    assert len(set(answers(temperature=0))) == 1


def test_choices_reach_the_client_each_for_itself() -> None:
    sim = Simulator()
    sim.otherwise(Reader(rates={"G3": 0.5}))
    query = SIMPLE[0]
    prompt = messages(PLAIN, f"{context(relevant(query))}\n\nQuestion: {query.text}")
    completion: Any = sim.client().chat.completions.create(model=SMALL, messages=prompt, n=40)  # type: ignore[arg-type]
    said = [str(choice.message.content) for choice in completion.choices]
    assert len(said) == 40
    assert len(set(said)) > 1
    assert completion.usage.completion_tokens == sum(tokens.count([text]) for text in said)


def test_another_space_now_and_then_makes_another_answer() -> None:
    def run(space: str, rates: dict[str, float]) -> list[str]:
        system = f"Answer{space}from the passages."
        return [
            asked(Reader(rates=rates), SMALL, query, relevant(query), system, temperature=0) for query in ANSWERABLE
        ]

    assert run(" ", {"N3": 0}) == run("  ", {"N3": 0})
    changed = [one != other for one, other in itertools.zip_longest(run(" ", {}), run("  ", {}))]
    assert 0 < share(changed) < 0.2
