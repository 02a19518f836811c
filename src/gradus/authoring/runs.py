"""Rules 2, 3, 4, 5, 7 and 9: what shows only when the grader runs, on stub, solution, alternate and mutants."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gradus.authoring.findings import Finding
from gradus.authoring.mutants import Mutant, MutantError, read_mutants
from gradus.curriculum import Exercise
from gradus.grading.misconceptions import Known, fingerprints_of, written
from gradus.grading.pool import Pool
from gradus.grading.verdicts import TestResult, Verdict, effort_of, task_verdict

MAX_TEST_SECONDS = 1.0
MAX_EXERCISE_SECONDS = 3.0
SEEDS = (1, 2)


def check_runs(exercise: Exercise, pool: Pool, write: bool = False) -> Iterator[Finding]:
    """Everything that a run of the grader can show about one exercise.

    Args:
        exercise: which one.
        pool: made with it.
        write: write its fingerprints if they have drifted, instead of finding fault with them.
    """
    runs = [pool.examine(exercise, exercise.root / "solutions", seed) for seed in SEEDS]
    yield from _tests_described(exercise, runs[0])
    yield from _stub(exercise, pool)
    for tests in runs:
        yield from _all_passed(exercise, exercise.solution, tests)
    yield from _alternate(exercise, pool)
    yield from _speed(exercise, runs)
    mutants = _Mutants(exercise, pool)
    yield from mutants.check({base_name(test.name) for test in runs[0]})
    if mutants.sound and task_verdict(runs[0]) is Verdict.PASSED:
        yield from _fingerprints(exercise, known_of(exercise, runs[0], mutants.runs), write)


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
        yield from _all_passed(exercise, exercise.alternate, examine_source(exercise, pool, source, seed))


def _speed(exercise: Exercise, runs: Sequence[Sequence[TestResult]]) -> Iterator[Finding]:
    """The faster of the runs counts, and processor time alone: a busy machine is not the grader's fault."""
    for times in zip(*(sorted(run, key=lambda test: test.name) for run in runs), strict=True):
        seconds = min(test.cpu for test in times)
        if seconds > MAX_TEST_SECONDS:
            yield Finding(
                7, exercise.grader, f"{times[0].name} takes {seconds:.1f} s: bring it under {MAX_TEST_SECONDS:g} s"
            )
    total = min(sum(test.cpu for test in run) for run in runs)
    if total > MAX_EXERCISE_SECONDS:
        yield Finding(7, exercise.grader, f"all tests take {total:.1f} s: bring them under {MAX_EXERCISE_SECONDS:g} s")


class _Mutants:
    """The mutants of one exercise, held to rule 4.

    Attributes:
        runs: by name, the tests of each that applies.
        sound: whether nothing was found so far.
    """

    def __init__(self, exercise: Exercise, pool: Pool) -> None:
        self._exercise = exercise
        self._pool = pool
        self.runs: dict[str, list[TestResult]] = {}
        self.sound = True

    def check(self, tests: set[str]) -> Iterator[Finding]:
        for file, message in self._complaints(tests):
            self.sound = False
            yield Finding(4, file, message)

    def _complaints(self, tests: set[str]) -> Iterator[tuple[Path, str]]:
        file = self._exercise.mutants
        try:
            mutants = read_mutants(file)
        except MutantError as error:
            yield file, str(error)
            return
        if not mutants:
            yield file, "names no mutant: write at least one [[mutant]]"
        for mutant in mutants:
            for unknown in sorted(set(mutant.killed_by) - tests):
                yield file, f"mutant {mutant.name}: no test is called {unknown}: correct its killed_by"
            yield from self._mutant(mutant)
        yield from self._doubles()

    def _mutant(self, mutant: Mutant) -> Iterator[tuple[Path, str]]:
        try:
            source = mutant.apply(self._exercise.solution.read_text(encoding="utf-8"))
        except MutantError as error:
            yield self._exercise.mutants, str(error)
            return
        self.runs[mutant.name] = run = examine_source(self._exercise, self._pool, source)
        failed = {base_name(test.name) for test in run if test.outcome is not Verdict.PASSED}
        if survived := sorted(set(mutant.killed_by) - failed):
            said = f"mutant {mutant.name} survives {', '.join(survived)}: sharpen the test, or correct killed_by"
            yield self._exercise.grader, said

    def _doubles(self) -> Iterator[tuple[Path, str]]:
        known: dict[str, str] = {}
        for found in fingerprints_of(self.runs):
            looks = repr((found.failures, found.answers))
            if looks in known:
                said = f"mutants {known[looks]} and {found.mutant} fail the same tests and answer alike in them"
                yield self._exercise.grader, f"{said}: write a test that tells them apart"
            known.setdefault(looks, found.mutant)


def known_of(exercise: Exercise, solved: Sequence[TestResult], mutants: Mapping[str, Sequence[TestResult]]) -> Known:
    """What the exercise's fingerprints file is to hold, by a run of the solution and one of each mutant."""
    par = effort_of(solved, exercise.solution.read_text(encoding="utf-8"))
    return Known(par, fingerprints_of(mutants))


def _fingerprints(exercise: Exercise, known: Known, write: bool) -> Iterator[Finding]:
    """The file holds what was found just now, or is made to."""
    file, text = exercise.fingerprints, written(known)
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return
    if write:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    else:
        state = "has drifted from what solution and mutants do" if file.is_file() else "is missing"
        yield Finding(9, file, f"{state}: `make check WRITE=1 EX={exercise.stem}` writes it; then read the difference")


def examine_source(exercise: Exercise, pool: Pool, source: str, seed: int | None = None) -> list[TestResult]:
    """Grade a source as if a learner had written it.

    Args:
        exercise: which one.
        pool: made with it.
        source: what stands in the file.
        seed: as for `Pool.examine`.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{exercise.stem}.py"
        file.parent.mkdir(parents=True)
        file.write_text(source, encoding="utf-8")
        return pool.examine(exercise, Path(folder), seed)
