"""The Python that runs this, its .venv, and what is installed there."""

import ast
import os
import platform
import re
import shlex
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from gradus.doctor.finding import Finding, listed, note, ok, wrong

OLDEST, NEWEST = (3, 11), (3, 13)
STAMP = Path(".venv", ".stamp")
VENV_PYTHON = Path(".venv", "bin", "python")
# `make setup` alone leaves a .venv as it is that was set up once: it goes by the stamp.
ANEW = "rm -f .venv/.stamp && make setup"
PIP_SECONDS = 5


def python(root: Path) -> Finding:
    """Whether Gradus runs with a Python like this one."""
    version, running = sys.version_info[:2], platform.python_version()
    if os.name != "posix":
        return wrong("Gradus runs on Linux and macOS. On Windows, clone it inside WSL.", "wsl --install")
    if version < OLDEST:
        said = f"{sys.executable} is {running}. Gradus needs 3.11, 3.12 or 3.13: install one, and name it to make."
        return wrong(said, "make setup PYTHON=python3.12")
    if version > NEWEST:
        said = f"{running} is newer than what Gradus is tested with."
        return note(said, f"{ANEW} PYTHON=python3.13")
    return ok(running)


def venv(root: Path) -> Finding:
    """Whether .venv was set up to its end, in this very folder, and is what runs this."""
    if not (root / ".venv").is_dir():
        return wrong("There is none yet.", "make setup")
    try:
        made_in = os.fsdecode((root / STAMP).read_bytes().splitlines()[0])
    except (OSError, IndexError):
        return wrong("Its set-up did not come to its end.", "make setup")
    if made_in != os.path.realpath(str(root)):
        return wrong(f"It was set up in {made_in} and does not work from here.", "make setup")
    if not in_venv(root):
        if _starts(root / VENV_PYTHON):
            return wrong(f"It is fine, but {sys.executable} runs this.", "make doctor")
        return wrong("Its Python does not start.", ANEW)
    return ok("of this folder")


def in_venv(root: Path) -> bool:
    return os.path.realpath(sys.prefix) == os.path.realpath(str(root / ".venv"))


def _starts(interpreter: Path) -> bool:
    try:
        return subprocess.call([str(interpreter), "-c", ""], stderr=subprocess.DEVNULL, timeout=PIP_SECONDS) == 0
    except (OSError, subprocess.SubprocessError):
        return False


def packages(root: Path) -> Finding:
    """Whether everything in requirements.lock is installed in the version named there."""
    if not in_venv(root):
        return note("Looked at when .venv works.")
    from importlib import metadata

    pins = list(_pins((root / "requirements.lock").read_text(encoding="utf-8")))
    differing = []
    for name, locked in pins:
        try:
            found = metadata.version(name).partition("+")[0]  # torch's build stands behind the plus
        except metadata.PackageNotFoundError:
            found = ""
        if found != locked:
            differing.append(f"{name} {locked} is {'installed as ' + found if found else 'missing'}")
    if differing:
        return wrong(listed(differing) + ".", ANEW)
    return ok(f"all {len(pins)} as locked")


def _pins(lock: str) -> "Iterator[tuple[str, str]]":
    """Name and version of what the lock asks for on this machine."""
    from packaging.markers import Marker

    for name, version, marker in re.findall(r"^([\w.-]+)==([^\s;\\]+)(?: *; *([^\\\n]+))?", lock, re.MULTILINE):
        if not marker or Marker(marker.strip()).evaluate():
            yield name, version


def encoder(root: Path) -> Finding:
    """Whether the embedding model is there, and is the right one: its files are hashed each time."""
    if not in_venv(root):
        return note("Looked at when .venv works.")
    from gradus.embeddings.weights import ModelError, installed_model, verify

    try:
        verify(installed_model(), Path(os.devnull))
    except ModelError as error:
        return wrong(str(error).partition(" Run `make")[0], ANEW)
    return ok("all-MiniLM-L6-v2, with the right digest")


def wheels(root: Path) -> Finding:
    """Whether the folders of wheels that pip is configured with can be read."""
    setting, links = _find_links(root)
    folders = [_folder(link) for link in links if not link.startswith(("http:", "https:"))]
    for folder in folders:
        if not os.access(str(folder), os.R_OK | os.X_OK):
            said = f"pip is configured with wheels in {folder}, which cannot be read. Set-up does without it."
            return wrong(said, _unset(setting))
    if not folders:
        return ok("no folder of them is configured: packages come from pip's index")
    count = sum(entry.name.endswith(".whl") for folder in folders for entry in os.scandir(str(folder)))
    return ok("{} {} in {}".format(count, "wheel" if count == 1 else "wheels", ", ".join(map(str, folders))))


def _find_links(root: Path) -> "tuple[str, list[str]]":
    """pip's name for the setting, and its value: the later line of its configuration wins."""
    interpreter = str(root / VENV_PYTHON) if in_venv(root) else sys.executable
    command = [interpreter, "-m", "pip", "config", "list"]
    output = subprocess.check_output(command, stderr=subprocess.DEVNULL, timeout=PIP_SECONDS).decode(errors="replace")
    found = "", ""
    for scope in ("global.", "install.", ":env:."):
        for line in output.splitlines():
            name, _, value = line.partition("=")
            if name == scope + "find-links":
                found = name, str(ast.literal_eval(value))
    return found[0], found[1].split()


def _folder(link: str) -> Path:
    path = urllib.parse.unquote(link[len("file://") :]) if link.startswith("file://") else link
    return Path(os.path.expanduser(path))


def _unset(setting: str) -> str:
    if setting.startswith(":env:"):
        return "unset PIP_FIND_LINKS"
    return f"{shlex.quote(str(VENV_PYTHON))} -m pip config unset {setting}"
