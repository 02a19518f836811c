"""What comes next: which exercise it is, where its lesson and its file lie, and an editor that opens both."""

from __future__ import annotations

import shlex
import signal
import subprocess
from collections.abc import Mapping

from rich.text import Text

from gradus.curriculum import Curriculum, Exercise
from gradus.grading.reporters.terminal.scene import link, paragraph, to_type
from gradus.grading.reporters.terminal.screen import Screen
from gradus.grading.reporters.text import counted
from gradus.loop.current import current_task, way
from gradus.loop.page import scene_of
from gradus.loop.progress import FOLDER, Progress


class EditorError(Exception):
    """An editor that does not start; says which, why, and where it is named."""


def where_to_go(curriculum: Curriculum, exercise: Exercise, progress: Progress, screen: Screen) -> str:
    """The page that says which exercise comes next, what to read, what to edit and what to type."""
    scene, name = scene_of(curriculum, screen), curriculum.short_name(exercise)
    size = f"{exercise.minutes} min, {counted(len(exercise.tasks), 'task')}"
    task = current_task(exercise, progress.of(exercise))
    return screen.draw(
        [
            *paragraph(scene, f"{name} {exercise.title}", "bold"),
            *paragraph(scene, f"{exercise.skill}; {size}"),
            *(paragraph(scene, f"Task {task.number} comes next: {task.title}") if task else []),
            Text(),
            *link(scene, "read", scene.shown(exercise.lesson)),
            *link(scene, "edit", scene.file(exercise)),
            *to_type(scene, scene.command(exercise)),
            *to_type(scene, f"make hint EX={name}", "when you are stuck"),
        ]
    )


def nothing_left(curriculum: Curriculum, screen: Screen) -> str:
    """The page for whoever has done every exercise, or every one of a personal path."""
    scene = scene_of(curriculum, screen)
    words = "Every exercise was done in its last run."
    if set(way(curriculum, curriculum.root)) < set(curriculum.exercises):
        words = (
            f"Every exercise of your path was done in its last run. Delete {FOLDER}/path.json to go on with the rest."
        )
    return screen.draw([*paragraph(scene, words, "bold"), *to_type(scene, scene.command(), "to see that it still is")])


def editor_of(environ: Mapping[str, str]) -> str:
    """The command line of the learner's editor; empty if the environment names none."""
    return environ.get("EDITOR", "").strip() or environ.get("VISUAL", "").strip()


def edit(editor: str, exercise: Exercise) -> None:
    """Open an exercise's lesson and file, and wait until the editor is done.

    Raises:
        EditorError: it cannot be started, or it fails.
    """
    advice = "Set EDITOR to one that is there, or open the files above yourself."
    # Ctrl-C is for the editor, which gets it from the terminal as well. A handler, unlike SIG_IGN, is not inherited.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        status = subprocess.call([*shlex.split(editor), str(exercise.lesson), str(exercise.stub)])
    except ValueError as error:
        raise EditorError(f"EDITOR is {editor!r}, which is no command: {error}. {advice}") from error
    except OSError as error:
        raise EditorError(f"The editor {editor!r} does not start: {error.strerror}. {advice}") from error
    finally:
        signal.signal(signal.SIGINT, before)
    if status:
        raise EditorError(f"The editor {editor!r} ended with status {status}. {advice}")
