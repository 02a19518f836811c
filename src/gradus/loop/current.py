"""What is current: the exercise, and the task of it, that a learner does next."""

from __future__ import annotations

import json
from pathlib import Path

from gradus.curriculum import Curriculum, Exercise, Task
from gradus.grading.verdicts import Status
from gradus.loop.progress import FOLDER, Progress, Record

PATH = "path.json"


def current(curriculum: Curriculum, progress: Progress, root: Path) -> Exercise | None:
    """The first exercise that was not done in its last run; None if all were.

    Args:
        curriculum: every exercise there is.
        progress: what is known of the last runs.
        root: where .gradus/ lies; a personal path in it goes before the curriculum's order.
    """
    unfinished = (exercise for exercise in way(curriculum, root) if progress.of(exercise).status is not Status.DONE)
    return next(unfinished, None)


def way(curriculum: Curriculum, root: Path) -> tuple[Exercise, ...]:
    """The exercises to do, in order: those of .gradus/path.json, or all of them if it names none that there is."""
    known = {exercise.stem: exercise for exercise in curriculum.exercises}
    try:
        order = json.loads((root / FOLDER / PATH).read_bytes())["order"]
        own = tuple(known[stem] for stem in dict.fromkeys(order) if stem in known)
    except (OSError, ValueError, KeyError, TypeError):
        own = ()
    return own or curriculum.exercises


def current_task(exercise: Exercise, record: Record) -> Task | None:
    """The first task that did not pass in the last run; None if all did.

    The cache keeps points, not tasks. They tell which tasks passed; where several sets of tasks give the same points,
    the earlier tasks are taken for the ones that did.
    """
    if record.status is Status.DONE:
        return None
    passed = _worth(exercise.tasks, record.points)
    return next((task for task in exercise.tasks if task not in passed), None)


def _worth(tasks: tuple[Task, ...], points: int) -> tuple[Task, ...]:
    """The first set of tasks, in order, that gives exactly so many points; none if there is no such set."""
    if not tasks or not points:
        return ()
    first, rest = tasks[0], tasks[1:]
    if first.points <= points:
        with_first = (first, *_worth(rest, points - first.points))
        if sum(task.points for task in with_first) == points:
            return with_first
    return _worth(rest, points)
