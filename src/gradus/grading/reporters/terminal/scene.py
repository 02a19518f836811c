"""What a page is drawn from, and the kinds of line that are drawn."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as field_of
from pathlib import Path

from rich.style import Style
from rich.text import Text

from gradus.curriculum import Curriculum, Exercise
from gradus.grading.conversation import abridged
from gradus.grading.reporters.terminal.screen import Screen
from gradus.grading.verdicts import ExerciseResult, Report, Status, TaskResult, TestResult, Verdict

FAILURES = (Verdict.FAILED, Verdict.TIMEOUT, Verdict.CRASHED, Verdict.BROKEN)
MISSING_FILE = "MissingFile"
READING_ERRORS = ("SyntaxError", "IndentationError", "TabError", MISSING_FILE)
LABEL = 10  # cells

VERDICT_STYLES = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "red",
    Verdict.TODO: "dim",
    Verdict.BLOCKED: "yellow",
    Verdict.TIMEOUT: "red",
    Verdict.CRASHED: "red",
    Verdict.BROKEN: "magenta",
}
STATUS_STYLES = {Status.DONE: "green", Status.IN_PROGRESS: "yellow", Status.NOT_STARTED: "dim"}


@dataclass(frozen=True)
class Scene:
    """The curriculum, what grading found, and the screen to show it on.

    `watching` says that every save is graded, so that there is nothing to type for it. `stuck` holds, by stem,
    the command that shows the next hint, for exercises that failed in the same way again and again.
    """

    curriculum: Curriculum
    report: Report
    screen: Screen
    watching: bool = False
    stuck: Mapping[str, str] = field_of(default_factory=dict)

    @property
    def target(self) -> Path:
        return self.curriculum.root / self.report.target

    @property
    def at_home(self) -> bool:
        """Whether the learner's own exercises were graded, and not solutions or somebody's folder."""
        return self.target == self.curriculum.root / "exercises"

    @property
    def whole(self) -> bool:
        """Whether every exercise there is was graded."""
        return len(self.report.exercises) == len(self.curriculum.exercises)

    @property
    def current(self) -> ExerciseResult | None:
        """The first unfinished exercise; one that the learner can do something about, if there is any."""
        unfinished = [result for result in self.report.exercises if result.status is not Status.DONE]
        return next((result for result in unfinished if not result.broken), unfinished[0] if unfinished else None)

    def exercise(self, result: ExerciseResult) -> Exercise:
        return self.curriculum.exercise(result.stem)

    def short(self, result: ExerciseResult) -> str:
        """What the exercise is called on the command line."""
        return self.curriculum.short_name(self.exercise(result))

    def command(self, exercise: Exercise | None = None) -> str:
        """What to type to grade this exercise, or all of them, once more."""
        which = f" EX={self.curriculum.short_name(exercise)}" if exercise else ""
        target = "" if self.at_home else f" TARGET={shlex.quote(self.report.target)}"
        return f"make grade{which}{target}"

    def file(self, exercise: Exercise) -> str:
        """The file that was graded, or is to be written."""
        return self.shown(self.target / f"{exercise.stem}.py")

    def shown(self, path: Path) -> str:
        """The path as people write it: from the project's root where it lies below it."""
        root = self.curriculum.root
        return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()

    def place(self, test: TestResult | None) -> str:
        """Where the test failed, as path:line; empty if it is not known."""
        if not test or not test.where:
            return ""
        path, colon, line = test.where.rpartition(":")
        return self.shown(Path(path)) + colon + line if line.isdigit() else test.where


def telling_task(result: ExerciseResult) -> TaskResult:
    """The task of an unfinished exercise to speak of: the first that went wrong, else the first that is still to do."""
    unfinished = [task for task in result.tasks if task.verdict is not Verdict.PASSED]
    return next((task for task in unfinished if task.verdict in FAILURES), unfinished[0])


def cannot_be_read(result: ExerciseResult) -> bool:
    """Whether every check met the same error in reading the file (held-out ones do not say): then no code ran."""
    tests = [test for task in result.tasks for test in task.tests]
    found = {(test.returned, test.where) for test in tests if test.returned or test.where}
    all_failed = all(test.outcome is Verdict.FAILED for test in tests)
    return all_failed and len(found) == 1 and any(name in returned for returned, _ in found for name in READING_ERRORS)


def paragraph(scene: Scene, words: str, style: str = "") -> list[Text]:
    return [Text(line, style) for line in scene.screen.wrap(words, scene.screen.width)]


def field(scene: Scene, label: str, words: str, most: int | None = None) -> list[Text]:
    """Words after a label, in at most `most` lines; no line at all if there are no words."""
    lines = scene.screen.wrap(words, scene.screen.width - 2 - LABEL, most) if words.strip() else []
    return _labelled(label, [Text(line) for line in lines])


def output(scene: Scene, words: str, most: int | None = None) -> list[Text]:
    """What code printed: with too many lines, the first and the last of them."""
    width = scene.screen.width - 2 - LABEL
    lines = scene.screen.wrap(words, width) if words.strip() else []
    if most is not None and len(lines) > most:
        last = (most - 1) // 2
        first = most - 1 - last
        cut = scene.screen.marks.cut
        left_out = scene.screen.fit(f"{cut} {len(lines) - first - last} more lines {cut}", width)
        lines = [*lines[:first], left_out, *lines[len(lines) - last :]]
    return _labelled("printed", [Text(line) for line in lines])


def link(scene: Scene, label: str, place: str) -> list[Text]:
    """A path, or path:line, neither broken nor cut, so that it can be clicked and copied; no line if there is none."""
    if not place:
        return []
    place = scene.screen.printable(place).replace("\n", " ")
    path, _, line = place.rpartition(":")
    address = scene.curriculum.root / (path if line.isdigit() else place)
    return _labelled(label, [Text(place, Style(color="cyan", link=address.absolute().as_uri()))])


def said(scene: Scene, test: TestResult, most: int | None = None) -> list[Text]:
    """The conversation with the model: abridged to `most` lines, the telling call behind ">"; or all of it."""
    if most is None or not test.conversation:
        return field(scene, "said", test.transcript)
    width = scene.screen.width - 2 - LABEL
    lines = abridged(test.conversation, most, brief=scene.screen.width < 60)
    return _labelled("said", [Text(line.lead + scene.screen.fit(line.words, width - len(line.lead))) for line in lines])


def to_type(scene: Scene, command: str, purpose: str = "", label: str = "type") -> list[Text]:
    """A command to type, and what for where there is room to say so."""
    if scene.watching:
        return []
    purpose = f"  {purpose}" if purpose and scene.screen.width >= 60 else ""
    return _labelled(label, [Text.assemble((scene.screen.printable(command), "bold green"), (purpose, "dim"))])


def marked(scene: Scene, verdict: Verdict, words: str) -> list[Text]:
    """Words in bold after the verdict's mark."""
    lines = scene.screen.wrap(words, scene.screen.width - 2, 3)
    marks = (scene.screen.marks.verdicts[verdict], *" " * (len(lines) - 1))
    style = VERDICT_STYLES[verdict]
    return [Text.assemble((f"{mark} ", style), (line, "bold")) for mark, line in zip(marks, lines, strict=True)]


def _labelled(label: str, lines: Sequence[Text]) -> list[Text]:
    """Lines with a label before the first and as much space before the others."""
    labels = (label, *" " * (len(lines) - 1))
    return [Text.assemble((f"  {label:<{LABEL}}", "dim"), line) for label, line in zip(labels, lines, strict=False)]
