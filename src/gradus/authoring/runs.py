"""Rules 2, 3, 4, 5 and 7: what shows only when the grader runs, on stub, solution, alternate and mutants."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from gradus.authoring.findings import Finding
from gradus.authoring.mutants import Mutant, MutantError, read_mutants
from gradus.curriculum import Exercise
from gradus.grading.pool import Pool
from gradus.grading.verdicts import TestResult, Verdict

MAX_TEST_SECONDS = 1.0
MAX_EXERCISE_SECONDS = 3.0
SEEDS = (1, 2)


def check_runs(exercise: Exercise, pool: Pool) -> Iterator[Finding]:
    """Everything that a run of the grader can show about one exercise."""
    runs = [pool.examine(exercise, exercise.root / "solutions", seed) for seed in SEEDS]
    yield from _tests_described(exercise, runs[0])
    yield from _stub(exercise, pool)
    for tests in runs:
        yield from _all_passed(exercise, exercise.solution, tests)
    yield from _alternate(exercise, pool)
    yield from _speed(exercise, runs)
    yield from _mutants(exercise, pool, {base_name(test.name) for test in runs[0]})


def base_name(test: str) -> str:
    """A test's name without its parameters."""
    return test.partition("[")[0]


def _tests_described(exercise: Exercise, tests: Sequence[TestResult]) -> Iterator[Finding]:
    numbers = {task.number for task in exercise.tasks}
    for name in dict.fromkeys(base_name(test.name) for test in tests if test.task not in numbers):
        yield Finding(5, exercise.grader, f"{name} belongs to no task: mark it @pytest.mark.task(N)")
    for name in dict.fromkeys(base_name(test.name) for test in tests if not test.why):
        yield Finding(5, exercise.grader, f"{name} has no docstring: write why this behaviour matters")
    for number in sorted(numbers - {test.task for test in tests}):
        yield Finding(
            5, exercise.grader, f"task {number} has no test: write one and mark it @pytest.mark.task({number})"
        )


def _stub(exercise: Exercise, pool: Pool) -> Iterator[Finding]:
    """Untouched, every test finds its task still to do, or blocked by an earlier one of the same exercise."""
    earlier = {n: {f"{exercise.stem} task {m}" for m in range(1, n)} for n in range(len(exercise.tasks) + 1)}
    for test in pool.examine(exercise, exercise.root / "exercises"):
        waits = test.outcome is Verdict.BLOCKED and test.blocked_by in earlier[test.task]
        if test.outcome is not Verdict.TODO and not waits:
            told = f" ({test.returned or test.expected})" if test.returned or test.expected else ""
            yield Finding(
                2,
                exercise.stub,
                f"{test.name} is {test.outcome}{told} on the stub and must be todo: "
                f'let task {test.task} raise NotImplementedError("Task {test.task}"), and the test call it',
            )


def _all_passed(exercise: Exercise, file: Path, tests: Sequence[TestResult]) -> Iterator[Finding]:
    for test in tests:
        if test.outcome is not Verdict.PASSED:
            told = test.message.replace("\n", "; ")
            yield Finding(3, file, f"{test.name} is {test.outcome}: make it pass. {told}")


def _alternate(exercise: Exercise, pool: Pool) -> Iterator[Finding]:
    source = exercise.alternate.read_text(encoding="utf-8")
    for seed in SEEDS:
        yield from _all_passed(exercise, exercise.alternate, _examine_source(exercise, pool, source, seed))


def _speed(exercise: Exercise, runs: Sequence[Sequence[TestResult]]) -> Iterator[Finding]:
    """The faster of the runs counts: a busy machine is not the grader's fault."""
    for times in zip(*(sorted(run, key=lambda test: test.name) for run in runs), strict=True):
        seconds = min(test.seconds for test in times)
        if seconds > MAX_TEST_SECONDS:
            yield Finding(
                7, exercise.grader, f"{times[0].name} takes {seconds:.1f} s: bring it under {MAX_TEST_SECONDS:g} s"
            )
    total = min(sum(test.seconds for test in run) for run in runs)
    if total > MAX_EXERCISE_SECONDS:
        yield Finding(7, exercise.grader, f"all tests take {total:.1f} s: bring them under {MAX_EXERCISE_SECONDS:g} s")


def _mutants(exercise: Exercise, pool: Pool, tests: set[str]) -> Iterator[Finding]:
    try:
        mutants = read_mutants(exercise.mutants)
    except MutantError as error:
        yield Finding(4, exercise.mutants, str(error))
        return
    solution = exercise.solution.read_text(encoding="utf-8")
    known: dict[frozenset[str], str] = {}
    if not mutants:
        yield Finding(4, exercise.mutants, "names no mutant: write at least one [[mutant]]")
    for mutant in mutants:
        for unknown in sorted(set(mutant.killed_by) - tests):
            yield Finding(
                4, exercise.mutants, f"mutant {mutant.name}: no test is called {unknown}: correct its killed_by"
            )
        yield from _mutant(exercise, pool, mutant, solution, known)


def _mutant(
    exercise: Exercise, pool: Pool, mutant: Mutant, solution: str, known: dict[frozenset[str], str]
) -> Iterator[Finding]:
    try:
        source = mutant.apply(solution)
    except MutantError as error:
        yield Finding(4, exercise.mutants, str(error))
        return
    fingerprint = frozenset(
        test.name for test in _examine_source(exercise, pool, source) if test.outcome is not Verdict.PASSED
    )
    survived = sorted(set(mutant.killed_by) - {base_name(name) for name in fingerprint})
    if survived:
        yield Finding(
            4,
            exercise.grader,
            f"mutant {mutant.name} survives {', '.join(survived)}: sharpen the test, or correct killed_by",
        )
    elif fingerprint in known:
        yield Finding(
            4,
            exercise.grader,
            f"mutants {known[fingerprint]} and {mutant.name} fail the same tests: write one that tells them apart",
        )
    known.setdefault(fingerprint, mutant.name)


def _examine_source(exercise: Exercise, pool: Pool, source: str, seed: int | None = None) -> list[TestResult]:
    """Grade a source as if a learner had written it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{exercise.stem}.py"
        file.parent.mkdir(parents=True)
        file.write_text(source, encoding="utf-8")
        return pool.examine(exercise, Path(folder), seed)
