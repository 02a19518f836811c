"""The machine: disk, memory, encoding, ports."""

import locale
import os
import shutil
import socket
import sys
from pathlib import Path

from gradus.doctor.finding import Finding, note, ok, wrong

GB = 1e9
VENV_BYTES = 2_000_000_000  # what set-up wants free
SPARE_BYTES = 200_000_000  # for caches and what grading writes
MEMORY_BYTES = 1_000_000_000  # two exercises at once, with torch in one of them
PORT = 8377


def disk(root: Path) -> Finding:
    """Whether there is room, for .venv too if it has yet to be set up."""
    needed = SPARE_BYTES if (root / ".venv" / ".stamp").exists() else VENV_BYTES
    free = shutil.disk_usage(str(root)).free
    if free < needed:
        said = f"{free / GB:.1f} GB are free, and {needed / GB:.1f} are needed. This shows what takes the room:"
        return wrong(said, "du -sh .[!.]* ~/.cache/* | sort -h")
    return ok(f"{free / GB:.0f} GB free" if free >= 10 * GB else f"{free / GB:.1f} GB free")


def memory(root: Path) -> Finding:
    """Whether there is enough of it to grade two exercises at a time."""
    free = _free_memory()
    if free is None:
        return ok("the system does not tell how much is free")
    if free < MEMORY_BYTES:
        said = f"{free / GB:.1f} GB are free. Grading wants {MEMORY_BYTES / GB:.0f}: close something. The largest are:"
        return note(said, "ps axo rss,pid,comm | sort -nr | head -5")
    return ok(f"{free / GB:.1f} GB free")


def _free_memory() -> "float | None":
    """Bytes: what the system has available, or what is left to this container if that is less."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file)
        free = float(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")
        used = Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii")
        return min(free, float(limit) - float(used))
    except (OSError, ValueError):  # no such limit, or "max"
        return free


def encoding(root: Path) -> Finding:
    """Whether files and the terminal are taken for UTF-8."""
    names = {sys.getfilesystemencoding(), locale.getpreferredencoding(False), sys.stdout.encoding or "utf-8"}
    others = sorted(name for name in names if name.lower().replace("-", "") != "utf8")
    if others:
        said = "Text is taken for {}. Some signs will show as escapes.".format(" and ".join(others))
        return note(said, "export LC_ALL=C.UTF-8 PYTHONUTF8=1")
    return ok("UTF-8")


def loopback(root: Path) -> Finding:
    """Whether this machine may listen to itself."""
    error = _bind(0)
    if error:
        said = f"No port can be opened at 127.0.0.1: {error}. `make serve` needs one; grading does not."
        return wrong(said, "sudo ip link set lo up" if sys.platform == "linux" else "sudo ifconfig lo0 up")
    return ok("ports can be opened at 127.0.0.1")


def port(root: Path) -> Finding:
    """Whether the port of `make serve` is free."""
    error = _bind(PORT)
    if error:
        said = f"{PORT} cannot be had: {error}. Serve at another:"
        return note(said, f"make serve PORT={PORT + 1}")
    return ok(f"{PORT} is free for make serve")


def _bind(number: int) -> str:
    """ "", or why there is no listening at this port."""
    try:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", number))
            listener.listen()
    except OSError as error:
        return (error.strerror or os.strerror(error.errno or 0)).lower()
    return ""
