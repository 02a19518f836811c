"""What the watcher makes of what happens: which file to grade and when, what a key does, what to show."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gradus.curriculum import Curriculum, CurriculumError, Exercise, read_curriculum
from gradus.grading.pool import GradingError, Pool
from gradus.grading.reporters.terminal.screen import Screen
from gradus.grading.reporters.text import counted
from gradus.grading.verdicts import ExerciseResult, Status
from gradus.lessons import LessonError
from gradus.loop.current import way
from gradus.loop.events import Paths
from gradus.loop.hints import HintError, next_hint, offer
from gradus.loop.listing import listing
from gradus.loop.progress import Progress, read_progress, write_progress
from gradus.loop.screen import Aside, Display, Trouble, View
from gradus.loop.solution import SolutionError, beside, may_be_shown
from gradus.loop.version import Version, syntax_error, version_of

LAST_RUN = 5.0  # seconds that a run gets to clear up after its processes were ended
PARTS = min(2, os.cpu_count() or 1)  # a second pair of processes is worth it where it has a core of its own


@dataclass(frozen=True)
class Graded:
    """A run has ended: with a result, or because of an error."""

    exercise: Exercise
    outcome: ExerciseResult | Exception


class Quit(Exception):
    """The key for it was pressed."""


class Watcher:
    """Watches one exercise at a time. All methods are called from one thread.

    Args:
        curriculum: every exercise there is; all of their graders are collected at the start.
        exercise: the one to begin with.
        display: where to show what becomes of it.
        tell: called with the outcome of each run, from another thread; `graded` is to be called with it.
    """

    def __init__(
        self, curriculum: Curriculum, exercise: Exercise, display: Display, tell: Callable[[Graded], None]
    ) -> None:
        self._curriculum = curriculum
        self._display = display
        self._tell = tell
        self._progress = read_progress(curriculum.root)
        self._remembers = True
        self._view = View(exercise)
        self._seen: Version | None = None
        self._again = True  # grade, whether the file has changed or not
        self._judge: Path | None = None  # a file that changed and that graders were made of
        self._run: threading.Thread | None = None
        self._pool = Pool(curriculum.exercises, parts=PARTS)
        self._keys: dict[str, Callable[[], None]] = {
            "n": self._next,
            "h": self._hint,
            "s": self._solution,
            "r": self._rerun,
            "l": self._list,
            "q": self._quit,
        }

    def begin(self) -> None:
        self._look()

    def close(self) -> None:
        """End every process, and whatever they were doing."""
        self._pool.close()
        if self._run:
            self._run.join(LAST_RUN)

    def draw(self, anew: bool = False) -> None:
        """Draw what is shown once more; `anew` where the terminal has shown something else meanwhile."""
        if anew:
            self._display.forget()
        self._show()

    def saved(self, paths: Paths) -> None:
        """Files have changed; without any, look at the exercise's own all the same."""
        exercises = self._curriculum.root / "exercises"
        used = {exercise.stub for exercise in self._needed(self._view.exercise)}
        self._again = self._again or bool(used & paths)
        self._judge = next((path for path in sorted(paths) if not path.is_relative_to(exercises)), self._judge)
        self._look()

    def graded(self, event: Graded) -> None:
        """Show a verdict, unless it is of what nobody waits for any more."""
        self._run = None
        if isinstance(event.outcome, Exception) and not isinstance(event.outcome, GradingError):
            raise event.outcome
        if self._again or self._judge or version_of(self._view.exercise.stub) != self._seen:
            self._look()
        elif isinstance(event.outcome, Exception):
            self._show(trouble=Trouble(str(event.outcome)), busy="")
        else:
            self._verdict(event.outcome)

    def pressed(self, key: str) -> None:
        """Do what a key stands for.

        Raises:
            Quit: it is the one that ends it all.
        """
        open_aside = self._view.aside is not None
        self._view = replace(self._view, word="", aside=None)
        if key.lower() in self._keys:
            self._keys[key.lower()]()
        elif open_aside or not key.isprintable() or key == " ":
            self._show()
        else:
            self._show(word=f"{key} does nothing here.")

    def _look(self) -> None:
        """Grade the file if there is something new about it, and nothing is being graded."""
        if self._run:
            if self._again or self._judge or version_of(self._view.exercise.stub) != self._seen:
                self._show(busy="Saved during the run. It will be graded once more.")
            return
        anew = self._judge is not None
        if anew:
            self._make_pool_anew()
        version = version_of(self._view.exercise.stub)
        if version == self._seen and not self._again:
            return
        self._seen, self._again = version, False
        if not anew:
            self._view = replace(self._view, word="")
        if trouble := self._trouble(version):
            self._show(trouble=trouble, busy="", aside=None)
        else:
            self._start_run()

    def _trouble(self, version: Version | None) -> Trouble | None:
        """Why there is nothing to grade."""
        file = self._shown(self._view.exercise.stub)
        if version is None:
            name = self._curriculum.short_name(self._view.exercise)
            return Trouble(f"{file} is gone. make reset EX={name} restores the stub.")
        if found := syntax_error(version):
            message, line = found
            return Trouble(message, f"{file}:{line}")
        return None

    def _start_run(self) -> None:
        pool, exercise = self._pool, self._view.exercise
        target = self._curriculum.root / "exercises"

        def run() -> None:
            try:
                outcome: ExerciseResult | Exception = pool.grade(exercise, target)
            except Exception as error:
                outcome = error
            self._tell(Graded(exercise, outcome))

        self._show(busy=f"Grading {self._curriculum.short_name(exercise)}")
        self._run = threading.Thread(target=run, name="run", daemon=True)
        self._run.start()

    def _verdict(self, result: ExerciseResult) -> None:
        problem = self._remember(self._known().noting(result))
        word = problem or self._view.word or self._say(result)
        self._show(result=result, trouble=None, aside=None, busy="", word=word)

    def _say(self, result: ExerciseResult) -> str:
        """What to press, where that is worth a sentence."""
        if result.embedded:
            met = counted(result.embedded, "text")
            return f"{met} had to be embedded for the first time. The next save is faster."
        if result.status is Status.DONE:
            return "n goes on, s shows the solution beside yours."
        offered = offer(self._curriculum, result, self._progress)
        if offered is None:
            return ""
        times = counted(self._progress.of(self._view.exercise).times, "time")
        return f"The same failure {times} running. h shows hint {offered.rung} of {offered.of}."

    def _make_pool_anew(self) -> None:
        """What has changed was imported or collected by the processes that grade."""
        assert self._judge is not None
        word = f"{self._shown(self._judge)} has changed, so grading starts anew."
        self._judge, self._again = None, True
        self._pool.close()
        try:
            curriculum = read_curriculum(self._curriculum.root)
            self._view = replace(self._view, exercise=curriculum.exercise(self._view.exercise.stem))
            self._curriculum = curriculum
        except CurriculumError as error:
            word = str(error)
        except KeyError:
            word = f"{self._view.exercise.stem} is not in its module.toml any more; it is graded as it was."
        self._pool = Pool(self._curriculum.exercises, parts=PARTS)
        self._view = replace(self._view, word=word)

    def _next(self) -> None:
        order = way(self._curriculum, self._curriculum.root)
        known, current = self._known(), self._view.exercise
        at = order.index(current) if current in order else -1
        others = [one for one in (*order[at + 1 :], *order[: max(at, 0)]) if known.of(one).status is not Status.DONE]
        if not others:
            self._show(word="Nothing else is left to do. make grade looks at all of it once more.")
            return
        self._view, self._seen, self._again = View(others[0]), None, True
        if self._run:
            self._show(busy="Waiting for the last run to end.")
        self._look()

    def _hint(self) -> None:
        before, exercise = self._known(), self._view.exercise

        def hint(screen: Screen) -> str:
            return next_hint(self._curriculum, exercise, before, screen, watching=True)[0]

        if self._open(hint):
            self._remember(next_hint(self._curriculum, exercise, before, self._display.screen)[1])

    def _solution(self) -> None:
        exercise = self._view.exercise
        if may_be_shown(exercise, self._known()):
            self._open(lambda screen: beside(self._curriculum, exercise, screen))
            return
        name = self._curriculum.short_name(exercise)
        self._show(word=f"s works once {name} has passed. To see it now: make solution EX={name} ANYWAY=1")

    def _rerun(self) -> None:
        self._again = True
        self._look()

    def _list(self) -> None:
        known = self._known()
        self._open(lambda screen: listing(self._curriculum, known, screen, watching=True))

    def _quit(self) -> None:
        raise Quit

    def _open(self, aside: Aside) -> bool:
        """Show a page that was asked for, or why there is none; whether there is one."""
        try:
            aside(self._display.screen)
        except (HintError, LessonError, SolutionError) as error:
            self._show(word=str(error))
            return False
        self._show(aside=aside)
        return True

    def _show(self, **changes: Any) -> None:
        self._view = replace(self._view, **changes)
        self._display.show(self._curriculum, self._progress, self._view)

    def _known(self) -> Progress:
        """What is remembered, also by commands that were given meanwhile."""
        if self._remembers:
            self._progress = read_progress(self._curriculum.root)
        return self._progress

    def _remember(self, progress: Progress) -> str:
        """Remember it; why that cannot be done, the first time that it cannot."""
        self._progress = progress
        if not self._remembers:
            return ""
        problem = write_progress(self._curriculum.root, progress)
        self._remembers = not problem
        return problem

    def _needed(self, exercise: Exercise) -> Sequence[Exercise]:
        """The exercises that it may import, directly or through others."""
        direct = [self._curriculum.exercise(stem) for stem in exercise.needs]
        return [one for need in direct for one in (need, *self._needed(need))]

    def _shown(self, path: Path) -> str:
        root = self._curriculum.root
        return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
