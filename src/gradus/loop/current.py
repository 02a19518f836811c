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
    """The first task that did not pass in the last run; None if all did."""
    if record.status is Status.DONE:
        return None
    return next((task for task in exercise.tasks if task.number not in record.passed), None)
