"""Lessons: the Markdown of modules/*/*.md, as far as its shape means something to a program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gradus.curriculum import Exercise

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
HEADING = re.compile(r"#{1,3} ")
TASK = re.compile(r"### Task (\d+)\b")
HINT = re.compile(r"<summary>Hint \d+</summary>")
IDEA = "## The idea"


class LessonError(Exception):
    """A lesson that cannot be read; says which and why."""


@dataclass(frozen=True)
class Lesson:
    """What a lesson holds.

    Attributes:
        hints: by task number, each task that has a heading, with the Markdown of its hints, first rung first.
        idea: the line at which the lesson explains its idea; 0 if it does not.
    """

    hints: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    idea: int = 0


def read_lesson(exercise: Exercise) -> Lesson:
    """The lesson of one exercise.

    Raises:
        LessonError: there is no such file, or it is no text.

    Example:
        >>> read_lesson(exercise).hints[1][0]
        'Water freezes at 32 °F, which is 0 °C. Which of the two operations has to come first: …'
    """
    try:
        return parse_lesson(exercise.lesson.read_text(encoding="utf-8"))
    except OSError as error:
        raise LessonError(f"{exercise.lesson} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise LessonError(f"{exercise.lesson} is not UTF-8. Save the file in that encoding.") from error


def parse_lesson(text: str) -> Lesson:
    """What stands in a lesson's Markdown. A heading or a hint within a block of code is code."""
    idea, task = 0, None
    hints: dict[int, list[list[str]]] = {}
    rung: list[str] | None = None
    for number, (line, is_code) in enumerate(_lines(text), 1):
        if not is_code and HEADING.match(line):
            idea = number if line.strip() == IDEA and not idea else idea
            found = TASK.match(line)
            task, rung = (hints.setdefault(int(found[1]), []) if found else None), None
        elif not is_code and task is not None and HINT.search(line):
            rung = [HINT.split(line, maxsplit=1)[1]]
            task.append(rung)
        elif rung is not None and not is_code and line.strip() == "</details>":
            rung = None
        elif rung is not None:
            rung.append(line)
    return Lesson({task: tuple("\n".join(rung).strip() for rung in rungs) for task, rungs in hints.items()}, idea)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a block of code."""
    fence = ""
    for line in text.splitlines():
        mark = FENCE.match(line)
        yield line, bool(fence or mark)
        if not fence:
            fence = mark[1] if mark else ""
        elif mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
            fence = ""
