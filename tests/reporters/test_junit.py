"""JUnit XML as GitLab, Jenkins and GitHub read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from gradus.grading.reporters import junit
from gradus.grading.verdicts import Report, TestResult, Verdict

ReportOf = Callable[..., Report]
PASSED, FAILED, TODO, BLOCKED = Verdict.PASSED, Verdict.FAILED, Verdict.TODO, Verdict.BLOCKED


def parsed(report: Report) -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(report).encode("utf-8"))


def test_a_suite_for_each_exercise_and_a_case_for_each_test(report_of: ReportOf) -> None:
    root = parsed(report_of(m1_e00=[PASSED]))
    assert root.tag == "testsuites"
    assert [suite.get("name") for suite in root] == [
        "m1_engineering/e00_first_flight",
        "m1_engineering/e06_retry_budget",
        "m2_llms/e04_structured_extract",
        "m3_retrieval/e04_vector_store",
        "m4_agents/e07_human_approval",
    ]
    case = root[0][0]
    assert case.attrib == {
        "classname": "m1_engineering.e00_first_flight",
        "name": "test_answers_at_all",
        "time": "0.004",
    }
    assert list(case) == []


def test_counts_add_up(report_of: ReportOf) -> None:
    report = report_of(
        m1_e00=[FAILED], m1_e06=[Verdict.TIMEOUT, Verdict.CRASHED, Verdict.BROKEN], m2_e04=[BLOCKED, TODO]
    )
    root = parsed(report)
    counts = [{name: int(suite.get(name, "")) for name in ("tests", "failures", "errors", "skipped")} for suite in root]
    assert counts[:3] == [
        {"tests": 3, "failures": 1, "errors": 0, "skipped": 0},
        {"tests": 9, "failures": 0, "errors": 3, "skipped": 0},
        {"tests": 6, "failures": 0, "errors": 0, "skipped": 4},
    ]
    for suite, count in zip(root, counts, strict=True):
        assert len(suite.findall("testcase")) == count["tests"]
        for name, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert len(suite.findall(f"testcase/{element}")) == count[name]
    for name in counts[0]:
        assert int(root.get(name, "")) == sum(count[name] for count in counts)
    assert (root.get("time"), root[0].get("time")) == ("1.234", "0.031")


@pytest.mark.parametrize(
    ("verdict", "element", "message"),
    [
        (FAILED, "failure", "Task 2: Edges are where it breaks."),
        (Verdict.TIMEOUT, "error", "Task 2: Edges are where it breaks."),
        (Verdict.CRASHED, "error", "Task 2: Edges are where it breaks."),
        (Verdict.BROKEN, "error", "The grader of task 2 is broken; the code under test is not to blame."),
        (TODO, "skipped", "Task 2 is not written yet."),
    ],
)
def test_what_each_verdict_becomes(report_of: ReportOf, verdict: Verdict, element: str, message: str) -> None:
    root = parsed(report_of(others=False, m2_e04=[PASSED, verdict]))
    case = root[0].findall("testcase")[-1]
    assert [(child.tag, child.get("type"), child.get("message")) for child in case] == [
        (element, verdict.value, message)
    ]


def test_a_blocked_test_says_what_it_waits_for(report_of: ReportOf, failure: TestResult) -> None:
    waiting = replace(failure, outcome=BLOCKED, blocked_by="m1_engineering/e06_retry_budget task 2")
    skipped = parsed(report_of(others=False, m2_e04=[waiting, TODO])).find(".//testcase/skipped")
    assert skipped is not None
    assert skipped.get("message") == "Task 1 waits for m1_engineering/e06_retry_budget task 2."


def test_a_failure_tells_all_and_what_was_printed(report_of: ReportOf, failure: TestResult) -> None:
    root = parsed(report_of(others=False, m2_e04=[PASSED, replace(failure, printed="attempt 1\n")]))
    case = root[0].findall("testcase")[-1]
    assert case.findtext("failure") == failure.message
    assert case.findtext("system-out") == "attempt 1\n"


def test_a_misconception_leads(report_of: ReportOf, failure: TestResult) -> None:
    (result,) = report_of(others=False, m1_e00=[failure]).exercises
    recognised = replace(result, tasks=(replace(result.tasks[0], misconception="You guessed."),))
    (suite,) = parsed(Report("exercises", 0.1, (recognised,)))
    assert suite.findtext("testcase/failure") == f"likely: You guessed.\n{failure.message}"


def test_a_task_without_tests_is_an_error_of_its_own(report_of: ReportOf) -> None:
    suite = parsed(report_of(others=False, m1_e00=[[]]))[0]
    assert (suite.get("tests"), suite.get("errors")) == ("1", "1")
    assert suite.findtext("testcase/error") == "why: The grader has no test for this task."


def test_whatever_learners_print_it_stays_xml(report_of: ReportOf, failure: TestResult) -> None:
    every = "".join(map(chr, range(0x11_0000)))
    hostile = replace(
        failure, printed=every, returned="]]></failure><x> & \"'" + every[:64], name="test_x[\x00\x1b[1m<]"
    )
    document = junit.render(report_of(others=False, m1_e00=[hostile]))
    root = ElementTree.fromstring(document.encode("utf-8"))
    case = root[0].findall("testcase")[-1]
    assert case.get("name") == r"test_x[\x00<]"
    assert "]]></failure><x> & \"'" in (case.findtext("failure") or "")
    legal = {0x9, 0xA, 0xD, *range(0x20, 0xD800), *range(0xE000, 0xFFFE), *range(0x1_0000, 0x11_0000)}
    assert set(map(ord, document)) <= legal
