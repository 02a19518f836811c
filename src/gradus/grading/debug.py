"""One exercise under plain pytest, in this process: breakpoints, print and full tracebacks work as anywhere."""

from __future__ import annotations

from pathlib import Path

from gradus.curriculum import Exercise


def run(exercise: Exercise, target: Path) -> int:
    """Run an exercise's grader in loopback mode.

    Args:
        exercise: which one.
        target: a folder laid out like exercises/.

    Returns:
        pytest's exit status: 0 if everything passed.

    Example:
        >>> run(curriculum.exercise("m1_engineering/e00_first_flight"), root / "solutions")
        0
    """
    import pytest

    options = ["-p", "gradus.grading.fixtures", "-p", "gradus.grading.plugin", "-p", "no:cacheprovider"]
    return int(
        pytest.main(
            [
                *("-c", "/dev/null", "--rootdir", str(exercise.root)),
                *("--disable-plugin-autoload", "--import-mode=importlib", "--capture=no", "--no-header"),
                *options,
                *("--target", str(target.resolve())),
                str(exercise.grader),
            ]
        )
    )
