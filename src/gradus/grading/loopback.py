"""Examiner and worker in one process, for debuggers and IDEs: the same encoding, session and capabilities.

What this cannot do is survive code that harms its own process; and it trusts what it runs.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from gradus.grading.guard import Guard
from gradus.grading.limits import DEFAULT_LIMITS
from gradus.grading.link import Link, Worker
from gradus.grading.peer import LoopbackPeer, Message
from gradus.grading.preload import preload
from gradus.grading.session import Session
from gradus.grading.virtual_time import VirtualTime, WorkerClock
from gradus.grading.worker import ENVIRONMENT, route_bare_clients
from gradus.sim import VirtualClock

_guard: list[Guard] = []  # an audit hook cannot be removed, so there is one for the life of the process


class LoopbackWorker:
    """A worker that is a handful of objects in this process."""

    def __init__(self, stem: str, target: Path, driver: Path, serve: Callable[[Message], Message]) -> None:
        self.peer = LoopbackPeer(self._serve)
        self._examiner = LoopbackPeer(serve)
        self._clock = WorkerClock(self._ask, VirtualClock().epoch)
        self._time = VirtualTime(self._clock)
        self._session = Session(stem, target, driver, self._ask, self._clock)
        self._module = stem.replace("/", ".")
        self._undo_route = route_bare_clients(self._ask, self._clock)

    def _serve(self, message: Message) -> Message:
        """The examiner asks: from here on the learner's code runs, in virtual time and under guard."""
        self._clock.now = message.get("now", self._clock.now)
        self._time.install()
        try:
            with the_guard().active():
                return self._session.serve(message)
        finally:
            self._time.uninstall()

    def _ask(self, message: Message) -> Message:
        """The learner's code asks: meanwhile the examiner works, in real time."""
        self._time.uninstall()
        try:
            with the_guard().paused():
                answer = self._examiner.ask(message)
        finally:
            self._time.install()
        self._clock.now = answer.get("now", self._clock.now)
        return answer

    def printed(self) -> str:
        return ""  # pytest captures it

    def end(self, gone: bool) -> str:
        self._undo_route()
        sys.modules.pop(self._module, None)
        return ""


def the_guard() -> Guard:
    """The one guard of this process: temporary folders may be written to."""
    if not _guard:
        guard = Guard([Path(tempfile.gettempdir())])
        guard.watch()
        _guard.append(guard)
    return _guard[0]


def loopback_link(stem: str, target: Path, driver: Path, libraries: tuple[str, ...]) -> Link:
    """A link to `stem` of `target` in this process.

    Args:
        stem: the exercise.
        target: the folder that holds <stem>.py.
        driver: the grader's own module beside it, if there is one.
        libraries: what to import first.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    preload(libraries)

    def start(serve: Callable[[Message], Message]) -> Worker:
        return LoopbackWorker(stem, target, driver, serve)

    return Link(start, DEFAULT_LIMITS)
