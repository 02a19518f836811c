"""All exercises on one page: where each stands as far as is remembered, how long it takes, what it needs."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from gradus.curriculum import Curriculum, Exercise
from gradus.grading.reporters.terminal.scene import STATUS_STYLES, Scene, paragraph, to_type
from gradus.grading.reporters.terminal.screen import Screen
from gradus.loop.current import current
from gradus.loop.page import scene_of
from gradus.loop.progress import Progress, Record

LEAD = 8  # cells of mark and number
MINUTES = 7
POINTS = 9
STATUS = 13
NEEDS = 17
NARROW = 60  # fewer cells than this do without status and needs


def listing(curriculum: Curriculum, progress: Progress, screen: Screen, *, watching: bool = False) -> str:
    """The page as text that ends in a newline."""
    scene = scene_of(curriculum, screen, watching=watching)
    following = current(curriculum, progress, curriculum.root)
    lines = [_row(screen, Text("Gradus", "bold"), _Cells("min", "points", "status", "needs"), "dim"), Text()]
    for module in curriculum.modules:
        lines.append(Text.assemble((f"{module.id.partition('_')[0]} ", "bold cyan"), (module.title, "bold")))
        for exercise in module.exercises:
            lines += _exercise(scene, exercise, progress.of(exercise), exercise is following)
    lines += [
        Text(),
        *paragraph(scene, "As each was found in its last run; your files may have changed since.", "dim"),
        *to_type(scene, scene.command(), "to see where you stand now"),
        *(to_type(scene, "make next", f"to open {curriculum.short_name(following)}") if following else []),
    ]
    return screen.draw(lines)


@dataclass(frozen=True)
class _Cells:
    """What stands right of the title."""

    minutes: str = ""
    points: str = ""
    status: str = ""
    needs: str = ""


def _exercise(scene: Scene, exercise: Exercise, record: Record, follows: bool) -> list[Text]:
    """A line for the exercise; more where it needs more than one has room for."""
    screen, style = scene.screen, STATUS_STYLES[record.status]
    lead = Text.assemble("  ", (screen.marks.statuses[record.status], style), f" {exercise.slug.partition('_')[0]} ")
    lead.append(screen.fit(exercise.title, _title(screen)), "bold" if follows else "")
    points = f"{record.points}/{sum(task.points for task in exercise.tasks)}"
    needs, *more = screen.wrap(_needs(scene.curriculum, exercise), NEEDS - 2) or [""]
    first = _row(screen, lead, _Cells(str(exercise.minutes), points, record.status.value, needs), style)
    others = [_row(screen, Text(), _Cells(needs=rest), style) for rest in more] if screen.width >= NARROW else []
    return [first, *others]


def _title(screen: Screen) -> int:
    taken = LEAD + MINUTES + POINTS + (STATUS + NEEDS if screen.width >= NARROW else 0)
    return max(screen.width - taken, 1)


def _row(screen: Screen, lead: Text, cells: _Cells, style: str) -> Text:
    row = lead.copy()
    row.align("left", LEAD + _title(screen))
    row.append(cells.minutes.rjust(MINUTES)).append(cells.points.rjust(POINTS))
    if screen.width >= NARROW:
        row.append("  ").append(cells.status.ljust(STATUS - 2), style)
        row.append("  ").append(cells.needs, "dim")
    return row


def _needs(curriculum: Curriculum, exercise: Exercise) -> str:
    return " ".join(curriculum.short_name(other) for other in curriculum.exercises if other.stem in exercise.needs)
