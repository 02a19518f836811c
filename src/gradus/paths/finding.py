"""From answers to a plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradus.curriculum import Curriculum
from gradus.paths import testout
from gradus.paths.bank import Answers, Bank, Question, Role
from gradus.paths.ordering import ordered
from gradus.paths.scoring import Outcome, outcome


@dataclass(frozen=True)
class Plan:
    """What came of all answers.

    Attributes:
        outcome: the role, and what speaks for it.
        answers: those to the questions that were asked.
        hours: a week; 0 if not said.
        skipped: stems that need not be done.
        order: stems to do, in order; none unless the role is the AI engineer.
    """

    outcome: Outcome
    answers: Answers
    hours: int
    skipped: tuple[str, ...]
    order: tuple[str, ...]


def asked(bank: Bank, curriculum: Curriculum, answers: Answers) -> tuple[Question, ...]:
    """The questions to ask, as far as the answers so far tell: what follows from one is asked only where it does."""
    return tuple(_asked(bank, curriculum, answers))


def _asked(bank: Bank, curriculum: Curriculum, answers: Answers) -> Iterator[Question]:
    yield from bank.role_questions
    if any(question.id not in answers for question in bank.role_questions) or not _stays(bank, answers):
        return
    yield from bank.plan_questions
    for area in testout.offered(bank, curriculum, answers):
        yield from testout.items(area, answers)


def _stays(bank: Bank, answers: Answers) -> bool:
    return outcome(bank, answers).role is Role.AI_ENGINEER


def find(bank: Bank, curriculum: Curriculum, answers: Answers) -> Plan:
    """The plan that answers lead to. What was answered without being asked counts for nothing.

    Example:
        >>> find(bank, curriculum, {"hired": "b", "first": "d"}).order[1]
        'm4_agents/e07_human_approval'
    """
    questions = asked(bank, curriculum, answers)
    heard = {question.id: answers[question.id] for question in questions if question.id in answers}
    chosen = [option for question in questions if (option := question.chosen(heard))]
    found = outcome(bank, heard)
    if found.role is not Role.AI_ENGINEER:
        return Plan(found, heard, 0, (), ())
    first = next((option.first for option in chosen if option.first), "")
    skipped = testout.skipped(bank, curriculum, heard)
    hours = next((option.hours for option in chosen if option.hours), 0)
    return Plan(found, heard, hours, skipped, ordered(curriculum, first, skipped))
