"""What became of one task, always in the same order: likely (a known misunderstanding), called, returned, expected,
why, said (to the model and by it), where, printed, what to type."""

from __future__ import annotations

import re

from rich.text import Text

from gradus.curriculum import Exercise
from gradus.grading.reporters.terminal.scene import (
    FAILURES,
    MISSING_FILE,
    Scene,
    cannot_be_read,
    field,
    link,
    marked,
    output,
    paragraph,
    said,
    telling_task,
    to_type,
)
from gradus.grading.reporters.text import sentence
from gradus.grading.verdicts import ExerciseResult, TaskResult, TestResult, Verdict

BECAME = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.BLOCKED: "is blocked",
    Verdict.TIMEOUT: "timed out",
    Verdict.CRASHED: "crashed",
    Verdict.BROKEN: "has a broken grader",
}
LEAST_LIKELY = 5  # lines: of all that is said, this must not be cut
IN_PLAIN_WORDS = {
    Verdict.TIMEOUT: "Your code gave no answer within the time limit and was stopped."
    " Look for a loop or a wait that cannot end.",
    Verdict.CRASHED: "The process that ran your code ended before it could answer.",
    Verdict.BROKEN: "The grader itself failed here. Your code is not at fault, and nothing you write can pass this"
    " check. Please report it with the lines below.",
}


def explanation(scene: Scene, result: ExerciseResult, most: int | None) -> list[Text]:
    """The task to speak of in an unfinished exercise, no field longer than `most` lines (None: as long as it is)."""
    if cannot_be_read(result):
        return _reading_error(scene, result)
    task = telling_task(result)
    if task.verdict is Verdict.TODO:
        return _todo(scene, result, task)
    if task.verdict is Verdict.BLOCKED:
        return _blocked(scene, result, task)
    return _failure(scene, result, task, most)


def every_check(scene: Scene, result: ExerciseResult, told: TestResult | None) -> list[Text]:
    """Each check that was reached, with what it found and what was printed; `told` is explained elsewhere."""
    lines = []
    for task in result.tasks:
        for test in task.tests:
            if test is told or test.outcome in (Verdict.TODO, Verdict.BLOCKED):
                continue
            words = f"{scene.short(result)} task {task.number} {BECAME[test.outcome]}: {sentence(test.name)}"
            lines += marked(scene, test.outcome, words)
            if test.outcome is Verdict.PASSED:
                lines += [*output(scene, test.printed), *said(scene, test)]
            else:
                lines += _grammar(scene, test, task.misconception)
    return lines


def _failure(scene: Scene, result: ExerciseResult, task: TaskResult, most: int | None) -> list[Text]:
    test = task.first_failure
    words = IN_PLAIN_WORDS.get(task.verdict, "")
    return [
        *_headline(scene, result, task),
        *(paragraph(scene, words) if words else []),
        *(
            _grammar(scene, test, task.misconception, most)
            if test
            else field(scene, "happened", "the grader has no check for this task")
        ),
        *_what_next(scene, result, task),
    ]


def _grammar(scene: Scene, test: TestResult, misconception: str | None, most: int | None = None) -> list[Text]:
    held_out = test.outcome is Verdict.FAILED and not (test.called or test.returned or test.expected)
    return [
        *field(scene, "likely", misconception or "", most and max(most, LEAST_LIKELY)),
        *field(scene, "called", "with inputs that this check keeps to itself" if held_out else test.called, most),
        *_came_back(scene, test, most),
        *field(scene, "expected", test.expected, most),
        *field(scene, "why", test.why, most),
        *said(scene, test, most and 2 * most),
        *link(scene, "where", scene.place(test)),
        *output(scene, test.printed, most),
    ]


def _came_back(scene: Scene, test: TestResult, most: int | None) -> list[Text]:
    """What the call returned or raised; or what happened instead of an answer."""
    if test.outcome is not Verdict.FAILED:
        return field(scene, "happened", test.returned, most)
    if test.returned.startswith("raised "):
        return field(scene, "raised", test.returned.removeprefix("raised "), most)
    return field(scene, "returned", test.returned, most)


def _what_next(scene: Scene, result: ExerciseResult, task: TaskResult) -> list[Text]:
    exercise = scene.exercise(result)
    if task.verdict is Verdict.BROKEN:
        return [] if scene.whole else [Text(), *to_type(scene, scene.command(), "for the other exercises")]
    known = task.first_failure and task.first_failure.where
    return [
        Text(),
        *([] if known else link(scene, "edit", scene.file(exercise))),
        *to_type(scene, scene.command(exercise)),
        *_hints(scene, exercise),
    ]


def _hints(scene: Scene, exercise: Exercise) -> list[Text]:
    """Where they are; and after the same failure for the third time, how to get the next one."""
    if exercise.stem in scene.stuck:
        return to_type(scene, scene.stuck[exercise.stem], "for the next hint", label="Stuck?")
    return link(scene, "hints", scene.shown(exercise.lesson))


def _todo(scene: Scene, result: ExerciseResult, task: TaskResult) -> list[Text]:
    exercise = scene.exercise(result)
    return [
        *paragraph(scene, f"{scene.short(result)} task {task.number} is yours to write: {task.title}", "bold"),
        *link(scene, "read", scene.shown(exercise.lesson)),
        *link(scene, "edit", scene.place(task.first_failure) or scene.file(exercise)),
        *to_type(scene, scene.command(exercise)),
    ]


def _blocked(scene: Scene, result: ExerciseResult, task: TaskResult) -> list[Text]:
    waits_for = task.blocked_by or "another task"
    stem = waits_for.partition(" ")[0]
    other = next((exercise for exercise in scene.curriculum.exercises if exercise.stem == stem), scene.exercise(result))
    return [
        *_headline(scene, result, task),
        *paragraph(scene, f"It uses something that is not written yet. Do {waits_for} first."),
        *link(scene, "read", scene.shown(other.lesson)),
        *link(scene, "edit", scene.file(other)),
        *to_type(scene, scene.command(other)),
    ]


def _reading_error(scene: Scene, result: ExerciseResult) -> list[Text]:
    """One location, said once: Python's message repeats it."""
    exercise = scene.exercise(result)
    test = next(test for task in result.tasks for test in task.tests if test.returned)
    message = re.sub(rf"^raised ({MISSING_FILE}: )?| \([^()]*, line \d+\)$", "", test.returned)
    label = "file" if MISSING_FILE in test.returned else "python"
    return [
        *paragraph(scene, f"{scene.short(result)} cannot be read yet, so nothing in it was checked.", "bold"),
        *field(scene, label, message),
        *link(scene, "where", scene.place(test) or scene.file(exercise)),
        Text(),
        *to_type(scene, scene.command(exercise)),
    ]


def _headline(scene: Scene, result: ExerciseResult, task: TaskResult) -> list[Text]:
    """What became of the task, and which check tells, by name."""
    words = f"{scene.short(result)} task {task.number} {BECAME[task.verdict]}"
    if task.first_failure and task.verdict in FAILURES:
        words += f": {sentence(task.first_failure.name)}"
    return marked(scene, task.verdict, words)
