"""The board: a line for each module and each exercise, and for each task of the current one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.text import Text

from gradus.curriculum import Module
from gradus.grading.reporters.terminal.scene import FAILURES, STATUS_STYLES, VERDICT_STYLES, Scene, cannot_be_read
from gradus.grading.reporters.terminal.screen import Screen
from gradus.grading.verdicts import ExerciseResult, Status, TaskResult, Verdict, points_by_module

Group = tuple[Module, list[ExerciseResult]]


def full_board(scene: Scene, unfolded: bool = False) -> list[Text]:
    """Every exercise; with `unfolded`, every task too."""
    lines = _header(scene)
    unfolded = unfolded or len(scene.report.exercises) == 1
    for module, results in _groups(scene):
        lines.append(_module_row(scene, module, results))
        for result in results:
            lines += exercise_rows(scene, result, unfolded)
    return lines


def folded_board(scene: Scene, room: int, other_modules: bool = True) -> list[Text]:
    """A line for each module and, in the current one, the exercises round the current exercise: about `room` lines."""
    lines, current = _header(scene), scene.current
    groups = [group for group in _groups(scene) if other_modules or current in group[1]]
    room -= len(lines) + len(groups)
    for module, results in groups:
        lines.append(_module_row(scene, module, results))
        if current and current in results:
            lines += _window(scene, results, results.index(current), room - len(current.tasks))
    return lines


def _groups(scene: Scene) -> list[Group]:
    groups = []
    for module in scene.curriculum.modules:
        results = [result for result in scene.report.exercises if scene.exercise(result).module == module.id]
        if results:
            groups.append((module, results))
    return groups


def _window(scene: Scene, results: Sequence[ExerciseResult], at: int, size: int) -> list[Text]:
    """Up to `size` lines (its tasks not counted) round results[at], the exercises left out on a side being one line."""
    shown = len(results) if len(results) <= size else max(size - 2, 1)
    first = min(max(at - shown // 2, 0), len(results) - shown)
    last = first + shown
    first = 0 if first == 1 else first  # the line that says "1 more" can as well be that one
    last = len(results) if last == len(results) - 1 else last
    rows = [row for result in results[first:last] for row in exercise_rows(scene, result)]
    return [*_left_out(scene, results[:first]), *rows, *_left_out(scene, results[last:])]


def _left_out(scene: Scene, results: Sequence[ExerciseResult]) -> list[Text]:
    words = f"  {scene.screen.marks.more} {len(results)} more, {_done(results)} done"
    return [Text(words, "dim")] if results else []


def _done(results: Sequence[ExerciseResult]) -> int:
    return sum(result.status is Status.DONE for result in results)


def _header(scene: Scene) -> list[Text]:
    results = scene.report.exercises
    if len(results) == 1:
        return []
    title = "Gradus" if scene.at_home else f"Gradus: {scene.report.target}"
    cells = _Cells(
        title=title,
        title_style="bold",
        strip=Text("points", "dim", justify="right"),
        points=f"{scene.report.points}/{scene.report.max_points}",
        word=f"{_done(results)}/{len(results)} done",
    )
    return [_row(scene.screen, Text(), cells), Text()]


def _module_row(scene: Scene, module: Module, results: Sequence[ExerciseResult]) -> Text:
    if len(results) < len(module.exercises):  # a bar over some of them would say nothing
        return _row(scene.screen, _module_lead(module), _Cells(module.title, "bold"))
    earned, most = points_by_module(scene.report)[module.id]
    return standing_row(scene.screen, module, earned, most, _done(results))


def standing_row(screen: Screen, module: Module, earned: int, most: int, done: int) -> Text:
    """One line for a module: its points as a bar, and how many of its exercises are done."""
    cells = _Cells(
        title=module.title,
        title_style="bold",
        strip=_bar(screen, earned, most),
        points=f"{earned}/{most}",
        word=f"{done}/{len(module.exercises)} done",
    )
    return _row(screen, _module_lead(module), cells)


def _module_lead(module: Module) -> Text:
    return Text(f"{module.id.partition('_')[0]} ", "bold cyan")


def _bar(screen: Screen, earned: int, most: int) -> Text:
    width = _Columns.of(screen.width).strip
    full = width * earned // most if most else 0
    return Text.assemble((screen.marks.full * full, "green"), (screen.marks.empty * (width - full), "dim"))


def exercise_rows(scene: Scene, result: ExerciseResult, unfolded: bool = False) -> list[Text]:
    """One line for the exercise, and one for each of its tasks where it is the current one or is to be unfolded."""
    marks, exercise, current = scene.screen.marks, scene.exercise(result), result is scene.current
    mark, word, style = marks.statuses[result.status], result.status.value, STATUS_STYLES[result.status]
    if result.broken:
        mark, word, style = marks.verdicts[Verdict.BROKEN], "broken", VERDICT_STYLES[Verdict.BROKEN]
    cells = _Cells(
        title=exercise.title,
        title_style="bold" if current else "",
        strip=Text.assemble(*((marks.verdicts[task.verdict], VERDICT_STYLES[task.verdict]) for task in result.tasks)),
        points=f"{result.points}/{result.max_points}",
        word=word,
        word_style=style,
    )
    lead = Text.assemble("  ", (mark, style), f" {exercise.slug.partition('_')[0]} ")
    tasks = result.tasks if (current or unfolded) and not cannot_be_read(result) else ()
    return [_row(scene.screen, lead, cells), *(_task_row(scene.screen, task) for task in tasks)]


def _task_row(screen: Screen, task: TaskResult) -> Text:
    style = VERDICT_STYLES[task.verdict]
    strip = Text()
    if not _Columns.of(screen.width).word:
        strip = Text(task.verdict.value, style)
    elif task.verdict in FAILURES and task.tests:
        passed = sum(test.outcome is Verdict.PASSED for test in task.tests)
        share = f"{passed}/{len(task.tests)}"
        strip = Text(share if len(share) > 3 else f"{share} checks", "dim")  # "10/12 checks" does not fit
    cells = _Cells(
        title=task.title,
        strip=strip,
        points=f"{task.points}/{task.max_points}",
        word=task.verdict.value,
        word_style=style,
    )
    return _row(
        screen, Text.assemble("      ", (screen.marks.verdicts[task.verdict], style), f" {task.number} "), cells
    )


@dataclass(frozen=True)
class _Cells:
    """What stands on one line of the board."""

    title: str
    title_style: str = ""
    strip: Text = field(default_factory=Text)
    points: str = ""
    word: str = ""
    word_style: str = "dim"


@dataclass(frozen=True)
class _Columns:
    """How wide each of them is. Narrow screens do without the word, narrower ones without the strip."""

    title: int
    strip: int
    points: int
    word: int

    @classmethod
    def of(cls, width: int) -> _Columns:
        strip, word = (10, 11) if width >= 60 else (7, 0) if width >= 32 else (0, 0)
        points = 7
        taken = sum(column + 2 for column in (strip, points, word) if column)
        return cls(max(width - taken, 1), strip, points, word)


def _row(screen: Screen, lead: Text, cells: _Cells) -> Text:
    columns = _Columns.of(screen.width)
    row = Text.assemble(lead, (screen.fit(cells.title, columns.title - lead.cell_len), cells.title_style))
    row.align("left", columns.title)
    if columns.strip:
        strip = cells.strip.copy()
        strip.align("right" if strip.justify == "right" else "left", columns.strip)
        row.append("  ").append_text(strip)
    row.append(cells.points.rjust(columns.points + 2))
    if columns.word:
        row.append("  ").append(cells.word, cells.word_style)
    return row
