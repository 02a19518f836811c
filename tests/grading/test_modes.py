"""Worker process, loopback and cold start give the same verdicts."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gradus.curriculum import Curriculum
from gradus.grading.pool import SCRATCH, Pool, scratch_place
from gradus.grading.verdicts import Verdict
from tests.grading.conftest import HOUSE, LIMITS
from tests.grading.forgeries import FORGERIES
from tests.grading.modes import in_loopback
from tests.grading.samples import RUN_MARK, SAMPLES, Sample, WriteSubmission, processes


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


@pytest.mark.parametrize(
    "sample",
    [s for s in SAMPLES if s.name in ("solved", "wrong", "untouched", "exits_in_a_check", "endless_loop")],
    ids=lambda sample: sample.name,
)
@pytest.mark.parametrize("seed", [None, 3])
def test_examiners_that_share_the_tests_agree_with_one(
    sample: Sample, seed: int | None, house: Curriculum, pool: Pool, write_submission: WriteSubmission
) -> None:
    exercise = house.exercise("m1_engineering/e01_sample")
    target = write_submission(sample.source)
    with Pool([exercise], LIMITS, parts=2) as shared:
        found, alone = shared.examine(exercise, target, seed), pool.examine(exercise, target, seed)
    assert [(test.name, test.outcome) for test in found] == [(test.name, test.outcome) for test in alone]
    in_order = [test.task for test in found] == sorted(test.task for test in found)
    assert in_order == (seed is None)  # as the grader has them, unless they are shuffled


def test_a_grader_without_tests_is_broken_once_however_many_share_it(house: Curriculum, tmp_path: Path) -> None:
    exercise = house.exercise("m1_engineering/e01_sample")
    shutil.copytree(HOUSE, tmp_path / "house")
    bare = replace(exercise, root=tmp_path / "house")
    bare.grader.write_text('"""No tests."""\n', encoding="utf-8")
    with Pool([bare], LIMITS, parts=2) as shared:
        (only,) = shared.examine(bare, tmp_path)
    assert only.outcome is Verdict.BROKEN


def test_closing_the_pool_ends_every_process(house: Curriculum, write_submission: WriteSubmission) -> None:
    exercise = house.exercise("m1_engineering/e01_sample")
    with Pool([exercise], LIMITS) as pool:
        servers = [pool._workers._process.pid, pool._examiners._process.pid]
        pool.grade(exercise, write_submission("def add(a, b):\n    return 5\n"))
    for pid in servers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_an_interrupt_ends_it_at_once_and_leaves_nothing_running(tmp_path: Path) -> None:
    endless = tmp_path / "m1_engineering" / "e00_first_flight.py"
    endless.parent.mkdir()
    endless.write_text("while True:\n    pass\n", encoding="utf-8")
    mark = f"{os.getpid()}-interrupt"
    command = [str(Path(sys.executable).with_name("gradus")), "grade", "e00", "--target", str(tmp_path)]
    environment = {**os.environ, RUN_MARK: mark}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as run:
        wait_until(lambda: len(processes(mark)) >= 5)  # the command, two servers, an examiner, a worker
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=30)
    assert (run.returncode, errors) == (130, "gradus: interrupted.\n")
    wait_until(lambda: not processes(mark))


def test_a_pool_clears_up_after_a_controller_that_was_killed(house: Curriculum) -> None:
    place = Path(scratch_place() or tempfile.gettempdir())
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    abandoned, in_use = place / f"{SCRATCH}{ended.pid}-x", place / f"{SCRATCH}{os.getpid()}-x"
    for folder in (abandoned, in_use):
        (folder / "work").mkdir(parents=True)
    with Pool(house.exercises, LIMITS):
        pass
    assert (abandoned.exists(), in_use.exists()) == (False, True)
    shutil.rmtree(in_use)


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to be")
