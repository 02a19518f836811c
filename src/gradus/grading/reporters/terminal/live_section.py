"""The section on a live run: below the page, and no part of the grade."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from gradus.curriculum import Curriculum
from gradus.grading.live import LiveReport
from gradus.grading.reporters.terminal.explanation import every_check
from gradus.grading.reporters.terminal.scene import Scene, paragraph
from gradus.grading.reporters.terminal.screen import Screen
from gradus.grading.reporters.text import counted
from gradus.grading.verdicts import NOT_REACHED, ExerciseResult, TestResult, Verdict

EXPECTED = "Many checks expect a script's exact words. That those do not hold here is as expected."


def render_live(curriculum: Curriculum, live: LiveReport, screen: Screen, verbose: bool = False) -> str:
    """The section as text that ends in a newline: a line for each exercise.

    Args:
        curriculum: every exercise there is; the report may hold fewer.
        live: what the live run found.
        screen: what the text will be shown on.
        verbose: every check too, with all that was said.
    """
    scene = Scene(curriculum, live.report, screen)
    file = scene.shown(Path(live.cassette))
    kept = {"record": f", recorded in {file}", "replay": f" {file}"}.get(live.mode, "")
    return screen.draw(
        [
            Text(),
            *paragraph(scene, f"Live, not graded: answered by {live.answered_by}{kept}", "bold"),
            *paragraph(scene, EXPECTED, "dim"),
            *(_row(scene, result) for result in live.report.exercises),
            *(line for note in live.notes for line in [Text(), *paragraph(scene, note)]),
            *(line for result in live.report.exercises if verbose for line in _checks(scene, result)),
        ]
    )


def _row(scene: Scene, result: ExerciseResult) -> Text:
    tests = [test for task in result.tasks for test in task.tests]
    words = f"{scene.short(result)} {_outcome(tests)}; {_usage(tests)}"
    return Text("  " + scene.screen.fit(words, scene.screen.width - 2))


def _outcome(tests: list[TestResult]) -> str:
    """How many of the checks held, and of those that were not reached."""
    held = sum(test.outcome is Verdict.PASSED for test in tests)
    waiting = sum(test.outcome in NOT_REACHED for test in tests)
    failed = len(tests) - held - waiting
    return f"{counted(held, 'check')} held, {failed} did not" + (f", {waiting} to do" if waiting else "")


def _usage(tests: list[TestResult]) -> str:
    calls, tokens = sum(test.calls for test in tests), sum(test.tokens for test in tests)
    return f"{counted(calls, 'call')}, {counted(tokens, 'token')}"


def _checks(scene: Scene, result: ExerciseResult) -> list[Text]:
    checks = every_check(scene, result, None)
    return [Text(), *checks] if checks else []
