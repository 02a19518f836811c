"""The README files name every exercise, in teaching order, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gradus.curriculum import Module, read_curriculum

ROOT = Path(__file__).resolve().parents[1]
CURRICULUM = read_curriculum(ROOT)
READMES = [file for file in (ROOT / "README.md", *ROOT.glob("modules/*/README.md")) if file.is_file()]


def links(file: Path) -> list[Path]:
    """The files that a page links to, in order, leaving out addresses and places within pages."""
    found = re.findall(r"\]\(([^)#:]+)[^):]*\)", file.read_text(encoding="utf-8"))
    return [(file.parent / link).resolve() for link in found]


@pytest.mark.parametrize("file", READMES, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(file: Path) -> None:
    assert [link for link in links(file) if not link.exists()] == []


@pytest.mark.parametrize("module", CURRICULUM.modules, ids=lambda module: module.id)
def test_the_table_of_modules_links_every_lesson_in_order(module: Module) -> None:
    lessons = [exercise.lesson for exercise in module.exercises]
    assert [link for link in links(ROOT / "README.md") if link in lessons] == lessons


@pytest.mark.parametrize("file", READMES[1:], ids=lambda file: file.parent.name)
def test_a_modules_own_page_names_its_exercises_in_order(file: Path) -> None:
    module = next(module for module in CURRICULUM.modules if module.id == file.parent.name)
    rows = [line for line in file.read_text(encoding="utf-8").splitlines() if re.match(r"\| \[e\d\d ", line)]
    assert [row.partition("](")[0].removeprefix("| [") for row in rows] == [
        f"{exercise.slug.partition('_')[0]} {exercise.title}" for exercise in module.exercises
    ]
