"""The GitHub job summary: Markdown that text from learners cannot break out of."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from gradus.curriculum import Curriculum
from gradus.grading.reporters import github
from gradus.grading.verdicts import Report, TestResult, Verdict

ReportOf = Callable[..., Report]
PASSED, TODO = Verdict.PASSED, Verdict.TODO


def test_the_whole_summary(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    report = report_of(others=False, m1_e00=[PASSED], m1_e06=[PASSED, replace(failure, printed="attempt 1\n"), TODO])
    assert (
        github.render(curriculum, report)
        == f"""\
## Gradus: 8 of 16 points

1 of 2 exercises done.

| Exercise | Title | Tasks | Points | Status |
| --- | --- | --- | ---: | --- |
| m1&#95;engineering/e00&#95;first&#95;flight | First flight | ● | 4/4 | done |
| m1&#95;engineering/e06&#95;retry&#95;budget | Retry without making it worse | ●✗○ | 4/12 | in progress |

<details>
<summary>First failure: m1&#95;engineering/e06&#95;retry&#95;budget, task 2: \
gives up when the wait would pass the deadline (failed)</summary>

<pre>called: complete(client, &#x27;ping&#x27;, deadline=30.0)
returned: &#x27;pong&#x27;, 45 seconds later
expected: it raises DeadlineExceeded
why: A wait that ends after the deadline keeps the caller hanging for an answer nobody wants any more.
where: {curriculum.root}/exercises/m1_engineering/e06_retry_budget.py:31
printed:
attempt 1
</pre>

</details>
"""
    )


def test_nothing_is_folded_when_nothing_failed(curriculum: Curriculum, report_of: ReportOf) -> None:
    assert "<details>" not in github.render(curriculum, report_of(m1_e00=[PASSED]))


def test_a_broken_grader_is_named_as_such(curriculum: Curriculum, report_of: ReportOf) -> None:
    summary = github.render(curriculum, report_of(others=False, m1_e00=[[]]))
    assert "| ▲ | 0/4 | grader broken |" in summary
    assert "<pre>The grader has no test for this task.</pre>" in summary


def test_a_misconception_is_told(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    report = report_of(others=False, m1_e00=[failure])
    task = replace(report.exercises[0].tasks[0], misconception="You guessed.")
    report = replace(report, exercises=(replace(report.exercises[0], tasks=(task,)),))
    assert "<pre>likely: You guessed.\ncalled: " in github.render(curriculum, report)


def test_text_from_learners_stays_text(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    hostile = "</pre></details>\n\n```\n# heading\n| a | b |\n<script>alert(1)</script> [x](javascript:x) \x1b[31m\x00"
    report = report_of(
        others=False,
        m1_e00=[replace(failure, name=f"test_x[{hostile}]", called=hostile, returned=hostile, printed=hostile)],
    )
    summary = github.render(curriculum, report)
    assert [line for line in summary.splitlines() if line.startswith("<details>")] == ["<details>"]
    assert re.findall(r"<(/?\w+)", summary) == ["details", "summary", "/summary", "pre", "/pre", "/details"]
    folded = summary.partition("<pre>")[2].partition("</pre>")[0]
    assert "&lt;/pre&gt;&lt;/details&gt;" in folded
    outside = summary.replace(folded, "")
    assert "`" not in outside
    assert "[x]" not in outside
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", summary)


def test_titles_cannot_break_the_table(curriculum: Curriculum, report_of: ReportOf) -> None:
    exercise = replace(curriculum.exercises[0], title="a | b `c` <b>d</b>\n*e* _f_ [g](h) ~~i~~")
    module = replace(curriculum.modules[0], exercises=(exercise,))
    row = github.render(replace(curriculum, modules=(module,)), report_of(others=False, m1_e00=[PASSED])).splitlines()[
        6
    ]
    assert row.count("|") == 6
    assert not re.search(r"[`<>\[\]*_~]", row)


def test_a_very_long_failure_is_cut(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    report = report_of(others=False, m1_e00=[replace(failure, printed="x" * 1_000_000)])
    summary = github.render(curriculum, report)
    assert len(summary) < 10_000
    assert summary.endswith("x\n…</pre>\n\n</details>\n")
