"""A driver runs on the submission's side, is handed the learner's own objects, and gives data back."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradus.curriculum import Curriculum, read_curriculum
from gradus.grading.pool import Pool
from gradus.grading.verdicts import TestResult, Verdict
from tests.grading.conftest import LIMITS
from tests.grading.modes import in_loopback

HOUSE = {
    "modules/m1_x/module.toml": """
title = "X"

[[exercise]]
id = "e01_add"
title = "Add"
minutes = 5
skill = "adding"
needs = []
libraries = []
tasks = [{ title = "Add", points = 1 }]
""",
    "graders/m1_x/test_e01_add.py": '''
import pytest


@pytest.mark.task(1)
def test_adds_up(submission, driver):
    """Why it matters."""
    assert driver.total(submission.add, 20_000) == 199_990_000


@pytest.mark.task(1)
def test_gives_records_back(submission, driver):
    """Why it matters."""
    assert driver.run(submission.add, calls=2).sums == [0, 1]
''',
    "graders/m1_x/drivers/e01_add.py": """
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    sums: list[int]


def total(add, calls):
    return sum(add(n, 0) for n in range(calls))


def run(add, calls):
    return Run([add(n, 0) for n in range(calls)])
""",
}

ADDS = "def add(a, b):\n    return a + b\n"
MISCOUNTS = "def add(a, b):\n    return a + b + 1\n"
STUB = 'def add(a, b):\n    raise NotImplementedError("Task 1")\n'
RAISES = "def add(a, b):\n    return a + c\n"
REPLACES_THE_DRIVER = f"import sys\nsys.modules['m1_x.e01_add.driver'] = None\n{ADDS}"
BURNS = """
import time

def add(a, b):
    while time.process_time() < 0.2:
        pass
    return a + b
"""
BURNS_IN_A_CHILD = """
import os, time

def add(a, b):
    if os.times().children_user < 0.2:
        if os.fork() == 0:
            while time.process_time() < 0.25:
                pass
            os._exit(0)
        os.wait()
    return a + b
"""


@pytest.fixture
def house(tmp_path: Path) -> Curriculum:
    for name, text in HOUSE.items():
        file = tmp_path / "house" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return read_curriculum(tmp_path / "house")


def written(source: str, folder: Path) -> Path:
    file = folder / "m1_x" / "e01_add.py"
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")
    return folder


def examined(house: Curriculum, target: Path) -> list[TestResult]:
    exercise = house.exercise("m1_x/e01_add")
    with Pool([exercise], LIMITS) as pool:
        return pool.examine(exercise, target)


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        (ADDS, Verdict.PASSED),
        (REPLACES_THE_DRIVER, Verdict.PASSED),
        (MISCOUNTS, Verdict.FAILED),
        (RAISES, Verdict.FAILED),
        (STUB, Verdict.TODO),
    ],
    ids=["adds", "replaces_the_driver", "miscounts", "raises", "stub"],
)
def test_a_driver_is_judged_by_what_the_submission_does(
    source: str, outcome: Verdict, house: Curriculum, tmp_path: Path
) -> None:
    target = written(source, tmp_path / "target")
    apart = {test.name: test.outcome for test in examined(house, target)}
    assert set(apart.values()) == {outcome}
    together = in_loopback(house.root, house.exercise("m1_x/e01_add").grader, [target])
    assert together == [{name: str(outcome) for name in apart}]


def test_a_failure_tells_what_the_driver_was_asked(house: Curriculum, tmp_path: Path) -> None:
    first, second = examined(house, written(MISCOUNTS, tmp_path / "target"))
    assert first.called == "driver.total(add, 20000)"
    assert (first.returned, first.expected) == ("200010000", "199990000")
    assert second.called == "driver.run(add, calls=2)"


def test_an_error_tells_the_learners_line_and_not_the_drivers(house: Curriculum, tmp_path: Path) -> None:
    first, _ = examined(house, written(RAISES, tmp_path / "target"))
    assert "name 'c' is not defined" in first.returned
    assert first.where.endswith("e01_add.py:2")


@pytest.mark.parametrize("source", [BURNS, BURNS_IN_A_CHILD], ids=["itself", "in_a_child"])
def test_the_submissions_processor_time_counts(source: str, house: Curriculum, tmp_path: Path) -> None:
    first, second = examined(house, written(source, tmp_path / "target"))
    assert {first.outcome, second.outcome} == {Verdict.PASSED}
    assert first.cpu > 0.15
    assert second.cpu < first.cpu, "what an earlier test used is not counted again"


def test_a_driver_that_is_not_there_is_the_graders_fault(house: Curriculum, tmp_path: Path) -> None:
    (house.root / "graders/m1_x/drivers/e01_add.py").unlink()
    outcomes = {test.outcome for test in examined(house, written(ADDS, tmp_path / "target"))}
    assert outcomes == {Verdict.BROKEN}
