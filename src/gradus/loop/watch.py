"""`gradus watch`: grades an exercise on every save, until a key or a signal ends it.

Threads tell what happened (a save, a key, a verdict) through one queue; the watcher decides where it is emptied.
"""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TextIO

import gradus
from gradus.curriculum import Curriculum, Exercise
from gradus.loop.events import FileEvents, Paths, polling_needed
from gradus.loop.keys import Keyboard
from gradus.loop.screen import Display
from gradus.loop.watcher import Graded, Quit, Watcher

TOOLKIT = Path(gradus.__file__).resolve().parent
FOLDERS = ("exercises", "graders", "modules", "data")
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ON_TERMINALS = (signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT)
NOBODY_READS = (errno.EIO, errno.EPIPE)


@dataclass(frozen=True)
class Saved:
    paths: Paths


@dataclass(frozen=True)
class Pressed:
    """A key; "" when the terminal is gone."""

    key: str


@dataclass(frozen=True)
class Signalled:
    number: int


Event = Saved | Pressed | Graded | Signalled
Events = queue.SimpleQueue[Event]


def watch(curriculum: Curriculum, exercise: Exercise, stdin: TextIO, stdout: TextIO) -> int:
    """Grade an exercise on every save, and those that the keys lead to after it.

    Args:
        curriculum: every exercise there is.
        exercise: the one to begin with.
        stdin: where keys come from, if both streams are a terminal.
        stdout: where to draw.

    Returns:
        The number of the signal that ended it; 0 if it was the key.
    """
    events: Events = queue.SimpleQueue()
    interactive = stdin.isatty() and stdout.isatty()
    with _signals(events, interactive):
        display = Display(stdout, interactive)
        keyboard = Keyboard(stdin.fileno(), lambda key: events.put(Pressed(key))) if interactive else None
        watcher = Watcher(curriculum, exercise, display, events.put)
        try:
            with keyboard or contextlib.nullcontext():
                ended_by = _follow(events, watcher, keyboard, curriculum.root)
                display.leave()
            return ended_by
        except OSError as error:
            if error.errno not in NOBODY_READS:
                raise
            _discard(stdout)
            return signal.SIGHUP
        finally:
            watcher.close()


def _follow(events: Events, watcher: Watcher, keyboard: Keyboard | None, root: Path) -> int:
    """Do what the events ask for until one says that it is over; the number of the signal that did, or 0."""
    watcher.begin()
    folders = [*(root / name for name in FOLDERS), TOOLKIT]
    with FileEvents(folders, lambda paths: events.put(Saved(paths)), polling_needed(root, os.environ)):
        while True:
            event = events.get()
            if isinstance(event, Saved):
                watcher.saved(event.paths)
            elif isinstance(event, Graded):
                watcher.graded(event)
            elif isinstance(event, Signalled):
                if event.number in ENDING:
                    return event.number
                _obey(event.number, watcher, keyboard)
            elif not event.key:
                return signal.SIGHUP
            else:
                try:
                    watcher.pressed(event.key)
                except Quit:
                    return 0


def _obey(number: int, watcher: Watcher, keyboard: Keyboard | None) -> None:
    """Redraw for another size; stop as a terminal's program does; go on after that."""
    if number == signal.SIGTSTP and keyboard:
        keyboard.give_back()
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)  # back when somebody says SIGCONT
        signal.signal(signal.SIGTSTP, handler)
    if number != signal.SIGWINCH and keyboard:
        keyboard.take()
    watcher.draw(anew=True)


@contextlib.contextmanager
def _signals(events: Events, interactive: bool) -> Iterator[None]:
    """Signals as events. One that is ignored, as SIGHUP is under nohup, stays so."""

    def tell(number: int, frame: FrameType | None) -> None:
        events.put(Signalled(number))

    wanted = (*ENDING, *(ON_TERMINALS if interactive else ()))
    before = {number: signal.getsignal(number) for number in wanted}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, tell)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _discard(stream: TextIO) -> None:
    """What is still to be written goes nowhere, instead of failing once more at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
