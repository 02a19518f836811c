"""`gradus watch` in a pseudo-terminal, as a learner has it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gradus.grading.pool import SCRATCH, scratch_place
from tests.grading.samples import RUN_MARK, processes
from tests.loop.small import ADD, GRADER, SOLUTION, STUB, WRONG, Gate, build, save, waiting_at
from tests.loop.terminal import GRADUS, Terminal, wait_until

KEYS = "n next  h hint  s solution  r rerun  l list  q quit"
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return build(tmp_path / "ein Ordner für mich")


def fits(page: str, width: int = 80, height: int = 25) -> bool:
    lines = page.split("\n")
    return len(lines) <= height and all(len(line) <= width for line in lines)


def test_from_the_first_save_to_the_next_exercise(home: Path) -> None:
    with Terminal(home, GRADUS, "watch") as terminal:
        assert fits(terminal.shows("0/2 done", "e01 task 1 is yours to write", KEYS))
        save(home / ADD, WRONG)
        assert fits(terminal.shows("e01 task 1 failed: adds", "add(2, 3)", "expected  5", KEYS))
        assert "make grade" not in terminal.pages[-1]
        save(home / ADD, "def add(a, b:\n")
        page = terminal.shows("e01_add.py:1: ")
        assert f"\n{ADD}:1: '(' was never closed\n" in page
        assert "Traceback" not in page
        save(home / ADD, SOLUTION)
        assert fits(terminal.shows("1/2 done", "Add: done, 2 checks passed.", "n goes on", KEYS))
        terminal.press("s")
        terminal.shows("Your file is the solution", "Enter back")
        terminal.press("n")
        page = terminal.shows("e02 task 1 is yours to write", KEYS)
        assert "goes on" not in page
        terminal.press("q")
        assert terminal.ended() == 0
    remembered = json.loads((home / ".gradus/progress.json").read_text())["exercises"]
    assert {stem: entry["status"] for stem, entry in remembered.items()} == {
        "m1_sums/e01_add": "done",
        "m1_sums/e02_halve": "not started",
    }


def test_keys_and_sizes(home: Path) -> None:
    with Terminal(home, GRADUS, "watch", "e01", environment={"NO_COLOR": "1"}) as terminal:
        terminal.shows("is yours to write", KEYS)
        terminal.press("h")
        page = terminal.shows("hint 1 of 2", "There is an operator for it.", "Enter back")
        assert "is yours to write" in page
        terminal.press("h")
        terminal.shows("hint 2 of 2", "It is a plus.")
        terminal.press("\r")
        assert "hint 2 of 2" not in terminal.shows("is yours to write", KEYS)
        terminal.press("s")
        terminal.shows("s works once e01 has passed.", "make solution EX=e01 ANYWAY=1")
        terminal.press("x")
        terminal.shows("x does nothing here.")
        terminal.press("\x1b[A")  # an arrow: neither [ nor A is meant
        terminal.press("l")
        terminal.shows("e01 Add", "e02 Halve", "Enter back")
        terminal.press("r")
        assert "e02 Halve" not in terminal.shows("is yours to write", KEYS)
        terminal.child.setwinsize(14, 60)
        save(home / ADD, WRONG)
        page = terminal.shows("e01 task 1 failed", KEYS)
        assert fits(page, 60, 14)
        terminal.child.setwinsize(25, 80)
        wide = max(map(len, terminal.shows("e01 task 1 failed", "0/2 done", "failed\n").split("\n")))
        assert 60 < wide <= 80
        assert not re.search(r"\x1b\[[0-9;]*m", terminal.written)
        terminal.press("n")
        terminal.shows("e02 task 1 is yours")
        terminal.press("n")
        terminal.shows("e01 task 1 failed")


def test_saves_and_deletions_during_a_run(home: Path, tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    with Terminal(home, GRADUS, "watch") as terminal:
        terminal.shows(KEYS)
        save(home / ADD, waiting_at(gate, SOLUTION))
        wait_until(gate.somebody_waits)
        save(home / ADD, WRONG)
        terminal.shows("Saved during the run.")
        gate.open()
        terminal.shows("e01 task 1 failed: adds", KEYS)
        assert not any("goes on" in page for page in terminal.pages)
        save(home / ADD, waiting_at(gate, SOLUTION))
        wait_until(gate.somebody_waits)
        (home / ADD).unlink()
        terminal.shows("Saved during the run.")
        gate.open()
        terminal.shows(f"{ADD} is gone.", "make reset", KEYS)
        assert not any("goes on" in page for page in terminal.pages)
        save(home / ADD, SOLUTION)
        terminal.shows("n goes on")


def test_what_judges_is_taken_anew(home: Path) -> None:
    save(home / ADD, SOLUTION)
    with Terminal(home, GRADUS, "watch") as terminal:
        terminal.shows("n goes on")
        save(home / "graders/m1_sums/test_e01_add.py", GRADER.replace("== 5", "== 6"))
        terminal.shows("graders/m1_sums/test_e01_add.py has changed", "e01 task 1 failed", KEYS)


@ON_LINUX
def test_a_killed_watcher_leaves_nothing_and_starts_again(home: Path, tmp_path: Path) -> None:
    mark = f"{os.getpid()}-killed"
    with Terminal(home, GRADUS, "watch", environment={RUN_MARK: mark}) as terminal:
        terminal.shows(KEYS)
        save(home / ADD, waiting_at(Gate(tmp_path / "gate"), SOLUTION))
        wait_until(lambda: len(processes(mark)) >= 5)  # the command, two servers, an examiner, a worker
        terminal.child.kill(signal.SIGKILL)
        terminal.ended()
        wait_until(lambda: not processes(mark))
    save(home / ADD, SOLUTION)
    with Terminal(home, GRADUS, "watch") as terminal:
        terminal.shows("n goes on")


@ON_LINUX
@pytest.mark.parametrize(
    ("ending", "status"),
    [("\x03", 130), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 128 + signal.SIGHUP)],
)
def test_endings_leave_nothing_and_the_terminal_as_it_was(
    home: Path, tmp_path: Path, ending: str | int, status: int
) -> None:
    mark = f"{os.getpid()}-{ending!r}"
    save(home / ADD, waiting_at(Gate(tmp_path / "gate"), SOLUTION))
    with Terminal(home, GRADUS, "watch", environment={RUN_MARK: mark}) as terminal:
        assert terminal.echoes
        wait_until(lambda: len(processes(mark)) >= 5)
        assert not terminal.echoes
        if isinstance(ending, str):
            terminal.press(ending)
        else:
            terminal.child.kill(ending)
        assert terminal.ended() == status
        assert terminal.echoes
        assert "Traceback" not in terminal.written
        wait_until(lambda: not processes(mark))
    scratch = Path(scratch_place() or tempfile.gettempdir())
    assert list(scratch.glob(f"{SCRATCH}{terminal.child.pid}-*")) == []


def test_it_can_be_stopped_and_continued(home: Path) -> None:
    with Terminal(home, "bash", "--norc", "-i", environment={"PS1": "$ "}) as terminal:
        terminal.press(f"'{GRADUS}' watch\r")
        terminal.shows("is yours to write", KEYS)
        assert not terminal.echoes
        terminal.press("\x1a")
        terminal.writes("Stopped")
        save(home / ADD, SOLUTION)
        terminal.press("fg\r")
        terminal.shows("n goes on", KEYS)
        assert not terminal.echoes
        terminal.press("q")
        terminal.writes("\x1b[J\r\n")  # the page, and a new line for the shell
        terminal.press("stty -a; exit\r")
        assert terminal.ended() == 0
        assert re.search(r"\sicanon\b", terminal.written)


def test_without_a_terminal_each_verdict_is_printed(home: Path) -> None:
    command = [GRADUS, "watch"]
    with subprocess.Popen(
        command,
        cwd=home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    ) as run:
        assert run.stdout is not None
        printed = ""
        for wanted, then in (("is yours to write", WRONG), ("e01 task 1 failed", "def add(:\n"), (f"{ADD}:1: ", STUB)):
            while wanted not in printed:
                printed += run.stdout.readline()
            save(home / ADD, then)
        run.send_signal(signal.SIGTERM)
        printed += run.communicate(timeout=30)[0]
    assert run.returncode == 128 + signal.SIGTERM
    assert "\x1b" not in printed
    assert "q quit" not in printed


def test_where_nothing_can_be_remembered(home: Path) -> None:
    (home / ".gradus").write_text("not a folder")
    save(home / ADD, SOLUTION)
    with Terminal(home, GRADUS, "watch", environment={"GRADUS_POLL": "1"}) as terminal:
        terminal.shows("1/2 done", "Nothing is remembered")
        save(home / ADD, WRONG)
        terminal.shows("0/2 done", "e01 task 1 failed")
        save(home / ADD, SOLUTION)
        terminal.shows("1/2 done", "n goes on")
        terminal.press("n")
        terminal.shows("e02 task 1 is yours to write")
