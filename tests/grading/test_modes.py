"""Worker process, loopback and cold start give the same verdicts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradus.curriculum import Curriculum
from gradus.grading.pool import Pool
from tests.grading.conftest import HOUSE, LIMITS
from tests.grading.forgeries import FORGERIES
from tests.grading.modes import in_loopback
from tests.grading.samples import SAMPLES, Sample, WriteSubmission


def test_loopback_agrees_with_the_worker_process(house: Curriculum, pool: Pool, tmp_path: Path) -> None:
    exercise = house.exercise("m1_engineering/e01_sample")
    samples = [sample for sample in (*SAMPLES, *FORGERIES) if not sample.harms]
    targets = []
    for sample in samples:
        file = tmp_path / sample.name / f"{exercise.stem}.py"
        file.parent.mkdir(parents=True)
        file.write_text(sample.source, encoding="utf-8")
        targets.append(tmp_path / sample.name)
    apart = [{test.name: str(test.outcome) for test in pool.examine(exercise, target)} for target in targets]
    together = in_loopback(HOUSE, exercise.grader, targets)
    differing = {s.name: (a, t) for s, a, t in zip(samples, apart, together, strict=True) if a != t}
    assert differing == {}
    assert len(samples) > 15


@pytest.mark.parametrize(
    "sample",
    [s for s in SAMPLES if s.name in ("solved", "wrong", "exits_in_a_check", "endless_loop")],
    ids=lambda sample: sample.name,
)
def test_a_cold_start_agrees(
    sample: Sample, house: Curriculum, write_submission: WriteSubmission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADUS_FORK", "0")
    exercise = house.exercise("m1_engineering/e01_sample")
    with Pool([exercise], LIMITS) as pool:
        result = pool.grade(exercise, write_submission(sample.source))
    assert tuple(task.verdict for task in result.tasks) == sample.verdicts
    assert sample.tells in "\n".join(test.message for task in result.tasks for test in task.tests)


def test_closing_the_pool_ends_every_process(house: Curriculum, write_submission: WriteSubmission) -> None:
    exercise = house.exercise("m1_engineering/e01_sample")
    with Pool([exercise], LIMITS) as pool:
        servers = [pool._workers._process.pid, pool._examiners._process.pid]
        pool.grade(exercise, write_submission("def add(a, b):\n    return 5\n"))
    for pid in servers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
