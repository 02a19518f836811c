"""The questions, the areas to test out of, and what is said of each role: questions.toml and testout.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
LETTERS = "abcdefgh"
UNSURE = "I am not sure"

Answers = Mapping[str, str]  # question id to the letter of an option


class Role(StrEnum):
    """Whose work it is. Where nothing else decides between two, the earlier one is meant."""

    AI_ENGINEER = "ai_engineer"
    ML_ENGINEER = "ml_engineer"
    ML_RESEARCHER = "ml_researcher"


@dataclass(frozen=True)
class Option:
    """One answer to a question.

    Attributes:
        points: how much it speaks for a role.
        first: the module that is wanted first, or "".
        knows: the module that is known already, or "".
        hours: a week, or 0.
    """

    letter: str
    text: str
    points: Mapping[Role, int] = field(default_factory=dict)
    first: str = ""
    knows: str = ""
    hours: int = 0


@dataclass(frozen=True)
class Question:
    """A question with one answer out of several."""

    id: str
    text: str
    options: tuple[Option, ...]

    def chosen(self, answers: Answers) -> Option | None:
        """The option that was answered with; None if it was not answered."""
        return next((option for option in self.options if option.letter == answers.get(self.id)), None)


@dataclass(frozen=True)
class Item(Question):
    """A question that has a right answer; its last option is not to be sure."""

    answer: str
    pinned_by: str = ""

    def is_right(self, answers: Answers) -> bool:
        return answers.get(self.id) == self.answer

    def is_unsure(self, answers: Answers) -> bool:
        return answers.get(self.id) == self.options[-1].letter


@dataclass(frozen=True)
class Area:
    """What a few items together show that somebody knows."""

    id: str
    title: str
    stems: tuple[str, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Profile:
    """What is said of a role.

    Attributes:
        instead: the topics to learn where Gradus is not the course.
        serves: stems of exercises that serve it all the same.
    """

    title: str
    work: str
    instead: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bank:
    """All of it."""

    role_questions: tuple[Question, ...]
    plan_questions: tuple[Question, ...]
    areas: tuple[Area, ...]
    profiles: Mapping[Role, Profile]

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question there is, those of the areas last."""
        return (*self.role_questions, *self.plan_questions, *(item for area in self.areas for item in area.items))


def read_bank(folder: Path = FOLDER) -> Bank:
    """Read both files.

    Example:
        >>> read_bank().role_questions[1].text
        'Which advert would you answer in two years?'
    """
    questions = tomllib.loads((folder / "questions.toml").read_text(encoding="utf-8"))
    tests = tomllib.loads((folder / "testout.toml").read_text(encoding="utf-8"))
    return Bank(
        role_questions=tuple(map(_question, questions["role_question"])),
        plan_questions=tuple(map(_question, questions["plan_question"])),
        areas=tuple(map(_area, tests["area"])),
        profiles={role: _profile(questions["role"][role]) for role in Role},
    )


def _question(table: Mapping[str, Any]) -> Question:
    options = zip(LETTERS, table["options"], strict=False)
    return Question(table["id"], table["text"], tuple(_option(letter, entry) for letter, entry in options))


def _option(letter: str, entry: Mapping[str, Any]) -> Option:
    points = {role: entry[role] for role in Role if role in entry}
    others = {name: value for name, value in entry.items() if name not in points}
    return Option(letter=letter, points=points, **others)


def _area(table: Mapping[str, Any]) -> Area:
    return Area(table["id"], table["title"], tuple(table["stems"]), tuple(map(_item, table["item"])))


def _item(table: Mapping[str, Any]) -> Item:
    texts = (*table["options"], UNSURE)
    options = tuple(Option(letter, text) for letter, text in zip(LETTERS, texts, strict=False))
    return Item(table["id"], table["text"], options, table["answer"], table.get("pinned_by", ""))


def _profile(table: Mapping[str, Any]) -> Profile:
    return Profile(table["title"], table["work"], tuple(table.get("instead", ())), tuple(table.get("serves", ())))
