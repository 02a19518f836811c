"""The cache: what goes in comes out, what is damaged counts for nothing, and equal failures are counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradus.grading.verdicts import ExerciseResult, Status, TaskResult, TestResult, Verdict
from gradus.loop.progress import FILE, FOLDER, Progress, Record, failure_of, read_progress, write_progress
from tests.loop.clone import FIRST, RETRY, Clone

KNOWN = Progress(
    {
        FIRST: Record(Status.IN_PROGRESS, 1, {1: 2, 2: 1}, "0123456789abcdef", 3, (1,)),
        "m9_gone/e01_gone": Record(Status.DONE, 4, {}, "", 0, (1, 2)),
    }
)


def ran(*outcomes: Verdict, returned: str = "1") -> ExerciseResult:
    """A run of the first exercise, a test for each task."""
    tasks = []
    for number, outcome in enumerate(outcomes, 1):
        test = TestResult("test_it", number, outcome, 0.0, returned=returned)
        points = number if outcome is Verdict.PASSED else 0
        tasks.append(TaskResult(number, "A", outcome, points, number, (test,)))
    return ExerciseResult(FIRST, 0.1, tuple(tasks))


def test_what_was_remembered_is_there_also_of_exercises_that_are_gone(tmp_path: Path) -> None:
    assert write_progress(tmp_path, KNOWN) == ""
    assert read_progress(tmp_path) == KNOWN
    assert [file.name for file in (tmp_path / FOLDER).iterdir()] == [FILE]


def test_without_a_file_nothing_is_known(clone: Clone) -> None:
    assert read_progress(clone.root) == Progress()
    assert Progress().of(clone.first) == Record()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '"x"', "{}", '{"version": 1}', '{"version": 2, "exercises": {}}', "\xff"]
)
def test_a_damaged_file_counts_for_nothing(clone: Clone, text: str) -> None:
    (clone.root / FOLDER).mkdir()
    (clone.root / FOLDER / FILE).write_bytes(text.encode("latin-1"))
    assert read_progress(clone.root) == Progress()


def test_another_version_counts_for_nothing(tmp_path: Path) -> None:
    write_progress(tmp_path, KNOWN)
    file = tmp_path / FOLDER / FILE
    file.write_text(json.dumps({**json.loads(file.read_text()), "version": 2}))
    assert read_progress(tmp_path) == Progress()


@pytest.mark.parametrize("key", ["status", "points", "hints", "failure", "times", "passed"])
def test_an_entry_that_lacks_something_counts_for_nothing(tmp_path: Path, key: str) -> None:
    write_progress(tmp_path, KNOWN)
    file = tmp_path / FOLDER / FILE
    document = json.loads(file.read_text())
    del document["exercises"][FIRST][key]
    file.write_text(json.dumps(document))
    assert read_progress(tmp_path) == Progress()


def test_where_nothing_can_be_written_it_says_so_and_leaves_nothing(clone: Clone) -> None:
    clone.make_read_only()
    assert write_progress(clone.root, KNOWN).startswith("Nothing is remembered: ")
    assert (clone.root / FOLDER).read_text() == ""


def test_a_run_is_noted_beside_the_hints_and_the_other_exercises(clone: Clone) -> None:
    before = Progress({RETRY: Record(Status.DONE, 3)}).having_shown(clone.first, 2, 1)
    record = before.noting(ran(Verdict.FAILED, Verdict.PASSED)).of(clone.first)
    assert (record.status, record.points, record.passed) == (Status.IN_PROGRESS, 2, (2,))
    assert (record.hints, record.times) == ({2: 1}, 1)
    assert before.noting(ran(Verdict.PASSED, Verdict.PASSED)).records[RETRY] == Record(Status.DONE, 3)


def test_the_same_failure_is_counted_and_another_begins_anew(clone: Clone) -> None:
    progress, times = Progress(), []
    for returned in ("1", "1", "1", "2", "1"):
        progress = progress.noting(ran(Verdict.FAILED, Verdict.TODO, returned=returned))
        times.append(progress.of(clone.first).times)
    assert times == [1, 2, 3, 1, 1]
    assert progress.noting(ran(Verdict.PASSED, Verdict.TODO)).of(clone.first).times == 0


def test_what_is_still_to_do_is_no_failure() -> None:
    assert failure_of(ran(Verdict.TODO, Verdict.BLOCKED)) == ""
    assert failure_of(ran(Verdict.PASSED)) == ""
    assert failure_of(ran(Verdict.FAILED)) != failure_of(ran(Verdict.TIMEOUT)) != ""
