"""Which role somebody means."""

from __future__ import annotations

import pytest

from gradus.curriculum import Curriculum
from gradus.paths import Bank, Role, asked, find, tell
from gradus.paths.scoring import outcome
from tests.paths.personas import PERSONAS, ROLE, Persona, by_name

MIXED = dict(zip(ROLE, "aabcac", strict=True))  # the goal is the ML engineer's, all the rest is the AI engineer's


@pytest.mark.parametrize("persona", PERSONAS, ids=by_name)
def test_each_persona_has_the_role_it_means(persona: Persona, bank: Bank) -> None:
    assert outcome(bank, persona.answers).role is persona.role


def test_the_personas_are_spread_over_the_roles() -> None:
    assert {role: sum(persona.role is role for persona in PERSONAS) for role in Role} == {
        Role.AI_ENGINEER: 6,
        Role.ML_ENGINEER: 3,
        Role.ML_RESEARCHER: 3,
    }


def test_points_are_those_of_what_was_chosen(bank: Bank) -> None:
    points = outcome(bank, MIXED).points
    assert points == {Role.AI_ENGINEER: 8, Role.ML_ENGINEER: 5, Role.ML_RESEARCHER: 0}


def test_where_points_are_equal_the_goal_decides(bank: Bank) -> None:
    tied = {"ships": "a", "hired": "a", "week": "b", "wrong": "c"}  # five each
    assert outcome(bank, tied).points[Role.AI_ENGINEER] == outcome(bank, tied).points[Role.ML_ENGINEER] == 5
    assert outcome(bank, tied).role is Role.ML_ENGINEER


def test_every_role_can_be_had_from_every_question_on_it(bank: Bank) -> None:
    for question in bank.role_questions:
        assert {role for option in question.options for role in option.points} == set(Role)


@pytest.mark.parametrize("persona", PERSONAS, ids=by_name)
def test_only_ai_engineers_get_an_order(persona: Persona, bank: Bank, curriculum: Curriculum) -> None:
    plan = find(bank, curriculum, persona.answers)
    assert bool(plan.order) is (persona.role is Role.AI_ENGINEER)
    assert plan.answers == persona.answers


def test_others_are_not_asked_about_the_plan(bank: Bank, curriculum: Curriculum) -> None:
    researcher = PERSONAS[-1].answers
    assert asked(bank, curriculum, researcher) == bank.role_questions


@pytest.mark.parametrize("persona", PERSONAS[6:], ids=by_name)
def test_others_are_told_where_to_go_and_what_serves_them(persona: Persona, bank: Bank, curriculum: Curriculum) -> None:
    told = tell(bank, curriculum, find(bank, curriculum, persona.answers))
    assert "Gradus is not the course for that." in told
    assert told.count("\n  - ") == len(bank.profiles[persona.role].instead) >= 4
    serving = [one for one in curriculum.exercises if one.stem in bank.profiles[persona.role].serves]
    assert all(one.title in " ".join(told.split()) for one in serving)
    assert ("serve you here" in told) is bool(serving)


def test_a_goal_beside_all_other_answers_is_pointed_out(bank: Bank, curriculum: Curriculum) -> None:
    told = tell(bank, curriculum, find(bank, curriculum, MIXED))
    assert "The advert that you would answer is for an ML engineer, though." in told
    assert "though" not in tell(bank, curriculum, find(bank, curriculum, PERSONAS[0].answers))


@pytest.mark.parametrize("persona", PERSONAS, ids=by_name)
def test_what_is_told_fits_a_screen(persona: Persona, bank: Bank, curriculum: Curriculum, grown: Curriculum) -> None:
    for one in (curriculum, grown):
        lines = tell(bank, one, find(bank, one, persona.answers)).splitlines()
        assert len(lines) <= 25
        assert max(map(len, lines)) <= 80


def test_the_questions_are_a_dozen_with_two_to_four_options(bank: Bank) -> None:
    questions = (*bank.role_questions, *bank.plan_questions)
    assert len(questions) == 12
    assert all(2 <= len(question.options) <= 4 for question in questions)
    assert len({question.id for question in bank.questions}) == len(bank.questions)
