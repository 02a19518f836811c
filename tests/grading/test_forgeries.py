"""Forgeries earn no point that they do not deserve."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradus.curriculum import Curriculum
from gradus.grading.pool import Pool
from gradus.grading.verdicts import Verdict
from tests.grading.forgeries import FORGERIES
from tests.grading.samples import SOLVED, Sample, WriteSubmission

STEM = "m1_engineering/e01_sample"


@pytest.mark.parametrize("sample", FORGERIES, ids=lambda sample: sample.name)
def test_forgery_earns_nothing(
    sample: Sample, house: Curriculum, pool: Pool, write_submission: WriteSubmission
) -> None:
    target = write_submission(sample.source)
    result = pool.grade(house.exercise(STEM), target)
    neighbour = pool.grade(house.exercise("m1_engineering/e02_neighbour"), target)

    assert tuple(task.verdict for task in result.tasks) == sample.verdicts
    assert sample.tells in "\n".join(test.message for task in result.tasks for test in task.tests)
    assert neighbour.points == 1


def test_files_beside_the_submission_change_nothing(
    house: Curriculum, pool: Pool, write_submission: WriteSubmission
) -> None:
    target = write_submission(SOLVED.replace("a + b", "0"))
    everything_passes = (
        "import pytest\n"
        "@pytest.hookimpl(wrapper=True)\n"
        "def pytest_runtest_makereport(item, call):\n"
        "    report = yield\n"
        "    report.outcome = 'passed'\n"
        "    return report\n"
    )
    for folder in (target, target / "m1_engineering", target.parent):
        (folder / "conftest.py").write_text(everything_passes)
        (folder / "sitecustomize.py").write_text("raise SystemExit(0)")
        (folder / "pytest.py").write_text("")
        (folder / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    adds, asks = pool.grade(house.exercise(STEM), target).tasks
    assert (adds.verdict, asks.verdict) == (Verdict.FAILED, Verdict.PASSED)


def test_a_held_out_check_shows_only_what_its_author_wrote(
    house: Curriculum, pool: Pool, write_submission: WriteSubmission
) -> None:
    carries_out = "def add(a, b):\n    print('seen', a)\n    raise ValueError(f'{a} {b}')\n\ndef ask(client, question):\n    pass\n"
    adds, _ = pool.grade(house.exercise(STEM), write_submission(carries_out)).tasks
    hidden = adds.tests[1]
    assert hidden.outcome is Verdict.FAILED
    assert hidden.message == "why: Other numbers have sums too."
    assert not hidden.printed
    assert "1234567" not in repr(hidden)


def test_the_worker_holds_nothing_of_the_examiner(
    house: Curriculum, pool: Pool, write_submission: WriteSubmission, tmp_path: Path
) -> None:
    snoop = (
        "import os, stat, sys\n"
        "def stat_is_socket(fd):\n"
        "    try: return stat.S_ISSOCK(os.fstat(fd).st_mode)\n"
        "    except OSError: return False\n"
        "def add(a, b):\n"
        "    sockets = [fd for fd in range(3, 4096) if stat_is_socket(fd)]\n"
        "    graders = [name for name in sys.modules if 'test_e0' in name or name in ('pytest', 'gradus.grading.examiner')]\n"
        "    raise ValueError(f'{len(sockets)} socket; {graders}')\n"
        "def ask(client, question): pass\n"
    )
    adds, _ = pool.grade(house.exercise(STEM), write_submission(snoop)).tasks
    assert adds.tests[0].returned == "raised ValueError: 1 socket; []"
