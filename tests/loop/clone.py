"""A small clone of two modules, in a folder whose name has a space, a quote and a letter beyond ASCII."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from gradus import cli
from gradus.curriculum import Curriculum, Exercise, read_curriculum
from gradus.grading.verdicts import Status
from gradus.loop.progress import Progress, Record, read_progress, write_progress

FIRST = "m1_engineering/e00_first_flight"
RETRY = "m1_engineering/e06_retry_budget"
STORE = "m3_retrieval/e06_vector_store"

ENGINEERING = """\
title = "Engineering fundamentals"

[[exercise]]
id = "e00_first_flight"
title = "First flight"
minutes = 10
skill = "The loop"
tasks = [{ title = "Convert", points = 1 }, { title = "Ask", points = 2 }]

[[exercise]]
id = "e06_retry_budget"
title = "Retry budget"
minutes = 60
skill = "Reliability"
needs = ["m1_engineering/e00_first_flight"]
tasks = [{ title = "Wait", points = 3 }]
"""
RETRIEVAL = """\
title = "Retrieval"

[[exercise]]
id = "e06_vector_store"
title = "Vector store"
minutes = 45
skill = "Retrieval"
needs = ["m1_engineering/e00_first_flight", "m1_engineering/e06_retry_budget"]
tasks = [{ title = "Store", points = 9 }]
"""

LESSON = """\
# First flight

## The idea

One line of arithmetic.

### Task 1: Convert

<details><summary>Hint 1</summary>

Which comes first?

</details>

<details><summary>Hint 2</summary>

Use `round(number, 1)`:

```python
# This comment is no heading, however it looks, and this line is longer than eighty cells on purpose.
celsius = 0.0
```

- then return it

</details>

### Task 2: Ask

<details><summary>Hint 1</summary>

One message.

</details>

<details><summary>Hint 2</summary>

Take the first choice.

</details>
"""

STUB = '''\
"""First flight."""


def to_celsius(fahrenheit: float) -> float:
    """Convert a reading."""
    raise NotImplementedError("Task 1")


def ask(question: str) -> str:
    """Ask the model."""
    raise NotImplementedError("Task 2")
'''
SOLUTION = '''\
"""First flight."""


def to_celsius(fahrenheit: float) -> float:
    """Convert a reading."""
    # The scale is shifted and stretched.
    return _rounded((fahrenheit - 32) * 5 / 9)


def _rounded(number: float) -> float:
    """One decimal is what the sensor has."""
    return round(number, 1)


def ask(question: str) -> str:
    """Ask the model."""
    return question  # it is its own answer
'''


class Clone:
    """The folder, and what its learner does there."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.write("pyproject.toml", "")
        self.write("modules/m1_engineering/module.toml", ENGINEERING)
        self.write("modules/m3_retrieval/module.toml", RETRIEVAL)
        self.write(f"modules/{FIRST}.md", LESSON)
        self.write(f"exercises/{FIRST}.py", STUB)
        self.write(f"solutions/{FIRST}.py", SOLUTION)

    @property
    def curriculum(self) -> Curriculum:
        return read_curriculum(self.root)

    @property
    def first(self) -> Exercise:
        return self.curriculum.exercise(FIRST)

    def write(self, name: str, text: str) -> Path:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def remember(self, records: Mapping[str, Record]) -> None:
        assert write_progress(self.root, Progress(records)) == ""

    def remembered(self, stem: str = FIRST) -> Record:
        return read_progress(self.root).records[stem]

    def passed(self, *stems: str) -> None:
        points = {FIRST: 3, RETRY: 3, STORE: 9}
        self.remember({stem: Record(Status.DONE, points[stem]) for stem in stems})

    def make_read_only(self) -> None:
        """As far as state goes, and for root too: there is no writing into a folder that is a file."""
        self.write(".gradus", "")

    def commit(self) -> None:
        if not (self.root / ".git").exists():
            self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "Work")

    def git(self, *arguments: str) -> None:
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        subprocess.run(["git", *arguments], cwd=self.root, env=environment, check=True, capture_output=True)


def run(*arguments: str) -> Any:
    """What a `gradus` command in the current folder exits with and shows."""
    result = CliRunner().invoke(cli.app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result
