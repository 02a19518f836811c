"""The ladder of hints: one rung more each time, and an offer of it when the same failure keeps coming back."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from gradus.curriculum import Curriculum, Exercise, Task
from gradus.grading.reporters.terminal.scene import FAILURES, Scene, cannot_be_read, link, paragraph, to_type
from gradus.grading.reporters.terminal.screen import Screen
from gradus.grading.verdicts import ExerciseResult, Verdict
from gradus.lessons import Lesson, LessonError, read_lesson
from gradus.loop.current import current_task
from gradus.loop.markdown import markdown
from gradus.loop.page import scene_of
from gradus.loop.progress import Progress

STUCK = 3  # runs on end that fail alike


class HintError(Exception):
    """A hint that there is not; says what there is."""


@dataclass(frozen=True)
class Offer:
    """The next hint, for somebody who is stuck.

    Attributes:
        task: the task that keeps failing.
        rung: the number of the hint.
        of: how many its task has.
        command: what to type to see it.
    """

    task: int
    rung: int
    of: int
    command: str


def next_hint(
    curriculum: Curriculum,
    exercise: Exercise,
    progress: Progress,
    screen: Screen,
    number: int | None = None,
    *,
    watching: bool = False,
) -> tuple[str, Progress]:
    """One more hint, after those that were shown before.

    Args:
        curriculum: every exercise there is.
        exercise: whose hints.
        progress: how far they have been shown.
        screen: what the page will be shown on.
        number: of the task; without it, the first task that did not pass in the last run.
        watching: whether a key of the watcher asked for it.

    Returns:
        The page, and the progress to remember.

    Raises:
        HintError: there is no such task.
        LessonError: the lesson cannot be read, or has no hint for the task.
    """
    scene = scene_of(curriculum, screen, watching=watching)
    task = _task(scene, exercise, progress, number)
    if task is None:
        return screen.draw(_all_passed(scene, exercise)), progress
    lesson = read_lesson(exercise)
    hints = lesson.hints.get(task.number, ())
    if not hints:
        raise LessonError(f"{exercise.lesson} has no hint for task {task.number}. Please report it.")
    before = _shown(progress, exercise, task.number, len(hints))
    shown = min(before + 1, len(hints))
    lines = [Text(f"{curriculum.short_name(exercise)} task {task.number}: {task.title}", "bold"), Text()]
    for rung, hint in enumerate(hints[:shown], 1):
        lines += [Text(f"hint {rung} of {len(hints)}", "bold cyan"), *markdown(hint, screen), Text()]
    lines += _what_next(scene, exercise, task, len(hints) - shown, number is not None, lesson)
    return screen.draw(lines), progress.having_shown(exercise, task.number, shown)


def offer(curriculum: Curriculum, result: ExerciseResult, progress: Progress) -> Offer | None:
    """The hint to offer after a run that `progress` has noted; None unless the same failure came three times on end.

    There is none either where every hint has been shown, and where no hint would help.
    """
    exercise = curriculum.exercise(result.stem)
    failing = next((task for task in result.tasks if task.verdict in FAILURES), None)
    if failing is None or progress.of(exercise).times < STUCK:
        return None
    if failing.verdict is Verdict.BROKEN or cannot_be_read(result):  # no hint is about that
        return None
    failed = failing.number
    try:
        of = len(read_lesson(exercise).hints.get(failed, ()))
    except LessonError:
        return None
    rung = _shown(progress, exercise, failed, of) + 1
    command = f"make hint EX={curriculum.short_name(exercise)} TASK={failed}"
    return Offer(failed, rung, of, command) if rung <= of else None


def _task(scene: Scene, exercise: Exercise, progress: Progress, number: int | None) -> Task | None:
    if number is None:
        return current_task(exercise, progress.of(exercise))
    found = next((task for task in exercise.tasks if task.number == number), None)
    if found is None:
        numbers = ", ".join(str(task.number) for task in exercise.tasks)
        raise HintError(f"{scene.curriculum.short_name(exercise)} has no task {number}. Its tasks are: {numbers}.")
    return found


def _shown(progress: Progress, exercise: Exercise, task: int, of: int) -> int:
    """How many of a task's hints were shown; the cache may say anything."""
    return min(max(progress.of(exercise).hints.get(task, 0), 0), of)


def _all_passed(scene: Scene, exercise: Exercise) -> list[Text]:
    name = scene.curriculum.short_name(exercise)
    return [
        *paragraph(scene, f"Every task of {name} passed in its last run."),
        *to_type(scene, f"make hint EX={name} TASK=1", "for its hints all the same"),
        *to_type(scene, f"make solution EX={name}", "to compare with yours"),
    ]


def _what_next(scene: Scene, exercise: Exercise, task: Task, left: int, named: bool, lesson: Lesson) -> list[Text]:
    name = scene.curriculum.short_name(exercise)
    if left:
        which = f" TASK={task.number}" if named else ""
        return to_type(scene, f"make hint EX={name}{which}", "for the next one")
    idea = f":{lesson.idea}" if lesson.idea else ""
    return [
        *paragraph(scene, "That was the last hint. Read the idea once more, or look at the solution."),
        *link(scene, "idea", f"{scene.shown(exercise.lesson)}{idea}"),
        *to_type(scene, f"make solution EX={name} ANYWAY=1"),
    ]
