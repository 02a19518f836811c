"""The stub of an exercise, as it was before anybody wrote in it; what was written is kept."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gradus.curriculum import Curriculum, Exercise
from gradus.grading.reporters.terminal.scene import link, paragraph, to_type
from gradus.grading.reporters.terminal.screen import Screen
from gradus.grading.verdicts import Status
from gradus.loop.page import scene_of
from gradus.loop.progress import FOLDER, Progress

BACKUPS = "backups"


class ResetError(Exception):
    """A stub that cannot be restored. Nothing was changed; says how to get it."""


@dataclass(frozen=True)
class Reset:
    """What was done.

    Attributes:
        changed: whether the stub was written; an untouched one is left alone.
        backup: where the learner's file is kept; None where there was none to keep.
    """

    changed: bool
    backup: Path | None = None


def put_back(exercise: Exercise, now: datetime) -> Reset:
    """Put an exercise's stub back in place of the learner's file, which is kept below .gradus/backups/.

    Args:
        exercise: whose stub.
        now: the date and time that the backup is named for.

    Raises:
        ResetError: git has no such stub, or the backup or the stub cannot be written. The learner's file is as it was.
    """
    pristine = _pristine(exercise)
    try:
        written = exercise.stub.read_bytes() if exercise.stub.exists() else None
    except OSError as error:
        raise ResetError(f"Nothing was changed: {exercise.stub} cannot be read ({error.strerror}).") from error
    if written == pristine:
        return Reset(changed=False)
    backup = _keep(exercise, written, now) if written is not None else None
    try:
        _put(exercise.stub, pristine)
    except OSError as error:
        raise ResetError(f"Nothing was changed: {exercise.stub} cannot be written ({error.strerror}).") from error
    return Reset(True, backup)


def after_reset(progress: Progress, exercise: Exercise) -> Progress:
    """Nothing is done any more of an exercise that was put back. Its hints stay as they were climbed."""
    fresh = replace(progress.of(exercise), status=Status.NOT_STARTED, points=0, failure="", times=0, passed=())
    return Progress({**progress.records, exercise.stem: fresh})


def told(curriculum: Curriculum, exercise: Exercise, done: Reset, screen: Screen) -> str:
    """The page that says what was done, where the learner's file is, and how to get it back."""
    scene = scene_of(curriculum, screen)
    file = scene.file(exercise)
    if not done.changed:
        return screen.draw(paragraph(scene, f"{file} is untouched: there is nothing to put back."))
    lines = paragraph(scene, f"{file} is as it was before you began.", "bold")
    if done.backup:
        kept = scene.shown(done.backup)
        lines += [
            *link(scene, "kept", kept),
            *paragraph(scene, "To get your file back:"),
            *to_type(scene, shlex.join(["cp", kept, file])),
        ]
    return screen.draw(lines)


def _pristine(exercise: Exercise) -> bytes:
    """The stub as HEAD has it; where an answer was committed, as the newest commit has it that still has a stub."""
    name = exercise.stub.relative_to(exercise.root).as_posix()
    try:
        for commit in _commits(exercise.root, name):
            with contextlib.suppress(subprocess.CalledProcessError):  # where it deletes the file
                text = _git(exercise.root, "show", f"{commit}:./{name}")
                if _is_stub(exercise, text):
                    return text
        reason = "no commit here has it"
    except OSError:
        reason = "there is no git on this machine"
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        reason = f"git says: {said}"
    raise ResetError(
        f"Nothing was changed. The stub comes from git, and {reason}. "
        f"Clone Gradus once more elsewhere, and copy {name} from there."
    )


def _commits(root: Path, name: str) -> Iterator[str]:
    yield "HEAD"
    yield from _git(root, "log", "--format=%H", "--", name).decode("ascii").split()


def _git(root: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True).stdout


def _is_stub(exercise: Exercise, text: bytes) -> bool:
    """Whether every task is still to do."""
    found = {int(number) for number in re.findall(rb"""NotImplementedError\(["']Task (\d+)["']\)""", text)}
    return {task.number for task in exercise.tasks} <= found


def _keep(exercise: Exercise, text: bytes, now: datetime) -> Path:
    """Write a backup that takes no other's place, and see it on the disk."""
    folder = exercise.root / FOLDER / BACKUPS / exercise.module
    name = f"{exercise.slug}-{now:%Y-%m-%d-%H%M%S}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for backup in _free_names(folder, name):
            with contextlib.suppress(FileExistsError), backup.open("xb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                return backup
    except OSError as error:
        raise ResetError(
            f"Nothing was changed: {folder} cannot take a backup of your file ({error.strerror}). "
            "Make that folder writable, and type the same again."
        ) from error
    raise AssertionError("names do not run out")


def _free_names(folder: Path, name: str) -> Iterator[Path]:
    yield folder / f"{name}.py"
    number = 2
    while True:
        yield folder / f"{name}-{number}.py"
        number += 1


def _put(file: Path, text: bytes) -> None:
    """Write a file whole or not at all, with the permissions it had; a link stays one."""
    file = file.resolve()
    file.parent.mkdir(parents=True, exist_ok=True)
    mode = file.stat().st_mode if file.exists() else 0o644
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with open(descriptor, "wb") as new:
            new.write(text)
        os.chmod(temporary, mode & 0o777)
        os.replace(temporary, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
