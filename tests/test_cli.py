"""The command line: what it asks of the grader, where reports go, how it exits. Grading itself is a stand-in here."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from gradus import cli
from gradus.authoring.findings import Finding
from gradus.curriculum import Curriculum, Exercise
from gradus.grading.pool import GradingError
from gradus.grading.verdicts import ExerciseResult, Report, TestResult, Verdict, exercise_result
from tests.command import gradus

ENGINEERING = """\
title = "Engineering fundamentals"

[[exercise]]
id = "e00_first_flight"
title = "First flight"
minutes = 10
skill = "The loop"
tasks = [{ title = "Answer", points = 2 }]

[[exercise]]
id = "e06_retry_budget"
title = "Retry"
minutes = 60
skill = "Reliability"
tasks = [{ title = "Wait", points = 3 }]
"""
RETRIEVAL = ENGINEERING.replace("Engineering fundamentals", "Retrieval").replace("e00_first_flight", "e04_vector_store")

HEAVY = ("torch", "chromadb", "sentence_transformers", "langgraph", "openai", "onnxruntime", "httpx2", "pytest")


@dataclass
class FakeGrade:
    """Stands in for gradus.grading.pool.grade: every test comes out as told, and the calls are remembered."""

    outcome: Verdict = Verdict.TODO
    error: BaseException | None = None
    calls: list[tuple[list[str], Path, int]] = field(default_factory=list)

    def __call__(
        self,
        curriculum: Curriculum,
        exercises: Sequence[Exercise],
        target: Path,
        *,
        jobs: int = 2,
        on_result: Callable[[ExerciseResult], None] | None = None,
    ) -> Report:
        self.calls.append(([exercise.stem for exercise in exercises], target, jobs))
        if self.error is not None:
            raise self.error
        results = []
        for exercise in exercises:
            result = exercise_result(exercise, [TestResult("test_x", 1, self.outcome, 0.01, why="It matters.")], 0.01)
            results.append(result)
            if on_result is not None:
                on_result(result)
        shown = target.relative_to(curriculum.root) if target.is_relative_to(curriculum.root) else target
        return Report(str(shown), 0.1, tuple(results))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two modules, which is the current directory; the environment is nobody's CI."""
    for name, text in (("m1_engineering", ENGINEERING), ("m3_retrieval", RETRIEVAL)):
        (tmp_path / "modules" / name).mkdir(parents=True)
        (tmp_path / "modules" / name / "module.toml").write_text(text, encoding="utf-8")
    for folder in ("exercises", "solutions"):
        (tmp_path / folder).mkdir()
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    for variable in ("CI", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def grading(project: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGrade:
    fake = FakeGrade()
    monkeypatch.setattr("gradus.grading.pool.grade", fake)
    return fake


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(cli.app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


# What is graded


def test_all_of_the_learners_exercises_by_default(project: Path, grading: FakeGrade) -> None:
    result = run("grade")
    assert result.exit_code == 0
    assert "You are at the start." in result.stdout
    assert result.stderr == ""
    (call,) = grading.calls
    assert call == (
        [
            "m1_engineering/e00_first_flight",
            "m1_engineering/e06_retry_budget",
            "m3_retrieval/e04_vector_store",
            "m3_retrieval/e06_retry_budget",
        ],
        project / "exercises",
        2,
    )


@pytest.mark.parametrize(
    ("arguments", "stems"),
    [
        (["e00"], ["m1_engineering/e00_first_flight"]),
        (["e04", "m1/e06"], ["m1_engineering/e06_retry_budget", "m3_retrieval/e04_vector_store"]),
        (["--module", "m3"], ["m3_retrieval/e04_vector_store", "m3_retrieval/e06_retry_budget"]),
        (["e06", "--module", "m3"], ["m3_retrieval/e06_retry_budget"]),
    ],
)
def test_what_is_named(grading: FakeGrade, arguments: list[str], stems: list[str]) -> None:
    assert run("grade", *arguments).exit_code == 0
    assert grading.calls[0][0] == stems


def test_another_target_and_more_jobs(project: Path, grading: FakeGrade, tmp_path: Path) -> None:
    assert run("grade", "--target", "solutions", "--jobs", "7").exit_code == 0
    assert grading.calls[-1][1:] == (project / "solutions", 7)
    (project / "handed in").mkdir()
    assert run("grade", "--target", "handed in").exit_code == 0
    assert grading.calls[-1][1] == project / "handed in"


def test_the_root_is_found_from_below(project: Path, grading: FakeGrade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "modules" / "m1_engineering")
    assert run("grade").exit_code == 0
    assert grading.calls[0][1] == project / "exercises"


def test_everything_is_shown_with_v(grading: FakeGrade) -> None:
    grading.outcome = Verdict.PASSED
    assert "passed: x" not in run("grade").stdout
    assert "● e00 task 1 passed: x" in run("grade", "-v").stdout


def test_debug_runs_the_grader_in_this_process(
    project: Path, grading: FakeGrade, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def debug(exercise: Exercise, target: Path) -> int:
        calls.append((exercise.stem, target))
        return 1

    module = types.ModuleType("gradus.grading.debug")
    module.run = debug  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gradus.grading.debug", module)
    assert run("grade", "--debug", "e04", "--target", "solutions").exit_code == 1
    assert calls == [("m3_retrieval/e04_vector_store", project / "solutions")]
    assert grading.calls == []


# Where reports go


def test_json_alone_on_stdout(grading: FakeGrade) -> None:
    result = run("grade", "--json", "-")
    assert json.loads(result.stdout)["summary"]["exercises"] == 4
    assert result.stderr == ""


def test_json_and_junit_in_files_beside_the_board(project: Path, grading: FakeGrade) -> None:
    result = run("grade", "e00", "--json", "report.json", "--junit", "report.xml")
    assert result.exit_code == 0
    assert "e00 task 1 is yours to write" in result.stdout
    assert json.loads((project / "report.json").read_text("utf-8"))["version"] == 1
    assert ElementTree.parse(project / "report.xml").getroot().tag == "testsuites"


def test_the_github_summary_is_appended(project: Path, grading: FakeGrade, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = project / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    run("grade")
    assert summary.read_text("utf-8").startswith("before\n## Gradus: 0 of 10 points\n")


@pytest.mark.parametrize("option", ["--json", "--junit"])
def test_a_report_that_cannot_be_written(grading: FakeGrade, option: str) -> None:
    result = run("grade", option, "no/such/folder/report")
    assert result.exit_code == 2
    assert "You are at the start." in result.stdout
    assert result.stderr.startswith("gradus: Cannot write no/such/folder/report: No such file or directory.")


# How it exits


@pytest.mark.parametrize(
    ("outcome", "arguments", "ci", "status"),
    [
        (Verdict.PASSED, [], None, 0),
        (Verdict.FAILED, [], None, 0),
        (Verdict.FAILED, ["--strict"], None, 1),
        (Verdict.TODO, ["--strict"], None, 1),
        (Verdict.PASSED, ["--strict"], None, 0),
        (Verdict.FAILED, [], "true", 1),
        (Verdict.FAILED, [], "1", 1),
        (Verdict.PASSED, [], "true", 0),
        (Verdict.FAILED, [], "", 0),
        (Verdict.FAILED, [], "false", 0),
        (Verdict.FAILED, ["--no-strict"], "true", 0),
        (Verdict.BROKEN, [], None, 2),
        (Verdict.BROKEN, ["--no-strict"], None, 2),
        (Verdict.BROKEN, ["--strict"], None, 2),
    ],
)
def test_exit_status(
    grading: FakeGrade,
    monkeypatch: pytest.MonkeyPatch,
    outcome: Verdict,
    arguments: list[str],
    ci: str | None,
    status: int,
) -> None:
    grading.outcome = outcome
    if ci is not None:
        monkeypatch.setenv("CI", ci)
    assert run("grade", *arguments).exit_code == status


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grade", "e0_first_fligth"], "Did you mean m1_engineering/e00_first_flight?"),
        (["grade", "e06"], "'e06' could be any of m1_engineering/e06_retry_budget, m3_retrieval/e06_retry_budget."),
        (["grade", "--module", "m9"], "The modules are: m1_engineering, m3_retrieval."),
        (["grade", "--debug", "nothing"], "No exercise answers to 'nothing'."),
        (["grade", "--target", "no/such"], "There is no folder"),
        (["grade", "--jobs", "0"], "--jobs"),
        (["grade", "--jobs", "many"], "--jobs"),
        (["grade", "--strickt"], "--strict"),
        (["grad"], "grade"),
        (["check", "nothing"], "No exercise answers to 'nothing'."),
    ],
)
def test_a_command_that_makes_no_sense(grading: FakeGrade, arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""
    assert grading.calls == []


def test_a_broken_module_toml_is_told_with_file_and_line(project: Path, grading: FakeGrade) -> None:
    file = project / "modules" / "m1_engineering" / "module.toml"
    file.write_text(ENGINEERING.replace("minutes = 60", "minutes ="), encoding="utf-8")
    result = run("grade")
    assert result.exit_code == 2
    assert result.stderr.startswith("gradus: modules/m1_engineering/module.toml:13: ")


def test_grading_that_could_not_run(grading: FakeGrade) -> None:
    grading.error = GradingError("The worker process does not start.")
    result = run("grade")
    assert (result.exit_code, result.stderr) == (2, "gradus: The worker process does not start.\n")


def test_an_interrupted_run(grading: FakeGrade) -> None:
    grading.error = KeyboardInterrupt()
    result = run("grade")
    assert (result.exit_code, result.stderr) == (130, "gradus: interrupted.\n")


# For authors


def test_check_tells_every_finding(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    findings: list[Finding] = []

    def check(curriculum: Curriculum, exercises: Sequence[Exercise], write: bool = False) -> tuple[Finding, ...]:
        asked.append([exercise.stem for exercise in exercises])
        return tuple(findings)

    monkeypatch.setattr("gradus.authoring.check.run", check)
    result = run("check", "e00")
    assert (result.exit_code, result.stdout) == (0, "1 exercise checked: every rule is kept.\n")
    findings.append(Finding(5, project / "modules" / "m1_engineering" / "e00_first_flight.md", "Task 1 has no hints."))
    result = run("check")
    assert result.exit_code == 1
    assert result.stdout == (
        "rule 5  modules/m1_engineering/e00_first_flight.md: Task 1 has no hints.\n4 exercises checked: 1 finding.\n"
    )
    assert [len(stems) for stems in asked] == [1, 4]


# The command as a process of its own


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_names_the_commands(project: Path, arguments: list[str]) -> None:
    result = gradus(*arguments, cwd=project)
    assert (result.returncode, result.stderr) == (0, "")
    assert "Usage: gradus" in result.stdout
    assert "grade" in result.stdout
    assert "check" in result.stdout


def test_version(project: Path) -> None:
    result = gradus("--version", cwd=project)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("gradus 0.")


def test_no_traceback_where_stdout_cannot_show_what_was_typed(project: Path) -> None:
    result = gradus("grade", "für_🙂", cwd=project, PYTHONIOENCODING="ascii:strict", PYTHONUTF8="0")
    assert result.returncode == 2
    assert "No exercise answers to" in result.stderr
    assert "Traceback" not in result.stderr


UNTOUCHED = """
import gradus.grading.pool as pool
from gradus.grading.verdicts import Report, TestResult, Verdict, exercise_result
def grade(curriculum, exercises, target, *, jobs, on_result):
    tests = [TestResult("test_x", 1, Verdict.TODO, 0.01)]
    results = tuple(exercise_result(exercise, tests, 0.01) for exercise in exercises)
    for result in results:
        on_result(result)
    return Report("exercises", 0.1, results)
pool.grade = grade
from gradus.cli import main
main()
"""


def on_a_terminal(*arguments: str, cwd: Path, **environment: str) -> str:
    """All that grading an untouched project writes to stdout, which is a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", UNTOUCHED, "grade", *arguments]
    shown = b""
    with subprocess.Popen(command, cwd=cwd, env={**os.environ, **environment}, stdout=theirs) as process:
        os.close(theirs)
        with contextlib.suppress(OSError):  # Linux: EIO once the other end is closed
            while part := os.read(ours, 65536):
                shown += part
    os.close(ours)
    assert process.returncode == 0, shown
    return shown.decode()


@pytest.mark.parametrize(
    ("environment", "live", "colour"),
    [
        ({"TERM": "xterm-256color"}, True, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_a_terminal_gets_a_live_line_and_colour(
    project: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], live: bool, colour: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = on_a_terminal(cwd=project, **environment)
    assert "You are at the start." in shown
    assert ("Grading 4/4: m3_retrieval/e06_retry_budget" in shown) is live
    assert ("\x1b" in shown) is colour


def test_json_on_a_terminal_is_json_alone(project: Path) -> None:
    shown = on_a_terminal("--json", "-", cwd=project, TERM="xterm-256color")
    assert shown.startswith("{")
    assert json.loads(shown)["version"] == 1


def test_a_title_that_stdout_cannot_show_is_escaped(project: Path) -> None:
    file = project / "modules" / "m1_engineering" / "module.toml"
    file.write_text(ENGINEERING.replace("Engineering fundamentals", "Grundlagen für alle"), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-c", UNTOUCHED, "grade"],
        cwd=project,
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
        capture_output=True,
        check=True,
    )
    assert rb"m1 Grundlagen f\xfcr alle" in result.stdout


def test_what_check_finds_is_shown_on_any_stdout(project: Path) -> None:
    code = f"""
import gradus.authoring.check as check
from gradus.authoring.findings import Finding
from pathlib import Path
finding = Finding(5, Path({str(project)!r}) / "x.md", "Write {{ title = … }}.")
check.run = lambda curriculum, exercises, write: (finding,)
from gradus.cli import main
main()
"""
    result = subprocess.run(
        [sys.executable, "-c", code, "check"],
        cwd=project,
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
        capture_output=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (1, b"")
    assert rb"rule 5  x.md: Write { title = \u2026 }." in result.stdout


def imported_by(code: str) -> set[str]:
    show = f"import sys; {code}; print(*sorted(sys.modules))"
    result = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "gradus",
        "gradus.cli",
        "gradus.grading",
        "gradus.grading.reporters",
        "gradus.grading.reporters.terminal",
        "gradus.grading.reporters.json_report",
        "gradus.grading.reporters.junit",
        "gradus.grading.reporters.github",
    ],
)
def test_importing_is_light(module: str) -> None:
    assert not imported_by(f"import {module}") & set(HEAVY)


def test_the_command_line_alone_imports_neither_the_grader_nor_what_draws_boards() -> None:
    """`gradus --help` answers at once because of this."""
    imported = imported_by("import gradus.cli")
    assert not imported & {"rich", "numpy", "gradus.grading", "gradus.sim", "gradus.authoring"}
