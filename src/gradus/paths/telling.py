"""What is said of a plan."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from gradus.curriculum import Curriculum
from gradus.paths import testout
from gradus.paths.bank import Bank, Role
from gradus.paths.finding import Plan
from gradus.paths.scoring import Outcome

WIDTH = 80
MOST_LISTED = 10


def tell(bank: Bank, curriculum: Curriculum, plan: Plan) -> str:
    """The result in words, for a terminal of 80 columns."""
    stays = plan.outcome.role is Role.AI_ENGINEER
    lines = [
        *_role(bank, plan.outcome),
        "",
        *(_order(bank, curriculum, plan) if stays else _elsewhere(bank, curriculum, plan)),
    ]
    return "\n".join(lines) + "\n"


def _role(bank: Bank, outcome: Outcome) -> list[str]:
    profile = bank.profiles[outcome.role]
    lines = _paragraph(f"What you describe is the work of an {profile.title}, who {profile.work}.")
    points = ", ".join(f"{bank.profiles[role].title} {outcome.points[role]}" for role in Role)
    lines += _paragraph(f"Points: {points}.")
    if outcome.goal and outcome.goal is not outcome.role:
        goal = bank.profiles[outcome.goal].title
        lines += _paragraph(
            f"The advert that you would answer is for an {goal}, though. Your other answers say "
            "something else. Find out which of the two you mean before you spend weeks on either."
        )
    return lines


def _elsewhere(bank: Bank, curriculum: Curriculum, plan: Plan) -> list[str]:
    profile = bank.profiles[plan.outcome.role]
    lines = _paragraph(
        "Gradus is not the course for that. It trains no model and derives nothing; it teaches building on models that "
        "are there. Your time is better spent on:"
    )
    lines += _bullets(profile.instead)
    serving = [exercise for exercise in curriculum.exercises if exercise.stem in profile.serves]
    if serving:
        names = "; ".join(f"{curriculum.short_name(exercise)} {exercise.title}" for exercise in serving)
        lines += ["", *_paragraph(f"What would serve you here all the same: {names}.")]
    return [*lines, "", *_paragraph("So no order was written. If you want to look round anyway: make next")]


def _order(bank: Bank, curriculum: Curriculum, plan: Plan) -> list[str]:
    minutes = sum(curriculum.exercise(stem).minutes for stem in plan.order)
    lines = _paragraph(f"Gradus is for that. Your order, about {_duration(minutes, plan.hours)}:")
    for number, stem in enumerate(plan.order[:MOST_LISTED], 1):
        exercise = curriculum.exercise(stem)
        lines.append(f"  {number:>2}  {curriculum.short_name(exercise):<8}  {exercise.title}  ({exercise.minutes} min)")
    if len(plan.order) > MOST_LISTED:
        lines.append(f"      and {len(plan.order) - MOST_LISTED} more")
    return lines + _tested(bank, curriculum, plan)


def _duration(minutes: int, hours: int) -> str:
    """ "4 hours, or 2 weeks at 2 hours a week"."""
    whole = max(1, round(minutes / 60))
    duration = f"{whole} hour{'s' if whole > 1 else ''}"
    if not hours:
        return duration
    weeks = -(-minutes // (60 * hours))
    return f"{duration}, or {weeks} week{'s' if weeks != 1 else ''} at {hours} hours a week"


def _tested(bank: Bank, curriculum: Curriculum, plan: Plan) -> list[str]:
    """What became of each test-out that was taken."""
    lines = []
    for area in testout.offered(bank, curriculum, plan.answers):
        count, of = testout.right(area, plan.answers), len(area.items)
        stays = "left out" if testout.passed(area, plan.answers) else "it stays in"
        lines.append(f"  {area.title}: {count} of {of} right, {stays}")
    return ["", "What you say you know:", *lines] if lines else []


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_on_hyphens=False)


def _bullets(texts: Iterable[str]) -> list[str]:
    return [
        line
        for text in texts
        for line in textwrap.wrap(text, WIDTH, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False)
    ]
