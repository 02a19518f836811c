"""The Makefile and tools/setup_venv.py, run in small projects where a script plays Python, pip and uv."""

from __future__ import annotations

import ast
import errno
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import setup_venv

ROOT = Path(__file__).resolve().parent.parent

# Plays the base Python and .venv/bin/{python,uv,gradus}. It notes each step it is asked to take. Files named after a
# step tell it to print, to fail, to hang (while the file is there) or to become a real command instead.
ACTOR = """
import json, os, shutil, sys, time
from pathlib import Path

stage, role, arguments = Path(__file__).parent, Path(sys.argv[1]), sys.argv[2:]
WORDS = {"venv": "-m venv", "uv": "-m pip install", "config": "-m pip config", "wheels": "-m pip index",
         "probe": "-c import pip", "lock": "--requirements", "project": "--editable"}
step = next((step for step, words in WORDS.items() if words in " ".join(arguments)), role.name)
with open(stage / "steps", "a") as steps:
    print(step, file=steps)
(stage / f"{step}.seen").write_text(json.dumps({"arguments": arguments, "environment": dict(os.environ)}))
while (stage / f"{step}.hangs").exists():
    time.sleep(0.01)
if (stage / f"{step}.real").exists():
    command = json.loads((stage / f"{step}.real").read_text())
    os.execv(command[0], command)
if (stage / f"{step}.fails").exists():
    print((stage / f"{step}.fails").read_text())
    sys.exit(3)
if (stage / f"{step}.prints").exists():
    print((stage / f"{step}.prints").read_text())
if step == "venv":
    if "--clear" in arguments:
        shutil.rmtree(".venv", ignore_errors=True)
    os.makedirs(".venv/bin", exist_ok=True)
installs = {"venv": "python", "uv": "uv", "project": "gradus"}
if step in installs:
    shutil.copy(stage / "actor", Path(".venv/bin") / installs[step])
if step == "probe":
    print("yes")
"""

