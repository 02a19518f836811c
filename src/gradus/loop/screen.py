"""What the watcher shows: one exercise under its module's bar, what became of it, and the keys; drawn anew in place."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.style import Style
from rich.text import Text

from gradus.curriculum import Curriculum, Exercise
from gradus.grading.reporters.terminal.board import exercise_rows, standing_row
from gradus.grading.reporters.terminal.page import HEIGHT, after_board
from gradus.grading.reporters.terminal.scene import Scene, paragraph
from gradus.grading.reporters.terminal.screen import Screen, is_live, screen_of
from gradus.grading.verdicts import ExerciseResult, Report, Status
from gradus.loop.progress import Progress

KEYS = "n next  h hint  s solution  r rerun  l list  q quit"
ASIDE_KEYS = "Enter back  n next  h hint  r rerun  q quit"
NO_KEYS = "Ctrl-C quits"
HOME, CLEAR_LINE, CLEAR_BELOW, CLEAR = "\x1b[H", "\x1b[K", "\x1b[J", "\x1b[2J"
MOST = (4, 3, 2, 1)  # how many lines a field may take: tried until all fits
LEAST_LINES = 4

Aside = Callable[[Screen], str]


@dataclass(frozen=True)
class Trouble:
    """Why there is no verdict on what was saved: one sentence, and the place it speaks of."""

    words: str
    place: str = ""  # path:line, from the project's root


@dataclass(frozen=True)
class View:
    """All that there is to show.

    Attributes:
        exercise: the one that is watched.
        result: of its last run; None before the first.
        trouble: stands in place of the explanation.
        word: one more sentence, on a key or on what goes on.
        aside: a page that was asked for, such as a hint.
        busy: what is being done; "" when nothing is.
    """

    exercise: Exercise
    result: ExerciseResult | None = None
    trouble: Trouble | None = None
    word: str = ""
    aside: Aside | None = None
    busy: str = ""


class Display:
    """Draws views on a stream: in place on a terminal, else each verdict below the last.

    Args:
        stream: where to draw.
        keys: whether keys are read.
    """

    def __init__(self, stream: TextIO, keys: bool) -> None:
        self._stream = stream
        self._keys = keys
        self._live = is_live(stream)
        self._drawn = False

    @property
    def screen(self) -> Screen:
        return screen_of(self._stream)

    def show(self, curriculum: Curriculum, progress: Progress, view: View) -> None:
        """Draw a view.

        Raises:
            OSError: nobody sees it any more.
        """
        if not self._live:
            if not view.busy:
                self._stream.write(page(curriculum, progress, view, self.screen, HEIGHT, ()) + "\n")
                self._stream.flush()
            return
        height = min(shutil.get_terminal_size((80, 24)).lines, HEIGHT)
        keys = NO_KEYS if not self._keys else ASIDE_KEYS if view.aside else KEYS
        status = Text((view.busy or keys)[: self.screen.width - 1], "dim")
        lines = page(curriculum, progress, view, self.screen, height, (Text(), status)).splitlines()
        drawn = f"{CLEAR_LINE}\n".join(lines)
        self._stream.write(("" if self._drawn else CLEAR) + HOME + drawn + CLEAR_LINE + CLEAR_BELOW)
        self._stream.flush()
        self._drawn = True

    def forget(self) -> None:
        """The terminal shows something else by now: draw all of it anew."""
        self._drawn = False

    def leave(self) -> None:
        """Put the cursor below what is shown."""
        if self._live and self._drawn:
            self._stream.write("\n")
            self._stream.flush()


def page(
    curriculum: Curriculum, progress: Progress, view: View, screen: Screen, height: int, foot: Sequence[Text]
) -> str:
    """The view as text, within so many lines if that can be done: only an aside may be longer.

    Args:
        curriculum: every exercise there is.
        progress: what is known of the module's other exercises.
        view: what to show.
        screen: what it will be shown on.
        height: how many lines there are.
        foot: the last lines.
    """
    scene = Scene(curriculum, Report("exercises", 0.0, (view.result,) if view.result else ()), screen, watching=True)
    board = _board(scene, progress, view)
    word = [Text(), *paragraph(scene, view.word, "bold")] if view.word else []
    if view.aside:
        aside = [Text(), *(Text.from_ansi(line) for line in view.aside(screen).strip("\n").splitlines())]
        for before in ([*board, *_what_became(scene, view, 1)], board):
            if len(before) + len(aside) + len(word) + len(foot) <= height:
                return screen.draw([*before, *aside, *word, *foot])
        return screen.draw([*aside[1:], *word, *foot])
    lines: list[Text] = []
    for most in MOST:
        lines = [*board, *_what_became(scene, view, most), *word]
        if len(lines) + len(foot) <= height:
            break
    return screen.draw([*lines[: max(height - len(foot), LEAST_LINES)], *foot])


def _board(scene: Scene, progress: Progress, view: View) -> list[Text]:
    module = next(one for one in scene.curriculum.modules if one.id == view.exercise.module)
    records = [progress.of(exercise) for exercise in module.exercises]
    most = sum(task.points for exercise in module.exercises for task in exercise.tasks)
    done = sum(record.status is Status.DONE for record in records)
    rows = [standing_row(scene.screen, module, sum(record.points for record in records), most, done)]
    if view.result:
        return rows + exercise_rows(scene, view.result, unfolded=True)
    number, title = view.exercise.slug.partition("_")[0], view.exercise.title
    return [*rows, Text("    " + scene.screen.fit(f"{number} {title}", scene.screen.width - 4))]


def _what_became(scene: Scene, view: View, most: int) -> list[Text]:
    if view.trouble:
        return [Text(), *_calm(scene, view.trouble)]
    return after_board(scene, most) if view.result else []


def _calm(scene: Scene, trouble: Trouble) -> list[Text]:
    """One line, or more where the place and the words do not fit on one."""
    screen = scene.screen
    if not trouble.place:
        return paragraph(scene, trouble.words)
    file = scene.curriculum.root / trouble.place.rpartition(":")[0]
    place = Text(screen.printable(trouble.place), Style(color="cyan", link=file.absolute().as_uri()))
    line = Text.assemble(place, f": {screen.printable(trouble.words)}")
    return [line] if line.cell_len <= screen.width else [place, *paragraph(scene, trouble.words)]
