"""What comes next: by the curriculum, by a personal path, and within an exercise."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gradus.curriculum import Task
from gradus.grading.verdicts import Status
from gradus.loop.current import current, current_task
from gradus.loop.progress import Record, read_progress
from tests.loop.clone import FIRST, RETRY, STORE, Clone


def stem_of_current(clone: Clone) -> str | None:
    exercise = current(clone.curriculum, read_progress(clone.root), clone.root)
    return exercise.stem if exercise else None


def test_the_first_that_is_not_done_in_curriculum_order(clone: Clone) -> None:
    assert stem_of_current(clone) == FIRST
    clone.remember({FIRST: Record(Status.DONE, 3), RETRY: Record(Status.IN_PROGRESS)})
    assert stem_of_current(clone) == RETRY
    clone.passed(RETRY)
    assert stem_of_current(clone) == FIRST
    clone.passed(FIRST, RETRY, STORE)
    assert stem_of_current(clone) is None


def test_a_personal_path_goes_before(clone: Clone) -> None:
    clone.write(".gradus/path.json", json.dumps({"order": ["m9_gone/e01_gone", STORE, STORE, RETRY]}))
    assert stem_of_current(clone) == STORE
    clone.passed(STORE)
    assert stem_of_current(clone) == RETRY
    clone.passed(STORE, RETRY)
    assert stem_of_current(clone) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"order": 1}', '{"order": []}', '{"order": [[]]}', '{"order": ["m9/e01"]}', "\xff"]
)
def test_a_path_that_says_nothing_is_no_path(clone: Clone, text: str) -> None:
    clone.write(".gradus/path.json", text)
    assert stem_of_current(clone) == FIRST


@pytest.mark.parametrize(
    ("passed", "number"), [((), 1), ((1,), 2), ((2,), 1), ((1, 3), 2), ((2, 1), 3), ((7,), 1), ((1, 7), 2)]
)
def test_the_task_that_comes_next_is_the_first_that_did_not_pass(
    clone: Clone, passed: tuple[int, ...], number: int
) -> None:
    # All are worth the same, so that the points alone would not tell.
    exercise = replace(clone.first, tasks=tuple(Task(n, "A", 2) for n in (1, 2, 3)))
    task = current_task(exercise, Record(Status.IN_PROGRESS, 2 * len(passed), passed=passed))
    assert task is not None
    assert task.number == number


def test_no_task_comes_next_in_what_is_done(clone: Clone) -> None:
    assert current_task(clone.first, Record(Status.DONE, 3)) is None
    assert current_task(clone.first, Record(Status.DONE, 2)) is None  # it gives more points by now
