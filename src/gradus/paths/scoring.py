"""Which of the three roles somebody's answers describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradus.paths.bank import Answers, Bank, Role

GOAL = "hired"  # the question on the goal: where points are equal, it decides


@dataclass(frozen=True)
class Outcome:
    """What came of the questions on the role.

    Attributes:
        role: the one that the answers describe.
        points: how much speaks for each.
        goal: the role whose advert would be answered; None: not known yet.
    """

    role: Role
    points: Mapping[Role, int]
    goal: Role | None


def outcome(bank: Bank, answers: Answers) -> Outcome:
    """The role with the most points; of those with equally many the goal, else the earlier one in `Role`.

    Example:
        >>> outcome(bank, {"hired": "a"}).role
        <Role.ML_ENGINEER: 'ml_engineer'>
    """
    chosen = [option for question in bank.role_questions if (option := question.chosen(answers))]
    points = {role: sum(option.points.get(role, 0) for option in chosen) for role in Role}
    goal = _goal(bank, answers)
    role = max(Role, key=lambda role: (points[role], role is goal))
    return Outcome(role, points, goal)


def _goal(bank: Bank, answers: Answers) -> Role | None:
    option = next(question for question in bank.role_questions if question.id == GOAL).chosen(answers)
    return max(option.points, key=lambda role: option.points[role], default=None) if option else None
