"""From the exception that ended a test to what the learner reads: an outcome, and the failure in words.

Works on the grader's source instead of a rendered traceback, which would cost more than the whole run.
"""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from gradus.grading.checks import CheckFailed
from gradus.grading.link import Link
from gradus.grading.outcomes import CallError, Unimplemented, WorkerCrashed, WorkerTimeout
from gradus.grading.show import clip, show
from gradus.grading.verdicts import TestResult, Verdict

LONGEST_PRINT = 4000  # characters of a learner's output that a result carries


@dataclass(frozen=True)
class Comparison:
    """The two sides of a failed comparison, as pytest reports them."""

    operator: str
    left: Any
    right: Any


@dataclass(frozen=True)
class TestCase:
    """What is known of a test before it has run."""

    __test__ = False

    name: str
    task: int
    stem: str
    why: str
    held_out: bool
    grader: Path


def explain(
    case: TestCase, error: BaseException | None, seconds: float, link: Link | None, comparison: Comparison | None
) -> TestResult:
    """Judge one test.

    Args:
        case: the test.
        error: what ended it, or None if it ran to its end.
        seconds: how long it took.
        link: the link to the submission; None if the test got no `submission`.
        comparison: the failed comparison, if pytest saw one.

    Returns:
        The result, with everything that it may show.
    """
    printed = clip_lines(link.printed) if link else ""
    result = TestResult(case.name, case.task, Verdict.PASSED, seconds, case.why, printed=printed)
    if error is not None:
        result = _failed(result, case, error, link, comparison)
    return _only_the_docstring(result) if case.held_out else result


def _failed(
    result: TestResult, case: TestCase, error: BaseException, link: Link | None, comparison: Comparison | None
) -> TestResult:
    last = link.last if link else None
    if last:
        result = replace(result, called=last.called, returned=last.returned, where=last.where)
    if isinstance(error, Unimplemented):
        if (error.stem, error.task) == (case.stem, case.task):
            return replace(result, outcome=Verdict.TODO, returned="")
        return replace(result, outcome=Verdict.BLOCKED, returned="", blocked_by=f"{error.stem} task {error.task}")
    if isinstance(error, WorkerTimeout):
        return replace(result, outcome=Verdict.TIMEOUT, returned=str(error))
    if isinstance(error, WorkerCrashed):
        return replace(result, outcome=Verdict.CRASHED, returned=str(error))
    if isinstance(error, CallError):
        return replace(result, outcome=Verdict.FAILED, returned=f"raised {error.error}", where=error.error.where)
    if isinstance(error, AssertionError):
        return replace(result, outcome=Verdict.FAILED, expected=_expected(case, error, comparison))
    if last and last.returned:
        # The check choked on what the submission gave it: that is an answer of the wrong shape, not a broken grader.
        return replace(
            result, outcome=Verdict.FAILED, expected=f"something else: {clip(f'{type(error).__name__}: {error}')}"
        )
    return replace(
        result, outcome=Verdict.BROKEN, returned=f"{type(error).__name__}: {clip(str(error))}", where=_place(error)
    )


def _only_the_docstring(result: TestResult) -> TestResult:
    """A held-out test gives away nothing that its author did not write: a message could carry its inputs out."""
    return replace(result, called="", returned="", expected="", printed="", where="")


def _expected(case: TestCase, error: AssertionError, comparison: Comparison | None) -> str:
    """What the check wanted: its own words if it has some, else the asserted expression with what was found instead."""
    if isinstance(error, CheckFailed):
        return str(error)
    statement = _assertion(case.grader, _line_in(case.grader, error.__traceback__))
    if statement is None:
        return clip(str(error))
    found = f" (it was {show(comparison.left)})" if comparison else ""
    if statement.msg is not None:
        return str(error).partition("\nassert ")[0] + found
    if comparison and _is_call_into_submission(statement.test):
        return (
            show(comparison.right) if comparison.operator == "==" else f"{comparison.operator} {show(comparison.right)}"
        )
    return ast.unparse(statement.test) + found


def _is_call_into_submission(test: ast.expr) -> bool:
    left = test.left if isinstance(test, ast.Compare) else None
    return isinstance(left, ast.Call) and ast.unparse(left.func).startswith(("submission.", "driver."))


def _line_in(file: Path, traceback: TracebackType | None) -> int:
    """The line of the innermost frame that runs this file."""
    line = 0
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == str(file):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _assertion(file: Path, line: int) -> ast.Assert | None:
    return next((node for node in _assertions(file) if node.lineno <= line <= (node.end_lineno or node.lineno)), None)


@functools.cache
def _assertions(file: Path) -> tuple[ast.Assert, ...]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.Assert))


def _place(error: BaseException) -> str:
    traceback = error.__traceback__
    place = ""
    while traceback is not None:
        place = f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def clip_lines(text: str) -> str:
    """A learner's output, cut where it gets too long to be read."""
    return text if len(text) <= LONGEST_PRINT else text[:LONGEST_PRINT] + "\n… (cut)"


def case_of(item: pytest.Item, stem: str) -> TestCase:
    """What the item's name, docstring and markers say."""
    task = item.get_closest_marker("task")
    function = getattr(item, "function", None)
    why = " ".join((getattr(function, "__doc__", None) or "").split())
    return TestCase(
        name=item.name,
        task=int(task.args[0]) if task and task.args else 0,
        stem=stem,
        why=why,
        held_out=item.get_closest_marker("held_out") is not None,
        grader=item.path,
    )
