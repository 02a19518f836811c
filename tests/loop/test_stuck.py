"""What `gradus grade` remembers of a run, and what it offers after the same failure for the third time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gradus import cli
from gradus.curriculum import Curriculum, Exercise
from gradus.grading.verdicts import Report, Status, TestResult, Verdict, exercise_result
from gradus.loop.progress import FILE, FOLDER, read_progress
from tests.loop.clone import FIRST, Clone

OFFER = "Stuck?    make hint EX=e00 TASK=2"


@dataclass
class Grading:
    """Stands in for gradus.grading.pool.grade: task 1 of every exercise passes, the others come out as told."""

    outcome: Verdict = Verdict.FAILED
    returned: str = "1"

    def __call__(self, curriculum: Curriculum, exercises: list[Exercise], target: Path, **options: Any) -> Report:
        results = [exercise_result(exercise, self._tests(exercise), 0.1) for exercise in exercises]
        return Report(str(target.relative_to(curriculum.root)), 0.1, tuple(results))

    def _tests(self, exercise: Exercise) -> list[TestResult]:
        first, *others = exercise.tasks
        return [
            TestResult("test_first", first.number, Verdict.PASSED, 0.01),
            *(
                TestResult("test_more", task.number, self.outcome, 0.01, "Why.", "f()", self.returned)
                for task in others
            ),
        ]


@pytest.fixture
def grading(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> Grading:
    fake = Grading()
    monkeypatch.setattr("gradus.grading.pool.grade", fake)
    for variable in ("CI", "GITHUB_STEP_SUMMARY", "GRADUS_LLM"):
        monkeypatch.delenv(variable, raising=False)
    return fake


def grade(*arguments: str) -> Any:
    result = CliRunner().invoke(cli.app, ["grade", "e00", *arguments])
    assert result.exit_code == 0, result.output
    return result


def test_the_third_time_the_next_hint_is_offered(clone: Clone, grading: Grading) -> None:
    assert [OFFER in grade().stdout for _ in range(4)] == [False, False, True, True]
    assert "  hints  " not in grade().stdout
    grading.returned = "2"
    assert OFFER not in grade().stdout


def test_what_was_found_is_remembered_with_other_outputs_too(clone: Clone, grading: Grading) -> None:
    grade("--json", "-")
    record = read_progress(clone.root).records[FIRST]
    assert (record.status, record.points, record.times) == (Status.IN_PROGRESS, 1, 1)
    assert record.passed == (1,)
    grading.outcome = Verdict.PASSED
    grade()
    assert read_progress(clone.root).records[FIRST].status is Status.DONE


def test_other_folders_leave_no_trace(clone: Clone, grading: Grading) -> None:
    for _ in range(3):
        assert OFFER not in grade("--target", "solutions").stdout
    assert not (clone.root / FOLDER / FILE).exists()


def test_a_clone_that_cannot_be_written_is_graded_all_the_same(clone: Clone, grading: Grading) -> None:
    (clone.root / FOLDER).write_text("in the way", encoding="utf-8")
    result = grade()
    assert result.stderr.startswith("gradus: Nothing is remembered: ")
    assert result.stderr.count("\n") == 1
    assert "task 2 failed" in result.stdout
