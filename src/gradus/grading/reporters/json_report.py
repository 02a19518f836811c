"""The report as a JSON document, version 1. Its schema is report.schema.json beside this file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gradus.curriculum import Curriculum
from gradus.grading.verdicts import (
    ExerciseResult,
    Report,
    Status,
    TaskResult,
    TestResult,
    points_by_module,
    points_by_skill,
)

VERSION = 1


def render(curriculum: Curriculum, report: Report) -> str:
    """The document as ASCII text, indented, with a newline at its end.

    Args:
        curriculum: names the skill of each exercise.
        report: what grading found.

    Example:
        >>> json.loads(render(curriculum, report))["summary"]["done"]
        3
    """
    return json.dumps(document(curriculum, report), indent=2) + "\n"


def document(curriculum: Curriculum, report: Report) -> dict[str, Any]:
    """The document as plain data."""
    return {
        "version": VERSION,
        "target": _text(report.target),
        "summary": {
            "exercises": len(report.exercises),
            "done": report.count(Status.DONE),
            "in_progress": report.count(Status.IN_PROGRESS),
            "not_started": report.count(Status.NOT_STARTED),
            "broken": sum(exercise.broken for exercise in report.exercises),
            "points": report.points,
            "max_points": report.max_points,
            "seconds": round(report.seconds, 3),
            "modules": _sums(points_by_module(report)),
            "skills": _sums(points_by_skill(curriculum, report)),
        },
        "exercises": [_exercise(exercise) for exercise in report.exercises],
    }


def _sums(points: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    return {name: {"points": earned, "max_points": most} for name, (earned, most) in points.items()}


def _exercise(exercise: ExerciseResult) -> dict[str, Any]:
    return {
        "stem": exercise.stem,
        "status": exercise.status.value,
        "points": exercise.points,
        "max_points": exercise.max_points,
        "seconds": round(exercise.seconds, 3),
        "tasks": [_task(task) for task in exercise.tasks],
    }


def _task(task: TaskResult) -> dict[str, Any]:
    return {
        "number": task.number,
        "title": task.title,
        "verdict": task.verdict.value,
        "points": task.points,
        "max_points": task.max_points,
        "message": _text(task.message),
        "misconception": task.misconception,
        "blocked_by": _text(task.blocked_by) if task.blocked_by else None,
        "tests": [_test(test) for test in task.tests],
    }


def _test(test: TestResult) -> dict[str, Any]:
    return {
        "name": _text(test.name),
        "outcome": test.outcome.value,
        "seconds": round(test.seconds, 3),
        "message": _text(test.message),
    }


def _text(text: str) -> str:
    """Lone surrogates, which many JSON parsers refuse, as Python writes them; everything else as it is."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
