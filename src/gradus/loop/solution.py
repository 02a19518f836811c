"""The solution beside the learner's file: what differs line by line, with the author's comments in sight."""

from __future__ import annotations

import contextlib
import io
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path

from rich.console import Console
from rich.text import Text

from gradus.curriculum import Curriculum, Exercise
from gradus.grading.reporters.terminal.scene import link, paragraph, to_type
from gradus.grading.reporters.terminal.screen import Screen
from gradus.grading.reporters.text import counted
from gradus.grading.verdicts import Status
from gradus.loop.page import scene_of
from gradus.loop.progress import Progress

CONTEXT = 3  # lines left round each difference
SIDE_BY_SIDE = 100  # cells; narrower screens show one below the other
YOURS, THEIRS, AUTHOR = "red", "green", "bold yellow"


class SolutionError(Exception):
    """A solution that cannot be read; says which and why."""


@dataclass(frozen=True)
class _Part:
    """Some lines of the two files that stand beside each other.

    Attributes:
        same: whether they are alike.
        mine: line numbers from 0 in the learner's file.
        theirs: line numbers from 0 in the solution.
    """

    same: bool
    mine: range
    theirs: range


def beside(curriculum: Curriculum, exercise: Exercise, screen: Screen) -> str:
    """The page that shows the solution beside the learner's file.

    Args:
        curriculum: every exercise there is.
        exercise: whose solution.
        screen: what the page will be shown on; from 100 cells on, both files stand side by side.

    Raises:
        SolutionError: one of the files cannot be read.
    """
    scene = scene_of(curriculum, screen)
    mine, theirs = _lines(exercise.stub, screen), _lines(exercise.solution, screen)
    lines = [
        *paragraph(scene, f"{exercise.title}: your file, and the solution", "bold"),
        *link(scene, "yours", scene.shown(exercise.stub)),
        *link(scene, "solution", scene.shown(exercise.solution)),
        Text(),
    ]
    if [line.plain for line in mine] == [line.plain for line in theirs]:
        return screen.draw([*lines, *paragraph(scene, "Your file is the solution, line for line.")])
    layout = _two_columns if screen.width >= SIDE_BY_SIDE else _one_column
    _highlight_words(theirs)
    lines += layout(mine, theirs, screen)
    lines += [Text(), *paragraph(scene, "The solution is one good answer. Where yours differs, which would you ship?")]
    return screen.draw(lines)


def may_be_shown(exercise: Exercise, progress: Progress) -> bool:
    """Whether the exercise passed in its last run."""
    return progress.of(exercise).status is Status.DONE


def not_yet(curriculum: Curriculum, exercise: Exercise, screen: Screen) -> str:
    """The page for whoever has not passed: what to do, and how to see the solution all the same."""
    scene = scene_of(curriculum, screen)
    name = curriculum.short_name(exercise)
    return screen.draw(
        [
            *paragraph(scene, f"{name} has not passed in its last run. Its solution is shown when it has.", "bold"),
            *to_type(scene, scene.command(exercise)),
            *to_type(scene, f"make hint EX={name}", "for a hint"),
            *to_type(scene, f"make solution EX={name} ANYWAY=1", "to see it now"),
        ]
    )


def _differences(mine: Sequence[Text], theirs: Sequence[Text]) -> Iterator[_Part | int]:
    """The differences with some lines round each; a number stands for so many lines that are alike and left out."""
    sides = [line.plain for line in mine], [line.plain for line in theirs]
    for tag, from_mine, to_mine, from_theirs, to_theirs in SequenceMatcher(None, *sides, autojunk=False).get_opcodes():
        if tag != "equal":
            yield _Part(False, range(from_mine, to_mine), range(from_theirs, to_theirs))
            continue
        size = to_mine - from_mine
        before = 0 if from_mine == from_theirs == 0 else CONTEXT
        after = 0 if (to_mine, to_theirs) == (len(mine), len(theirs)) else CONTEXT
        if size <= before + after + 1:  # the line that says "1 left out" can as well be that one
            yield _Part(True, range(from_mine, to_mine), range(from_theirs, to_theirs))
            continue
        if before:
            yield _Part(True, range(from_mine, from_mine + before), range(from_theirs, from_theirs + before))
        yield size - before - after
        if after:
            yield _Part(True, range(to_mine - after, to_mine), range(to_theirs - after, to_theirs))


def _two_columns(mine: Sequence[Text], theirs: Sequence[Text], screen: Screen) -> Iterator[Text]:
    """Marked as diff does: | differs, < only in yours, > only in the solution."""
    width = (screen.width - 3) // 2
    for part in _differences(mine, theirs):
        if isinstance(part, int):
            yield _left_out(part, screen)
            continue
        for left, right in zip_longest(part.mine, part.theirs):
            mark = " " if part.same else "<" if right is None else ">" if left is None else "|"
            yield from _beside(
                _folded(mine[left], width, "" if part.same else YOURS) if left is not None else [],
                _folded(theirs[right], width, "" if part.same else THEIRS) if right is not None else [],
                width,
                mark,
            )


def _beside(mine: Sequence[Text], theirs: Sequence[Text], width: int, mark: str) -> Iterator[Text]:
    for left, right in zip_longest(mine, theirs):
        own = left or Text()
        own.align("left", width)
        yield Text.assemble(own, (f" {mark} ", "bold"), right or Text())


def _one_column(mine: Sequence[Text], theirs: Sequence[Text], screen: Screen) -> Iterator[Text]:
    """Marked as a unified diff is: - in yours, + in the solution."""
    for part in _differences(mine, theirs):
        if isinstance(part, int):
            yield _left_out(part, screen)
            continue
        rows = [("-", mine[line], YOURS) for line in part.mine] if not part.same else []
        rows += [(" ", theirs[line], "") if part.same else ("+", theirs[line], THEIRS) for line in part.theirs]
        for mark, row, style in rows:
            for line in _folded(row, screen.width - 2, style):
                yield Text.assemble((f"{mark} ", style), line)


def _left_out(count: int, screen: Screen) -> Text:
    return Text(f"{screen.marks.more} {counted(count, 'line')} alike", "dim")


def _folded(line: Text, width: int, style: str) -> list[Text]:
    """A line of code in lines of at most `width` cells, in `style`; what is alike on both sides (no style) is dim."""
    text = line.copy() if style else Text(line.plain)
    text.style = style or "dim"
    indent = min(len(text.plain) - len(text.plain.lstrip()), width // 2)
    console = Console(file=io.StringIO(), width=width)
    rows = text[indent:].wrap(console, width - indent, overflow="fold")
    return [Text.assemble(" " * indent, row) for row in rows] or [Text()]


def _lines(file: Path, screen: Screen) -> list[Text]:
    try:
        source = file.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise SolutionError(f"{file} cannot be read: {error.strerror}.") from error
    return [Text(line) for line in screen.printable(source).splitlines()]


def _highlight_words(lines: Sequence[Text]) -> None:
    """Set off what the author says: comments, and strings that are a statement of their own (docstrings)."""
    source = "\n".join(line.plain for line in lines)
    begins = True
    # A file that does not parse is shown all the same, highlighted as far as it does.
    with contextlib.suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                lines[token.start[0] - 1].stylize(AUTHOR, token.start[1])
            elif token.type == tokenize.STRING and begins:
                for line in lines[token.start[0] - 1 : token.end[0]]:
                    line.stylize(AUTHOR)
            if token.type not in (tokenize.COMMENT, tokenize.NL):
                begins = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
