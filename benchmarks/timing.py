"""How long something takes: the median of a few runs, for one run says more about the machine than about the code."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

ROUNDS = 3


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median wall-clock seconds of `work` over some rounds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def run(command: Sequence[str]) -> Callable[[], object]:
    """A process to be timed; its output is thrown away and its failure is not."""
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def python(*arguments: str) -> Callable[[], object]:
    """This Python with these arguments, to be timed."""
    return run([sys.executable, *arguments])
