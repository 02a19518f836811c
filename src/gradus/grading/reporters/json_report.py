"""The report as a JSON document, version 1. Its schema is report.schema.json beside this file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from gradus.curriculum import Curriculum
from gradus.grading.live import LiveReport
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


def render(curriculum: Curriculum, report: Report, live: LiveReport | None = None) -> str:
    """The document as ASCII text, indented, with a newline at its end.

    Args:
        curriculum: names the skill of each exercise.
        report: what grading found.
        live: what a live run found, if there was one.

    Example:
        >>> json.loads(render(curriculum, report))["summary"]["done"]
        3
    """
    return json.dumps(document(curriculum, report, live), indent=2) + "\n"


def document(curriculum: Curriculum, report: Report, live: LiveReport | None = None) -> dict[str, Any]:
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
        **({"live": _live(live)} if live else {}),
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
        "effort": asdict(exercise.effort) if exercise.effort else None,
        "par": asdict(exercise.par) if exercise.par else None,
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
        "tests": [{**_test(test), "transcript": _text(test.transcript)} for test in task.tests],
    }


def _test(test: TestResult) -> dict[str, Any]:
    return {
        "name": _text(test.name),
        "outcome": test.outcome.value,
        "seconds": round(test.seconds, 3),
        "message": _text(test.message),
    }


def _live(live: LiveReport) -> dict[str, Any]:
    return {
        "mode": live.mode,
        "answered_by": _text(live.answered_by),
        "cassette": _text(live.cassette) or None,
        "notes": [_text(note) for note in live.notes],
        "seconds": round(live.report.seconds, 3),
        "exercises": [_live_exercise(exercise) for exercise in live.report.exercises],
    }


def _live_exercise(exercise: ExerciseResult) -> dict[str, Any]:
    tests = [test for task in exercise.tasks for test in task.tests]
    return {
        "stem": exercise.stem,
        "calls": sum(test.calls for test in tests),
        "tokens": sum(test.tokens for test in tests),
        "checks": [{**_test(test), "task": test.task, "calls": test.calls, "tokens": test.tokens} for test in tests],
    }


def _text(text: str) -> str:
    """Lone surrogates, which many JSON parsers refuse, as Python writes them; everything else as it is."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
