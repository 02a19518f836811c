"""`make doctor`: each check where all is well and where it is not, and all of them where hardly anything works."""

from __future__ import annotations

import ast
import errno
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import types
from pathlib import Path
from typing import Any

import pytest

from gradus.doctor import environment, examine, machine, project
from gradus.doctor.examination import CHECKS, Check
from gradus.doctor.finding import NAME, Finding, Grade, note, ok, wrong

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "gradus" / "doctor"
GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a space and a letter beyond ASCII in its name, under git, with a file of each kind."""
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "a clöne"
    for name in (
        "exercises/m1/e00.py",
        "data/facts.yaml",
        "data/ünder a name.md",
        "graders/m1/test_e00.py",
        "README.md",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("as it came\n")
    run_git(folder, "init", "-q")
    run_git(folder, "add", ".")
    run_git(folder, "-c", "user.name=A", "-c", "user.email=a@example.test", "commit", "-qm", "all")
    return folder


def run_git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def refuse(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Make these folders as unwritable as a read-only disk; permissions would not stop root."""
    write = tempfile.TemporaryFile

    def refused(**arguments: Any) -> Any:
        if Path(arguments["dir"]) in folders:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return write(**arguments)

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)


# The report


def test_a_line_for_each_check_in_order_and_0_where_nothing_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = (Check("one", lambda root: ok(root.name)), Check("two", lambda root: note("So so.", "make tea")))
    assert examine(tmp_path, checks) == 0
    assert capsys.readouterr().out == (
        f"ok    one        {tmp_path.name}\n"
        "note  two        So so.\n"
        "                 type  make tea\n"
        "\n"
        "Nothing is wrong here.\n"
    )


def test_a_check_that_fails_is_a_line_and_the_others_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(root: Path) -> Finding:
        raise ZeroDivisionError("of all things")

    assert examine(tmp_path, (Check("one", broken), Check("two", lambda root: ok("fine")))) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("wrong one        This could not be looked at: ZeroDivisionError: of")
    assert "ok    two        fine" in lines
    assert lines[-1] == "1 thing is wrong. Mend the first, then: make doctor"


def test_text_is_wrapped_and_a_command_is_not() -> None:
    command = "rm -rf " + "x" * 100
    lines = wrong("word " * 40, command).text("name").splitlines()
    assert max(len(line) for line in lines[:-1]) <= 80
    assert lines[-1] == f"{'':17}type  {command}"


def test_names_fit_their_column() -> None:
    assert max(len(check.name) for check in CHECKS) < NAME


# Python and its environment


def test_this_python_is_fine(tmp_path: Path) -> None:
    assert environment.python(tmp_path).grade is Grade.OK


@pytest.mark.parametrize(("version", "grade"), [((3, 10), Grade.WRONG), ((3, 11), Grade.OK), ((3, 14), Grade.NOTE)])
def test_other_pythons(version: tuple[int, int], grade: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "sys", types.SimpleNamespace(version_info=(*version, 1), executable="/x/python"))
    found = environment.python(tmp_path)
    assert found.grade is grade
    assert bool(found.mend) is (grade is not Grade.OK)


def test_a_venv_that_is_missing_unfinished_moved_or_not_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.venv(tmp_path) == wrong("There is none yet.", "make setup")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    assert environment.venv(tmp_path) == wrong("Its set-up did not come to its end.", "make setup")
    stamp = tmp_path / ".venv" / ".stamp"
    stamp.write_bytes(b"/elsewhere\n3.11\n")
    assert environment.venv(tmp_path) == wrong("It was set up in /elsewhere and does not work from here.", "make setup")
    stamp.write_bytes(os.fsencode(tmp_path) + b"\n3.11\n")
    assert environment.venv(tmp_path) == wrong("Its Python does not start.", environment.ANEW)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    assert environment.venv(tmp_path).mend == "make doctor"
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    assert environment.venv(tmp_path) == ok("of this folder")


def test_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    monkeypatch.setattr(environment, "in_venv", lambda root: True)
    lock = tmp_path / "requirements.lock"
    typer = f"typer=={metadata.version('typer')}"
    lock.write_text(f"{typer} \\\n    --hash=sha256:00\nno-such==1.0 ; sys_platform == 'emscripten' \\\n")
    assert environment.packages(tmp_path) == ok("all 1 as locked")
    installed = {"torch": "2.13.0+cpu", "numpy": "1.0"}

    def version(name: str) -> str:
        if name in installed:
            return installed[name]
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    lock.write_text("torch==2.13.0\nnumpy==2.4.6 \\\nlost==1 ; python_version > '3' \\\n    --hash=sha256:00\n")
    said = "numpy 2.4.6 is installed as 1.0, lost 1 is missing."
    assert environment.packages(tmp_path) == wrong(said, environment.ANEW)


