"""Known misunderstandings: what is taken for one, and above all what is not. tests/test_exercises.py tries real ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gradus.curriculum import Exercise, Task
from gradus.grading.effort import Effort, lines_of
from gradus.grading.misconceptions import (
    Known,
    compared,
    fingerprints_of,
    normalised,
    read_known,
    recognised,
    written,
)
from gradus.grading.verdicts import ExerciseResult, TestResult, Verdict, exercise_result

PASSED, FAILED, TODO, BLOCKED = Verdict.PASSED, Verdict.FAILED, Verdict.TODO, Verdict.BLOCKED
NAMES = {1: ("test_a", "test_b[0]", "test_b[1]"), 2: ("test_c", "test_d"), 3: ("test_e",)}
PAR = Effort(calls=3, tokens=40, cost=0.0001, lines=12)


def run(*failing: str, to_do: Sequence[int] = (), **returned: str) -> list[TestResult]:
    """The tests of one run: those named fail, those of tasks to do are to do, the others pass."""
    tests = []
    for task, names in NAMES.items():
        for name in names:
            outcome = TODO if task in to_do else FAILED if name in failing else PASSED
            tests.append(TestResult(name, task, outcome, 0.01, returned=returned.get(name, "")))
    return tests


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    tasks = tuple(Task(number, f"Task {number}", 1) for number in NAMES)
    return Exercise(tmp_path, "m1_x/e01_y", "Y", 10, "Care", (), (), tasks)


MUTANTS = {
    "first": run("test_a", "test_b[0]"),
    "across": run("test_b[1]", "test_c"),
    "small": run("test_d", test_d="1"),
    "large": run("test_d", test_d="2"),
    "raising": run("test_e", test_e="raised KeyError: 'x'"),
    "wrong": run("test_e", test_e="None"),
}


def diagnosis(exercise: Exercise, tests: Sequence[TestResult]) -> str | None:
    return recognised(fingerprints_of(MUTANTS), exercise_result(exercise, tests, 0.1))


@pytest.mark.parametrize("mutant", MUTANTS)
def test_every_mutant_is_recognised_as_itself(exercise: Exercise, mutant: str) -> None:
    assert diagnosis(exercise, MUTANTS[mutant]) == mutant


@pytest.mark.parametrize(
    ("tests", "mutant"),
    [
        (run("test_a", "test_b[0]", to_do=[2, 3]), "first"),
        (run("test_b[1]", "test_c", to_do=[3]), "across"),
        (run("test_b[1]", to_do=[2, 3]), "across"),  # as far as it got, nothing else looks like this
        (run("test_d", to_do=[1], test_d="2"), "large"),
    ],
)
def test_what_is_still_to_do_does_not_prevent_it(exercise: Exercise, tests: list[TestResult], mutant: str) -> None:
    assert diagnosis(exercise, tests) == mutant


@pytest.mark.parametrize(
    "tests",
    [
        run(),
        run(to_do=[1, 2, 3]),
        run("test_a"),  # less than a mutant's
        run("test_a", "test_b[0]", "test_b[1]"),  # more
        run("test_a", "test_b[1]"),  # other parameters
        run("test_a", "test_b[0]", "test_e"),  # something else is wrong, too
        run("test_b[1]"),  # task 2 passes, where the mutant's fails
        run("test_d", test_d="3"),  # neither of the two answers
        run("test_e", test_e="raised NameError: name 'x' is not defined"),  # fails otherwise than both
        [replace(test, outcome=BLOCKED) for test in run("test_a", "test_b[0]")],
        [
            replace(test, outcome=Verdict.TIMEOUT) if test.outcome is FAILED else test
            for test in run("test_a", "test_b[0]")
        ],
        [replace(test, outcome=FAILED, returned="raised SyntaxError: (") for test in run()],
    ],
)
def test_a_wrong_answer_that_is_no_mutant_is_not_taken_for_one(exercise: Exercise, tests: list[TestResult]) -> None:
    assert diagnosis(exercise, tests) is None


def test_two_that_look_alike_as_far_as_a_run_got_are_not_told_apart_by_guessing(exercise: Exercise) -> None:
    alike = fingerprints_of({"short": run("test_a"), "long": run("test_a", "test_c")})

    def found(tests: list[TestResult]) -> str | None:
        return recognised(alike, exercise_result(exercise, tests, 0.1))

    assert found(run("test_a", to_do=[2, 3])) is None
    assert found(run("test_a", to_do=[3])) == "short"
    assert found(run("test_a", "test_c", to_do=[3])) == "long"


def test_answers_are_kept_only_where_they_are_needed() -> None:
    kept = {found.mutant: set(found.answers) for found in fingerprints_of(MUTANTS)}
    assert kept == {"first": set(), "across": set(), "small": {2}, "large": {2}, "raising": set(), "wrong": set()}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<Client object at 0x7f3a12>", "<Client object at 0x10>"),
        ("raised OSError: /dev/shm/gradus-1-x/work/a.db", "raised OSError: /tmp/gradus-2-y/work/a.db"),
        ("within 0.31 s", "within 1.2 s"),
        ("call_a1b2c3 answered", "call_9z8y answered"),
        ("3e0b5f9e-6a57-4a3e-9c1d-0123456789ab", "9f0b5f9e-6a57-4a3e-9c1d-0123456789ff"),
    ],
)
def test_what_differs_from_run_to_run_does_not_matter(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), [("2.0", "2.5"), ("'a/b'", "'a/c'"), ("[1, 2]", "[2, 1]")])
def test_what_the_answer_is_does_matter(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


# The file


def write_known(exercise: Exercise) -> None:
    exercise.fingerprints.parent.mkdir(parents=True)
    exercise.fingerprints.write_text(written(Known(PAR, fingerprints_of(MUTANTS))), encoding="utf-8")
    exercise.mutants.parent.mkdir(parents=True)
    exercise.mutants.write_text('[[mutant]]\nname = "first"\nbecause = """You\nguessed."""\n', encoding="utf-8")


def test_the_file_gives_back_what_was_written_whatever_the_order_of_the_tests(exercise: Exercise) -> None:
    write_known(exercise)
    assert read_known(exercise) == Known(PAR, fingerprints_of(MUTANTS))
    backwards = fingerprints_of({name: tests[::-1] for name, tests in MUTANTS.items()})
    assert written(Known(PAR, backwards)) == exercise.fingerprints.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', '{"version": 1, "mutants": {}}', '{"version": 1, "mutants": 3, "reference": {}}'])  # fmt: skip
def test_a_damaged_file_is_as_good_as_none(exercise: Exercise, text: str) -> None:
    exercise.fingerprints.parent.mkdir(parents=True)
    exercise.fingerprints.write_text(text, encoding="utf-8")
    assert read_known(exercise) == Known()


# What a result is told


def test_the_failed_tasks_get_the_sentence_and_no_others(exercise: Exercise) -> None:
    write_known(exercise)
    result = compared(exercise, exercise_result(exercise, run("test_a", "test_b[0]", to_do=[3]), 0.1), exercise.root)
    assert [task.misconception for task in result.tasks] == ["You guessed.", None, None]
    assert (result.effort, result.par) == (None, None)


def test_a_mutant_whose_sentence_is_missing_is_told_of_by_nobody(exercise: Exercise) -> None:
    write_known(exercise)
    result = compared(exercise, exercise_result(exercise, MUTANTS["across"], 0.1), exercise.root)
    assert {task.misconception for task in result.tasks} == {None}


def done(exercise: Exercise, source: bytes) -> ExerciseResult:
    file = exercise.root / "own" / f"{exercise.stem}.py"
    file.parent.mkdir(parents=True)
    file.write_bytes(source)
    tests = [replace(test, calls=1, tokens=10, cost=0.00001) for test in run()]
    return compared(exercise, exercise_result(exercise, tests, 0.1), exercise.root / "own")


def test_a_finished_exercise_is_told_what_it_took_beside_the_reference(exercise: Exercise) -> None:
    write_known(exercise)
    result = done(exercise, b"def y():\n    return 1\n")
    assert result.effort == Effort(calls=6, tokens=60, cost=0.00006, lines=2)
    assert result.par == PAR


def test_what_it_took_is_told_of_any_file_that_passes(exercise: Exercise) -> None:
    result = done(exercise, b"# coding: utf-8\nx = '\xff'\n")
    assert result.effort == Effort(calls=6, tokens=60, cost=0.00006, lines=0)
    assert result.par is None


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", 0),
        ("# one\n\n'''A\n\ndocstring.'''\n", 0),
        ("x = 1  # one\n\ny = (\n    # two\n    2,\n)\n", 4),
        ("def f():\n    '''A docstring.'''\n    return '''a\n\nb'''\n", 4),
        ("x = 1\\\n    + 2", 2),
        ("def f(:\n", 0),
        ("'''never closed", 0),
    ],
)
def test_lines_hold_code(source: str, lines: int) -> None:
    assert lines_of(source) == lines


def test_checked_in_fingerprints_are_small() -> None:
    for file in (Path(__file__).resolve().parents[2] / "graders").glob("*/fingerprints/*.json"):
        assert file.stat().st_size < 32_000, file
        assert json.loads(file.read_bytes())["version"] == 1
