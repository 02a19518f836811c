"""The whole page: a welcome, or the board and what comes after it, in the lines a terminal shows at once."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

from gradus.curriculum import Curriculum, Module
from gradus.grading.reporters.terminal.board import folded_board, full_board
from gradus.grading.reporters.terminal.explanation import every_check, explanation
from gradus.grading.reporters.terminal.scene import (
    VERDICT_STYLES,
    Scene,
    field,
    link,
    paragraph,
    telling_task,
    to_type,
)
from gradus.grading.reporters.terminal.screen import Screen
from gradus.grading.reporters.text import counted
from gradus.grading.verdicts import ExerciseResult, Report, Status, Verdict, points_by_module, points_by_skill

HEIGHT = 25
# How many lines a field may take, and whether other modules than the current one are shown: tried until all fits.
SQUEEZES = ((4, True), (3, True), (2, True), (3, False), (2, False), (1, False))


def render(
    curriculum: Curriculum,
    report: Report,
    screen: Screen,
    verbose: bool = False,
    stuck: Mapping[str, str] | None = None,
) -> str:
    """The page as text that ends in a newline.

    Args:
        curriculum: every exercise there is; the report may hold fewer.
        report: what grading found.
        screen: what the text will be shown on.
        verbose: everything, however long; otherwise 25 lines in all but the narrowest cases.
        stuck: by stem, the command to offer where an exercise failed in the same way again and again.

    Example:
        >>> print(render(curriculum, report, screen_of(sys.stdout)), end="")
    """
    scene = Scene(curriculum, report, screen, stuck=stuck or {})
    if verbose:
        lines = _everything(scene)
    elif _untouched(scene):
        lines = _welcome(scene)
    else:
        lines = _usual(scene)
    return screen.draw(lines)


def _untouched(scene: Scene) -> bool:
    results = scene.report.exercises
    return bool(results) and scene.whole and scene.at_home and scene.report.count(Status.NOT_STARTED) == len(results)


def _usual(scene: Scene) -> list[Text]:
    page: list[Text] = []
    for most, other_modules in SQUEEZES:
        ending = after_board(scene, most)
        page = full_board(scene) + ending
        if len(page) > HEIGHT:
            page = folded_board(scene, HEIGHT - len(ending), other_modules) + ending
        if len(page) <= HEIGHT:
            break
    return page


def _everything(scene: Scene) -> list[Text]:
    lines = full_board(scene, unfolded=True)
    told = telling_task(scene.current).first_failure if scene.current else None
    for result in scene.report.exercises:
        checks = every_check(scene, result, told)
        lines += [Text(), *checks] if checks else []
    return lines + after_board(scene, most=None)


def after_board(scene: Scene, most: int | None) -> list[Text]:
    """What comes after the board, no field of it longer than `most` lines."""
    notice = _broken_graders(scene)
    after = explanation(scene, scene.current, most) if scene.current else _closing(scene)
    return [*notice, Text(), *_module_finished(scene), *after]


def _module_finished(scene: Scene) -> list[Text]:
    """A word where the module before the current exercise has just been finished, and its own is still untouched."""
    if not (scene.whole and scene.at_home and scene.current):
        return []
    status = {result.stem: result.status for result in scene.report.exercises}
    modules = scene.curriculum.modules
    at = next(place for place, module in enumerate(modules) if scene.exercise(scene.current) in module.exercises)
    before, now = modules[at - 1], modules[at]
    untouched = {status[exercise.stem] for exercise in now.exercises} == {Status.NOT_STARTED}
    if at == 0 or not untouched or {status[exercise.stem] for exercise in before.exercises} != {Status.DONE}:
        return []
    earned, _ = points_by_module(scene.report)[before.id]
    words = f"{before.title} is finished: {counted(len(before.exercises), 'exercise')}, all {earned} points."
    return [*paragraph(scene, f"{words} Now comes {now.title}.", "bold green"), Text()]


def _broken_graders(scene: Scene) -> list[Text]:
    """A sentence on broken graders other than the one that is explained."""
    broken = [scene.short(result) for result in scene.report.exercises if result.broken and result is not scene.current]
    if not broken:
        return []
    mark, style = scene.screen.marks.verdicts[Verdict.BROKEN], VERDICT_STYLES[Verdict.BROKEN]
    said = f"{mark} The grader of {', '.join(broken)} is broken. That is not your doing; please report it."
    return [Text(), *paragraph(scene, said, style)]


def _closing(scene: Scene) -> list[Text]:
    """Nothing that was asked for is left to do."""
    results = scene.report.exercises
    tasks = [task for result in results for task in result.tasks]
    checks = counted(sum(len(task.tests) for task in tasks), "check")
    total = f"{counted(len(results), 'exercise')}, {counted(len(tasks), 'task')}, {checks}"
    if not scene.at_home:
        return paragraph(scene, f"Everything passes: {total}.", "bold")
    if len(results) == 1:
        exercise = scene.exercise(results[0])
        return [
            *paragraph(scene, f"{exercise.title}: done, {checks} passed.", "bold"),
            *_took(scene, results[0]),
            *link(scene, "compare", scene.shown(exercise.solution)),
            *to_type(scene, scene.command(), "to see what comes next"),
        ]
    if not scene.whole:
        return [
            *paragraph(scene, f"What you asked for is done: {total}.", "bold"),
            *to_type(scene, scene.command()),
        ]
    return [
        *paragraph(scene, f"Everything is done: {total}, every point there is.", "bold"),
        *paragraph(scene, "Each was built to fail the code that looks right at first sight. Yours held."),
        Text(),
        *field(scene, "skills", "; ".join(points_by_skill(scene.curriculum, scene.report)), 6),
        *field(scene, "compare", "solutions/ holds one good answer each. Where yours differs, which would you ship?"),
    ]


def _took(scene: Scene, result: ExerciseResult) -> list[Text]:
    """What the answer used beside what the reference solution uses, as information."""
    own, par = result.effort, result.par
    if own is None or par is None:
        return []
    pairs = [("lines", f"{own.lines}", f"{par.lines}")]
    if own.calls or par.calls:
        pairs = [
            ("calls", f"{own.calls}", f"{par.calls}"),
            ("tokens", f"{own.tokens}", f"{par.tokens}"),
            ("cost", _dollars(own.cost), _dollars(par.cost)),
            *pairs,
        ]
    (name, yours, reference), *others = pairs
    words = [f"{name} {yours} (reference {reference})", *(f"{name} {one} ({other})" for name, one, other in others)]
    return field(scene, "took", scene.screen.marks.between.join(words))


def _dollars(cost: float) -> str:
    return f"${cost:.6f}".rstrip("0").rstrip(".")


def _welcome(scene: Scene) -> list[Text]:
    """An untouched clone: what this is, where you are, what to open, what to type."""
    first = scene.exercise(scene.report.exercises[0])
    what = "A flight simulator for AI engineers: real libraries, a simulated model, and graders that answer offline."
    return [
        Text("Gradus", "bold"),
        *paragraph(scene, what),
        Text(),
        *(_module_summary(scene.screen, module) for module in scene.curriculum.modules),
        Text(),
        *paragraph(scene, f'You are at the start. The first exercise is "{first.title}", {_duration(first.minutes)}.'),
        Text(),
        *link(scene, "read", scene.shown(first.lesson)),
        *link(scene, "edit", scene.file(first)),
        *to_type(scene, scene.command(first)),
        Text(),
        *paragraph(scene, "You are judged by what your code does, so solve it your way."),
        Text(),
        *to_type(scene, scene.command(), "at any time, to see where you stand"),
    ]


def _module_summary(screen: Screen, module: Module) -> Text:
    count = len(module.exercises)
    minutes = _duration(sum(exercise.minutes for exercise in module.exercises))
    right = f"  {counted(count, 'exercise'):<12}  {minutes:>11}" if screen.width >= 60 else f"  {minutes:>11}"
    row = Text(f"  {module.id.partition('_')[0]} ", "bold cyan")
    width = screen.width - len(right)
    row.append(screen.fit(module.title, width - row.cell_len), "not bold default")
    row.align("left", max(width, 1))
    return row.append(right, "dim")


def _duration(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part
    )
