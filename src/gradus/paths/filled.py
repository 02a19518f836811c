"""Answers in a file, for where nobody sits at a keyboard."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gradus.curriculum import Curriculum
from gradus.paths.bank import Answers, Bank, Item, Question
from gradus.paths.finding import asked


class AnswersError(Exception):
    """Answers that cannot be used; says which, and what would do."""


def read_answers(file: Path, bank: Bank, curriculum: Curriculum) -> Answers:
    """Read {question id: letter of an option} from JSON (by its ending) or TOML.

    An item of a test-out may be left out: it then counts as not known. So does "" for any question.

    Raises:
        AnswersError: the file cannot be read, names an unknown question or option, or leaves a question out.
    """
    table = _table(file)
    questions = {question.id: question for question in bank.questions}
    problems = [problem for id_, letter in table.items() if (problem := _problem(id_, letter, questions.get(id_)))]
    unknown = [id_ for id_ in table if id_ not in questions]
    if unknown:
        problems.append(f"The questions are: {', '.join(questions)}.")
    answers = {id_: letter for id_, letter in table.items() if letter != ""}
    if not problems:
        problems = _unanswered(asked(bank, curriculum, answers), answers)
    if problems:
        raise AnswersError("\n".join((f"{file} cannot be used.", *problems)))
    return answers


def _table(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        table = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise AnswersError(f"{file} cannot be read: {error.strerror}. `--template FILE` writes one.") from error
    except ValueError as error:  # not UTF-8, not JSON, not TOML
        kind = "JSON" if file.suffix == ".json" else "TOML"
        raise AnswersError(f"{file} is not {kind}: {error}. `--template FILE` writes one to fill in.") from error
    if not isinstance(table, dict):
        raise AnswersError(f"{file} must hold one object, {{question id: letter}}. `--template FILE` writes one.")
    return table


def _problem(id_: str, letter: object, question: Question | None) -> str:
    if question is None:
        return f"There is no question {id_!r}."
    letters = [option.letter for option in question.options]
    if letter in (*letters, ""):
        return ""
    return f"{id_} has no option {letter!r}. Its options are: {', '.join(letters)}."


def _unanswered(questions: Sequence[Question], answers: Answers) -> list[str]:
    missing = [question for question in questions if question.id not in answers and not isinstance(question, Item)]
    return [f"{question.id} is not answered: {question.text}" for question in missing]


def write_template(file: Path, bank: Bank, curriculum: Curriculum) -> None:
    """Write a file to fill in, as TOML: every question that may be asked, with its options in comments.

    Raises:
        AnswersError: there is such a file already, or it cannot be written.
    """
    existing = {exercise.stem for exercise in curriculum.exercises}
    lines = ["# Fill in the letter of one option for each question, then: make path ANSWERS=FILE"]
    for question in (*bank.role_questions, *bank.plan_questions):
        lines += _entry(question)
    for area in bank.areas:
        if existing.intersection(area.stems):
            lines += ["", f"# Test-out: {area.title}. Counts if you say above that you know it; may be left empty."]
            lines += [line for item in area.items for line in _entry(item)]
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write("\n".join(lines) + "\n")
    except FileExistsError:
        raise AnswersError(f"{file} is there already, and may be filled in. Name another file.") from None
    except OSError as error:
        raise AnswersError(f"Cannot write {file}: {error.strerror}. Name a file that can be written.") from error


def _entry(question: Question) -> list[str]:
    options = (f"#   {option.letter}  {option.text}" for option in question.options)
    return ["", f"# {question.text}", *options, f'{question.id} = ""']
