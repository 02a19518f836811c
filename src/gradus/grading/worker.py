"""The worker process: the learner's code runs here, with nothing of the examiner's in reach but one socket."""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gradus.grading.guard import Guard
from gradus.grading.limits import Limits
from gradus.grading.peer import Message, Peer, SocketConnection
from gradus.grading.session import Session
from gradus.grading.virtual_time import VirtualTime, WorkerClock
from gradus.grading.wire import WireError

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "OPENAI_API_KEY": "sim",
}


@dataclass(frozen=True)
class WorkerJob:
    """What a worker is started for. Plain data, so that it can be sent to a fork server.

    Args:
        stem: the exercise.
        target: the folder that holds <stem>.py.
        driver: the grader's own module beside it, if there is one.
        scratch: the only folder it may write to; it is also its home and its current directory.
        epoch: ISO 8601 time that virtual second 0 stands for.
        libraries: what to import before the learner's module.
        limits: see `Limits`.
    """

    stem: str
    target: str
    driver: str
    scratch: str
    epoch: str
    libraries: tuple[str, ...]
    limits: dict[str, Any]


def run_worker(job: WorkerJob, sock: socket.socket, output: int) -> None:
    """Become the worker for `job`: never returns.

    Args:
        job: what to run.
        sock: the wire to the examiner.
        output: file descriptor that takes the place of stdout and stderr.
    """
    _redirect(sock, output)
    scratch = Path(job.scratch)
    os.chdir(scratch)
    os.environ.update(HOME=job.scratch, TMPDIR=job.scratch)
    sys.dont_write_bytecode = True
    gc.set_threshold(50_000)  # a short life: what the collector finds early is seldom worth the search
    _limit(Limits(**job.limits))
    lock = threading.RLock()
    serving = False

    def ask(message: Message) -> Message:
        with lock:
            if not serving:
                raise RuntimeError("No check is running any more: a thread outlived the call that started it.")
            return note_time(peer.ask(message))

    def serve(message: Message) -> Message:
        nonlocal serving
        outer, serving = serving, True
        try:
            return {**session.serve(note_time(message)), "cpu": processor_seconds()}
        finally:
            if message["op"] == "load":
                route_bare_clients(ask, clock)
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):
                    stream.flush()
            with lock:
                serving = outer

    def note_time(message: Message) -> Message:
        clock.now = message.get("now", clock.now)
        return message

    clock = WorkerClock(ask, datetime.fromisoformat(job.epoch))
    session = Session(job.stem, Path(job.target), Path(job.driver), ask, clock)
    peer = Peer(SocketConnection(sock), serve)
    VirtualTime(clock).install()
    Guard([scratch.parent], active=True).watch()
    try:
        peer.serve_forever()
    except WireError:
        os._exit(0)


def processor_seconds() -> float:
    """What this process, its threads and the children that it waited for have used so far."""
    return sum(os.times()[:4])


def route_bare_clients(ask: Callable[[Message], Message], clock: WorkerClock) -> Callable[[], None]:
    """Let an `OpenAI()` that learners build themselves reach the examiner's simulator too; returns how to undo it."""
    if "httpx2" not in sys.modules:
        return lambda: None
    from gradus.grading.served import RemoteCore
    from gradus.sim.transport import route_everything

    return route_everything(RemoteCore(ask, 0), clock)


def _redirect(sock: socket.socket, output: int) -> None:
    """Only the wire stays open; what is printed goes to the examiner, and nothing can be read."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    keep = sock.fileno()
    os.closerange(3, keep)
    os.closerange(keep + 1, keep + 4096)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115


def _limit(limits: Limits) -> None:
    values = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
    }
    held = _data_size()
    if held is not None:
        # Not RLIMIT_AS: chromadb reserves far more address space than it uses.
        values[resource.RLIMIT_DATA] = held + limits.memory_bytes
    for which, value in values.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (value, value))


def _data_size() -> int | None:
    """Bytes of data that the process already holds; None where the system does not tell (macOS)."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    line = next((line for line in status.splitlines() if line.startswith("VmData:")), None)
    return int(line.split()[1]) << 10 if line else None
