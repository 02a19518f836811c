"""Every rule of `make check`, each shown to catch what it is for, on a small exercise that keeps them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gradus.authoring.check import run
from gradus.authoring.findings import Finding
from gradus.authoring.texts import check_lesson, check_signatures
from gradus.curriculum import read_curriculum

MODULE = """
title = "One exercise"

[[exercise]]
id = "e01_clip"
title = "Clip"
minutes = 5
skill = "Care"
needs = []
libraries = []
tasks = [{ title = "Clip", points = 1 }]
"""

STUB = '''
"""Clip."""


def clip(value: float, low: float, high: float) -> float:
    """Bring a value into a range."""
    raise NotImplementedError("Task 1")
'''

SOLUTION = STUB.replace('raise NotImplementedError("Task 1")', "return max(low, min(value, high))")
ALTERNATE = STUB.replace('raise NotImplementedError("Task 1")', "return sorted((low, value, high))[1]")

LESSON = """
# Clip

See [the module](module.toml).

### Task 1: Clip

<details><summary>Hint 1</summary>

Two bounds.

```python
# This is no heading: the next rung still counts.
```

</details>

<details><summary>Hint 2</summary>

```python
value = max(0, 1)
```

</details>

## Out of scope
"""

GRADER = '''
import pytest


@pytest.mark.task(1)
def test_keeps_what_is_inside(submission):
    """What is in range stays."""
    assert submission.clip(2.0, 1.0, 3.0) == 2.0


@pytest.mark.task(1)
def test_clips_at_both_ends(submission):
    """A range has two ends."""
    assert submission.clip(0.0, 1.0, 3.0) == 1.0
    assert submission.clip(9.0, 1.0, 3.0) == 3.0
'''

MUTANTS = """
[[mutant]]
name = "returns_the_low_end"
because = "You returned a bound."
find = "max(low, min(value, high))"
replace = "low"
killed_by = ["test_keeps_what_is_inside", "test_clips_at_both_ends"]

