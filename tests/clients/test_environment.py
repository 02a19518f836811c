"""The clients' environment: its locks name no registry, learners do without it, its set-up begins anew when broken."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tools import setup_clients, setup_venv

ROOT = Path(setup_venv.ROOT)
NPM_LOCK = ROOT / "tests" / "clients" / "package-lock.json"


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the set-up runs, in a folder with the inputs alone; nothing is really run."""
    for path in setup_clients.INPUTS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    commands: list[str] = []

    def run(command: list[str], env: dict[str, str]) -> None:
        commands.append(" ".join(command))
        if "venv" in command:
            (tmp_path / setup_clients.VENV).mkdir(exist_ok=True)

    monkeypatch.setattr(setup_venv, "ROOT", str(tmp_path))
    monkeypatch.setattr(setup_venv, "run", run)
    monkeypatch.setattr(setup_venv, "uv_environment", dict)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.chdir(tmp_path)
    return commands


def test_set_up_once_and_again_after_a_change(commands: list[str]) -> None:
    assert setup_clients.main() == 0
    venv, install, npm = commands
    assert " venv " in venv
    assert "requirements-clients.lock" in install
    assert npm == "npm --prefix tests/clients ci"
    assert setup_clients.main() == 0
    assert len(commands) == 3
    Path(setup_clients.LOCK).write_text("instructor==0")
    assert setup_clients.main() == 0
    assert len(commands) == 6


def test_without_npm_there_is_no_node_client_until_it_comes(
    commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setattr(shutil, "which", lambda name: None)
        assert setup_clients.main() == 0
    assert len(commands) == 2
    assert setup_clients.main() == 0
    assert commands[-1].startswith("npm ")


@pytest.mark.parametrize("failing", ["uv", "npm"])
def test_a_failure_is_said_and_tried_again(
    failing: str, commands: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert setup_clients.main() == 0
    Path(setup_clients.LOCK).write_text("instructor==0")
    pretend = setup_venv.run

    def run(command: list[str], env: dict[str, str]) -> None:
        pretend(command, env)
        if command[0].endswith(failing):
            raise setup_venv.SetupError(f"{failing} failed.")

    with monkeypatch.context() as broken:
        broken.setattr(setup_venv, "run", run)
        assert setup_clients.main() == 1
    said = capsys.readouterr().err
    assert f"stopped: {failing} " in said
    assert not setup_clients.STAMP.exists()
    assert setup_clients.main() == 0
    assert setup_clients.STAMP.exists()


def test_learners_do_without() -> None:
    grade = subprocess.run(["make", "-n", "grade"], cwd=ROOT, capture_output=True, text=True).stdout
    test = subprocess.run(["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True).stdout
    assert "setup_clients" in test
    assert "setup_clients" not in grade
    assert not [name for name in locked("requirements.lock") if name in locked_only_for_clients()]


def test_the_lessons_langgraph_is_the_clients() -> None:
    """LangChain's agents run on the version that the lessons speak about."""
    assert locked("requirements-clients.lock")["langgraph"] == locked("requirements.lock")["langgraph"]


def test_locks_name_no_registry_and_have_every_hash() -> None:
    text = (ROOT / "requirements-clients.lock").read_text()
    assert "://" not in text
    assert text.count("\n    --hash") >= len(locked("requirements-clients.lock"))
    packages = json.loads(NPM_LOCK.read_text())["packages"]
    for name, package in packages.items():
        assert "resolved" not in package
        assert not name or "integrity" in package
    wanted = json.loads((NPM_LOCK.parent / "package.json").read_text())["dependencies"]
    assert packages[""]["dependencies"] == wanted


def locked(lock: str) -> dict[str, str]:
    """Versions by name."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def locked_only_for_clients() -> list[str]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = [re.split(r"[=\[]", wanted)[0] for wanted in project["dependency-groups"]["clients"]]
    return [name for name in names if name != "langgraph"]
