"""Known misunderstandings: what each mutant's run looks like, and whether a learner's run looks exactly like one.

A fingerprint is the set of tests that a mutant fails, and how. Where two mutants fail the same tests of a task, what
came back tells them apart. `gradus check --write` writes the fingerprints of an exercise into
graders/<module>/fingerprints/<slug>.json, with what the reference solution used.
"""

from __future__ import annotations

import hashlib
import json
import re
import tokenize
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from gradus.curriculum import Exercise
from gradus.grading.effort import Effort
from gradus.grading.verdicts import (
    NO_FAILURE,
    NOT_REACHED,
    ExerciseResult,
    Status,
    TestResult,
    Verdict,
    effort_of,
)

VERSION = 1
MOST_SOURCE = 1 << 20  # characters of an answer that are looked at

Failures = Mapping[int, Mapping[str, str]]  # by task and test, how it failed

# What differs from run to run or from machine to machine, and means nothing.
_INCIDENTAL = (
    (re.compile(r"\b0x[0-9a-fA-F]+"), "0x"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "uuid"),
    (re.compile(r"\b(call|chatcmpl|fc|modr|msg|req|resp|rs)[_-]\w+"), r"\1"),
    (re.compile(r"(?<![\w/.])/(?:[^\s/'\"():,]+/)+([^\s/'\"():,]*)"), r"\1"),
    (re.compile(r"\b\d+(?:\.\d+)? ?(?:ms|s|seconds?)\b"), "some time"),
)


@dataclass(frozen=True)
class Fingerprint:
    """What a run of one mutant looks like.

    Attributes:
        mutant: its name.
        failures: the tests that it fails, and how.
        answers: by task, stands for what came back there; only where another mutant fails the same tests of it.
    """

    mutant: str
    failures: Failures
    answers: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What is known of an exercise before anybody's answer to it is graded."""

    par: Effort | None = None
    fingerprints: tuple[Fingerprint, ...] = ()


def read_known(exercise: Exercise) -> Known:
    """What the exercise's file tells; nothing where it is missing, damaged or another version's."""
    try:
        document = json.loads(exercise.fingerprints.read_bytes())
        if document["version"] != VERSION:
            return Known()
        fingerprints = tuple(_fingerprint(name, entry) for name, entry in document["mutants"].items())
        return Known(Effort(**document["reference"]), fingerprints)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Known()


def written(known: Known) -> str:
    """The text of an exercise's file: the same for the same runs."""
    assert known.par is not None
    mutants = {found.mutant: _entry(found) for found in known.fingerprints}
    document = {"version": VERSION, "reference": asdict(known.par), "mutants": mutants}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def fingerprints_of(runs: Mapping[str, Sequence[TestResult]]) -> tuple[Fingerprint, ...]:
    """The fingerprints of mutants, by the tests of a run of each."""
    failures = {name: failures_of(tests) for name, tests in runs.items()}
    answers = {
        name: {task: answers_of(tests, task) for task in failures[name] if _is_shared(failures, name, task)}
        for name, tests in runs.items()
    }
    return tuple(Fingerprint(name, failures[name], answers[name]) for name in runs)


def recognised(fingerprints: Iterable[Fingerprint], result: ExerciseResult) -> str | None:
    """The mutant whose run looked exactly like this one, as far as this one got; None if there is none, or several.

    Tasks that are still to do say nothing for or against it; in all others, it must be the same tests that failed.
    """
    reached = {task.number for task in result.tasks if task.verdict not in NOT_REACHED}
    tests = [test for task in result.tasks if task.number in reached for test in task.tests]
    found = failures_of(tests)
    alike = [one for one in fingerprints if found and _within(one.failures, reached) == found]
    if len(alike) > 1:
        alike = [one for one in alike if all(answers_of(tests, task) == one.answers.get(task) for task in found)]
    return alike[0].mutant if len(alike) == 1 else None