[[mutant]]
name = "does_nothing"
because = "You returned the value as it came."
find = "max(low, min(value, high))"
replace = "value"
killed_by = ["test_clips_at_both_ends"]
"""

FINGERPRINTS = """
{
 "version": 1,
 "reference": {
  "calls": 0,
  "tokens": 0,
  "cost": 0.0,
  "lines": 2
 },
 "mutants": {
  "returns_the_low_end": {
   "fails": {
    "1": {
     "failed": [
      "test_clips_at_both_ends",
      "test_keeps_what_is_inside"
     ]
    }
   }
  },
  "does_nothing": {
   "fails": {
    "1": {
     "failed": [
      "test_clips_at_both_ends"
     ]
    }
   }
  }
 }
}
"""

FILES = {
    "modules/m1_x/module.toml": MODULE,
    "modules/m1_x/e01_clip.md": LESSON,
    "exercises/m1_x/e01_clip.py": STUB,
    "solutions/m1_x/e01_clip.py": SOLUTION,
    "graders/m1_x/test_e01_clip.py": GRADER,
    "graders/m1_x/mutants/e01_clip.toml": MUTANTS,
    "graders/m1_x/alternates/e01_clip.py": ALTERNATE,
    "graders/m1_x/fingerprints/e01_clip.json": FINGERPRINTS,
}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text.lstrip("\n"), encoding="utf-8")


def check(root: Path, write: bool = False) -> tuple[Finding, ...]:
    curriculum = read_curriculum(root)
    return run(curriculum, curriculum.exercises, write)


def read(root: Path) -> tuple[Finding, ...]:
    """What shows without running anything."""
    (exercise,) = read_curriculum(root).exercises
    return (*check_lesson(exercise), *check_signatures(exercise))


@dataclass(frozen=True)
class Break:
    """One way to break a rule: which file, how, and what the finding must say about which file."""

    name: str
    rule: int
    file: str
    edit: Callable[[str], str | None]
    says: str
    where: str = ""


def put(old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        assert text.count(old) >= 1
        return text.replace(old, new)

    return edit


def add(more: str) -> Callable[[str], str]:
    return lambda text: text + more


GRADERS = "graders/m1_x/test_e01_clip.py"
STUBS = "exercises/m1_x/e01_clip.py"
SOLUTIONS = "solutions/m1_x/e01_clip.py"
MUTANT_FILE = "graders/m1_x/mutants/e01_clip.toml"
LESSONS = "modules/m1_x/e01_clip.md"

FINGERPRINT_FILE = "graders/m1_x/fingerprints/e01_clip.json"

ANOTHER = """
[[mutant]]
name = "another"
because = "No."
find = "max(low, min(value, high))"
replace = "None"
killed_by = ["test_clips_at_both_ends"]
"""
SECOND_TASK = put("points = 1 }]", 'points = 1 }, { title = "More", points = 1 }]')
TEST = '\n\n@pytest.mark.task(1)\ndef test_more(submission):\n    """More."""\n'

BREAKS = (
    Break("missing_lesson", 1, LESSONS, lambda _: None, "the lesson of m1_x/e01_clip is missing"),
    Break("missing_alternate", 1, "graders/m1_x/alternates/e01_clip.py", lambda _: None, "the alternate"),
    Break("orphan", 1, "exercises/m1_x/e09_lost.py", lambda _: STUB, "belongs to no exercise"),
    Break("listed_twice", 1, "modules/m1_x/module.toml", add(MODULE[MODULE.index("[[") :]), "listed twice"),
    Break("needs_a_later_one", 1, "modules/m1_x/module.toml", put("needs = []", 'needs = ["m1_x/e02_later"]'), "does not come before"),
    Break("stub_passes", 2, STUBS, put('raise NotImplementedError("Task 1")', "return max(low, min(value, high))"), "must be todo"),
    Break("stub_does_not_import", 2, STUBS, put('"""Clip."""', "import nothing_of_this_name"), "nothing_of_this_name"),
    Break("stub_names_another_task", 2, STUBS, put("Task 1", "Task 7"), "must be todo"),
    Break("solution_fails", 3, SOLUTIONS, put("max(low, min(value, high))", "min(value, high)"), "make it pass"),
    Break("alternate_fails", 3, "graders/m1_x/alternates/e01_clip.py", put("[1]", "[0]"), "make it pass"),
    Break("passes_in_one_order_only", 3, GRADERS,
          add("\nseen = []\n" + TEST + "    submission.clip(1, 1, 1)\n    assert seen\n" + TEST.replace("more", "first")
              + "    submission.clip(1, 1, 1)\n    seen.append(1)\n"), "make it pass", SOLUTIONS),
    Break("mutant_does_not_apply", 4, MUTANT_FILE, put('find = "max(low, min(value, high))"\nreplace = "low"', 'find = "nowhere"\nreplace = "low"'), "occurs 0 times"),
    Break("mutant_survives", 4, MUTANT_FILE, put('replace = "value"', 'replace = "max(min(value, high), low)"'), "survives", GRADERS),
    Break("mutant_survives_the_named_test", 4, MUTANT_FILE, put('killed_by = ["test_clips_at_both_ends"]', 'killed_by = ["test_keeps_what_is_inside"]'),
          "does_nothing survives test_keeps_what_is_inside", GRADERS),
    Break("unknown_test", 4, MUTANT_FILE, put('"test_keeps_what_is_inside", ', '"test_of_nothing", '), "no test is called test_of_nothing"),
    Break("same_fingerprint", 4, MUTANT_FILE, add(ANOTHER.replace("None", "min(low, high)")), "returns_the_low_end and another fail the same tests", GRADERS),
    Break("mutants_drifted", 9, MUTANT_FILE, add(ANOTHER), "has drifted from what solution and mutants do: `make check WRITE=1 EX=m1_x/e01_clip`", FINGERPRINT_FILE),
    Break("solution_drifted", 9, SOLUTIONS, put("    return max", "    assert low <= high\n    return max"), "has drifted", FINGERPRINT_FILE),
    Break("no_fingerprints", 9, FINGERPRINT_FILE, lambda _: None, "is missing: `make check WRITE=1"),
    Break("orphaned_fingerprints", 1, "graders/m1_x/fingerprints/e09_lost.json", lambda _: "{}", "belongs to no exercise"),
    Break("no_mutants", 4, MUTANT_FILE, lambda _: "", "names no mutant"),
    Break("one_hint", 5, LESSONS, put("<summary>Hint 2</summary>", "<summary>More</summary>"), "1 hints"),
    Break("no_heading", 5, LESSONS, put("### Task 1: Clip", "### The task"), "has no heading"),
    Break("no_points", 5, "modules/m1_x/module.toml", put("points = 1", "points = 0"), "no points", LESSONS),
    Break("task_without_tests", 5, "modules/m1_x/module.toml", SECOND_TASK, "task 2 has no test", GRADERS),
    Break("test_without_task", 5, GRADERS, add(TEST.replace("@pytest.mark.task(1)\n", "") + "    submission.clip(1, 1, 1)\n"), "test_more belongs to no task"),
    Break("test_without_docstring", 5, GRADERS, put('    """A range has two ends."""\n', ""), "no docstring"),
    Break("other_signature", 6, SOLUTIONS, put("low: float, high: float", "high: float, low: float"), "another signature"),
    Break("other_docstring", 6, SOLUTIONS, put("Bring a value into a range.", "Clip."), "another docstring"),
    Break("extra_public_name", 6, SOLUTIONS, add("\n\ndef helper() -> None:\n    return None\n"), "name it _helper", STUBS),
    Break("sleeps", 3, GRADERS, add(TEST.replace("More", "Sleeps") + "    import time\n    time.sleep(0.01)\n    submission.clip(1, 1, 1)\n"),
          "a grader does not sleep", SOLUTIONS),
    Break("opens_a_socket", 3, GRADERS, add(TEST + "    import socket\n    socket.create_connection(('127.0.0.1', 9))\n"), "PermissionError", SOLUTIONS),
    Break("slow", 7, GRADERS, add("\n\nimport time\n" + TEST + "    submission.clip(1, 1, 1)\n    began = time.process_time()\n"
          "    while time.process_time() < began + 1.1:\n        pass\n"), "takes 1.", GRADERS),
    Break("dead_link", 8, LESSONS, put("(module.toml)", "(elsewhere.md)"), "elsewhere.md leads nowhere"),
    Break("code_that_does_not_compile", 8, LESSONS, put("value = max(0, 1)", "value = max(0, 1"), "does not compile"),
)  # fmt: skip


def test_a_good_exercise_keeps_every_rule(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    assert check(tmp_path) == ()


def test_fingerprints_are_written_once_all_else_is_as_it_should_be(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, MUTANT_FILE: MUTANTS + ANOTHER, FINGERPRINT_FILE: "{}"})
    assert check(tmp_path, write=True) == ()
    found = (tmp_path / FINGERPRINT_FILE).read_text(encoding="utf-8")
    assert found.count('"answers"') == 2  # what tells two mutants apart that fail the same tests
    assert check(tmp_path) == ()
    write(tmp_path, {MUTANT_FILE: MUTANTS + ANOTHER.replace("max(low", "min(low")})
    assert [finding.rule for finding in check(tmp_path, write=True)] == [4]
    assert (tmp_path / FINGERPRINT_FILE).read_text(encoding="utf-8") == found


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.name)
def test_rule_catches(broken: Break, tmp_path: Path) -> None:
    edited = broken.edit(FILES.get(broken.file, "").lstrip("\n"))
    write(tmp_path, {**FILES, broken.file: edited or ""})
    if edited is None:
        (tmp_path / broken.file).unlink()
    findings = (read if broken.rule in (6, 8) else check)(tmp_path)
    assert [
        f
        for f in findings
        if f.rule == broken.rule and f.file == tmp_path / (broken.where or broken.file) and broken.says in f.message
    ], findings
