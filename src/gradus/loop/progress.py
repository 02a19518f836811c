"""What is remembered from one command to the next: a cache in .gradus/ that may be deleted at any time.

The truth is a grading run. This only saves one where its last outcome will do, and counts what a run cannot know: how
far somebody has climbed the hints, and how often the same failure came back.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gradus.curriculum import Exercise
from gradus.grading.verdicts import ExerciseResult, Status, Verdict

FOLDER = ".gradus"
FILE = "progress.json"
VERSION = 1


@dataclass(frozen=True)
class Record:
    """What is known of one exercise.

    Attributes:
        status: as it was found last.
        points: earned then.
        hints: by task number, how many of its hints have been shown.
        failure: stands for what failed first the last time; "" where nothing did.
        times: in how many runs on end it did.
        passed: the numbers of the tasks that passed the last time.
    """

    status: Status = Status.NOT_STARTED
    points: int = 0
    hints: Mapping[int, int] = field(default_factory=dict)
    failure: str = ""
    times: int = 0
    passed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Progress:
    """All records, by stem.

    Example:
        >>> Progress().of(exercise).status
        <Status.NOT_STARTED: 'not started'>
    """

    records: Mapping[str, Record] = field(default_factory=dict)

    def of(self, exercise: Exercise) -> Record:
        return self.records.get(exercise.stem, Record())

    def noting(self, result: ExerciseResult) -> Progress:
        """With the outcome of one more run."""
        record = self.records.get(result.stem, Record())
        failure = failure_of(result)
        times = record.times + 1 if failure and failure == record.failure else int(bool(failure))
        passed = tuple(task.number for task in result.tasks if task.verdict is Verdict.PASSED)
        known = Record(result.status, result.points, record.hints, failure, times, passed)
        return Progress({**self.records, result.stem: known})

    def having_shown(self, exercise: Exercise, task: int, hints: int) -> Progress:
        """With so many of a task's hints shown."""
        record = self.of(exercise)
        return Progress({**self.records, exercise.stem: replace(record, hints={**record.hints, task: hints})})


def failure_of(result: ExerciseResult) -> str:
    """Stands for the first failure of a run: another check, or another outcome of it, has another."""
    for task in result.tasks:
        test = task.first_failure
        if test is not None and task.verdict not in (Verdict.TODO, Verdict.BLOCKED):
            told = "\n".join((test.name, test.outcome.value, test.returned))
            return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]
    return ""


def read_progress(root: Path) -> Progress:
    """What is remembered below the project's root; nothing where the file is missing, damaged or another version's."""
    try:
        document = json.loads((root / FOLDER / FILE).read_bytes())
        if document["version"] != VERSION:
            return Progress()
        return Progress({stem: _record(entry) for stem, entry in document["exercises"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Progress()


def write_progress(root: Path, progress: Progress) -> str:
    """Remember it, whole or not at all.

    Returns:
        "", or one sentence on why it could not be kept.
    """
    folder = root / FOLDER
    document = {"version": VERSION, "exercises": {stem: _entry(one) for stem, one in progress.records.items()}}
    temporary = ""
    try:
        folder.mkdir(exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=folder, suffix=".json")
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
        os.replace(temporary, folder / FILE)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        return f"Nothing is remembered: {folder} cannot be written ({error.strerror})."
    return ""


def _record(entry: Mapping[str, Any]) -> Record:
    hints = {int(task): int(shown) for task, shown in entry["hints"].items()}
    passed = tuple(map(int, entry["passed"]))
    failure, times = str(entry["failure"]), int(entry["times"])
    return Record(Status(entry["status"]), int(entry["points"]), hints, failure, times, passed)


def _entry(record: Record) -> dict[str, Any]:
    return {
        "status": record.status.value,
        "points": record.points,
        "hints": {str(task): shown for task, shown in record.hints.items()},
        "failure": record.failure,
        "times": record.times,
        "passed": list(record.passed),
    }
