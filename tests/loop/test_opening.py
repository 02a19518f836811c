"""What comes next, in an editor if there is one; make's targets; and what an editor finds in the clone."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest

from gradus.grading.reporters.terminal import Screen
from gradus.grading.verdicts import Status
from gradus.loop.opening import editor_of, where_to_go
from gradus.loop.progress import Progress, Record
from tests.command import COMMAND
from tests.loop.clone import FIRST, RETRY, STORE, Clone, run

ROOT = Path(__file__).resolve().parents[2]

PAGE = f"""\
e00 First flight
The loop; 10 min, 2 tasks
Task 1 comes next: Convert

  read      modules/{FIRST}.md
  edit      exercises/{FIRST}.py
  type      make grade EX=e00
  type      make hint EX=e00  when you are stuck
"""

# Notes what it was started with, beside itself; with "wait" it goes on until Ctrl-C, and survives it.
EDITOR = """
import json, signal, sys
from pathlib import Path

Path(__file__).with_suffix(".json").write_text(json.dumps(sys.argv[1:]))
if "wait" in sys.argv:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    print("editing", flush=True)
    signal.sigwait([signal.SIGINT])
    print("saved", flush=True)
sys.exit(3 if "fail" in sys.argv else 0)
"""


@pytest.fixture
def editor(clone: Clone) -> str:
    file = clone.write("my editor.py", EDITOR)
    return shlex.join([sys.executable, str(file)])


def opened(clone: Clone) -> list[str] | None:
    file = clone.root / "my editor.json"
    return json.loads(file.read_text()) if file.exists() else None


def on_a_terminal(clone: Clone, *arguments: str, **environment: str) -> Any:
    kept = {name: value for name, value in os.environ.items() if name not in ("EDITOR", "VISUAL", "NO_COLOR")}
    return pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], *arguments],
        cwd=str(clone.root),
        env={**kept, "TERM": "xterm-256color", **environment},
        encoding="utf-8",
        timeout=20,
        dimensions=(25, 80),
    )


def finished(terminal: Any) -> tuple[int, str]:
    shown = terminal.read()
    terminal.close()
    return terminal.exitstatus, shown


def test_the_page(clone: Clone) -> None:
    assert where_to_go(clone.curriculum, clone.first, Progress(), Screen()) == PAGE
    result = run("next")
    assert (result.exit_code, result.stdout, result.stderr) == (0, PAGE, "")


def test_what_comes_next_follows_what_is_done(clone: Clone) -> None:
    clone.remember({FIRST: Record(Status.IN_PROGRESS, 1, passed=(1,))})
    assert "Task 2 comes next: Ask" in run("next").stdout
    clone.passed(FIRST)
    assert "m1/e06 Retry budget\n" in run("next").stdout


def test_nothing_is_left(clone: Clone) -> None:
    clone.passed(FIRST, RETRY, STORE)
    assert "Every exercise was done in its last run." in run("next").stdout
    clone.write(".gradus/path.json", json.dumps({"order": [STORE]}))
    assert "Every exercise of your path was done" in run("next").stdout
    clone.write(".gradus/path.json", json.dumps({"order": [STORE, RETRY, FIRST]}))
    assert "Every exercise was done in its last run." in run("next").stdout


def test_a_terminal_gets_links_and_the_editor_both_files(clone: Clone, editor: str) -> None:
    status, shown = finished(on_a_terminal(clone, "next", EDITOR=editor))
    assert status == 0
    assert f"{(clone.root / 'modules').as_uri()}/{FIRST}.md\x1b\\" in shown
    assert opened(clone) == [str(clone.first.lesson), str(clone.first.stub)]


def test_visual_is_asked_second_and_arguments_are_kept(clone: Clone, editor: str) -> None:
    assert finished(on_a_terminal(clone, "next", EDITOR=" ", VISUAL=f"{editor} --wait 'a b'"))[0] == 0
    assert opened(clone) == ["--wait", "a b", str(clone.first.lesson), str(clone.first.stub)]
    assert editor_of({"EDITOR": "vi", "VISUAL": "code"}) == "vi"
    assert editor_of({}) == ""


def test_print_starts_none(clone: Clone, editor: str) -> None:
    status, shown = finished(on_a_terminal(clone, "next", "--print", EDITOR=editor))
    assert status == 0
    assert "Task 1 comes next" in shown
    assert opened(clone) is None


def test_no_terminal_no_editor(clone: Clone, editor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", editor)
    result = subprocess.run([*COMMAND, "next"], capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == (PAGE, "")
    assert opened(clone) is None


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (
            "/nonexistent/editor -w",
            "gradus: The editor '/nonexistent/editor -w' does not start: No such file or directory",
        ),
        ("vi 'unclosed", "which is no command: No closing quotation."),
        ("{editor} fail", "ended with status 3."),
    ],
)
def test_an_editor_that_does_not_work_is_one_sentence(clone: Clone, editor: str, command: str, says: str) -> None:
    status, shown = finished(on_a_terminal(clone, "next", EDITOR=command.format(editor=editor)))
    assert status == 2
    assert says in shown
    assert "Traceback" not in shown
    assert "Task 1 comes next" in shown


def test_ctrl_c_is_for_the_editor(clone: Clone, editor: str) -> None:
    terminal = on_a_terminal(clone, "next", EDITOR=f"{editor} wait")
    terminal.expect("editing")
    terminal.sendintr()
    terminal.expect("saved")
    status, shown = finished(terminal)
    assert status == 0
    assert "interrupted" not in shown


# make's targets


@pytest.mark.parametrize(
    ("typed", "runs"),
    [
        (["next"], "gradus next"),
        (["hint"], "gradus hint"),
        (["hint", "EX=e06", "TASK=2"], "gradus hint 'e06' --task '2'"),
        (["solution", "EX=it's"], r"gradus solution 'it'\''s'"),
        (["solution", "EX=e06", "ANYWAY=1"], "gradus solution 'e06' --anyway"),
        (["solution", "EX=e06", "ANYWAY=0"], "gradus solution 'e06'"),
        (["reset", "EX=e06"], "gradus reset 'e06'"),
        (["list"], "gradus list"),
    ],
)
def test_make_passes_its_variables_on(typed: list[str], runs: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    told = subprocess.run(
        ["make", "--dry-run", *typed], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert " ".join(told.stdout.splitlines()[-1].split()) == f".venv/bin/{runs}"


def test_make_lists_them() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for command in ("next", "hint", "solution", "reset", "list"):
        assert f"\nmake {command} " in told


# .vscode


def test_the_editor_discovers_the_graders_with_the_project_s_python() -> None:
    settings = json.loads((ROOT / ".vscode" / "settings.json").read_text("utf-8"))
    assert settings["python.defaultInterpreterPath"] == "${workspaceFolder}/.venv/bin/python"
    assert settings["python.testing.pytestEnabled"] is True
    arguments = settings["python.testing.pytestArgs"]
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "graders/m1_engineering/test_e00_first_flight.py::" in found.stdout


def test_extensions_are_recommended_and_the_folder_is_no_longer_ignored() -> None:
    recommended = json.loads((ROOT / ".vscode" / "extensions.json").read_text("utf-8"))["recommendations"]
    assert {"ms-python.python", "charliermarsh.ruff", "tamasfe.even-better-toml"} <= set(recommended)
    assert ".vscode" not in (ROOT / ".gitignore").read_text("utf-8")
