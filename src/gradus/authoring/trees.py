"""Rule 1: the five trees line up, and module.toml names each exercise once, after what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gradus.authoring.findings import Finding
from gradus.curriculum import Curriculum, Exercise

PARTS = {
    "lesson": "explain the task in it",
    "stub": "write signatures, docstrings and NotImplementedError in it",
    "solution": "solve the stub in it",
    "grader": "judge the solution in it",
    "mutants": "name the wrong solutions in it",
    "alternate": "solve the stub in another way in it",
}


def check_trees(curriculum: Curriculum) -> Iterator[Finding]:
    """Every missing part, every file that belongs to no exercise, every doubtful `needs`."""
    for exercise in curriculum.exercises:
        for part, advice in PARTS.items():
            file: Path = getattr(exercise, part)
            if not file.is_file():
                yield Finding(1, file, f"the {part} of {exercise.stem} is missing: {advice}")
    yield from _orphans(curriculum)
    yield from _order(curriculum)


def _orphans(curriculum: Curriculum) -> Iterator[Finding]:
    known = {
        getattr(exercise, part) for exercise in curriculum.exercises for part in (*PARTS, "fingerprints", "driver")
    }
    patterns = (
        "modules/*/*.md",
        "exercises/*/*.py",
        "solutions/*/*.py",
        "graders/*/test_*.py",
        "graders/*/mutants/*.toml",
        "graders/*/alternates/*.py",
        "graders/*/drivers/*.py",
        "graders/*/fingerprints/*.json",
    )
    for pattern in patterns:
        for file in sorted(curriculum.root.glob(pattern)):
            if file not in known and file.name not in ("README.md", "__init__.py"):
                yield Finding(1, file, "belongs to no exercise: name it in its module.toml, or delete it")


def _order(curriculum: Curriculum) -> Iterator[Finding]:
    earlier: set[str] = set()
    for exercise in curriculum.exercises:
        module = exercise.root / "modules" / exercise.module / "module.toml"
        if exercise.stem in earlier:
            yield Finding(1, module, f"{exercise.slug} is listed twice: keep one entry")
        yield from _needs(exercise, module, earlier)
        earlier.add(exercise.stem)


def _needs(exercise: Exercise, module: Path, earlier: set[str]) -> Iterator[Finding]:
    for need in exercise.needs:
        if need not in earlier:
            yield Finding(
                1,
                module,
                f"{exercise.slug} needs {need!r}, which does not come before it: name an earlier exercise's stem",
            )
