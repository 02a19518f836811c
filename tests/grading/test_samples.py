"""The grader over submissions of every kind: the right verdict for the right task, the neighbour unharmed, nothing left running."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from gradus.curriculum import Curriculum
from gradus.grading.pool import Pool
from tests.grading.samples import SAMPLES, Sample, WriteSubmission, processes


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_right_verdict(sample: Sample, house: Curriculum, pool: Pool, write_submission: WriteSubmission) -> None:
    target = write_submission(sample.source)
    before = processes(str(os.getpid()))
    result = pool.grade(house.exercise("m1_engineering/e01_sample"), target)
    neighbour = pool.grade(house.exercise("m1_engineering/e02_neighbour"), target)

    assert tuple(task.verdict for task in result.tasks) == sample.verdicts
    told = "\n".join(test.message for task in result.tasks for test in task.tests)
    assert sample.tells in told
    assert neighbour.points == 1
    assert (target / "m1_engineering" / "e01_sample.py").read_text(encoding="utf-8") == sample.source
    if sys.platform == "linux":
        assert processes(str(os.getpid())) == before


def test_a_missing_file_fails_every_task_and_says_how_to_get_it_back(
    house: Curriculum, pool: Pool, tmp_path: Path
) -> None:
    tasks = pool.grade(house.exercise("m1_engineering/e01_sample"), tmp_path).tasks
    assert [task.verdict for task in tasks] == ["failed", "failed"]
    assert "git checkout -- " in tasks[0].tests[0].returned


def test_what_is_printed_stands_under_the_check_that_printed_it(
    house: Curriculum, pool: Pool, write_submission: WriteSubmission
) -> None:
    target = write_submission(
        "import os\ndef add(a, b):\n    print('adding', a)\n    os.write(1, b'and raw\\n')\n    return 0\n"
        "def ask(client, question):\n    print('asking')\n    os._exit(3)\n"
    )
    adds, asks = pool.grade(house.exercise("m1_engineering/e01_sample"), target).tasks
    assert adds.tests[0].printed == "adding 2\nand raw\n"
    assert asks.tests[0].printed == "asking\n"


def test_a_failure_names_its_place(house: Curriculum, pool: Pool, write_submission: WriteSubmission) -> None:
    target = write_submission("\n\ndef add(a, b):\n    return a\n\n\ndef ask(client, question):\n    return 1 / 0\n")
    adds, asks = pool.grade(house.exercise("m1_engineering/e01_sample"), target).tasks
    file = os.fspath(target / "m1_engineering" / "e01_sample.py")
    assert adds.tests[0].where == f"{file}:3"
    assert asks.tests[0].where == f"{file}:8"
    assert asks.tests[0].returned == "raised ZeroDivisionError: division by zero"
