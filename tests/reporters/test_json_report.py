"""The JSON document, version 1, held to its schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from typing import Any

import jsonschema
import pytest

from gradus.curriculum import Curriculum
from gradus.grading.conversation import Call
from gradus.grading.effort import Effort
from gradus.grading.reporters import json_report
from gradus.grading.verdicts import Report, TestResult, Verdict

ReportOf = Callable[..., Report]
PASSED, FAILED, TODO, BLOCKED = Verdict.PASSED, Verdict.FAILED, Verdict.TODO, Verdict.BLOCKED
SCHEMA = json.loads(resources.files("gradus.grading.reporters").joinpath("report.schema.json").read_text("utf-8"))


def document(curriculum: Curriculum, report: Report) -> dict[str, Any]:
    """The rendered document, read back and found valid."""
    read: dict[str, Any] = json.loads(json_report.render(curriculum, report))
    jsonschema.Draft202012Validator(SCHEMA).validate(read)
    return read


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_object_of_the_schema_is_closed_and_complete() -> None:
    """A field that is added to the document without a word in the schema must not go unnoticed."""
    objects = [part for part in [SCHEMA, *SCHEMA["$defs"].values()] if "properties" in part]
    assert len(objects) == 9
    for part in objects:
        optional = {"live"} if part is SCHEMA else set()
        assert part["additionalProperties"] is False
        assert set(part["required"]) == set(part["properties"]) - optional


def test_the_whole_document(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    report = report_of(others=False, m1_e00=[PASSED], m1_e06=[[failure], BLOCKED, TODO])
    found = document(curriculum, report)
    assert found["version"] == 1
    assert found["target"] == "exercises"
    assert found["summary"] == {
        "exercises": 2,
        "done": 1,
        "in_progress": 1,
        "not_started": 0,
        "broken": 0,
        "points": 4,
        "max_points": 16,
        "seconds": 1.234,
        "modules": {"m1_engineering": {"points": 4, "max_points": 16}},
        "skills": {
            "Working with the grader": {"points": 4, "max_points": 4},
            "Error management, reliability": {"points": 0, "max_points": 12},
        },
    }
    retry = found["exercises"][1]
    assert {key: retry[key] for key in retry if key != "tasks"} == {
        "stem": "m1_engineering/e06_retry_budget",
        "status": "in progress",
        "points": 0,
        "max_points": 12,
        "seconds": 0.031,
        "effort": None,
        "par": None,
    }
    message = (
        "called: complete(client, 'ping', deadline=30.0)\n"
        "returned: 'pong', 45 seconds later\n"
        "expected: it raises DeadlineExceeded\n"
        "why: A wait that ends after the deadline keeps the caller hanging for an answer nobody wants any more.\n"
        f"where: {curriculum.root}/exercises/m1_engineering/e06_retry_budget.py:31"
    )
    assert retry["tasks"][0] == {
        "number": 1,
        "title": "Wait as long as the provider asks",
        "verdict": "failed",
        "points": 0,
        "max_points": 4,
        "message": message,
        "misconception": None,
        "blocked_by": None,
        "tests": [{"name": failure.name, "outcome": "failed", "seconds": 0.012, "message": message, "transcript": ""}],
    }


def test_a_passed_task_has_no_message(curriculum: Curriculum, report_of: ReportOf) -> None:
    task = document(curriculum, report_of(m1_e00=[PASSED]))["exercises"][0]["tasks"][0]
    assert (task["verdict"], task["points"], task["message"]) == ("passed", 4, "")
    assert [test["message"] for test in task["tests"]] == ["", "", ""]


def test_what_blocks_a_task_and_what_was_misunderstood(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult
) -> None:
    waiting = replace(failure, outcome=BLOCKED, blocked_by="m1_engineering/e06_retry_budget task 2")
    report = report_of(m2_e04=[waiting, failure])
    tasks = report.exercises[2].tasks
    recognised = replace(report.exercises[2], tasks=(tasks[0], replace(tasks[1], misconception="You guessed.")))
    report = replace(report, exercises=(recognised,))
    blocked, misunderstood = document(curriculum, report)["exercises"][0]["tasks"]
    assert blocked["blocked_by"] == "m1_engineering/e06_retry_budget task 2"
    assert misunderstood["misconception"] == "You guessed."


def test_what_was_said_and_what_it_took(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult, calls: tuple[Call, ...]
) -> None:
    report = report_of(m1_e00=[PASSED], m1_e06=[PASSED, replace(failure, conversation=calls), TODO])
    first, *others = report.exercises
    took = replace(first, effort=Effort(3, 412, 0.00011, 24), par=Effort(3, 398, 0.0001, 19))
    found = document(curriculum, replace(report, exercises=(took, *others)))["exercises"]
    assert found[0]["effort"] == {"calls": 3, "tokens": 412, "cost": 0.00011, "lines": 24}
    assert found[0]["par"]["lines"] == 19
    assert "\n> #3 at 3.00 s, after 2.00 s: POST" in found[1]["tasks"][1]["tests"][-1]["transcript"]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_is_in_the_schema(curriculum: Curriculum, report_of: ReportOf, verdict: Verdict) -> None:
    found = document(curriculum, report_of(m1_e00=[verdict]))
    assert found["exercises"][0]["tasks"][0]["verdict"] == verdict.value
    assert found["summary"]["broken"] == (verdict is Verdict.BROKEN)


def test_a_task_without_tests_and_a_report_without_exercises(curriculum: Curriculum, report_of: ReportOf) -> None:
    assert document(curriculum, report_of(m1_e00=[[]]))["exercises"][0]["tasks"][0]["verdict"] == "broken"
    assert document(curriculum, report_of(others=False))["exercises"] == []


def test_the_document_is_ascii_and_what_learners_write_survives(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult
) -> None:
    strange = replace(failure, returned='"quoted" \x1b[31m \x00 漢 🙂 \ud800')
    report = report_of(m1_e00=[strange])
    assert json_report.render(curriculum, report).isascii()
    task = document(curriculum, report)["exercises"][0]["tasks"][0]
    for message in (task["message"], task["tests"][-1]["message"]):
        assert 'returned: "quoted" \x1b[31m \x00 漢 🙂 \\ud800\n' in message