def test_the_encoder_s_files_are_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gradus.embeddings import weights

    monkeypatch.setattr(environment, "in_venv", lambda root: True)
    assert environment.encoder(tmp_path).grade is Grade.OK
    for name in weights.DIGESTS:
        (tmp_path / name).write_bytes(b"something else")
    monkeypatch.setattr(weights, "installed_model", lambda: tmp_path)
    found = environment.encoder(tmp_path)
    assert (found.grade, found.mend) == (Grade.WRONG, environment.ANEW)
    assert found.said.endswith(f"expected {weights.DIGESTS[weights.WEIGHTS]}.")


def test_outside_the_venv_what_is_in_it_is_not_looked_at(tmp_path: Path) -> None:
    assert environment.packages(tmp_path) == environment.encoder(tmp_path) == note("Looked at when .venv works.")


def test_folders_of_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", f"https://example.test/ {tmp_path}")
    (tmp_path / "a-1-py3-none-any.whl").touch()
    (tmp_path / "README").touch()
    assert environment.wheels(tmp_path) == ok(f"1 wheel in {tmp_path}")
    monkeypatch.setenv("PIP_FIND_LINKS", f"file://{tmp_path}/away")
    found = environment.wheels(tmp_path)
    assert (found.grade, found.mend) == (Grade.WRONG, "unset PIP_FIND_LINKS")
    monkeypatch.delenv("PIP_FIND_LINKS")
    assert environment.wheels(tmp_path).said.startswith("no folder of them")
    (tmp_path / "pip.conf").write_text(f"[global]\nfind-links = {tmp_path}/away\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert environment.wheels(tmp_path).mend == ".venv/bin/python -m pip config unset global.find-links"


# The machine


def test_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: types.SimpleNamespace(free=1_500_000_000))
    assert machine.disk(tmp_path).grade is Grade.WRONG  # .venv has yet to find room
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".stamp").touch()
    assert machine.disk(tmp_path) == ok("1.5 GB free")


@pytest.mark.parametrize(("free", "grade"), [(None, Grade.OK), (5e8, Grade.NOTE), (5e9, Grade.OK)])
def test_memory(free: float | None, grade: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_free_memory", lambda: free)
    assert machine.memory(tmp_path).grade is grade


def test_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getpreferredencoding", lambda do_setlocale: "UTF-8")
    monkeypatch.setattr(sys, "stdout", types.SimpleNamespace(encoding="utf-8"))
    assert machine.encoding(tmp_path) == ok("UTF-8")
    monkeypatch.setattr(sys, "stdout", types.SimpleNamespace(encoding="iso8859-1"))
    assert machine.encoding(tmp_path).mend == "export LC_ALL=C.UTF-8 PYTHONUTF8=1"


def test_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.loopback(tmp_path).grade is Grade.OK
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setattr(machine, "PORT", other.getsockname()[1])
        taken = machine.port(tmp_path)
    assert (taken.grade, taken.mend) == (Grade.NOTE, f"make serve PORT={machine.PORT + 1}")
    assert machine.port(tmp_path).grade is Grade.OK


def test_no_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: object) -> None:
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))

    monkeypatch.setattr(socket.socket, "bind", refused)
    assert machine.loopback(tmp_path).grade is Grade.WRONG


# The project's folder


def test_a_project_that_can_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    assert project.writable(tmp_path).grade is Grade.OK
    assert project.cache(tmp_path).grade is Grade.OK
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_clone_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADUS_CACHE", raising=False)
    refuse(monkeypatch, tmp_path)
    for check in (project.writable, project.cache, project.file_events):
        assert check(tmp_path).grade is Grade.NOTE


@pytest.mark.parametrize("name", ["exercises", ".gradus"])
def test_a_folder_in_it_that_cannot_be_written_is_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).mkdir()
    refuse(monkeypatch, tmp_path / name)
    found = project.writable(tmp_path)
    assert found.grade is Grade.WRONG
    assert found.mend == f'sudo chown -R "$USER" {name} && chmod -R u+rwX {name}'


def test_no_place_for_scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert project.scratch(tmp_path) == ok(f"{tmp_path} can be written")
    refuse(monkeypatch, tmp_path)
    assert project.scratch(tmp_path).mend == "mkdir -p ~/tmp && export TMPDIR=~/tmp"


def test_an_event_that_arrives(tmp_path: Path) -> None:
    assert project.file_events(tmp_path) == ok("saves are noticed at once")
    assert list(tmp_path.iterdir()) == []


