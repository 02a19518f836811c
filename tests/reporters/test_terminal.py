"""The page a terminal shows. Whole pages are held to files in screens/; UPDATE_SCREENS=1 writes them, to be read."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from gradus.curriculum import Curriculum
from gradus.grading.conversation import Call
from gradus.grading.effort import Effort
from gradus.grading.reporters.terminal import LiveLine, Screen, render, screen_of
from gradus.grading.verdicts import Report, TestResult, Verdict

SCREENS = Path(__file__).parent / "screens"
PLAIN = Screen()
PASSED, FAILED, TODO, BLOCKED = Verdict.PASSED, Verdict.FAILED, Verdict.TODO, Verdict.BLOCKED
TIMEOUT, CRASHED, BROKEN = Verdict.TIMEOUT, Verdict.CRASHED, Verdict.BROKEN

ReportOf = Callable[..., Report]


def hold(name: str, page: str) -> None:
    """The page is exactly the one that was read and found good, and fits 25 lines of 80 columns."""
    file = SCREENS / f"{name}.txt"
    if os.environ.get("UPDATE_SCREENS"):
        file.write_text(page, encoding="utf-8")
    assert page == file.read_text(encoding="utf-8")
    assert_fits(page)


def assert_fits(page: str, width: int = 80) -> None:
    lines = page.splitlines()
    assert len(lines) <= 25
    assert max(map(cell_len, lines)) <= width


def with_misconception(report: Report, words: str) -> Report:
    """The same report, every failed task of it recognised as a known misunderstanding."""
    exercises = []
    for result in report.exercises:
        tasks = [replace(task, misconception=words) if task.verdict is FAILED else task for task in result.tasks]
        exercises.append(replace(result, tasks=tuple(tasks)))
    return replace(report, exercises=tuple(exercises))


# Whole pages


def test_welcome(curriculum: Curriculum, report_of: ReportOf) -> None:
    hold("welcome", render(curriculum, report_of(), PLAIN))


def test_welcome_on_40_columns(curriculum: Curriculum, report_of: ReportOf) -> None:
    hold("welcome_40_columns", render(curriculum, report_of(), Screen(40)))


def test_one_failure(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    report = report_of(m1_e00=[PASSED], m1_e06=[PASSED, failure, TODO])
    hold("one_failure", render(curriculum, report, PLAIN))


def test_one_exercise_failing(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    report = report_of(others=False, m1_e06=[PASSED, failure, TODO])
    hold("one_exercise_failing", render(curriculum, report, PLAIN))


def test_one_exercise_done(curriculum: Curriculum, report_of: ReportOf) -> None:
    hold("one_exercise_done", render(curriculum, report_of(others=False, m1_e06=[PASSED] * 3), PLAIN))


def test_next_exercise(curriculum: Curriculum, report_of: ReportOf) -> None:
    hold("next_exercise", render(curriculum, report_of(m1_e00=[PASSED]), PLAIN))


def test_module_finished(curriculum: Curriculum, report_of: ReportOf) -> None:
    report = report_of(m1_e00=[PASSED], m1_e06=[PASSED] * 3)
    hold("module_finished", render(curriculum, report, PLAIN))
    assert "is finished" not in render(curriculum, report_of(m1_e00=[PASSED]), PLAIN)
    begun = report_of(m1_e00=[PASSED], m1_e06=[PASSED] * 3, m2_e04=[PASSED, TODO])
    assert "is finished" not in render(curriculum, begun, PLAIN)


def test_everything_done(curriculum: Curriculum, report_of: ReportOf) -> None:
    hold("everything_done", render(curriculum, everything_done(report_of), PLAIN))


def test_misconception(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    report = with_misconception(
        report_of(m1_e00=[PASSED], m1_e06=[PASSED, failure, TODO]),
        "You looked at the clock after the wait. Compare the end of the wait with the deadline before you start it.",
    )
    hold("misconception", render(curriculum, report, PLAIN))


def test_misconception_recognised_while_a_conversation_is_shown(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult, calls: tuple[Call, ...]
) -> None:
    report = with_misconception(
        report_of(others=False, m1_e06=[PASSED, replace(failure, conversation=calls), TODO]),
        "You looked at the clock after the wait. Compare the end of the wait with the deadline before you start it.",
    )
    hold("misconception_recognised", render(curriculum, report, PLAIN))


def test_transcript(curriculum: Curriculum, report_of: ReportOf, failure: TestResult, calls: tuple[Call, ...]) -> None:
    report = report_of(m1_e00=[PASSED], m1_e06=[PASSED, replace(failure, conversation=calls), TODO])
    hold("transcript", render(curriculum, report, PLAIN))
    whole = render(curriculum, report, PLAIN, verbose=True)
    for line in ("> #3 at 3.00 s, after 2.00 s: POST ", "    system: Answer in one word.", "    -> 11 + 1 tokens"):
        assert f"  {line}" in whole


def test_transcript_of_many_calls(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult, calls: tuple[Call, ...]
) -> None:
    many = tuple(
        replace(calls[1], number=number, at=number * 1.5, sdk_retry=(number + 1) % 3, offending=number == 15)
        for number in range(1, 21)
    )
    report = report_of(others=False, m1_e06=[PASSED, replace(failure, conversation=many), TODO])
    hold("transcript_many", render(curriculum, report, PLAIN))


def test_par(curriculum: Curriculum, report_of: ReportOf) -> None:
    (result,) = report_of(others=False, m1_e06=[PASSED] * 3).exercises
    took = replace(result, effort=Effort(31, 412, 0.000112, 24), par=Effort(30, 398, 0.0001, 19))
    report = Report("exercises", 0.1, (took,))
    hold("par", render(curriculum, report, PLAIN))
    assert "calls 31 (reference 30), tokens 412 (398), " in render(curriculum, report, Screen(encoding="ascii"))
    silent = replace(took, effort=Effort(0, 0, 0.0, 24), par=Effort(0, 0, 0.0, 19))
    assert "  took      lines 24 (reference 19)\n" in render(curriculum, Report("exercises", 0.1, (silent,)), PLAIN)


def test_stuck(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    report = report_of(m1_e00=[PASSED], m1_e06=[PASSED, failure, TODO])
    stuck = {"m1_engineering/e06_retry_budget": "make hint EX=e06 TASK=2"}
    hold("stuck", render(curriculum, report, PLAIN, stuck=stuck))


def test_held_out(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    silent = replace(failure, called="", returned="", expected="", where="")
    report = report_of(m1_e00=[PASSED], m1_e06=[PASSED, silent, TODO])
    hold("held_out", render(curriculum, report, PLAIN))


def test_syntax_error(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    hold("syntax_error", render(curriculum, syntax_error(report_of, failure), PLAIN))


def test_timeout(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    stuck = replace(failure, outcome=TIMEOUT, returned="no answer within 5 s", expected="", where="")
    report = report_of(m1_e00=[PASSED], m1_e06=[PASSED, stuck, TODO])
    hold("timeout", render(curriculum, report, PLAIN))


def test_crashed(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    gone = replace(failure, outcome=CRASHED, returned="exited with status 0", expected="", where="")
    report = report_of(m1_e00=[PASSED], m1_e06=[PASSED, gone, TODO])
    hold("crashed", render(curriculum, report, PLAIN))


def test_blocked(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    waiting = replace(
        failure, outcome=BLOCKED, returned="", expected="", blocked_by="m1_engineering/e06_retry_budget task 2"
    )
    report = report_of(m1_e00=[PASSED], m1_e06=[PASSED] * 3, m2_e04=[waiting, waiting])
    hold("blocked", render(curriculum, report, PLAIN))


def test_broken_grader(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    grader = f"{curriculum.root}/graders/m1_engineering/test_e06_retry_budget.py:52"
    broken = replace(failure, outcome=BROKEN, returned="KeyError: 'usage'", expected="", where=grader)
    report = report_of(others=False, m1_e06=[PASSED, broken, TODO])
    hold("broken_grader", render(curriculum, report, PLAIN))


def test_broken_grader_of_another_exercise(curriculum: Curriculum, report_of: ReportOf) -> None:
    report = report_of(m1_e00=[PASSED], m1_e06=[[], PASSED, TODO])
    hold("broken_grader_elsewhere", render(curriculum, report, PLAIN))


def test_printed_output(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    printed = "".join(f"attempt {number}, waiting {2**number} s\n" for number in range(30))
    report = report_of(m1_e00=[PASSED], m1_e06=[PASSED, replace(failure, printed=printed), TODO])
    hold("printed_output", render(curriculum, report, PLAIN))


def test_60_exercises_in_a_module(large_curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    hold("60_exercises", render(large_curriculum, far_into(large_curriculum, report_of, failure), PLAIN))


def test_40_columns(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    report = report_of(m1_e00=[PASSED], m1_e06=[PASSED, failure, TODO])
    hold("40_columns", render(curriculum, report, Screen(40)))


def test_ascii(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    report = report_of(m1_e00=[PASSED], m1_e06=[PASSED, replace(failure, printed="übrig: 3…\n"), BLOCKED])
    page = render(curriculum, report, Screen(encoding="ascii"))
    assert page.isascii()
    hold("ascii", page)


def test_verbose(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    """Everything, however long: every task, every check that was reached, every line that was printed."""
    again = replace(failure, name="test_leaves_no_call_behind")
    printed = "".join(f"attempt {number}\n" for number in range(6))
    talking = TestResult("test_talks", 0, PASSED, 0.001, printed=printed)
    report = report_of(m1_e00=[[talking]], m1_e06=[PASSED, failure, again])
    page = render(curriculum, report, PLAIN, verbose=True)
    file = SCREENS / "verbose.txt"
    if os.environ.get("UPDATE_SCREENS"):
        file.write_text(page, encoding="utf-8")
    assert page == file.read_text(encoding="utf-8")


def everything_done(report_of: ReportOf, target: str = "exercises") -> Report:
    return report_of(
        target, m1_e00=[PASSED], m1_e06=[PASSED] * 3, m2_e04=[PASSED] * 2, m3_e04=[PASSED] * 3, m4_e07=[PASSED] * 2
    )


def syntax_error(report_of: ReportOf, failure: TestResult) -> Report:
    error = "raised SyntaxError: '(' was never closed (e06_retry_budget.py, line 31)"
    failed = replace(failure, returned=error, expected="")
    held_out = replace(failure, called="", returned="", expected="", where="")
    return report_of(m1_e00=[PASSED], m1_e06=[[held_out], [failed, failed], [failed]])


def far_into(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> Report:
    done = {f"m2_e{number:02}": [PASSED] * 3 for number in range(5, 36)}
    return report_of(
        curriculum=curriculum,
        m1_e00=[PASSED],
        m1_e06=[PASSED] * 3,
        m2_e04=[PASSED] * 2,
        **done,
        m2_e36=[PASSED, failure, TODO],
    )


# What a page must never do


HOSTILE = (
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \x00\x08\x7f \u202egnp \ud800 [bold red]x[/] :smile: \r50%\r100%\n"
)


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_what_learners_write_cannot_steer_the_terminal(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult, encoding: str, colour: bool, verbose: bool
) -> None:
    hostile = replace(
        failure, called=HOSTILE, returned=HOSTILE, expected=HOSTILE, why=HOSTILE, printed=HOSTILE, where=HOSTILE
    )
    said = Call(1, 0.0, 0.0, HOSTILE, (HOSTILE,), 0, (HOSTILE,), offending=True)
    hostile = replace(hostile, conversation=(said,))
    report = report_of(others=False, m1_e06=[PASSED, hostile, hostile])
    page = render(curriculum, report, Screen(encoding=encoding, colour=colour), verbose)
    assert "[bold red]x[/] :smile:" in page
    ours = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]|\x1b\[31mred", ours.sub("", page))
    assert "\x1b[31mred" not in page
    assert page.encode(encoding)


@pytest.mark.parametrize("width", [1, 5, 20, 40, 60, 79, 80, 100])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_is_wider_than_the_screen_but_paths_and_commands(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult, width: int, encoding: str
) -> None:
    wide = replace(failure, printed="漢字かな交じり文 " * 20, returned="x" * 300)
    said = Call(1, 0.0, 0.0, "POST", ("user: " + "漢字" * 90,), 0, ("x" * 300,), offending=True)
    reports = [
        report_of(),
        report_of(m1_e00=[PASSED], m1_e06=[PASSED, wide, TODO]),
        report_of(m1_e00=[PASSED], m1_e06=[PASSED, replace(wide, conversation=(said,)), TODO]),
        report_of(m1_e06=[PASSED, replace(wide, outcome=CRASHED), []]),
        syntax_error(report_of, failure),
        everything_done(report_of),
    ]
    for report in reports:
        for line in render(curriculum, report, Screen(width, encoding)).splitlines():
            path_or_command = re.match(r"  (read|edit|where|hints|type|compare)  ", line)
            if width >= 20 and not path_or_command:
                assert cell_len(line) <= width, line


@pytest.mark.parametrize("screen", [Screen(), Screen(60), Screen(encoding="ascii")])
def test_no_colour_means_no_escape_codes(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult, screen: Screen
) -> None:
    for report in (report_of(), report_of(m1_e06=[PASSED, failure, TODO]), everything_done(report_of)):
        assert "\x1b" not in render(curriculum, report, screen)
        assert "\x1b" not in render(curriculum, report, screen, verbose=True)


def test_every_verdict_has_its_own_mark_and_word(curriculum: Curriculum, report_of: ReportOf) -> None:
    for encoding in ("utf-8", "ascii"):
        marks = set()
        for verdict in Verdict:
            report = report_of(others=False, m1_e06=[TODO if verdict is PASSED else PASSED, verdict, TODO])
            line = next(
                line for line in render(curriculum, report, Screen(encoding=encoding)).splitlines() if " 2 " in line
            )
            assert line.split()[-1] == verdict.value
            marks.add(line.split()[0])
        assert len(marks) == len(Verdict)


def test_the_longest_failure_still_fits(large_curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    long = "a long story without an end, told in many words "
    words = replace(
        failure, called=long * 9, returned=long * 9, expected=long * 9, why=long * 9, printed=f"{long}\n" * 99
    )
    report = with_misconception(far_into(large_curriculum, report_of, words), long * 9)
    page = render(large_curriculum, report, PLAIN)
    assert_fits(page)
    for label in ("called", "returned", "expected", "why", "likely", "where", "printed", "type"):
        assert f"\n  {label} " in page


@pytest.mark.parametrize("current", [5, 6, 7, 35, 61, 62, 63])
def test_the_current_exercise_is_among_those_shown(
    large_curriculum: Curriculum, report_of: ReportOf, failure: TestResult, current: int
) -> None:
    done = {f"m2_e{number:02}": [PASSED] * 3 for number in range(5, current)}
    report = report_of(
        curriculum=large_curriculum,
        m1_e00=[PASSED],
        m1_e06=[PASSED] * 3,
        m2_e04=[PASSED] * 2,
        **done,
        **{f"m2_e{current:02}": [PASSED, failure, TODO]},
    )
    page = render(large_curriculum, report, PLAIN)
    assert_fits(page)
    assert re.search(rf"◐ e{current:02} Drill number {current} +●✗○ +4/12  in progress", page)
    hidden = [int(number) for number in re.findall(r"⋮ (\d+) more", page)]
    shown = len(re.findall(r"^  [✔◐·] e", page, re.M))
    assert shown + sum(hidden) == 60
    assert 1 not in hidden


# What it says


def test_the_next_command_names_one_exercise_alone(curriculum: Curriculum, report_of: ReportOf) -> None:
    report = report_of(m1_e00=[PASSED], m1_e06=[PASSED] * 3)
    page = render(curriculum, report, PLAIN)
    assert "make grade EX=m2/e04\n" in page
    assert [exercise.stem for exercise in curriculum.select(["m2/e04"])] == ["m2_llms/e04_structured_extract"]


def test_another_target_is_named_in_paths_and_commands(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult
) -> None:
    page = render(curriculum, report_of("solutions", m1_e00=[PASSED]), PLAIN)
    assert page.startswith("Gradus: solutions ")
    assert "  edit      solutions/m1_engineering/e06_retry_budget.py\n" in page
    assert "make grade EX=e06 TARGET=solutions\n" in page
    page = render(curriculum, report_of("/srv/class of 26", m1_e00=[PASSED]), PLAIN)
    assert "  edit      /srv/class of 26/m1_engineering/e06_retry_budget.py\n" in page
    assert "make grade EX=e06 TARGET='/srv/class of 26'\n" in page


def test_another_target_gets_no_welcome_and_no_closing_words(curriculum: Curriculum, report_of: ReportOf) -> None:
    assert "flight simulator" not in render(curriculum, report_of("solutions"), PLAIN)
    page = render(curriculum, everything_done(report_of, "solutions"), PLAIN)
    assert page.endswith("\nEverything passes: 5 exercises, 11 tasks, 33 checks.\n")


def test_some_of_a_module_gets_no_bar(curriculum: Curriculum, report_of: ReportOf) -> None:
    page = render(curriculum, report_of(others=False, m1_e06=[PASSED] * 3, m2_e04=[PASSED] * 2), PLAIN)
    assert "\nm1 Engineering fundamentals\n" in page
    assert re.search(r"\nm2 Building with LLMs +━{10} +8/8  1/1 done\n", page)
    assert "What you asked for is done: 2 exercises, 5 tasks, 15 checks." in page


def test_a_failure_is_told_before_a_task_that_is_still_to_do(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult
) -> None:
    page = render(curriculum, report_of(others=False, m1_e06=[TODO, failure, TODO]), PLAIN)
    assert "✗ e06 task 2 failed" in page


def test_an_exception_is_told_as_raised(curriculum: Curriculum, report_of: ReportOf, failure: TestResult) -> None:
    raised = replace(failure, returned="raised TimeoutError: too late")
    page = render(curriculum, report_of(others=False, m1_e06=[PASSED, raised, TODO]), PLAIN)
    assert "\n  raised    TimeoutError: too late\n" in page
    assert "returned" not in page


def test_a_syntax_error_that_only_one_call_met_is_an_ordinary_failure(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult
) -> None:
    raised = replace(failure, returned="raised SyntaxError: invalid syntax (<string>, line 1)")
    page = render(curriculum, report_of(others=False, m1_e06=[PASSED, raised, TODO]), PLAIN)
    assert "cannot be read" not in page
    assert "\n  raised    SyntaxError: invalid syntax" in page


def test_different_syntax_errors_are_ordinary_failures(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult
) -> None:
    """Then the code did run, and raised them: it evaluates something."""
    errors = [replace(failure, returned=f"raised SyntaxError: {number}") for number in range(3)]
    page = render(curriculum, report_of(others=False, m1_e06=[[error] for error in errors]), PLAIN)
    assert "cannot be read" not in page


def test_a_task_blocked_within_its_exercise_points_to_its_own_file(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult
) -> None:
    for waits_for in ("m2_llms/e04_structured_extract task 2", ""):
        waiting = replace(failure, outcome=BLOCKED, blocked_by=waits_for)
        page = render(curriculum, report_of(others=False, m2_e04=[waiting, TODO]), PLAIN)
        assert f"Do {waits_for or 'another task'} first." in " ".join(page.split())
        assert "  edit      exercises/m2_llms/e04_structured_extract.py\n" in page


def test_what_was_printed_is_abridged_but_not_when_asked_for_everything(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult
) -> None:
    printed = "".join(f"line {number}\n" for number in range(40))
    report = report_of(others=False, m1_e06=[PASSED, replace(failure, printed=printed), TODO])
    page = render(curriculum, report, PLAIN)
    assert re.search(r"printed   line 0\n +line 1\n +… 37 more lines …\n +line 39\n", page)
    assert render(curriculum, report, PLAIN, verbose=True).count(" line ") == 40


def test_places_are_links_where_there_is_colour(
    curriculum: Curriculum, report_of: ReportOf, failure: TestResult
) -> None:
    page = render(curriculum, report_of(others=False, m1_e06=[PASSED, failure, TODO]), Screen(colour=True))
    link = re.search(r"\x1b\]8;[^;]*;(file://\S+?)\x1b\\(.*?)\x1b\]8;;\x1b\\", page)
    assert link
    assert link[1] == (curriculum.root / "exercises/m1_engineering/e06_retry_budget.py").as_uri()
    assert "exercises/m1_engineering/e06_retry_budget.py:31" in link[2]


# The screen


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "72")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_a_terminal_gets_colour_at_its_width(terminal: Terminal) -> None:
    assert screen_of(terminal) == Screen(72, "utf-8", colour=True)


def test_a_very_wide_terminal_is_not_filled(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    assert screen_of(terminal).width == 100


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colour_where_it_is_not_wanted(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert not screen_of(terminal).colour


def test_no_colour_where_there_is_no_terminal(terminal: Terminal) -> None:
    assert not screen_of(io.TextIOWrapper(io.BytesIO(), "ascii")).colour


def test_marks_are_ascii_where_unicode_cannot_be_written(terminal: Terminal) -> None:
    assert Screen(encoding="utf-8").marks.verdicts[PASSED] == "●"
    for encoding in ("ascii", "latin-1", "cp1252"):
        assert Screen(encoding=encoding).marks.verdicts[PASSED] == "*"


def test_words_are_cut_by_cells_not_by_characters() -> None:
    assert Screen().fit("漢字漢字", 5) == "漢字…"
    assert Screen().fit("漢字漢字", 6) == "漢字…"
    assert Screen().fit("漢字漢字", 8) == "漢字漢字"
    assert Screen(encoding="ascii").fit("abcdefgh", 5) == "ab..."
    assert Screen(encoding="ascii").fit("abcdefgh", 2) == ".."


# The live line


def test_the_live_line_counts_and_goes(curriculum: Curriculum, report_of: ReportOf, terminal: Terminal) -> None:
    report = report_of()
    with LiveLine(terminal, Screen(72), len(report.exercises)) as live:
        for result in report.exercises:
            live.advance(result)
    drawn = terminal.getvalue()
    assert "Grading 5 exercises" in drawn
    assert "Grading 2/5: m1_engineering/e06_retry_budget" in drawn
    assert drawn.endswith("\r" + " " * 71 + "\r")
    assert "\n" not in drawn
    assert "\x1b" not in drawn


def test_the_live_line_goes_when_grading_ends_early(terminal: Terminal) -> None:
    with pytest.raises(KeyboardInterrupt), LiveLine(terminal, Screen(72), 5):
        raise KeyboardInterrupt
    assert terminal.getvalue().endswith("\r" + " " * 71 + "\r")


def test_the_live_line_is_silent_without_a_terminal(report_of: ReportOf) -> None:
    stream = io.StringIO()
    with LiveLine(stream, Screen(), 5) as live:
        live.advance(report_of().exercises[0])
    assert stream.getvalue() == ""


def test_the_live_line_is_silent_on_a_dumb_terminal(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with LiveLine(terminal, Screen(), 5):
        pass
    assert terminal.getvalue() == ""
