"""What importing Gradus costs: none of the heavy libraries, and arrows that go one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "gradus"
HEAVY = ("torch", "chromadb", "sentence_transformers", "langgraph", "openai", "onnxruntime", "httpx2", "transformers")

# Who may import whom, by the first part of the name below gradus.
MAY_IMPORT = {
    "curriculum": set(),
    "lessons": {"curriculum"},
    "sim": {"coldtrail"},
    "embeddings": set(),
    "coldtrail": set(),
    "grading": {"curriculum", "sim", "embeddings", "coldtrail"},
    "authoring": {"curriculum", "lessons", "sim", "embeddings", "coldtrail", "grading"},
    "loop": {"curriculum", "lessons", "grading"},
    "paths": {"curriculum"},
    "doctor": {"embeddings", "grading"},
    "cli": {
        "curriculum",
        "lessons",
        "sim",
        "embeddings",
        "coldtrail",
        "grading",
        "authoring",
        "loop",
        "paths",
        "doctor",
    },
}


@pytest.mark.parametrize(
    "module",
    [
        "gradus",
        "gradus.cli",
        "gradus.sim",
        "gradus.grading",
        "gradus.grading.pool",
        "gradus.embeddings",
        "gradus.coldtrail",
    ],
)
def test_importing_is_light(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def imported(file: Path) -> set[str]:
    """The gradus modules that a file imports, at its top or within a function."""
    package = ("gradus", *file.relative_to(PACKAGE).parent.parts)
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            name = ".".join(part for part in (base, node.module or "") if part)
            found |= {name, *(f"{name}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.startswith("gradus.")}


def test_no_module_imports_itself_through_others() -> None:
    files = {
        ".".join(("gradus", *file.relative_to(PACKAGE).with_suffix("").parts)): file
        for file in PACKAGE.rglob("*.py")
        if file.name != "__init__.py"
    }
    TopologicalSorter({name: imported(file) & files.keys() for name, file in files.items()}).prepare()


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_arrows_go_one_way(file: Path) -> None:
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    if parts[0] == "__init__":
        return
    allowed = MAY_IMPORT[parts[0]] | {parts[0]}
    assert {name for name in imported(file) if name.split(".")[1] not in allowed} == set()
