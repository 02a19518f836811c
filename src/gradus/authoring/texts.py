"""Rules 5, 6 and 8: what can be read off an exercise's texts without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from gradus.authoring.findings import Finding
from gradus.curriculum import Exercise
from gradus.lessons import parse_lesson

MIN_HINTS = 2
FENCED = re.compile(r"^```.*?^```", flags=re.MULTILINE | re.DOTALL)


def check_lesson(exercise: Exercise) -> Iterator[Finding]:
    """Each task has its heading and its hints; links lead somewhere; Python blocks compile."""
    text = exercise.lesson.read_text(encoding="utf-8")
    hints_by_task = parse_lesson(text).hints
    for task in exercise.tasks:
        hints = hints_by_task.get(task.number)
        if hints is None:
            yield Finding(5, exercise.lesson, f"task {task.number} has no heading: write `### Task {task.number}: …`")
            continue
        if len(hints) < MIN_HINTS:
            yield Finding(
                5, exercise.lesson, f"task {task.number} has {len(hints)} hints: write at least {MIN_HINTS} rungs"
            )
        if task.points < 1:
            yield Finding(5, exercise.lesson, f"task {task.number} gives no points: say how many in module.toml")
    for number in hints_by_task.keys() - {task.number for task in exercise.tasks}:
        yield Finding(5, exercise.lesson, f"there is a heading for task {number}, which module.toml does not list")
    yield from _links(exercise, text)
    yield from _code_blocks(exercise, text)


def _links(exercise: Exercise, text: str) -> Iterator[Finding]:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", FENCED.sub("", text)):
        if not re.match(r"[a-z]+:", target) and not (exercise.lesson.parent / target).exists():
            yield Finding(8, exercise.lesson, f"the link to {target} leads nowhere: mend it or take it out")


def _code_blocks(exercise: Exercise, text: str) -> Iterator[Finding]:
    for block in re.finditer(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        line = text[: block.start(1)].count("\n") + 1
        try:
            compile(block[1], str(exercise.lesson), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except SyntaxError as error:
            at = line + (error.lineno or 1) - 1
            yield Finding(8, exercise.lesson, f"line {at}: the Python block does not compile: {error.msg}")


def check_signatures(exercise: Exercise) -> Iterator[Finding]:
    """Stub and solution promise the same: public names, signatures, docstrings."""
    stub, solution = _promises(exercise.stub), _promises(exercise.solution)
    for name in stub.keys() | solution.keys():
        if name not in solution:
            yield Finding(6, exercise.solution, f"{name} is in the stub and not here: define it")
        elif name not in stub:
            yield Finding(
                6, exercise.stub, f"{name} is public in the solution and not here: define it, or name it _{name}"
            )
        elif stub[name][0] != solution[name][0]:
            yield Finding(6, exercise.solution, f"{name} has another signature than in the stub: write {stub[name][0]}")
        elif stub[name][1] != solution[name][1]:
            yield Finding(6, exercise.solution, f"{name} has another docstring than in the stub: copy the stub's")


def _promises(file: Path) -> dict[str, tuple[str, str]]:
    """Signature and docstring of every public function, class and method of a file, by dotted name."""
    found: dict[str, tuple[str, str]] = {}
    _collect(ast.parse(file.read_text(encoding="utf-8")), "", found)
    return found


def _collect(parent: ast.AST, prefix: str, found: dict[str, tuple[str, str]]) -> None:
    for node in ast.iter_child_nodes(parent):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if node.name.startswith("_") and not node.name.startswith("__"):
            continue
        name = f"{prefix}{node.name}"
        found[name] = (_signature(node), ast.get_docstring(node) or "")
        if isinstance(node, ast.ClassDef):
            _collect(node, f"{name}.", found)


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    if isinstance(node, ast.ClassDef):
        return f"class {node.name}({', '.join(ast.unparse(base) for base in node.bases)})"
    keyword = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{keyword} {node.name}({ast.unparse(node.args)}){returns}"
