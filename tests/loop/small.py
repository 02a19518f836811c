"""A small curriculum on disk, as a learner has it: two exercises that need no library."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

MODULE = """
title = "Sums"

[[exercise]]
id = "e01_add"
title = "Add"
minutes = 5
skill = "Adding"
needs = []
libraries = []
tasks = [{ title = "Add two numbers", points = 1 }, { title = "Add a list", points = 2 }]

[[exercise]]
id = "e02_halve"
title = "Halve"
minutes = 5
skill = "Dividing"
needs = ["m1_sums/e01_add"]
libraries = []
tasks = [{ title = "Halve a number", points = 1 }]
"""
LESSON = """# Add

## The idea

Sums.

## Your tasks

### Task 1: Add two numbers

<details><summary>Hint 1</summary>

There is an operator for it.

</details>

<details><summary>Hint 2</summary>

It is a plus.

</details>

### Task 2: Add a list

<details><summary>Hint 1</summary>

Begin with nought.

</details>
"""
GRADER = '''import pytest


@pytest.mark.task(1)
def test_adds(submission):
    """Two and three are five."""
    assert submission.add(2, 3) == 5


@pytest.mark.task(2)
def test_adds_all(submission):
    """One, two and three are six."""
    assert submission.total([1, 2, 3]) == 6
'''
HALVE_GRADER = '''import pytest


@pytest.mark.task(1)
def test_halves(submission):
    """Half of four is two."""
    assert submission.halve(4) == 2
'''
STUB = """def add(a: int, b: int) -> int:
    raise NotImplementedError("Task 1")


def total(numbers: list[int]) -> int:
    raise NotImplementedError("Task 2")
"""
SOLUTION = """def add(a: int, b: int) -> int:
    return a + b


def total(numbers: list[int]) -> int:
    return sum(numbers)  # nought for none
"""
WRONG = SOLUTION.replace("a + b", "a - b")
FILES = {
    "pyproject.toml": "",
    "modules/m1_sums/module.toml": MODULE,
    "modules/m1_sums/e01_add.md": LESSON,
    "modules/m1_sums/e02_halve.md": "# Halve\n",
    "exercises/m1_sums/e01_add.py": STUB,
    "exercises/m1_sums/e02_halve.py": 'def halve(n: int) -> int:\n    raise NotImplementedError("Task 1")\n',
    "solutions/m1_sums/e01_add.py": SOLUTION,
    "solutions/m1_sums/e02_halve.py": "def halve(n: int) -> int:\n    return n // 2\n",
    "graders/m1_sums/test_e01_add.py": GRADER,
    "graders/m1_sums/test_e02_halve.py": HALVE_GRADER,
}
ADD = "exercises/m1_sums/e01_add.py"


def build(root: Path) -> Path:
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def save(file: Path, text: str) -> None:
    """As most editors do it: a new file takes the old one's place."""
    new = file.with_name(f".{file.name}.swp")
    new.write_text(text, encoding="utf-8")
    os.replace(new, file)


class Gate:
    """A named pipe: code that comes to it says so and waits until it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._held = -1

    def somebody_waits(self) -> bool:
        with contextlib.suppress(OSError):  # as long as nobody has it open to read
            self._held = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        return self._held >= 0

    def open(self) -> None:
        os.close(self._held)
        self._held = -1


def waiting_at(gate: Gate, source: str) -> str:
    """The same code, which does not answer before the gate is opened."""
    return source.replace("    return", f"    open({str(gate.path)!r}).read()\n    return", 1)
