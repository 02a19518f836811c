"""The controller: two fork servers, one examiner and one worker per exercise, and a report of what the examiners found.

It reads data only and holds every process that it starts: when it goes, they go.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from gradus.curriculum import Curriculum, Exercise
from gradus.grading.control import Message, ask, receive_message, send_message
from gradus.grading.conversation import call_of
from gradus.grading.limits import DEFAULT_LIMITS, Limits
from gradus.grading.misconceptions import compared
from gradus.grading.served import CoreServer
from gradus.grading.tickets import issue_tickets
from gradus.grading.verdicts import ExerciseResult, Report, TestResult, Verdict, exercise_result
from gradus.grading.wire import WireError
from gradus.grading.worker import ENVIRONMENT, WorkerJob
from gradus.sim import VirtualClock

if TYPE_CHECKING:
    from gradus.sim.transport import Core

SCRATCH = "gradus-"  # how folders begin that last for one exercise's grading; the controller's process id follows
# What speaks of an endpoint is for the controller alone: no submission sees it, nor behaves differently for it.
ENDPOINT_VARIABLES = ("GRADUS_LLM", "GRADUS_MODEL", "GRADUS_CASSETTE", "OPENAI_BASE_URL")
GRACE = 30.0  # seconds that an examiner gets beyond its exercise's limit before it is taken for stuck


class GradingError(Exception):
    """Grading itself could not run: the machine's fault or ours, not the learner's."""


class ForkServer:
    """The controller's side of a fork server: starts it, asks it for processes, starts it again if it was killed.

    Args:
        arguments: what stands after `python -m gradus.grading.zygote`, without the descriptor.
    """

    def __init__(self, kind: str, graders: Sequence[Path] = ()) -> None:
        self._kind = kind
        self._graders = [str(grader) for grader in graders]
        self._lock = threading.Lock()
        self._forks = sys.platform == "linux" and os.environ.get("GRADUS_FORK") != "0"
        self._closed = False
        self._alone: dict[int, tuple[subprocess.Popen[bytes], socket.socket]] = {}
        self._process, self._control = self._start()

    def fork(self, job: dict[str, Any], fds: Sequence[int]) -> int:
        """Start a process for a job, with these descriptors; its process id.

        Raises:
            GradingError: it cannot be started.
        """
        with self._lock:
            try:
                return self._fork(job, fds)
            except WireError as error:  # somebody killed the server: the next one is as good
                if self._closed:
                    raise GradingError("Grading was stopped.") from error
                self._stop(self._process, self._control)
                self._process, self._control = self._start()
            try:
                return self._fork(job, fds)
            except WireError as error:
                raise GradingError(
                    f"The {self._kind} process does not start: {error}. `make test` may tell more."
                ) from error

    def _fork(self, job: dict[str, Any], fds: Sequence[int]) -> int:
        if self._forks:
            return int(ask(self._control, {"op": "fork", "job": job}, fds)[0]["pid"])
        # Where forking after these imports is unsafe, the server itself becomes what was asked for.
        send_message(self._control, {"op": "become", "job": job}, fds)
        pid = self._process.pid
        self._alone[pid] = (self._process, self._control)
        self._process, self._control = self._start()
        return pid

    def end(self, pid: int, gone: bool = False) -> str:
        """End a process and all it left behind; tells how it ended, if it is `gone` by itself."""
        with self._lock:
            if pid in self._alone:
                return self._end_alone(*self._alone.pop(pid), gone)
            try:
                return str(ask(self._control, {"op": "end", "pid": pid, "gone": gone})[0]["how"])
            except WireError:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, signal.SIGKILL)
                return "ended the process that it was forked from"

    def _end_alone(self, process: subprocess.Popen[bytes], control: socket.socket, gone: bool) -> str:
        from gradus.grading.forking import LAST_WORDS, describe_code

        if gone:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LAST_WORDS)
        how = describe_code(process.returncode) if process.returncode is not None else ""
        self._stop(process, control)
        return how

    def close(self) -> None:
        """End the server and everything that it started."""
        with self._lock:
            self._closed = True
            self._stop(self._process, self._control, patience=2.0)
            for process, control in self._alone.values():
                self._stop(process, control)

    def _start(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        ours, theirs = socket.socketpair()
        # -I: neither the current folder nor PYTHON* variables decide what is imported.
        command = [
            sys.executable,
            "-I",
            "-m",
            "gradus.grading.zygote",
            self._kind,
            str(theirs.fileno()),
            *self._graders,
        ]
        process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            env={**_without_endpoint(os.environ), **ENVIRONMENT},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        return process, ours

    def _stop(self, process: subprocess.Popen[bytes], control: socket.socket, patience: float = 0.0) -> None:
        control.close()  # it ends its children and itself
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Pool:
    """Both fork servers, for as long as exercises are to be graded.

    Args:
        exercises: whose graders to collect.
        limits: see `Limits`.
        upstream: what answers in place of the graders' scripts; None: nothing does.
        parts: how many examiners share the tests of one exercise, each with a worker of its own. An examiner and its
            worker take turns, so that one pair keeps one core busy.

    Example:
        >>> with Pool(curriculum.exercises) as pool:
        ...     result = pool.grade(curriculum.exercises[0], root / "exercises")
    """

    def __init__(
        self,
        exercises: Sequence[Exercise],
        limits: Limits = DEFAULT_LIMITS,
        upstream: Core | None = None,
        parts: int = 1,
    ) -> None:
        _clear_abandoned_scratch()
        self._limits = limits
        self._upstream = upstream
        self._parts = parts
        self._examiners = ForkServer("examiner", [exercise.grader for exercise in exercises])
        self._workers = ForkServer("worker")

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._workers.close()
        self._examiners.close()

    def grade(self, exercise: Exercise, target: Path, seed: int | None = None) -> ExerciseResult:
        """Grade one exercise of the submission in `target`.

        Args:
            exercise: one of those that the pool was made with.
            target: a folder laid out like exercises/.
            seed: None for the tests' own order, or a number to shuffle them by.

        Raises:
            GradingError: a process cannot be started.
        """
        began = time.monotonic()
        tests = self.examine(exercise, target, seed)
        result = exercise_result(exercise, tests, time.monotonic() - began)
        return result if self._upstream else compared(exercise, result, target)

    def examine(self, exercise: Exercise, target: Path, seed: int | None = None) -> list[TestResult]:
        """The tests behind `grade`, also those that belong to no task."""
        tickets = issue_tickets()

        def share(part: int) -> list[tuple[int, TestResult]]:
            scratch = Path(tempfile.mkdtemp(prefix=f"{SCRATCH}{os.getpid()}-", dir=scratch_place()))
            try:
                (scratch / "work").mkdir()
                run = _Run(exercise, target.resolve(), scratch, seed, self._limits, self._workers, self._upstream)
                return run.examine(self._examiners, part, tickets)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

        try:
            with ThreadPoolExecutor(self._parts) as threads:
                found = [placed for shared in threads.map(share, range(self._parts)) for placed in shared]
        finally:
            os.close(tickets)
        return [test for _, test in sorted(found, key=lambda placed: placed[0])]


class _Run:
    """One exercise being graded: answers what its examiner asks for until it is done."""

    def __init__(
        self,
        exercise: Exercise,
        target: Path,
        scratch: Path,
        seed: int | None,
        limits: Limits,
        workers: ForkServer,
        upstream: Core | None,
    ) -> None:
        self._exercise = exercise
        self._scratch = scratch
        self._seed = seed
        self._limits = limits
        self._workers = workers
        self._upstream = upstream
        self._served = CoreServer()
        self._deadline = 0.0
        self._running: set[int] = set()
        self._tests: list[tuple[int, TestResult]] = []
        self._job = WorkerJob(
            stem=exercise.stem,
            target=str(target),
            driver=str(exercise.driver.resolve()),
            scratch=str(scratch / "work"),
            epoch=VirtualClock().epoch.isoformat(),
            libraries=exercise.libraries,
            limits=limits.to_json(),
        )

    def examine(self, examiners: ForkServer, part: int, tickets: int) -> list[tuple[int, TestResult]]:
        """The tests that this examiner gets tickets for, each with its place among all."""
        ours, theirs = socket.socketpair()
        job = {
            "stem": self._exercise.stem,
            "scratch": str(self._scratch),
            "limits": self._limits.to_json(),
            "seed": self._seed,
            "live": self._upstream is not None,
            "part": part,
        }
        examiner = examiners.fork(job, [theirs.fileno(), tickets])
        theirs.close()
        try:
            ended = self._attend(ours)
        finally:
            ours.close()
            how = examiners.end(examiner)
            for pid in list(self._running):
                self._workers.end(pid)
        if not ended:
            why = f"The grader did not come to its end. {how}".strip()
            self._tests.append((sys.maxsize, TestResult("examiner", 1, Verdict.BROKEN, 0.0, returned=why)))
        return self._tests

    def _attend(self, examiner: socket.socket) -> bool:
        """Serve the examiner; True when it says that it is done."""
        self._deadline = time.monotonic() + self._limits.exercise_seconds + GRACE
        while True:
            examiner.settimeout(max(0.01, self._deadline - time.monotonic()))
            try:
                message, _ = receive_message(examiner)
            except (TimeoutError, WireError):
                return False
            self._answer(examiner, message)
            if message["op"] == "done":
                return True

    def _answer(self, examiner: socket.socket, message: Message) -> None:
        if message["op"] == "worker":
            self._start_worker(examiner)
        elif message["op"] == "end":
            self._running.discard(message["pid"])
            send_message(examiner, {"how": self._workers.end(message["pid"], message["gone"])})
        elif message["op"] in ("http", "chunk", "close"):
            send_message(examiner, self._pass_on(message))
        else:
            if message["op"] == "result":
                self._tests.append((message["place"], _read_test(message["test"])))
            send_message(examiner, {})

    def _pass_on(self, message: Message) -> Message:
        """Serve the examiner's use of what answers in place of scripts; the time that takes is nobody's."""
        assert self._upstream is not None
        began = time.monotonic()
        try:
            if message["op"] == "http":
                return self._served.http(self._upstream, message)
            return self._served.chunk(message) if message["op"] == "chunk" else self._served.close(message)
        finally:
            self._deadline += time.monotonic() - began

    def _start_worker(self, examiner: socket.socket) -> None:
        wire, workers_wire = socket.socketpair()
        output, workers_output = socket.socketpair()
        with wire, workers_wire, output, workers_output:
            pid = self._workers.fork(asdict(self._job), [workers_wire.fileno(), workers_output.fileno()])
            self._running.add(pid)
            send_message(examiner, {"pid": pid}, [wire.fileno(), output.fileno()])


def _without_endpoint(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in ENDPOINT_VARIABLES}


def scratch_place() -> str | None:
    """Memory, where the system offers some as a folder: databases commit there without waiting for a disk."""
    place = Path("/dev/shm")
    if place.is_dir() and os.access(place, os.W_OK) and shutil.disk_usage(place).free > 1 << 30:
        return str(place)
    return None


def _clear_abandoned_scratch() -> None:
    """Remove what a controller that was killed could not remove: its folders may lie in memory."""
    for folder in Path(scratch_place() or tempfile.gettempdir()).glob(f"{SCRATCH}*-*"):
        pid = folder.name.removeprefix(SCRATCH).partition("-")[0]
        with contextlib.suppress(OSError, ValueError):
            if not _is_running(int(pid)):
                shutil.rmtree(folder, ignore_errors=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def _read_test(described: dict[str, Any]) -> TestResult:
    conversation = tuple(map(call_of, described["conversation"]))
    return TestResult(**{**described, "outcome": Verdict(described["outcome"]), "conversation": conversation})


def grade(
    curriculum: Curriculum,
    exercises: Sequence[Exercise],
    target: Path,
    *,
    jobs: int = 2,
    on_result: Callable[[ExerciseResult], None] | None = None,
    upstream: Core | None = None,
) -> Report:
    """Grade exercises of a submission.

    Args:
        curriculum: where they come from.
        exercises: which ones, in the order of the report.
        target: a folder laid out like exercises/.
        jobs: how many at a time.
        on_result: called with each result as it comes in, from another thread.
        upstream: what answers in place of the graders' scripts; None: nothing does.

    Returns:
        The report, in the order of `exercises`.

    Raises:
        GradingError: a process cannot be started.

    Example:
        >>> report = grade(curriculum, curriculum.exercises, curriculum.root / "exercises")
        >>> report.points, report.max_points
        (0, 90)
    """
    began = time.monotonic()
    results: dict[str, ExerciseResult] = {}

    def one(exercise: Exercise) -> None:
        results[exercise.stem] = pool.grade(exercise, target)
        if on_result is not None:
            on_result(results[exercise.stem])

    with Pool(exercises, upstream=upstream) as pool, ThreadPoolExecutor(jobs) as threads:
        try:
            for done in [threads.submit(one, exercise) for exercise in exercises]:
                done.result()
        except BaseException:  # Ctrl-C too: whoever waits for a process need not wait for its limit
            threads.shutdown(wait=False, cancel_futures=True)
            pool.close()
            raise
    shown = target.relative_to(curriculum.root) if target.is_relative_to(curriculum.root) else target
    ordered = tuple(results[exercise.stem] for exercise in exercises)
    return Report(str(shown), time.monotonic() - began, ordered)
