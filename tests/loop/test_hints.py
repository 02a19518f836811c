"""The ladder of hints: a rung more each time, remembered; and when the next one is offered."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gradus.grading.reporters.terminal import Screen
from gradus.grading.verdicts import ExerciseResult, Status, TestResult, Verdict, exercise_result
from gradus.loop.hints import Offer, next_hint, offer
from gradus.loop.markdown import markdown
from gradus.loop.progress import Progress, Record
from tests.loop.clone import FIRST, RETRY, STORE, Clone, run


def test_one_rung_more_each_time(clone: Clone) -> None:
    first = run("hint", "e00").stdout
    assert "e00 task 1: Convert" in first
    assert "hint 1 of 2\nWhich comes first?\n" in first
    assert "hint 2" not in first
    assert "make hint EX=e00  for the next one" in first
    second = run("hint", "e00").stdout
    assert "hint 1 of 2\nWhich comes first?\n\nhint 2 of 2\nUse `round(number, 1)`:" in second
    assert clone.remembered().hints == {1: 2}


def test_after_the_last_it_says_so_and_where_to_go(clone: Clone) -> None:
    for _ in range(3):
        page = run("hint", "e00").stdout
    assert "hint 2 of 2" in page
    assert "That was the last hint." in page
    assert f"modules/{FIRST}.md:3\n" in page
    assert "make solution EX=e00 ANYWAY=1" in page
    assert "next one" not in page
    assert clone.remembered().hints == {1: 2}


def test_another_task_has_a_ladder_of_its_own(clone: Clone) -> None:
    run("hint", "e00")
    page = run("hint", "e00", "--task", "2").stdout
    assert "task 2: Ask\n\nhint 1 of 2\nOne message." in page
    assert "make hint EX=e00 TASK=2  for the next one" in page
    assert clone.remembered().hints == {1: 1, 2: 1}


def test_the_current_exercise_and_task_by_default(clone: Clone) -> None:
    clone.remember({FIRST: Record(Status.IN_PROGRESS, points=1, passed=(1,))})
    assert "e00 task 2: Ask" in run("hint").stdout
    assert "e00 task 1: Convert" in run("hint", "--task", "1").stdout


def test_an_exercise_that_passed_has_no_current_task(clone: Clone) -> None:
    clone.passed(FIRST)
    page = run("hint", "e00").stdout
    assert "Every task of e00 passed" in page
    assert "make hint EX=e00 TASK=1" in page
    assert "hint 1 of 2" not in page
    assert "hint 1 of 2" in run("hint", "e00", "--task", "1").stdout


def test_nothing_is_left(clone: Clone) -> None:
    clone.passed(FIRST, RETRY, STORE)
    assert "Every exercise was done" in run("hint").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["e00", "--task", "7"], "gradus: e00 has no task 7. Its tasks are: 1, 2."),
        (["e99"], "gradus: No exercise answers to 'e99'."),
        (["m1/e06"], "e06_retry_budget.md cannot be read: No such file"),
    ],
)
def test_what_there_is_not_is_one_sentence(clone: Clone, arguments: list[str], says: str) -> None:
    result = run("hint", *arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stdout == ""


def test_a_lesson_without_hints(clone: Clone) -> None:
    clone.write(f"modules/{RETRY}.md", "# Retry\n\n### Task 1: Wait\n")
    assert "has no hint for task 1" in run("hint", "m1/e06").stderr


def test_where_nothing_can_be_remembered_the_hint_is_shown_and_a_word_said(clone: Clone) -> None:
    clone.make_read_only()
    result = run("hint")
    assert result.exit_code == 0
    assert "hint 1 of 2\nWhich comes first?" in result.stdout
    assert result.stderr.startswith("gradus: Nothing is remembered: ")
    assert f"All hints stand in {clone.first.lesson}." in result.stderr


@pytest.mark.parametrize("shown", [-3, 99])
def test_a_cache_that_says_nonsense(clone: Clone, shown: int) -> None:
    progress = Progress({FIRST: Record(hints={1: shown})})
    _, after = next_hint(clone.curriculum, clone.first, progress, Screen())
    assert after.of(clone.first).hints == {1: 1 if shown < 0 else 2}


def test_code_is_kept_whole_and_prose_is_wrapped(clone: Clone) -> None:
    page, _ = next_hint(clone.curriculum, clone.first, Progress({FIRST: Record(hints={1: 1})}), Screen(width=40))
    comment = "# This comment is no heading, however it looks, and this line is longer than eighty cells on purpose."
    assert f":\n\n    {comment}\n    celsius = 0.0\n\n • then return it\n" in page
    assert "That was the last hint. Read the idea\nonce more, or look at the solution.\n" in page


def test_readable_in_ascii_and_without_escape_codes() -> None:
    plain = Screen(width=20, encoding="ascii")
    drawn = plain.draw(markdown("- 5 °C and `x`\n\n| a |\n|---|\n| \x1b[31mb |", plain))
    assert drawn.isascii()
    assert drawn.startswith(" * 5 \\xb0C and `x`\n")
    assert "\x1b" not in drawn


def test_a_comment_alone_shows_nothing() -> None:
    assert markdown("<!-- nothing -->", Screen()) == []


def test_code_has_colour_where_there_is_one() -> None:
    colour = Screen(colour=True)
    assert "\x1b[" in colour.draw(markdown("```python\nx = 'a'\n```", colour))


def failing(clone: Clone, outcomes: Sequence[Verdict], returned: str = "1") -> ExerciseResult:
    tests = [TestResult("test_it", n, outcome, 0.0, returned=returned) for n, outcome in enumerate(outcomes, 1)]
    return exercise_result(clone.first, tests, 0.0)


def offered(clone: Clone, result: ExerciseResult, times: int, progress: Progress | None = None) -> Offer | None:
    progress = progress or Progress()
    for _ in range(times):
        progress = progress.noting(result)
    return offer(clone.curriculum, result, progress)


def test_the_same_failure_three_times_offers_the_next_hint(clone: Clone) -> None:
    result = failing(clone, [Verdict.PASSED, Verdict.FAILED])
    assert offered(clone, result, 2) is None
    assert offered(clone, result, 3) == Offer(2, 1, 2, "make hint EX=e00 TASK=2")
    climbed = Progress({FIRST: Record(hints={2: 1})})
    assert offered(clone, result, 4, climbed) == Offer(2, 2, 2, "make hint EX=e00 TASK=2")
    assert offered(clone, result, 3, Progress({FIRST: Record(hints={2: 2})})) is None


@pytest.mark.parametrize(
    ("outcomes", "returned"),
    [
        ([Verdict.PASSED, Verdict.PASSED], "1"),
        ([Verdict.TODO, Verdict.BLOCKED], ""),
        ([Verdict.BROKEN, Verdict.PASSED], "1"),
        ([Verdict.FAILED, Verdict.FAILED], "raised SyntaxError: invalid syntax"),
    ],
)
def test_no_hint_is_offered_where_none_would_help(clone: Clone, outcomes: list[Verdict], returned: str) -> None:
    assert offered(clone, failing(clone, outcomes, returned), 3) is None


def test_another_failure_begins_to_count_anew(clone: Clone) -> None:
    before = Progress()
    for _ in range(2):
        before = before.noting(failing(clone, [Verdict.FAILED, Verdict.TODO], "1"))
    assert offered(clone, failing(clone, [Verdict.FAILED, Verdict.TODO], "2"), 2, before) is None


def test_no_offer_without_a_lesson(clone: Clone) -> None:
    clone.first.lesson.unlink()
    assert offered(clone, failing(clone, [Verdict.FAILED, Verdict.TODO]), 3) is None
