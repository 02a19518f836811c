"""What a fork server does: fork a process per request, and clean up after it.

The forked process is a leader of its own session, and the server adopts whatever it leaves behind, so that ending it
ends its descendants too.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gradus.grading.control import receive_message, send_message
from gradus.grading.wire import WireError

PR_SET_CHILD_SUBREAPER = 36
LAST_WORDS = 0.5  # seconds that a process which has closed its wire gets to end by itself

Prepare = Callable[[dict[str, Any]], None]


def serve_forks(control: socket.socket, prepare: Prepare = lambda job: None) -> tuple[dict[str, Any], list[int]]:
    """Answer fork requests for ever; returns only in a forked process, with its job and descriptors.

    Args:
        control: the controller's socket. When it closes, everything here ends.
        prepare: called with a job before forking for it.
    """
    _adopt_orphans()
    children: set[int] = set()
    while True:
        try:
            message, fds = receive_message(control)
        except WireError:
            for pid in children:
                _end(pid, gone=False)
            os._exit(0)
        if message["op"] == "end":
            how = _end(message["pid"], message["gone"]) if message["pid"] in children else ""
            children.discard(message["pid"])
            _end_orphans(children)
            send_message(control, {"how": how})
            continue
        prepare(message["job"])
        if message["op"] == "become":
            return message["job"], fds
        gc.collect()
        gc.freeze()  # a collection in the child would copy every page that it touches
        pid = os.fork()
        if pid == 0:
            os.setsid()
            control.close()
            return message["job"], fds
        children.add(pid)
        for fd in fds:
            os.close(fd)
        send_message(control, {"pid": pid})


def describe(status: int) -> str:
    """How a process ended, as a clause that follows "your code"."""
    return describe_code(os.waitstatus_to_exitcode(status))


def describe_code(code: int) -> str:
    """The same for an exit code as subprocess gives it: negative for a signal."""
    if code < 0:
        name = signal.Signals(-code).name
        known = {
            "SIGSEGV": "a segmentation fault: memory that is not its own",
            "SIGXFSZ": "a file that grew too large",
            "SIGKILL": "killed, most likely for want of memory",
        }
        return f"died of {name}" + (f" ({known[name]})" if name in known else "")
    return f"ended the whole process with exit status {code}"


def _end(pid: int, gone: bool) -> str:
    deadline = time.monotonic() + LAST_WORDS
    how = ""
    while gone and time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            how = describe(status)
            break
        time.sleep(0.002)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    if not how:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
    return how


def _adopt_orphans() -> None:
    """On Linux, what a worker leaves behind becomes this process's child, wherever it put itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_orphans(known: set[int]) -> None:
    while orphans := _children() - known:
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children() -> set[int]:
    """This process's children, where /proc tells."""
    me = str(os.getpid())
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The command's name stands in parentheses and may hold anything; the parent is the second field after it.
            if entry.read_text().rpartition(")")[2].split()[1] == me:
                found.add(int(entry.parent.name))
    return found
