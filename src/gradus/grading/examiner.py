"""The examiner process: pytest with the graders collected once, forked per exercise. It never imports learner code."""

from __future__ import annotations

import os
import random
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from gradus.grading.connection import Budget, ProcessPeer, WorkerConnection
from gradus.grading.control import ask
from gradus.grading.fixtures import link_for, result_of, stem_of, upstream
from gradus.grading.forking import serve_forks
from gradus.grading.guard import Guard
from gradus.grading.limits import Limits
from gradus.grading.link import Link, Worker
from gradus.grading.peer import Message
from gradus.grading.served import RemoteCore
from gradus.grading.tickets import MOST, read_ticket
from gradus.grading.verdicts import TestResult, Verdict
from gradus.sim import tokens

# Nothing that costs a start-up and that a grader has no use for.
PYTEST_OPTIONS = [
    "--disable-plugin-autoload",
    "--continue-on-collection-errors",
    "--strict-markers",
    "--import-mode=importlib",
    "--capture=no",
    "--noconftest",
    "-c",
    os.devnull,
    "-p",
    "gradus.grading.fixtures",
    *(
        option
        for name in ("cacheprovider", "doctest", "faulthandler", "junitxml", "logging", "nose", "pastebin", "stepwise",
                     "terminal", "threadexception", "unraisableexception")
        for option in ("-p", f"no:{name}")
    ),
]  # fmt: skip


@dataclass(frozen=True)
class ExaminerJob:
    """What an examiner is forked for. Plain data.

    Args:
        stem: the exercise.
        scratch: a folder for this run; tests get theirs below it.
        limits: see `Limits`.
        seed: None for the order in the file, or a number to shuffle the tests by.
        live: whether the controller has something that answers in place of scripts.
        part: which of the examiners this is that share the tests: 0 for the first.
    """

    stem: str
    scratch: str
    limits: dict[str, Any]
    seed: int | None
    live: bool
    part: int


class RemoteWorker:
    """A worker in another process, which the controller started for this examiner."""

    def __init__(
        self, controller: socket.socket, serve: Callable[[Message], Message], limits: Limits, budget: Budget
    ) -> None:
        answer, (wire, output) = ask(controller, {"op": "worker"})
        self._controller = controller
        self._pid = answer["pid"]
        self._connection = WorkerConnection(socket.socket(fileno=wire), socket.socket(fileno=output), limits, budget)
        self.peer = ProcessPeer(self._connection, serve, budget)

    def printed(self) -> str:
        return self._connection.printed()

    def end(self, gone: bool) -> str:
        answer, _ = ask(self._controller, {"op": "end", "pid": self._pid, "gone": gone})
        self._connection.close()
        return str(answer["how"])


class Examiner:
    """The pytest plugin that makes a collected session a fork server, and each fork one exercise's examiner."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._controller: socket.socket | None = None
        self._scratch = Path()
        self._uncollected: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self._tests = 0

    @pytest.fixture
    def tmp_path(self) -> Path:
        """A fresh folder that both sides may write to."""
        self._tests += 1
        folder = self._scratch / "files" / str(self._tests)
        folder.mkdir(parents=True)
        return folder

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            path = Path(report.nodeid)
            self._uncollected[stem_of(path)] = str(report.longrepr).strip().splitlines()[-1]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Serve forks here for ever. A fork goes on from here with one exercise's tests."""
        described, (fd, tickets) = serve_forks(self._control)
        job = ExaminerJob(**described)
        self._controller = controller = socket.socket(fileno=fd)
        self._scratch = Path(job.scratch)
        session.items[:] = [item for item in session.items if stem_of(item.path) == job.stem]
        if job.seed is not None:
            random.Random(job.seed).shuffle(session.items)
        self._places = {item.nodeid: place for place, item in enumerate(session.items)}
        session.testscollected = len(session.items)
        link = self._link(Limits(**job.limits))
        session.config.stash[link_for] = lambda stem: link
        if job.live:
            session.config.stash[upstream] = RemoteCore(lambda message: ask(controller, message)[0], 0)
        link.start()
        _forbid_waiting_and_sockets()
        if not 0 < len(session.items) <= MOST and job.part == 0:
            why = (
                f"it has more than {MOST} tests"
                if session.items
                else self._uncollected.get(job.stem, "it has no tests")
            )
            self._send(TestResult("collection", 1, Verdict.BROKEN, 0.0, returned=why), 0)
        _run_tests(session.items, tickets)
        return True

    def _link(self, limits: Limits) -> Link:
        controller, budget = self._controller, Budget(limits)
        assert controller is not None

        def start(serve: Callable[[Message], Message]) -> Worker:
            return RemoteWorker(controller, serve, limits, budget)

        return Link(start, limits)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Send the judged result on; what pytest itself keeps is the bare minimum."""
        if call.when == "call" or call.excinfo is not None:
            self._send(result_of(item, call), self._places[item.nodeid])
        outcome = "failed" if call.excinfo else "passed"
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, call.when, duration=call.duration)  # type: ignore[arg-type]

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        if self._controller is not None:
            ask(self._controller, {"op": "done"})
            os._exit(0)

    def _send(self, result: TestResult, place: int) -> None:
        assert self._controller is not None
        ask(self._controller, {"op": "result", "test": asdict(result), "place": place})


def _run_tests(items: list[pytest.Item], tickets: int) -> None:
    """Run tests as the next ticket says until none is left: whoever is done sooner takes more of them."""

    def draw() -> pytest.Item | None:
        place = read_ticket(tickets)
        return items[place] if place < len(items) else None

    item = draw()
    while item is not None:
        following = draw()  # what its fixtures outlive it for
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        item = following


def _forbid_waiting_and_sockets() -> None:
    """A grader that waits for real or reaches for the network is broken: slow for some, red for others."""

    def refuse(seconds: float) -> None:
        raise RuntimeError("a grader does not sleep: the clock is virtual, move it with clock.advance()")

    time.sleep = refuse  # type: ignore[assignment]
    Guard(writable=None, active=True).watch()


def examiner_zygote(control: socket.socket, graders: list[Path]) -> None:
    """Collect the graders and serve forks; never returns."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    tokens.count(["hello"])  # loads the tokenizer, for all forks to come
    pytest.main(
        [*PYTEST_OPTIONS, f"--rootdir={graders[0].parents[2]}", *map(str, graders)], plugins=[Examiner(control)]
    )
    sys.exit(1)
