"""The report as JUnit XML, as GitLab, Jenkins and GitHub read it: a suite for each exercise, a case for each test."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from gradus.grading.reporters.text import printable
from gradus.grading.verdicts import ExerciseResult, Report, TaskResult, TestResult, Verdict

# The element a test case holds; a passed one holds none.
ELEMENTS = {
    Verdict.FAILED: "failure",
    Verdict.TIMEOUT: "error",
    Verdict.CRASHED: "error",
    Verdict.BROKEN: "error",
    Verdict.TODO: "skipped",
    Verdict.BLOCKED: "skipped",
}


def render(report: Report) -> str:
    """The report as an XML document, without any character that XML 1.0 forbids.

    Example:
        >>> Path("results.xml").write_text(render(report), encoding="utf-8")
    """
    suites = [_suite(exercise) for exercise in report.exercises]
    root = Element("testsuites", name="gradus", time=f"{report.seconds:.3f}")
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, 0)) for suite in suites)))
    root.extend(suites)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(exercise: ExerciseResult) -> Element:
    cases = [(task, test) for task in exercise.tasks for test in task.tests or (_missing(task),)]
    found = Counter(ELEMENTS.get(test.outcome) for _, test in cases)
    suite = Element("testsuite", name=exercise.stem, tests=str(len(cases)), time=f"{exercise.seconds:.3f}")
    for count, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(found[element]))
    suite.extend(_case(exercise.stem, task, test) for task, test in cases)
    return suite


def _missing(task: TaskResult) -> TestResult:
    return TestResult(
        f"task_{task.number}", task.number, task.verdict, 0.0, why="The grader has no test for this task."
    )


def _case(stem: str, task: TaskResult, test: TestResult) -> Element:
    case = Element("testcase", classname=stem.replace("/", "."), name=printable(test.name), time=f"{test.seconds:.3f}")
    if test.outcome in ELEMENTS:
        outcome = SubElement(case, ELEMENTS[test.outcome], type=test.outcome.value, message=_headline(task, test))
        outcome.text = printable(_told(task, test))
    if test.printed:
        SubElement(case, "system-out").text = printable(test.printed)
    return case


def _told(task: TaskResult, test: TestResult) -> str:
    """What is probably misunderstood, where a failure has it from its task; then the failure."""
    likely = f"likely: {task.misconception}\n" if task.misconception and ELEMENTS[test.outcome] != "skipped" else ""
    return likely + test.message


def _headline(task: TaskResult, test: TestResult) -> str:
    if test.outcome is Verdict.TODO:
        return f"Task {task.number} is not written yet."
    if test.outcome is Verdict.BLOCKED:
        return f"Task {task.number} waits for {test.blocked_by}."
    if test.outcome is Verdict.BROKEN:
        return f"The grader of task {task.number} is broken; the code under test is not to blame."
    return f"Task {task.number}: {task.misconception or test.why or test.outcome.value}"
