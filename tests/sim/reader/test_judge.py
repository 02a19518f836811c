"""The reader as a judge: what it takes for a judgement, how it words it, and which way its habits lean."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.coldtrail import JudgedAnswer, judged_answers
from gradus.sim.reader import Reader
from gradus.sim.reader.habits import MODELS, RATES
from gradus.sim.reader.judge import CLEAR, STRICTLY, judge
from gradus.sim.reader.reading import begin
from tests.sim.reader.asking import FLAWLESS, context, messages, say, share

SMALL, LARGE = "sim-small-2026-09", "sim-large-2026-09"
PASS_OR_FAIL = "Decide whether the answer is correct and supported by the passages. Reply with PASS or FAIL only."
A_OR_B = "Compare the two answers and say which one is better. Reply with A or B only."
REASON_FIRST = " First explain your reason in two sentences, then end with a line 'Verdict: PASS' or 'Verdict: FAIL'."
RUBRIC = (
    " An answer fails if it states what no passage supports, changes a value, uses another version of a page, or "
    "leaves out half of the question."
)
LABELLED = [*judged_answers("train"), *judged_answers("dev")]
WRONG = [one for one in LABELLED if one.verdict == "fail"]
PAIRS = [
    (one, other)
    for one in (*LABELLED, *judged_answers("held_out"))
    for other in (*LABELLED, *judged_answers("held_out"))
    if one.pair == other.id and one.verdict == "pass"
]
PASSAGE = "The battery of the CT-200 lasts 24 months. The battery of the CT-210 lasts 18 months."
QUESTION = "How long does the battery of the CT-200 last?"
RIGHT, FALSE = "The battery of the CT-200 lasts 24 months.", "The battery of the CT-200 lasts 96 months."

CORRECT = [
    "Is this answer correct? Reply with PASS or FAIL.",
    "Judge whether the co-pilot's answer is supported by the passages. Answer PASS or FAIL.",
    "You are a strict grader. Give PASS if everything in the answer stands in the passages, else FAIL.",
    "Check the answer against the sources and label it PASS or FAIL.",
    "Evaluate the response for faithfulness to the context. Output PASS or FAIL.",
    "Does the answer hold up against the passages? Say PASS or FAIL.",
    "Mark the answer: PASS if it is right, FAIL if it is wrong.",
    "Your verdict on the answer, PASS or FAIL?",
    "Assess if the reply is accurate and complete. Return one word, PASS or FAIL.",
    "Verify that no claim of the answer is invented; respond with PASS or FAIL.",
]
BETTER = [
    "Which answer is better?",
    "Compare the two answers and name the better one.",
    "Pick the better response.",
    "You are shown two answers. Choose the one that you prefer.",
    "Decide which of the two replies serves the customer better.",
    "Two assistants have answered. Who wins?",
    "Select the more accurate answer.",
    "Act as an impartial judge and say whose answer is stronger.",
    "Of these answers, which is the more helpful and correct?",
    "State the winner of this comparison.",
]
SCORING = [
    "Rate the answer from 1 to 5.",
    "Score the answer on a scale of 1-5 for correctness.",
    "How good is the answer? Give a number from 1 to 5.",
    "Grade the response, 1 to 5 points.",
    "Assign a rating between 1 and 5 to the answer.",
    "On a 1–5 scale, how faithful is the answer to the passages?",
    "Evaluate the answer's quality with a score from 1 to 5.",
    "Give the reply one to five stars: answer with a number, 1 to 5.",
]
LAYOUTS = [
    "Question: {q}\n\nPassages:\n[1] {p}\n\nAnswer: {a}",
    "<question>{q}</question>\n<passages><passage id='1'>{p}</passage></passages>\n<answer>{a}</answer>",
    "## Question\n{q}\n\n## Context\n{p}\n\n## Answer\n{a}",
    "[Question]\n{q}\n\n[Source]\n{p}\n\n[The Start of Assistant's Answer]\n{a}\n[The End of Assistant's Answer]",
    "**User question:** {q}\n**Evidence:** {p}\n**Model response:** {a}",
    "QUESTION: {q}\nCONTEXT: {p}\nCANDIDATE ANSWER: {a}\n\nIs it right?",
    "Context:\n{p}\n\nQ: {q}\nA: {a}",
    'Question: {q}\nReference: {p}\nSubmitted answer:\n"""\n{a}\n"""',
]
PAIR_LAYOUTS = [
    "Question: {q}\n\nPassages:\n[1] {p}\n\nAnswer A: {a}\n\nAnswer B: {b}",
    "<question>{q}</question><context>{p}</context>\n<answer_a>{a}</answer_a>\n<answer_b>{b}</answer_b>",
    "### Question\n{q}\n\n### Context\n{p}\n\n### Response A\n{a}\n\n### Response B\n{b}",
    "[User Question]\n{q}\n\n[Context]\n{p}\n\n[The Start of Assistant A's Answer]\n{a}\n[The End of "
    "Assistant A's Answer]\n\n"
    "[The Start of Assistant B's Answer]\n{b}\n[The End of Assistant B's Answer]",
    "Question: {q}\nContext: {p}\n\nA: {a}\n\nB: {b}",
    "Question: {q}\nSource: {p}\n\n(A) Answer A:\n{a}\n\n(B) Answer B:\n{b}\n\nWhich one is better? Reply with A or B.",
]
NO_JUDGEMENT = [
    ("You are a support agent.", "Compare the plans Team and Fleet for me. Which is better for twelve loggers?"),
    (
        "Answer from the passages.",
        "<doc id='1'>The answer to most questions is a restart. Correct or not, try it.</doc>\n\nIs it right?",
    ),
    ("Answer the question.", "Question: Which of the two gateways is better?\nAnswer:"),
    (
        "Check that your answer is supported by the passages.",
        f"Passages:\n[1] {PASSAGE}\n\nQuestion: {QUESTION}\n\nAnswer:",
    ),
    ("You are helpful.", "On a scale of 1 to 5, how good is the CT-200 in the cold?"),
    ("Classify the ticket.", "Subject: wrong answer\n\nYour colleague's answer was incorrect, please check it."),
    ("Be brief.", "What does the verdict PASS mean in a calibration report?"),
    (
        "Answer from the context.",
        f"Question: How long?\nAnswer: 24 months.\n\nContext: {PASSAGE}\n\nQuestion: {QUESTION}\nAnswer:",
    ),
    ("Rewrite the answer so that it is friendlier.", f"Question: {QUESTION}\n\nAnswer: {RIGHT}"),
]


def reading(model: str, system: str, user: str, **options: Any) -> Any:
    return begin(model, {"model": model, "messages": messages(system, user), **options}, FLAWLESS)


def judged(system: str, user: str, **options: Any) -> str | None:
    reply = judge(reading(LARGE, system, user, **options))
    return None if reply is None else reply.text


def shown(one: JudgedAnswer, *answers: str) -> str:
    head = f"Question: {one.question}\n\nPassages:\n{context(one.passages)}\n\n"
    if len(answers) == 1:
        return f"{head}Answer: {answers[0]}"
    return head + "\n\n".join(f"Answer {name}: {answer}" for name, answer in zip("AB", answers, strict=True))


def verdict(reader: Reader, model: str, one: JudgedAnswer, system: str = PASS_OR_FAIL, answer: str = "") -> bool:
    text = say(reader, model, system, shown(one, answer or one.answer), temperature=0)
    return "PASS" in text and "FAIL" not in text


def rates(model: str, **changed: float) -> dict[str, float]:
    return {**dict.fromkeys(RATES[model], 0.0), **changed}


def near(outcomes: Iterable[bool], expected: float) -> bool:
    found = list(outcomes)
    return abs(share(found) - expected) <= 4 * math.sqrt(expected * (1 - expected) / len(found)) + 1e-9


@pytest.mark.parametrize("system", CORRECT)
@pytest.mark.parametrize(("answer", "word"), [(RIGHT, "PASS"), (FALSE, "FAIL")])
def test_whether_an_answer_is_right_may_be_asked_in_many_ways(system: str, answer: str, word: str) -> None:
    assert judged(system, LAYOUTS[0].format(q=QUESTION, p=PASSAGE, a=answer)) == word


@pytest.mark.parametrize("instruction", CORRECT)
def test_the_instructions_may_stand_below_the_answer(instruction: str) -> None:
    assert judged("", LAYOUTS[0].format(q=QUESTION, p=PASSAGE, a=FALSE) + f"\n\n{instruction}") == "FAIL"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("answer", "word"), [(RIGHT, "PASS"), (FALSE, "FAIL")])
def test_an_answer_may_be_set_apart_in_many_ways(layout: str, answer: str, word: str) -> None:
    assert judged(PASS_OR_FAIL, layout.format(q=QUESTION, p=PASSAGE, a=answer)) == word


@pytest.mark.parametrize("system", BETTER)
def test_which_answer_is_better_may_be_asked_in_many_ways(system: str) -> None:
    for answers, name in (((RIGHT, FALSE), "A"), ((FALSE, RIGHT), "B")):
        user = PAIR_LAYOUTS[0].format(q=QUESTION, p=PASSAGE, a=answers[0], b=answers[1])
        assert judged(f"{system} Reply with A or B.", user) == name
        assert f"answer {name} is the better one" in (judged(system, user) or "")


@pytest.mark.parametrize("layout", PAIR_LAYOUTS)
def test_two_answers_may_be_set_apart_in_many_ways(layout: str) -> None:
    assert judged(A_OR_B, layout.format(q=QUESTION, p=PASSAGE, a=RIGHT, b=FALSE)) == "A"
    assert judged(A_OR_B, layout.format(q=QUESTION, p=PASSAGE, a=FALSE, b=RIGHT)) == "B"


@pytest.mark.parametrize("system", SCORING)
def test_a_score_may_be_asked_for_in_many_ways(system: str) -> None:
    good, bad = (judged(system, LAYOUTS[0].format(q=QUESTION, p=PASSAGE, a=answer)) for answer in (RIGHT, FALSE))
    assert (good, bad) == ("5", "2")


@pytest.mark.parametrize(("system", "user"), NO_JUDGEMENT)
def test_what_is_no_request_for_a_judgement(system: str, user: str) -> None:
    assert judged(system, user) is None


def test_questions_over_the_corpus_are_no_requests_for_a_judgement() -> None:
    for one in LABELLED:
        assert (
            judged("Answer the question from the passages.", f"{context(one.passages)}\n\nQuestion: {one.question}")
            is None
        )


@pytest.mark.parametrize(
    ("asking", "good", "bad"),
    [
        ("Answer 'correct' or 'incorrect'.", "correct", "incorrect"),
        ("Reply yes or no: is the answer right?", "yes", "no"),
        ("Does the answer contain errors? Reply with yes or no.", "no", "yes"),
        ("Is the answer faithful? Reply FAITHFUL or UNFAITHFUL.", "FAITHFUL", "UNFAITHFUL"),
        ("Label the answer as supported or unsupported.", "supported", "unsupported"),
        (
            "Is the answer right? End with 'Verdict: PASS' or 'Verdict: FAIL', nothing else.",
            "Verdict: PASS",
            "Verdict: FAIL",
        ),
        ("Judge the answer. Output true if it is accurate, false otherwise.", "true", "false"),
    ],
)
def test_the_verdict_has_the_words_it_is_told(asking: str, good: str, bad: str) -> None:
    for answer, word in ((RIGHT, good), (FALSE, bad)):
        assert judged(asking, LAYOUTS[0].format(q=QUESTION, p=PASSAGE, a=answer)) == word


def test_a_reason_comes_where_it_is_wanted() -> None:
    user = LAYOUTS[0].format(q=QUESTION, p=PASSAGE, a=FALSE)
    reason, line = (judged("Is the answer right?" + REASON_FIRST, user) or "").split("\n\n")
    assert (len(reason) > 20, line) == (True, "Verdict: FAIL")
    after = judged("Is the answer right? Reply with PASS or FAIL and explain why.", user) or ""
    assert after.startswith("FAIL\n\n")


def test_letters_in_brackets() -> None:
    system = 'Which response is better? Output "[[A]]" if A is better, "[[B]]" if B is better, "[[C]]" for a tie.'
    layout = PAIR_LAYOUTS[3]
    assert judged(system, layout.format(q=QUESTION, p=PASSAGE, a=FALSE, b=RIGHT)) == "[[B]]"
    assert judged(system, layout.format(q=QUESTION, p=PASSAGE, a=RIGHT, b=RIGHT + " ")) == "[[C]]"


def schema(**properties: Any) -> dict[str, Any]:
    body = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": body}}


TEXT, NUMBER, YES_OR_NO = {"type": "string"}, {"type": "number"}, {"type": "boolean"}


@pytest.mark.parametrize(
    ("properties", "good", "bad"),
    [
        ({"verdict": {"type": "string", "enum": ["pass", "fail"]}}, {"verdict": "pass"}, {"verdict": "fail"}),
        ({"label": {"enum": ["INCORRECT", "CORRECT"]}}, {"label": "CORRECT"}, {"label": "INCORRECT"}),
        (
            {"is_correct": YES_OR_NO, "has_errors": YES_OR_NO},
            {"is_correct": True, "has_errors": False},
            {"is_correct": False, "has_errors": True},
        ),
        ({"score": {"type": "integer", "minimum": 1, "maximum": 5}}, {"score": 5}, {"score": 2}),
        ({"score": NUMBER, "verdict": TEXT}, {"score": 5, "verdict": "PASS"}, {"score": 2, "verdict": "FAIL"}),
        (
            {"failure_mode": {"anyOf": [{"enum": ["invented", "wrong_value"]}, {"type": "null"}]}, "passed": YES_OR_NO},
            {"failure_mode": None, "passed": True},
            {"failure_mode": "wrong_value", "passed": False},
        ),
        (
            {"passed": YES_OR_NO, "confidence": NUMBER},
            {"passed": True, "confidence": 0.95},
            {"passed": False, "confidence": 0.95},
        ),
    ],
)
def test_a_schema_is_filled_by_what_its_properties_are_called(properties: dict[str, Any], good: Any, bad: Any) -> None:
    wrong = "The battery of the CT-200 lasts 18 months." if "failure_mode" in properties else FALSE
    for answer, filled in ((RIGHT, good), (wrong, bad)):
        text = judged(
            PASS_OR_FAIL, LAYOUTS[0].format(q=QUESTION, p=PASSAGE, a=answer), response_format=schema(**properties)
        )
        assert json.loads(text or "") == filled


def test_a_schema_for_pairs() -> None:
    form = schema(reason=TEXT, winner={"type": "string", "enum": ["A", "B", "tie"]}, score_a=NUMBER, score_b=NUMBER)
    user = PAIR_LAYOUTS[0].format(q=QUESTION, p=PASSAGE, a=FALSE, b=RIGHT)
    found = json.loads(judged("Compare the answers.", user, response_format=form) or "")
    assert found["winner"] == "B"
    assert found["score_b"] > found["score_a"]
    assert found["reason"]


def test_an_answer_is_held_against_the_passages_of_the_prompt() -> None:
    other = PASSAGE.replace("24", "96")
    assert judged(PASS_OR_FAIL, LAYOUTS[0].format(q=QUESTION, p=other, a=RIGHT)) == "FAIL"


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ("It lasts 24 months [1].", "PASS"),
        ("It lasts 24 months [7].", "FAIL"),
        ("It lasts 24 months. A new one costs 35 euros.", "FAIL"),
        ("It lasts two years.", "PASS"),
        ("It lasts a long time.", "FAIL"),
        ("The passages do not say.", "FAIL"),
    ],
)
def test_how_an_answer_fails(answer: str, word: str) -> None:
    assert judged(PASS_OR_FAIL, LAYOUTS[0].format(q=QUESTION, p=PASSAGE, a=answer)) == word


def test_where_the_passages_do_not_answer_only_saying_so_passes() -> None:
    layout = LAYOUTS[0].format(q=QUESTION, p="The CT-200 weighs 95 g.", a="{a}")
    assert judged(PASS_OR_FAIL, layout.format(a=RIGHT)) == "FAIL"
    assert judged(PASS_OR_FAIL, layout.format(a="I don't know, the passages do not say.")) == "PASS"


def test_without_habits_it_judges_like_the_person() -> None:
    assert share(verdict(Reader(rates=FLAWLESS), SMALL, one) == (one.verdict == "pass") for one in LABELLED) == 1


def test_a_known_answer_with_another_figure_is_another_answer() -> None:
    one = next(one for one in LABELLED if one.id == "A-015")
    assert verdict(Reader(rates=FLAWLESS), LARGE, one)
    assert not verdict(Reader(rates=FLAWLESS), LARGE, one, answer=one.answer.replace("Ten minutes", "Forty minutes"))


@cache
def outcomes(model: str, system: str = PASS_OR_FAIL) -> tuple[list[bool], list[bool]]:
    """Whether right answers pass, and whether wrong ones fail."""
    found = [(one.verdict, verdict(Reader(seed), model, one, system)) for seed in range(6) for one in LABELLED]
    return [passed for label, passed in found if label == "pass"], [
        not passed for label, passed in found if label == "fail"
    ]


@pytest.mark.parametrize("model", MODELS)
def test_how_often_each_model_is_right(model: str) -> None:
    right, wrong = outcomes(model)
    low, high = (0.85, 0.92) if model.startswith("sim-large") else (0.70, 0.78)
    assert low <= share([*right, *wrong]) <= high
    assert share(right) > share(wrong) + 0.05


@pytest.mark.parametrize("model", [SMALL, LARGE])
def test_leniency_is_halved_by_a_reason_first_and_by_a_rubric(model: str) -> None:
    def passing(system: str) -> float:
        # Half of the verdicts that could go either way pass too: without those the habit itself is left.
        reader = [Reader(seed, rates={"J2": 0, "J4": 0, "J5": 0}) for seed in range(8)]
        return share(verdict(one_reader, model, one, system) for one_reader in reader for one in WRONG)

    bare, reason, both = (
        passing(PASS_OR_FAIL),
        passing(PASS_OR_FAIL[:-6] + REASON_FIRST),
        passing(PASS_OR_FAIL + REASON_FIRST + RUBRIC),
    )
    rubric = passing(PASS_OR_FAIL + RUBRIC)
    assert 0.3 * bare <= reason <= 0.7 * bare
    assert 0.3 * bare <= rubric <= 0.7 * bare
    assert both < min(reason, rubric)


def picks(reader: Reader, model: str, first: JudgedAnswer, second: JudgedAnswer) -> int:
    """The place of the answer it picks."""
    return "AB".index(say(reader, model, A_OR_B, shown(first, first.answer, second.answer), temperature=0))


def flips(model: str, seeds: Iterable[int] = range(7), **changed: float) -> list[bool]:
    readers = [Reader(seed, rates={"J4": 0, **changed}) for seed in seeds]
    return [
        picks(reader, model, one, other) == picks(reader, model, other, one)
        for reader in readers
        for one, other in PAIRS
    ]


@pytest.mark.parametrize("model", [SMALL, LARGE])
def test_swapping_two_answers_shows_that_the_first_is_preferred(model: str) -> None:
    found = flips(model, J5=0)
    assert len(found) >= 200
    assert near(found, RATES[model]["J1"] * CLEAR)
    assert not any(flips(model, range(1), J1=0, J5=0))


def test_the_first_one_wins_for_certain_where_the_habit_is() -> None:
    reader = Reader(rates=rates(SMALL, J1=1.0))
    assert share(picks(reader, SMALL, one, other) == 0 for pair in PAIRS for one, other in (pair, pair[::-1])) >= 0.85


def test_whatever_the_order_a_pair_without_habits_comes_out_the_same() -> None:
    reader = Reader(rates=FLAWLESS)
    assert all(picks(reader, SMALL, one, other) == 0 and picks(reader, SMALL, other, one) == 1 for one, other in PAIRS)


PADDING = (
    " It is worth adding that this has been put together with great care from everything at hand, that each point was "
    "looked at more than once, and that whoever follows it step by step is on the safe side. Should anything remain "
    "unclear, please do not hesitate to read it again at leisure, since a thorough understanding helps everybody, and "
    "the matter deserves attention. All of this is meant to make the whole as helpful, as complete and as easy to "
    "follow as it can be, for beginners and for people with experience alike, today and whenever it is needed again."
)


@pytest.mark.parametrize("model", [SMALL, LARGE])
def test_padding_makes_a_wrong_answer_pass_more_often(model: str) -> None:
    readers = [Reader(seed, rates={"J5": 0, "J4": 0}) for seed in range(8)]
    plain = [verdict(reader, model, one) for reader in readers for one in WRONG]
    padded = [verdict(reader, model, one, answer=one.answer + PADDING) for reader in readers for one in WRONG]
    assert share(padded) - share(plain) >= 0.04
    assert all(after or not before for before, after in zip(plain, padded, strict=True))


def test_the_longer_of_two_answers_wins_for_certain_where_the_habit_is() -> None:
    reader = Reader(rates=rates(SMALL, J2=1.0))
    layout = PAIR_LAYOUTS[0].format(q=QUESTION, p=PASSAGE, a="{a}", b="{b}")
    assert say(reader, SMALL, A_OR_B, layout.format(a=RIGHT, b=RIGHT + PADDING)) == "B"
    assert say(reader, SMALL, A_OR_B, layout.format(a=RIGHT + PADDING, b=RIGHT)) == "A"


def shapes(model: str, system: str, **options: Any) -> list[bool]:
    """Whether the verdict can be read where one would look for it."""
    readers = [Reader(seed) for seed in range(6)]
    texts = [
        say(reader, model, system, shown(one, one.answer), temperature=0, **options)
        for reader in readers
        for one in LABELLED
    ]
    return [
        any(word in text.split() for word in ("PASS", "FAIL", "Verdict:")) or text.startswith("The answer is")
        for text in texts
    ]


@pytest.mark.parametrize("model", [SMALL, LARGE])
def test_the_stricter_the_form_the_easier_to_read(model: str) -> None:
    habit = RATES[model]["J4"]
    certain = Reader(rates=rates(model, J4=1.0))
    strictly = [say(certain, model, PASS_OR_FAIL, shown(one, one.answer)) not in ("PASS", "FAIL") for one in LABELLED]
    assert near(strictly, STRICTLY)
    assert near([not clear for clear in shapes(model, "Is the answer right? Judge it by the passages.")], habit)
    assert share(not clear for clear in shapes(model, PASS_OR_FAIL)) <= 0.25 * habit + 0.01


def test_a_schema_that_grows_into_itself_comes_to_an_end() -> None:
    form = schema(
        verdict={"enum": ["pass", "fail"]},
        parts={"type": "array", "items": {"$ref": "#"}},
        more={"$ref": "#"},
        beside={"$ref": "#"},
    )
    assert (
        json.loads(judged(PASS_OR_FAIL, LAYOUTS[0].format(q=QUESTION, p=PASSAGE, a=FALSE), response_format=form) or "")[
            "verdict"
        ]
        == "fail"
    )


def test_a_strict_schema_is_always_kept() -> None:
    form = schema(verdict={"type": "string", "enum": ["pass", "fail"]})
    reader = Reader(rates=rates(SMALL, J4=1.0))
    for one in LABELLED:
        found = json.loads(say(reader, SMALL, "Judge the answer.", shown(one, one.answer), response_format=form))
        assert found["verdict"] in ("pass", "fail")


def test_a_verdict_that_is_hard_to_read() -> None:
    texts = {
        say(Reader(seed, rates=rates(SMALL, J4=1.0)), SMALL, "Is the answer correct?", shown(one, one.answer))
        for seed in range(3)
        for one in LABELLED
    }
    assert len(texts) >= 3
    assert any("incorrect" in text for text in texts)


def runs(model: str, options: dict[str, Any], seeds: int = 1, **changed: float) -> list[bool]:
    """Whether two calls with the same prompt disagree."""
    readers = [Reader(seed, rates={"J4": 0, **changed}) for seed in range(seeds)]
    return [
        len({say(reader, model, PASS_OR_FAIL, shown(one, one.answer), **options) for _ in range(2)}) == 2
        for reader in readers
        for one in LABELLED
    ]


@pytest.mark.parametrize("model", [SMALL, LARGE])
def test_runs_disagree_now_and_then_where_nothing_fixes_the_sample(model: str) -> None:
    assert near(runs(model, {}, 5), RATES[model]["J5"] / 2)
    assert not any(runs(model, {}, J5=0))
    assert not any(runs(model, {"temperature": 0}))
    assert not any(runs(model, {"seed": 3}))


def test_a_bias_is_no_noise() -> None:
    one = WRONG[0]
    readers = [Reader(seed, rates={"J4": 0, "J5": 0}) for seed in range(40)]
    votes = [{say(reader, SMALL, PASS_OR_FAIL, shown(one, one.answer)) for _ in range(5)} for reader in readers]
    assert all(len(found) == 1 for found in votes)
    assert {"PASS"} in votes
    assert {"FAIL"} in votes


WORDS = st.sampled_from(
    [
        "Answer A:",
        "Answer B:\n",
        "Question:",
        "<answer>",
        "</answer>",
        '{"answer": ',
        "Verdict:",
        "PASS or FAIL",
        "[[A]]",
        "A or B",
        "\n\n",
        "24 months ",
        "1-5",
    ]
)
PROPERTIES = st.dictionaries(
    st.sampled_from(["verdict", "winner", "score", "reason", "errors", "confidence", "x"]),
    st.recursive(
        st.sampled_from(
            [
                {},
                TEXT,
                NUMBER,
                YES_OR_NO,
                {"type": "null"},
                {"enum": [1, "a", None]},
                {"const": 3},
                {"$ref": "#"},
                {"type": "integer", "minimum": 9},
            ]
        ),
        lambda inner: st.one_of(
            inner.map(lambda part: {"type": "array", "items": part, "minItems": 1}),
            st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"anyOf": parts}),
            inner.map(lambda part: {"type": "object", "properties": {"score_a": part}}),
        ),
        max_leaves=4,
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS | st.text(max_size=6), max_size=14).map("".join), PROPERTIES, st.booleans())
def test_nothing_upsets_it(text: str, properties: dict[str, Any], pair: bool) -> None:
    options = {"response_format": schema(**properties)} if properties else {}
    judged(PASS_OR_FAIL, text)
    judged(
        A_OR_B if pair else PASS_OR_FAIL,
        f"Answer A: x\n\nAnswer B: y\n\n{text}" if pair else f"Answer: x\n\n{text}",
        **options,
    )