# Runs the set-up script under the real Python, with the actor as the base Python, after a test's own preparations.
DRIVER = """
import os, runpy, sys
sys._base_executable = os.environ["ACTOR"]
exec(os.environ.get("PREPARATION", ""))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

ANEW = ["venv", "uv", "config", "lock", "project"]
UPDATE = ["uv", "config", "lock", "project"]


class Project:
    """A folder with what set-up needs, under a name that has a space, a letter beyond ASCII and a quote in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a clone, here's ünder"
        self.stage = folder / "stage"
        (self.folder / "tools").mkdir(parents=True)
        self.stage.mkdir()
        shutil.copy(ROOT / "Makefile", self.folder)
        shutil.copy(ROOT / "tools" / "setup_venv.py", self.folder / "tools")
        (self.folder / "pyproject.toml").write_text("[project]\n")
        (self.folder / "requirements.lock").write_text("torch==2.13.0\n")
        (self.stage / "actor.py").write_text(ACTOR)
        python = shlex.quote(sys.executable)
        self.executable("actor", f'exec {python} -IS {shlex.quote(str(self.stage / "actor.py"))} "$0" "$@"')
        self.executable("python", f'exec {python} -c {shlex.quote(DRIVER)} "$@"')

    def executable(self, name: str, line: str) -> None:
        (self.stage / name).write_text(f"#!/bin/sh\n{line}\n")
        (self.stage / name).chmod(0o755)

    def tell(self, step: str, text: str) -> None:
        (self.stage / step).write_text(text)

    def environment(self, **more: str) -> dict[str, str]:
        """The tests' own environment without what make, pip and uv would take from it."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PIP_", "UV_"))
        }
        kept.update(ACTOR=str(self.stage / "actor"), PYTHON=str(self.stage / "python"), PIP_CONFIG_FILE=os.devnull)
        return kept | more

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str, **environment: str) -> tuple[int, str]:
        process = self.start(*command, **environment)
        output, _ = process.communicate(timeout=30)
        return process.returncode, output

    def make(self, *arguments: str, **environment: str) -> tuple[int, str]:
        return self.run("make", *arguments, **environment)

    def set_up(self, **environment: str) -> tuple[int, str]:
        """The script alone, without make."""
        return self.run(str(self.stage / "python"), "tools/setup_venv.py", **environment)

    def is_ready(self) -> bool:
        return self.make("-q", ".venv/.stamp")[0] == 0

    def steps(self) -> list[str]:
        """The steps taken since this was last asked, probes of what is there left out."""
        file = self.stage / "steps"
        taken = file.read_text().split() if file.exists() else []
        file.unlink(missing_ok=True)
        return [step for step in taken if step != "probe"]

    def wait_for(self, step: str) -> None:
        deadline = time.monotonic() + 20
        while not (self.stage / f"{step}.seen").exists():
            assert time.monotonic() < deadline, f"{step} was never reached"
            time.sleep(0.01)

    def seen(self, step: str) -> tuple[list[str], dict[str, str]]:
        """The arguments and the environment that a step got."""
        noted = json.loads((self.stage / f"{step}.seen").read_text())
        return noted["arguments"], noted["environment"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


# What there is to do, and what not


def test_a_second_call_does_nothing(project: Project) -> None:
    status, output = project.make("grade")
    assert status == 0, output
    assert project.steps() == [*ANEW, "gradus"]
    assert len(output.splitlines()) == 2, output
    stamp = (project.folder / ".venv/.stamp").stat().st_mtime_ns
    assert project.is_ready()
    assert project.make("grade") == (0, "")
    assert (project.folder / ".venv/.stamp").stat().st_mtime_ns == stamp
    assert project.set_up() == (0, "")
    assert project.steps() == ["gradus"]


def test_a_newer_input_with_the_same_content_is_no_reason_to_install(project: Project) -> None:
    project.make("setup")
    project.steps()
    os.utime(project.folder / ".venv/.stamp", (0, 0))
    assert not project.is_ready()
    assert project.make(".venv/.stamp") == (0, "")
    assert project.steps() == []
    assert project.is_ready()


@pytest.mark.parametrize("changed", ["pyproject.toml", "requirements.lock", "tools/setup_venv.py"])
def test_a_changed_input_updates_in_place(project: Project, changed: str) -> None:
    project.make("setup")
    project.steps()
    for file in ("pyproject.toml", "requirements.lock", "tools/setup_venv.py"):
        os.utime(project.folder / file, (1000, 1000))
    os.utime(project.folder / ".venv/.stamp", (2000, 2000))
    assert project.is_ready()
    with (project.folder / changed).open("a") as input_file:
        input_file.write("# changed\n")
    status, output = project.make(".venv/.stamp")
    assert (status, project.steps()) == (0, UPDATE), output
    assert project.is_ready()


def test_a_renamed_clone_is_set_up_anew(project: Project) -> None:
    project.make("setup")
    project.steps()
    project.folder = project.folder.rename(project.folder.with_name("renamed"))
    assert not project.is_ready()
    status, output = project.make(".venv/.stamp")
    assert (status, project.steps()) == (0, ANEW), output
    assert project.is_ready()


def test_a_venv_whose_python_is_gone_is_made_anew(project: Project) -> None:
    project.make("setup")
    project.steps()
    (project.folder / ".venv/bin/python").unlink()
    (project.folder / ".venv/bin/python").symlink_to("/nonexistent/python3.11")
    (project.folder / ".venv/left over").touch()
    assert not project.is_ready()
    status, output = project.make(".venv/.stamp")
    assert (status, project.steps()) == (0, ANEW), output
    assert not (project.folder / ".venv/left over").exists()


def test_another_python_makes_the_venv_anew(project: Project) -> None:
    project.make("setup")
    project.steps()
    other = "3.12" if sys.version_info[:2] != (3, 12) else "3.13"
    preparation = f"sys.version_info = ({other.replace('.', ', ')}, 0, 'final', 0)"
    status, output = project.make("setup", PREPARATION=preparation)
    assert (status, project.steps()) == (0, ANEW), output
    assert (project.folder / ".venv/.stamp").read_text().splitlines()[1] == other


@pytest.mark.parametrize("step", ANEW)
def test_killed_at_any_step_the_next_call_recovers(project: Project, step: str) -> None:
    project.tell(f"{step}.hangs", "")
    process = project.start("make", ".venv/.stamp")
    project.wait_for(step)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (project.stage / f"{step}.hangs").unlink()
    project.steps()
    assert not project.is_ready()
    status, output = project.make(".venv/.stamp")
    assert (status, project.steps()) == (0, ANEW), output
    assert project.is_ready()


def test_an_update_that_was_killed_is_never_taken_for_finished(project: Project) -> None:
    """Not even when the input is put back to what the finished .venv was made from."""
    project.make("setup")
    before = (project.folder / "requirements.lock").read_text()
    (project.folder / "requirements.lock").write_text(before + "# changed\n")
    (project.stage / "lock.seen").unlink()
    project.tell("lock.hangs", "")
    process = project.start("make", "setup")
    project.wait_for("lock")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (project.stage / "lock.hangs").unlink()
    (project.folder / "requirements.lock").write_text(before)
    project.steps()
    status, output = project.make(".venv/.stamp")
    assert (status, project.steps()) == (0, ANEW), output


def test_a_second_set_up_waits_for_the_first(project: Project) -> None:
    project.tell("lock.hangs", "")
    first = project.start("make", "setup")
    project.wait_for("lock")
    second = project.start("make", "setup")
    assert second.stdout is not None
    assert second.stdout.readline() == "Another set-up of this folder is running; waiting for it.\n"
    (project.stage / "lock.hangs").unlink()
    for process in (first, second):
        process.communicate()
        assert process.returncode == 0
    assert project.steps() == ANEW


def test_ctrl_c_is_one_line_and_130(project: Project) -> None:
    project.tell("lock.hangs", "")
    process = project.start(str(project.stage / "python"), "tools/setup_venv.py")
    project.wait_for("lock")
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate()
    assert process.returncode == 130
    assert output.splitlines()[1:] == ["Set-up interrupted; the next command takes it up again."]


# Which Python


def test_the_script_parses_under_python_3_6() -> None:
    ast.parse((ROOT / "tools" / "setup_venv.py").read_text(), feature_version=(3, 6))


OLD = "import platform; platform.python_version = lambda: '3.8.18'; sys.version_info = (3, 8, 18, 'final', 0)"


def test_an_old_python_gets_a_sentence(project: Project) -> None:
    status, output = project.set_up(PREPARATION=OLD, PATH="/nonexistent")
    assert status == 1
    assert "needs Python 3.11, 3.12 or 3.13" in output
    assert "3.8.18" in output
    assert "make setup PYTHON=" in output
    assert len(output.splitlines()) == 1
    assert project.steps() == []


def test_an_old_python_hands_over_to_one_that_starts(project: Project) -> None:
    project.executable("python3.13", "exit 127")  # as a pyenv shim without its version does
    real = shlex.quote(str(project.stage / "python"))
    project.executable("python3.12", f'case "$1" in -c) echo 12;; *) PREPARATION= exec {real} "$@";; esac')
    status, output = project.set_up(PREPARATION=OLD, PATH=str(project.stage))
    assert status == 0, output
    assert f"is Python 3.8.18; using {project.stage}/python3.12." in output
    assert project.steps() == ANEW


def test_a_python_without_ensurepip_names_the_package(project: Project) -> None:
    status, output = project.set_up(PREPARATION="sys.modules['ensurepip'] = None")
    assert status == 1
    assert "sudo apt install python{}.{}-venv".format(*sys.version_info) in output
    assert len(output.splitlines()) == 1


# What can go wrong


def test_a_full_disk_is_noticed_before_anything_is_done(project: Project) -> None:
    preparation = (
        "import collections, shutil; shutil.disk_usage = lambda _: collections.namedtuple('d', 'free')(4 * 10**8)"
    )
    status, output = project.set_up(PREPARATION=preparation)
    assert status == 1
    assert "a finished .venv takes 1.7 GB, and 0.4 GB are free" in output
    assert "Free another 1.6 GB" in output
    assert len(output.splitlines()) == 1
    assert project.steps() == []


def test_a_folder_that_is_read_only_gets_a_sentence(project: Project) -> None:
    preparation = f"""
