"""Every exercise keeps the rules of `make check`, and both modes of grading agree on all that is written for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gradus.authoring.mutants import read_mutants
from gradus.authoring.runs import check_runs
from gradus.authoring.texts import check_lesson, check_signatures
from gradus.authoring.trees import check_trees
from gradus.curriculum import Exercise, read_curriculum
from gradus.grading.misconceptions import read_known, recognised
from gradus.grading.pool import Pool
from gradus.grading.verdicts import ExerciseResult, TestResult, Verdict, exercise_result
from tests.grading.modes import in_loopback

ROOT = Path(__file__).resolve().parents[1]
CURRICULUM = read_curriculum(ROOT)

each_exercise = pytest.mark.parametrize("exercise", CURRICULUM.exercises, ids=lambda exercise: exercise.stem)


class RememberingPool(Pool):
    """A pool that grades the same source once."""

    def __init__(self) -> None:
        super().__init__(CURRICULUM.exercises)
        self._known: dict[tuple[str, str, int | None], list[TestResult]] = {}

    def examine(self, exercise: Exercise, target: Path, seed: int | None = None) -> list[TestResult]:
        key = (exercise.stem, (target / f"{exercise.stem}.py").read_text(encoding="utf-8"), seed)
        if key not in self._known:
            self._known[key] = super().examine(exercise, target, seed)
        return self._known[key]


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with RememberingPool() as pool:
        yield pool


def test_the_trees_line_up() -> None:
    assert [finding.line(CURRICULUM) for finding in check_trees(CURRICULUM)] == []


@each_exercise
def test_every_rule_is_kept_and_both_modes_agree(exercise: Exercise, pool: Pool, tmp_path: Path) -> None:
    """One test, because whatever is graded for the one is needed for the other."""
    findings = (*check_lesson(exercise), *check_signatures(exercise), *check_runs(exercise, pool))
    assert [finding.line(CURRICULUM) for finding in findings] == []

    targets = submissions(exercise, tmp_path)
    known = read_known(exercise).fingerprints
    mutants = {mutant.name for mutant in read_mutants(exercise.mutants)}
    results = {name: exercise_result(exercise, pool.examine(exercise, target), 0.0) for name, target in targets.items()}
    recognised_as = {name: recognised(known, result) for name, result in results.items()}
    assert recognised_as == {name: name if name in mutants else None for name in targets}
    unfinished = {name: recognised(known, with_the_rest_to_do(results[name])) for name in mutants}
    assert {name: found for name, found in unfinished.items() if found not in (name, None)} == {}

    apart = [{test.name: str(test.outcome) for test in pool.examine(exercise, target)} for target in targets.values()]
    together = in_loopback(ROOT, exercise.grader, list(targets.values()))
    pairs = zip(targets, apart, together, strict=True)
    assert {name: (one, other) for name, one, other in pairs if one != other} == {}


def with_the_rest_to_do(result: ExerciseResult) -> ExerciseResult:
    """As if the tasks that passed were not written yet."""
    tasks = [
        replace(task, verdict=Verdict.TODO, tests=tuple(replace(test, outcome=Verdict.TODO) for test in task.tests))
        if task.verdict is Verdict.PASSED
        else task
        for task in result.tasks
    ]
    return replace(result, tasks=tuple(tasks))


def submissions(exercise: Exercise, folder: Path) -> dict[str, Path]:
    """Stub, solution, alternate and every mutant, each in a folder of its own."""
    solution = exercise.solution.read_text(encoding="utf-8")
    sources = {
        "stub": exercise.stub.read_text(encoding="utf-8"),
        "solution": solution,
        "alternate": exercise.alternate.read_text(encoding="utf-8"),
        **{mutant.name: mutant.apply(solution) for mutant in read_mutants(exercise.mutants)},
    }
    for name, source in sources.items():
        file = folder / name / f"{exercise.stem}.py"
        file.parent.mkdir(parents=True)
        file.write_text(source, encoding="utf-8")
    return {name: folder / name for name in sources}
