"""Whether graders pass on the solutions whatever the order, hash seed, load and date: `python -m benchmarks.flake m1`.

Fifty runs of each exercise of a module, tests shuffled by another seed each time, in ten batches with a hash seed each.
In half of them one core is kept busy; three begin at 23:59:59 on the last day of a year and two on 29 February. Other
dates need `faketime` (a package of that name on Debian, libfaketime in Homebrew); without it those batches run on
today's date, and it says so.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from gradus.curriculum import read_curriculum
from gradus.grading.pool import Pool
from gradus.grading.verdicts import Verdict

ROOT = Path(__file__).resolve().parents[1]
BATCHES, RUNS = 10, 5
DATES = (None, "2026-12-31 23:59:59", None, "2028-02-29 12:00:00")


def batch(module: str, first_seed: int) -> int:
    """Run each exercise's grader on its solution with a few seeds; print and count the tests that did not pass."""
    exercises = read_curriculum(ROOT).select(module=module)
    failures = 0
    with Pool(exercises) as pool:
        for exercise in exercises:
            for seed in range(first_seed, first_seed + RUNS):
                for test in pool.examine(exercise, ROOT / "solutions", seed):
                    if test.outcome is not Verdict.PASSED:
                        failures += 1
                        print(f"{exercise.stem} seed {seed}: {test.name} is {test.outcome}\n{test.message}")
    return failures


@contextlib.contextmanager
def busy_core(busy: bool) -> Iterator[None]:
    """One core kept at work for as long as this lasts, if `busy`."""
    if not busy:
        yield
        return
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as burner:
        try:
            yield
        finally:
            burner.kill()


def main(module: str) -> int:
    """All batches; returns how many of them had a failure."""
    faketime = shutil.which("faketime")
    if faketime is None:
        print("faketime is not installed: every batch runs on today's date")
    failed = 0
    for number in range(BATCHES):
        date, busy = DATES[number % len(DATES)], number % 2 == 1
        command = [sys.executable, "-m", "benchmarks.flake", module, str(number * RUNS)]
        if date is not None and faketime is not None:
            command = [faketime, date, *command]
        with busy_core(busy):
            run = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": str(number)}, check=False)
        when = (date if faketime else None) or "today"
        load, verdict = "one core busy" if busy else "quiet", "failed" if run.returncode else "passed"
        print(f"batch {number}: {when}, {load}: {verdict}")
        failed += run.returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(batch(sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else main(sys.argv[1]))
