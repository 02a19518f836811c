"""Worker process, loopback and cold start give the same verdicts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradus.curriculum import Curriculum
from gradus.grading.pool import Pool
from tests.grading.conftest import HOUSE, LIMITS
from tests.grading.forgeries import FORGERIES
from tests.grading.samples import SAMPLES, Sample, WriteSubmission

COLLECT = """
import json, pytest, sys
from gradus.grading.fixtures import result_of

class Collect:
    found = {}
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        if call.when == "call":
            self.found[item.name] = result_of(item, call).outcome.value
        return (yield)

root, grader, *targets = sys.argv[1:]
found = []
for target in targets:
    Collect.found = {}
    pytest.main(["-c", "/dev/null", "--rootdir", root, "--disable-plugin-autoload", "-p", "gradus.grading.fixtures",
                 "-p", "gradus.grading.plugin", "-p", "no:cacheprovider", "--import-mode=importlib", "-q", grader,
                 "--target", target], plugins=[Collect()])
    found.append(Collect.found)
print("\\nFOUND " + json.dumps(found))
"""


def in_loopback(root: Path, grader: Path, targets: list[Path]) -> list[dict[str, str]]:
    """Each test's outcome, by name, for each target, graded in one other process."""
    run = subprocess.run(
        [sys.executable, "-c", COLLECT, str(root), str(grader), *map(str, targets)],
        capture_output=True,
        text=True,
        check=False,
    )
    line = next((line for line in run.stdout.splitlines() if line.startswith("FOUND ")), None)
    assert line is not None, run.stdout + run.stderr
    found: list[dict[str, str]] = json.loads(line.removeprefix("FOUND "))
    return found


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
