"""In which order the exercises serve a goal."""

from __future__ import annotations

from collections.abc import Collection

from gradus.curriculum import Curriculum, Exercise


def ordered(curriculum: Curriculum, first: str, skipped: Collection[str]) -> tuple[str, ...]:
    """The stems to do, in order: nothing before what it needs, and a module as early as that allows.

    What the module's exercises need comes with it; the rest follows in the curriculum's order. The very first exercise
    of all stays first: it shows how everything works.

    Args:
        curriculum: the exercises there are. A need that is not among them is met.
        first: the id of the module that is wanted first, or "" for the curriculum's order.
        skipped: stems that are left out; what needs them may come.

    Example:
        >>> ordered(curriculum, "m4_agents", ())[:2]
        ('m1_engineering/e00_first_flight', 'm4_agents/e07_human_approval')
    """
    left = [exercise for exercise in curriculum.exercises if exercise.stem not in skipped]
    early = _with_needs(left, {exercise.stem for exercise in left if exercise.module == first})
    early |= {exercise.stem for exercise in curriculum.exercises[:1]}
    # The curriculum has everything after what it needs, and sorting keeps that order within both groups.
    return tuple(exercise.stem for exercise in sorted(left, key=lambda exercise: exercise.stem not in early))


def _with_needs(exercises: Collection[Exercise], stems: Collection[str]) -> set[str]:
    """These stems and all that they need, however indirectly."""
    needs = {exercise.stem: exercise.needs for exercise in exercises}
    found, open_ones = set[str](), list(stems)
    while open_ones:
        stem = open_ones.pop()
        if stem not in found:
            found.add(stem)
            open_ones += needs.get(stem, ())
    return found
