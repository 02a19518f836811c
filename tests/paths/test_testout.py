"""What can be skipped, by whom, and whether guessing would do."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from gradus.curriculum import Curriculum
from gradus.paths import Bank, asked, find, tell
from gradus.paths.bank import Area, read_bank
from gradus.paths.testout import items, offered, passed
from tests.paths.personas import PERSONAS

ROOT = Path(__file__).resolve().parents[2]
AREAS = read_bank().areas
RUNS_GATEWAYS = PERSONAS[2].answers  # says to know m1_engineering
RETRY = "m1_engineering/e06_retry_budget"


def all_right(area: Area) -> dict[str, str]:
    return {item.id: item.answer for item in area.items}


def test_an_area_is_offered_to_whoever_says_they_know_it(bank: Bank, curriculum: Curriculum) -> None:
    assert [area.id for area in offered(bank, curriculum, RUNS_GATEWAYS)] == ["retries"]
    assert [area.id for area in offered(bank, curriculum, PERSONAS[3].answers)] == ["vectors"]
    assert offered(bank, curriculum, RUNS_GATEWAYS | {"knows_engineering": "b"}) == ()


def test_all_right_skips_and_all_but_one_does_not(bank: Bank, curriculum: Curriculum) -> None:
    (area,) = offered(bank, curriculum, RUNS_GATEWAYS)
    known = RUNS_GATEWAYS | all_right(area)
    plan = find(bank, curriculum, known)
    assert (plan.skipped, RETRY in plan.order) == ((RETRY,), False)
    assert "Retries within a deadline: 4 of 4 right, left out" in tell(bank, curriculum, plan)
    for item in area.items:
        wrong = next(option.letter for option in item.options if option.letter != item.answer)
        for answers in (known | {item.id: wrong}, {id_: known[id_] for id_ in known if id_ != item.id}):
            plan = find(bank, curriculum, answers)
            assert (plan.skipped, RETRY in plan.order) == ((), True)
            assert "Retries within a deadline: 3 of 4 right, it stays in" in tell(bank, curriculum, plan)


def test_right_answers_that_nobody_asked_for_skip_nothing(bank: Bank, curriculum: Curriculum) -> None:
    answers = PERSONAS[1].answers | {id_: letter for area in bank.areas for id_, letter in all_right(area).items()}
    plan = find(bank, curriculum, answers)
    assert plan.skipped == ()
    assert plan.answers == PERSONAS[1].answers


def test_not_to_be_sure_ends_the_area(bank: Bank, curriculum: Curriculum) -> None:
    (area,) = offered(bank, curriculum, RUNS_GATEWAYS)
    second = area.items[1]
    unsure = {second.id: second.options[-1].letter}
    assert items(area, unsure) == area.items[:2]
    assert asked(bank, curriculum, RUNS_GATEWAYS | unsure)[-1] is second


def test_an_area_on_exercises_that_do_not_exist_is_not_offered(bank: Bank, curriculum: Curriculum) -> None:
    gone = Curriculum(curriculum.root, curriculum.modules[1:])
    assert offered(bank, gone, RUNS_GATEWAYS) == ()


def test_the_first_exercise_cannot_be_skipped(bank: Bank, curriculum: Curriculum) -> None:
    """It shows how everything works; and so no order is ever empty."""
    assert curriculum.exercises[0].stem not in {stem for area in bank.areas for stem in area.stems}


# What a good area is


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.id)
def test_an_area_has_three_or_four_items_of_four_options_with_one_right(area: Area) -> None:
    assert 3 <= len(area.items) <= 4
    for item in area.items:
        assert len(item.options) == 4 + 1  # and not to be sure
        assert item.answer in [option.letter for option in item.options[:-1]]
        assert len({option.text for option in item.options}) == 5


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.id)
def test_no_rule_of_thumb_gets_half_of_an_area(area: Area) -> None:
    """Always the same letter, the longest, the shortest: what guessers do."""
    rules = [dict.fromkeys((item.id for item in area.items), letter) for letter in "abcde"]
    for pick in (max, min):
        rules.append({item.id: pick(item.options[:-1], key=lambda one: len(one.text)).letter for item in area.items})
    for answers in rules:
        assert sum(item.is_right(answers) for item in area.items) <= len(area.items) / 2
        assert not passed(area, answers)


@pytest.mark.parametrize(
    "pin",
    [item.pinned_by for area in AREAS for item in area.items if item.pinned_by],
    ids=lambda pin: pin.split("::")[1],
)
def test_the_test_that_pins_an_answer_exists(pin: str) -> None:
    file, _, name = pin.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_most_answers_are_pinned(bank: Bank) -> None:
    pinned = [bool(item.pinned_by) for area in bank.areas for item in area.items]
    assert sum(pinned) >= 0.75 * len(pinned)