def compared(exercise: Exercise, result: ExerciseResult, target: Path) -> ExerciseResult:
    """The result beside what is known of the exercise.

    Where it is done, with what the answer took and what the reference solution takes. Else with what is probably
    misunderstood, at each task that failed for it.
    """
    if result.status is Status.NOT_STARTED:
        return result
    known = read_known(exercise)
    if result.status is Status.DONE:
        tests = [test for task in result.tasks for test in task.tests]
        return replace(result, effort=effort_of(tests, _source(target / f"{exercise.stem}.py")), par=known.par)
    mutant = recognised(known.fingerprints, result)
    because = _because(exercise, mutant) if mutant else None
    tasks = [replace(task, misconception=because) if failures_of(task.tests) else task for task in result.tasks]
    return replace(result, tasks=tuple(tasks))


def failures_of(tests: Iterable[TestResult]) -> dict[int, dict[str, str]]:
    """How tests failed: the outcome, or the exception if one was raised; tasks and tests in a stable order."""
    found: dict[int, dict[str, str]] = {}
    for test in sorted(tests, key=lambda test: (test.task, test.name)):
        if test.outcome not in NO_FAILURE:
            found.setdefault(test.task, {})[test.name] = _how(test)
    return found


def answers_of(tests: Iterable[TestResult], task: int) -> str:
    """Stands for all that came back in a task's failing tests: the same for the same answers."""
    failing = sorted((test.name, normalised(test.returned)) for test in tests if _fails(test, task))
    return hashlib.sha256(json.dumps(failing).encode()).hexdigest()[:12]


def normalised(text: str) -> str:
    """What came back, without what differs from run to run.

    Example:
        >>> normalised("<Client at 0x7f3a>, 0.31 s")
        '<Client at 0x>, some time'
    """
    for pattern, constant in _INCIDENTAL:
        text = pattern.sub(constant, text)
    return text


def _how(test: TestResult) -> str:
    if test.outcome is Verdict.FAILED and test.returned.startswith("raised "):
        return test.returned.partition(":")[0]
    return test.outcome.value


def _fails(test: TestResult, task: int) -> bool:
    return test.task == task and test.outcome not in NO_FAILURE


def _is_shared(failures: Mapping[str, Failures], name: str, task: int) -> bool:
    return sum(other.get(task) == failures[name][task] for other in failures.values()) > 1


def _within(failures: Failures, tasks: set[int]) -> dict[int, Mapping[str, str]]:
    return {task: tests for task, tests in failures.items() if task in tasks}


def _source(file: Path) -> str:
    try:
        with tokenize.open(file) as text:
            return text.read(MOST_SOURCE)
    except (OSError, SyntaxError, UnicodeDecodeError):
        return ""


def _because(exercise: Exercise, name: str) -> str | None:
    """What the learner needs to hear, in the words of the mutant's author."""
    try:
        mutants = tomllib.loads(exercise.mutants.read_text(encoding="utf-8"))["mutant"]
        return next((" ".join(mutant["because"].split()) for mutant in mutants if mutant["name"] == name), None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _entry(found: Fingerprint) -> dict[str, object]:
    """Each task's failing tests by how they failed, which is mostly the same for all."""
    failures: dict[str, dict[str, list[str]]] = {}
    for task, tests in found.failures.items():
        for test, how in tests.items():
            failures.setdefault(str(task), {}).setdefault(how, []).append(test)
    answers = {str(task): answer for task, answer in found.answers.items()}
    return {"fails": failures, **({"answers": answers} if answers else {})}


def _fingerprint(mutant: str, entry: dict[str, dict[str, dict[str, list[str]]]]) -> Fingerprint:
    failures = {
        int(task): {test: how for how, tests in hows.items() for test in tests} for task, hows in entry["fails"].items()
    }
    answers = {int(task): str(answer) for task, answer in entry.get("answers", {}).items()}
    return Fingerprint(mutant, failures, answers)