import builtins
real = builtins.open
def refuse(path, mode="r", *more, **named):
    if mode != "r" and str(path) == ".venv-setup.log":
        raise OSError({errno.EROFS}, "Read-only file system", path)
    return real(path, mode, *more, **named)
builtins.open = refuse
"""
    status, output = project.set_up(PREPARATION=preparation)
    assert status == 1
    assert output.startswith(f"Set-up stopped: {project.folder}/.venv-setup.log may not be written.")
    assert len(output.splitlines()) == 1


@pytest.fixture
def closed_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_an_index_that_does_not_answer_is_named(project: Project, tmp_path: Path, closed_port: str, tool: str) -> None:
    target = ["--target", str(tmp_path / "target")]
    pip = [sys.executable, "-m", "pip", "install", *target, "--retries", "1", "uv==0.13.9"]
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", *target, "--no-cache", "--no-deps", "idna==3.10"]
    project.tell("uv.real" if tool == "pip" else "lock.real", json.dumps(pip if tool == "pip" else uv))
    index = f"http://someone:secret@127.0.0.1:{closed_port}/simple"
    project.tell("config.prints", f":env:.index-url='{index}'")
    status, output = project.set_up(PIP_INDEX_URL=index, UV_HTTP_RETRIES="0")
    assert status == 1
    assert "Set-up stopped: 127.0.0.1 did not answer. Check the connection" in output
    assert "The full log is .venv-setup.log." in output
    assert "secret" not in output
    assert len(output.splitlines()) == 2
    assert not (project.folder / ".venv/.stamp").exists()


def test_a_failure_without_a_known_cause_shows_the_tool_s_own_line(project: Project) -> None:
    project.tell("project.fails", "Resolved 1 package\nerror: Failed to build `gradus`\n  cause: something new\n")
    status, output = project.make("setup")
    assert status == 2
    assert "Set-up stopped: error: Failed to build `gradus`. The full log is .venv-setup.log.\n" in output
    assert "cause: something new" in (project.folder / ".venv-setup.log").read_text()


FETCH = "error: Request failed after 3 retries in 4.7s\n  cause: Failed to fetch: {}\n  cause: {}\n"
PIP_CONNECTION = "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(': /simple/uv/\n"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("failed to copy file from /a to /b: No space left on device (os error 28)", "the disk is full"),
        ("ERROR: Could not install: [Errno 28] No space left on device", "the disk is full"),
        ("[Errno 122] Disk quota exceeded: '.venv'", "the disk is full"),
        ("[Errno 13] Permission denied: '/some/where'", "/some/where may not be written"),
        ("Failed to create `/cache/x`\n cause: Permission denied (os error 13)", "/cache/x may not be written"),
        ("Hash mismatch for `idna==3.10`\n", "downloaded as idna==3.10 is not what requirements.lock names"),
        (
            FETCH.format("https://a.example/simple/idna/", "Connection refused (os error 111)"),
            "a.example did not answer",
        ),
        (FETCH.format("https://a.example/simple/idna/", "operation timed out"), "a.example did not answer"),
        (FETCH.format("https://me:pw@a.example/x/", "dns error"), "Set-up stopped: a.example did not answer"),
        (FETCH.format("https://a.example/x/", "invalid peer certificate: UnknownIssuer"), "PIP_CERT"),
        (
            FETCH.format("https://a.example/x/", "HTTP status client error (403 Forbidden)"),
            "a.example does not hand out",
        ),
        (FETCH.format("https://a.example/cpu/torch/", "dns error"), "was not to be had from a.example"),
        (FETCH.format("https://a.example/cpu/torch-2.13.0.whl", "dns error"), "was not to be had from a.example"),
        (PIP_CONNECTION + "ERROR: No matching distribution found for uv==0.13.9", "the package index did not answer"),
        ("ERROR: No matching distribution found for uv==0.13.9", "has no uv==0.13.9 for Python"),
        (
            "No solution found\n  cause: Because idna==3 has no usable wheels and you require idna==3, we",
            "no idna==3 for",
        ),
        (
            "No solution found\n  cause: there is no version of torch==9.9 and you require torch==9.9, we",
            "PyTorch 2.13.0",
        ),
    ],
)
def test_known_causes_become_sentences(monkeypatch: pytest.MonkeyPatch, output: str, expected: str) -> None:
    monkeypatch.chdir(ROOT)
    sentence = f"Set-up stopped: {setup_venv.explain(output)}"
    assert expected in sentence
    assert setup_venv.AGAIN in sentence


# What uv is told


def variables_for_uv(project: Project, configuration: str, **environment: str) -> dict[str, str]:
    project.tell("config.prints", configuration)
    status, output = project.set_up(**environment)
    assert status == 0, output
    return project.seen("lock")[1]


def test_uv_gets_what_pip_is_configured_with(project: Project) -> None:
    given = variables_for_uv(
        project,
        "global.index-url='https://files.example/simple'\nglobal.cert='/a.pem'\nglobal.proxy='http://proxy.example:80'\n"
        "global.trusted-host='files.example'\ninstall.cert='/b.pem'\n:env:.index-url='https://env.example/simple'\n",
    )
    assert given["UV_DEFAULT_INDEX"] == "https://env.example/simple"
    assert given["SSL_CERT_FILE"] == os.environ.get("SSL_CERT_FILE", "/b.pem")
    assert given["UV_INSECURE_HOST"] == "files.example"
    assert given["ALL_PROXY"] == os.environ.get("ALL_PROXY", "http://proxy.example:80")


def test_what_is_set_for_uv_comes_first(project: Project) -> None:
    given = variables_for_uv(
        project,
        "global.index-url='https://pip.example/simple'",
        UV_DEFAULT_INDEX="https://uv.example",
        UV_TORCH_BACKEND="",
    )
    assert given["UV_DEFAULT_INDEX"] == "https://uv.example"
    assert "UV_TORCH_BACKEND" not in given


@pytest.mark.parametrize(
    ("wheels", "system", "backend"),
    [
        ("torch (2.13.0+cpu)\nAvailable versions: 2.13.0+cpu, 2.12.0\n", "linux", None),
        ("torch (2.12.0)\nAvailable versions: 12.13.0, 2.13.0.post1, 2.12.0\n", "linux", "cpu"),
        ("", "linux", "cpu"),
        ("", "darwin", None),
    ],
)
def test_torch_comes_from_a_wheel_directory_or_is_the_cpu_build(
    project: Project, tmp_path: Path, wheels: str, system: str, backend: str | None
) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "more wheels").mkdir()
    more = (tmp_path / "more wheels").as_uri()
    project.tell("wheels.prints", wheels)
    links = f"/nonexistent {tmp_path}/wheels\n{more} https://files.example/wheels"
    given = variables_for_uv(
        project, f"global.find-links={links!r}", PREPARATION=f"import ensurepip; sys.platform = {system!r}"
    )
    assert given["UV_FIND_LINKS"] == f"{tmp_path}/wheels,{more},https://files.example/wheels"
    assert given.get("UV_TORCH_BACKEND") == backend


# The Makefile


def test_make_alone_lists_the_commands_and_sets_nothing_up(project: Project) -> None:
    status, output = project.make()
    assert status == 0
    assert "make grade" in output
    assert "make test" in output
    assert project.steps() == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], ["grade"]),
        (["EX=e06"], ["grade", "e06"]),
        (["EX=e06 e07", "M=m1"], ["grade", "e06", "e07", "--module", "m1"]),
        (['TARGET=it\'s $$HOME; `ls` "*"', "STRICT=1"], ["grade", "--target", 'it\'s $HOME; `ls` "*"', "--strict"]),
        (["STRICT=0"], ["grade"]),
    ],
)
def test_make_grade_passes_its_variables_on(project: Project, given: list[str], expected: list[str]) -> None:
    assert project.make("grade", *given)[0] == 0
    assert project.seen("gradus")[0] == expected


def test_the_exit_status_of_grading_comes_through(project: Project) -> None:
    project.make("setup")
    project.tell("gradus.fails", "not done")
    assert project.make("grade", "STRICT=1")[0] != 0
