"""What somebody need not do, having shown that they know it."""

from __future__ import annotations

from gradus.curriculum import Curriculum
from gradus.paths.bank import Answers, Area, Bank, Item


def offered(bank: Bank, curriculum: Curriculum, answers: Answers) -> tuple[Area, ...]:
    """The areas of what somebody says they know, as far as there are exercises on them."""
    known = {option.knows for question in bank.plan_questions if (option := question.chosen(answers))}
    existing = {exercise.stem for exercise in curriculum.exercises if exercise.module in known}
    return tuple(area for area in bank.areas if existing.intersection(area.stems))


def items(area: Area, answers: Answers) -> tuple[Item, ...]:
    """Those to ask: all, or up to the first that somebody is not sure of."""
    for number, item in enumerate(area.items, 1):
        if item.is_unsure(answers):
            return area.items[:number]
    return area.items


def right(area: Area, answers: Answers) -> int:
    """How many items were answered rightly."""
    return sum(item.is_right(answers) for item in area.items)


def passed(area: Area, answers: Answers) -> bool:
    """All of them: whoever guesses gets some."""
    return right(area, answers) == len(area.items)


def skipped(bank: Bank, curriculum: Curriculum, answers: Answers) -> tuple[str, ...]:
    """The stems that need not be done, in the curriculum's order."""
    areas = [area for area in offered(bank, curriculum, answers) if passed(area, answers)]
    stems = {stem for area in areas for stem in area.stems}
    return tuple(exercise.stem for exercise in curriculum.exercises if exercise.stem in stems)