def test_where_none_arrives_polling_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "_event_arrives", lambda folder: False)
    assert project.file_events(tmp_path).grade is Grade.NOTE

    def full(folder: Path) -> bool:
        raise OSError("OS file watch limit reached.")

    monkeypatch.setattr(project, "_event_arrives", full)
    assert project.file_events(tmp_path).mend.startswith("sudo sysctl fs.inotify.max_user_watches=")
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    assert project.file_events(tmp_path).said.startswith("watchfiles is not installed")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_an_event_where_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "EVENT_MILLISECONDS", 30)
    monkeypatch.setattr(Path, "write_text", lambda *_, **__: None)
    assert project.file_events(tmp_path).grade is Grade.NOTE


def test_exercises_may_change(clone: Path) -> None:
    fine = ok("a clone, in which only exercises/ may have changed")
    assert project.git(clone) == fine
    (clone / "exercises" / "m1" / "e00.py").write_text("mine")
    (clone / "data" / "new.md").write_text("not tracked")
    assert project.git(clone) == fine


def test_what_came_with_it_may_not_and_the_command_brings_it_back(clone: Path) -> None:
    (clone / "data" / "ünder a name.md").unlink()
    (clone / "graders" / "m1" / "test_e00.py").write_text("easier")
    run_git(clone, "add", ".")  # in the index, too
    found = project.git(clone)
    assert found.grade is Grade.WRONG
    assert found.mend == "git checkout HEAD -- 'data/ünder a name.md' graders/m1/test_e00.py"
    subprocess.run(found.mend, shell=True, cwd=clone, check=True)
    assert project.git(clone).grade is Grade.OK


def test_many_files_are_brought_back_by_folder(clone: Path) -> None:
    for number in range(5):
        (clone / "data" / f"{number}.md").write_text("as it came")
    run_git(clone, "add", ".")
    run_git(clone, "-c", "user.name=A", "-c", "user.email=a@example.test", "commit", "-qm", "more")
    for number in range(5):
        (clone / "data" / f"{number}.md").unlink()
    found = project.git(clone)
    assert "data/0.md, data/1.md, data/2.md, and 2 more" in found.said
    assert found.mend == "git checkout HEAD -- data"


def test_other_changes_are_worth_a_word_and_no_command_that_loses_them(clone: Path) -> None:
    (clone / "README.md").write_text("mine")
    assert project.git(clone) == note("Changed outside exercises/: README.md. Was that meant?", "git diff --stat")


def test_no_clone_and_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert project.git(tmp_path).said.startswith("This is no clone")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert project.git(tmp_path).grade is Grade.WRONG


def test_somebody_else_s_clone(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert project.git(clone).mend == f"git config --global --add safe.directory '{clone}'"


# Where hardly anything works


@pytest.mark.parametrize("file", sorted(PACKAGE.glob("*.py")), ids=lambda file: file.name)
def test_it_parses_under_python_3_6(file: Path) -> None:
    ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_it_is_imported_without_anything_installed() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); import gradus.doctor"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


@pytest.mark.parametrize("python", [None, "#!/bin/sh\nexit 1\n"], ids=["no .venv", "a .venv that does not start"])
def test_make_doctor_without_a_venv_says_so_and_the_rest_too(python: str | None, clone: Path) -> None:
    shutil.copy(ROOT / "Makefile", clone)
    shutil.copytree(PACKAGE, clone / "src" / "gradus" / "doctor")
    shutil.copy(ROOT / "src" / "gradus" / "__init__.py", clone / "src" / "gradus")
    if python is not None:
        (clone / ".venv" / "bin").mkdir(parents=True)
        (clone / ".venv" / ".stamp").write_bytes(os.fsencode(clone) + b"\n3.11\n")
        (clone / ".venv" / "bin" / "python").write_text(python)
        (clone / ".venv" / "bin" / "python").chmod(0o755)
    run = subprocess.run(
        ["make", "doctor", f"PYTHON={sys.executable}"],
        cwd=clone,
        env={**os.environ, "MAKEFLAGS": "", "MAKELEVEL": ""},  # `make test` may be running this
        capture_output=True,
        text=True,
        check=False,
    )
    lines = run.stdout.splitlines()
    assert run.returncode == 2, run.stderr  # make's own, for a command that failed
    assert lines[1].startswith(
        "wrong .venv      There is none yet." if python is None else "wrong .venv      Its Python"
    )
    shown = {line[6:17].strip() for line in lines if line[:5].strip() in ("ok", "note", "wrong")}
    assert shown == {check.name for check in CHECKS}
    assert not (clone / ".venv" / "bin" / "pip").exists()
