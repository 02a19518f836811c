"""The learner's loop: seconds from a save to its verdict on the screen, seen from outside through a pseudo-terminal.

Each exercise's file is replaced by its stub and its solution in turn, as an editor does it. A save is over when the
watcher has drawn its verdict; beside it stands a cold `pytest` of the same grader on the same file.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect

from benchmarks.timing import seconds
from gradus.curriculum import Exercise, read_curriculum

ROOT = Path(__file__).resolve().parents[1]
GRADUS = str(Path(sys.executable).with_name("gradus"))
SAVES = 20  # of the stub, and as many of the solution
PATIENCE = 120.0
STATUS = "q quit"  # what a page ends with, unless a run is going on
DRAWN = "\x1b[J"


class Watched:
    """`gradus watch` on one exercise of a copy of the project."""

    def __init__(self, root: Path, exercise: Exercise) -> None:
        self._file = root / "exercises" / f"{exercise.stem}.py"
        environment = {**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8", "COLUMNS": "80", "LINES": "25"}
        self._child = pexpect.spawn(
            GRADUS, ["watch", exercise.stem], cwd=str(root), env=environment, encoding="utf-8", timeout=PATIENCE
        )
        self._child.delaybeforesend = None
        self._verdict()

    def save(self, source: bytes, verdict: str) -> float:
        """Seconds from replacing the file until its verdict is drawn."""
        new = self._file.with_name(".new")
        new.write_bytes(source)
        began = time.perf_counter()
        os.replace(new, self._file)
        page = self._verdict()
        elapsed = time.perf_counter() - began
        assert verdict in page, f"{self._file.name}: no verdict on what was saved\n{page}"
        return elapsed

    def memory(self) -> dict[str, int]:
        """Megabytes that are resident in the watcher and its two fork servers."""
        watcher = int(self._child.pid)
        children = Path(f"/proc/{watcher}/task/{watcher}/children").read_text().split()
        names = {int(pid): Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in children}
        kinds = {"worker": "workers' server", "examiner": "examiners' server"}
        found = {kinds[kind]: pid for pid, command in names.items() for kind in kinds if kind in command}
        return {name: _resident(pid) for name, pid in {"watcher": watcher, **found}.items()}

    def close(self) -> None:
        self._child.send("q")
        self._child.expect(pexpect.EOF)
        self._child.close()

    def _verdict(self) -> str:
        """The next page that is not of a run going on."""
        while True:
            self._child.expect_exact(DRAWN)
            page = str(self._child.before)
            if STATUS in page:
                return page


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) // 1024


def plain_pytest(exercise: Exercise, target: str) -> float:
    """Seconds of one cold `pytest` of the grader; its failures are what it is for, so its exit status says nothing."""
    command = [sys.executable, "-m", "pytest", "-q", "--target", target, str(exercise.grader)]
    return seconds(lambda: subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False), rounds=1)


def main() -> None:
    exercises = read_curriculum(ROOT).exercises
    print(f"Save to verdict in `gradus watch`, {SAVES} saves each: seconds, and how many times as fast as cold pytest")
    print(f"{'':34}{'':10}{'pytest':>8}{'p50':>8}{'p95':>8}{'':>7}")
    with tempfile.TemporaryDirectory(prefix="gradus-loop-") as folder:
        root = Path(folder)
        for name in ("modules", "exercises", "solutions", "graders"):
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", root)
        for exercise in exercises:
            measure(root, exercise)


def measure(root: Path, exercise: Exercise) -> None:
    """Two rows of the table, and a line on memory."""
    watched = Watched(root, exercise)
    times: dict[str, list[float]] = {"stub": [], "solution": []}
    sources = {
        "stub": (exercise.stub.read_bytes(), "is yours to write"),
        "solution": (exercise.solution.read_bytes(), "done"),
    }
    for _ in range(SAVES):
        for kind, source in sources.items():
            times[kind].append(watched.save(*source))
    memory = ", ".join(f"{name} {size} MB" for name, size in watched.memory().items()) if _has_proc() else "unknown"
    watched.close()
    for kind, target in (("stub", "exercises"), ("solution", "solutions")):
        base = plain_pytest(exercise, target)
        median, slow = statistics.median(times[kind]), statistics.quantiles(times[kind], n=20)[-1]
        print(f"{exercise.stem:34}{kind:10}{base:8.2f}{median:8.3f}{slow:8.3f}{base / median:6.0f}×")
    print(f"{'':34}resident: {memory}")


def _has_proc() -> bool:
    return Path("/proc/self/status").exists()


if __name__ == "__main__":
    main()
