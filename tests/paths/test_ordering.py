"""In which order the exercises come."""

from __future__ import annotations

import pytest

from gradus.curriculum import Curriculum, Module
from gradus.paths import Bank, Role, find
from gradus.paths.ordering import ordered
from tests.paths.conftest import exercise
from tests.paths.personas import PERSONAS, Persona, by_name

LEARNERS = [persona for persona in PERSONAS if persona.role is Role.AI_ENGINEER]


@pytest.mark.parametrize("persona", LEARNERS, ids=by_name)
@pytest.mark.parametrize("size", ["curriculum", "grown"])
def test_nothing_comes_before_what_it_needs(
    persona: Persona, size: str, bank: Bank, request: pytest.FixtureRequest
) -> None:
    curriculum: Curriculum = request.getfixturevalue(size)
    order = find(bank, curriculum, persona.answers).order
    assert sorted(order) == sorted(one.stem for one in curriculum.exercises)
    for place, stem in enumerate(order):
        later = set(order[place:])
        assert later.isdisjoint(curriculum.exercise(stem).needs)


def test_without_a_wish_the_order_is_the_curriculum_s(grown: Curriculum) -> None:
    assert ordered(grown, "", ()) == tuple(one.stem for one in grown.exercises)


def test_what_is_wanted_first_comes_with_what_it_needs_and_nothing_else_before_it(grown: Curriculum) -> None:
    assert ordered(grown, "m4_agents", ())[:6] == (
        "m1_engineering/e00_first_flight",
        "m1_engineering/e09_idempotency",
        "m2_llms/e04_structured_extract",
        "m4_agents/e01_agent_loop",
        "m4_agents/e07_human_approval",
        "m4_agents/e12_saga",
    )


def test_the_first_exercise_stays_first_though_nothing_needs_it(grown: Curriculum) -> None:
    modules = [Module(stem, stem, (exercise(f"{stem}/e00_x", []),)) for stem in ("m1_a", "m2_b", "m3_c")]
    order = ordered(Curriculum(grown.root, tuple(modules)), "m3_c", ())
    assert order == ("m1_a/e00_x", "m3_c/e00_x", "m2_b/e00_x")


def test_what_is_skipped_is_left_out_and_what_needs_it_comes_all_the_same(grown: Curriculum) -> None:
    order = ordered(grown, "m4_agents", {"m4_agents/e01_agent_loop"})
    assert "m4_agents/e01_agent_loop" not in order
    assert order[:3] == (
        "m1_engineering/e00_first_flight",
        "m1_engineering/e09_idempotency",
        "m4_agents/e07_human_approval",
    )
