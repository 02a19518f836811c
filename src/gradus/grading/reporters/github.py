"""The report as a GitHub job summary: a Markdown table, and the first failure folded below it."""

from __future__ import annotations

import html
import re

from gradus.curriculum import Curriculum
from gradus.grading.reporters.marks import UNICODE
from gradus.grading.reporters.text import printable, sentence
from gradus.grading.verdicts import ExerciseResult, Report, Status, TaskResult, Verdict

EXPLAINED = (Verdict.FAILED, Verdict.TIMEOUT, Verdict.CRASHED, Verdict.BROKEN)
MOST_CHARACTERS = 8_000  # a summary may hold 1 MiB; nobody reads that


def render(curriculum: Curriculum, report: Report) -> str:
    """The summary as Markdown in which text from learners can't be anything but text.

    Example:
        >>> print(render(curriculum, report).splitlines()[0])
        ## Gradus: 12 of 50 points
    """
    failure = _first_failure(report)
    parts = [
        f"## Gradus: {report.points} of {report.max_points} points",
        f"{report.count(Status.DONE)} of {len(report.exercises)} exercises done.",
        _table(curriculum, report),
        _folded(*failure) if failure else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(curriculum: Curriculum, report: Report) -> str:
    rows = ["| Exercise | Title | Tasks | Points | Status |", "| --- | --- | --- | ---: | --- |"]
    for result in report.exercises:
        cells = (
            result.stem,
            curriculum.exercise(result.stem).title,
            "".join(UNICODE.verdicts[task.verdict] for task in result.tasks),
            f"{result.points}/{result.max_points}",
            "grader broken" if result.broken else result.status.value,
        )
        rows.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    return "\n".join(rows)


def _first_failure(report: Report) -> tuple[ExerciseResult, TaskResult] | None:
    failures = ((result, task) for result in report.exercises for task in result.tasks if task.verdict in EXPLAINED)
    return next(failures, None)


def _folded(result: ExerciseResult, task: TaskResult) -> str:
    """The blank line before <pre> matters: it makes <pre> a block that Markdown leaves alone up to </pre>."""
    test = task.first_failure
    check = f": {sentence(test.name)}" if test else ""
    summary = f"First failure: {result.stem}, task {task.number}{check} ({task.verdict.value})"
    parts = [f"likely: {task.misconception}"] if task.misconception else []
    parts.append(task.message or "The grader has no test for this task.")
    if test and test.printed:
        parts.append(f"printed:\n{test.printed}")
    if test and test.transcript:
        parts.append(f"said:\n{test.transcript}")
    text = printable("\n".join(parts))
    if len(text) > MOST_CHARACTERS:
        text = text[:MOST_CHARACTERS] + "\n…"
    return f"<details>\n<summary>{_cell(summary)}</summary>\n\n<pre>{html.escape(text)}</pre>\n\n</details>"


def _cell(text: str) -> str:
    """Text as numeric character references wherever Markdown or HTML could see more in it than text."""
    line = " ".join(printable(text).split())
    return re.sub(r"[^\w\s/.,:%()●✗○⊘◔↯▲-]|_", lambda found: f"&#{ord(found[0])};", line)
