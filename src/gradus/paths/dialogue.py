"""The questions, asked one after the other on plain lines."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from gradus.curriculum import Curriculum
from gradus.paths import testout
from gradus.paths.bank import Answers, Bank, Question
from gradus.paths.filled import AnswersError
from gradus.paths.finding import asked

WIDTH = 80
BACK, QUIT = "<", "q"


class Quit(Exception):
    """Whoever was asked wants no more questions."""


def converse(
    bank: Bank,
    curriculum: Curriculum,
    ask: Callable[[str], str] = input,
    show: Callable[[str], object] = print,
) -> Answers:
    """Ask until everything is answered that the answers so far call for.

    Args:
        bank: the questions.
        curriculum: decides which areas can be tested out of.
        ask: shows a prompt and returns the line that was typed.
        show: shows lines.

    Raises:
        Quit: q was typed.
        AnswersError: there is nobody to answer.
    """
    answers: dict[str, str] = {}
    show(f"A letter and Enter answers, {BACK} goes back, {QUIT} quits and writes nothing.")
    while question := next((one for one in asked(bank, curriculum, answers) if one.id not in answers), None):
        show(_shown(question, _place(bank, curriculum, answers, question)))
        typed = _typed(question, ask, show)
        if typed != BACK:
            answers[question.id] = typed
        elif answers:
            answers.popitem()  # the latest
    return answers


def _typed(question: Question, ask: Callable[[str], str], show: Callable[[str], object]) -> str:
    letters = [option.letter for option in question.options]
    while True:
        try:
            typed = ask("> ").strip().lower()
        except EOFError:
            raise AnswersError(
                "Nobody answers here, so nothing was written. "
                "Without a terminal: --template FILE, fill it in, then --answers FILE."
            ) from None
        if typed == QUIT:
            raise Quit
        if typed == BACK or typed in letters:
            return typed
        show(f"One of {', '.join(letters)}; {BACK} goes back, {QUIT} quits.")


def _place(bank: Bank, curriculum: Curriculum, answers: Answers, question: Question) -> str:
    """Where one is: "3 of 12", or within which test-out."""
    numbered = (*bank.role_questions, *bank.plan_questions)
    if question in numbered:
        return f"{numbered.index(question) + 1} of {len(numbered)}"
    area = next(area for area in testout.offered(bank, curriculum, answers) if question in area.items)
    return f"Do you know it? {area.title}, {area.items.index(question) + 1} of {len(area.items)}"


def _shown(question: Question, place: str) -> str:
    options = (
        textwrap.fill(option.text, WIDTH, initial_indent=f"  {option.letter}  ", subsequent_indent=" " * 5)
        for option in question.options
    )
    return "\n".join(("", place, textwrap.fill(question.text, WIDTH), *options))
