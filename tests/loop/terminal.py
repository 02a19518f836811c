"""A pseudo-terminal to try the watcher in: what it shows at the moment, at whatever size."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import pexpect

HOME, CLEAR_BELOW = "\x1b[H", "\x1b[J"  # around each page
ESCAPES = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]")
PATIENCE = 30.0
GRADUS = str(Path(sys.executable).with_name("gradus"))


class Terminal:
    """Runs a command in a pseudo-terminal.

    Args:
        folder: the current directory.
        command: what to run, with its arguments.
        environment: added to the usual one.
    """

    def __init__(self, folder: Path, *command: str, environment: Mapping[str, str] | None = None) -> None:
        plain = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        self.written = ""
        self.child = pexpect.spawn(
            command[0],
            list(command[1:]),
            cwd=str(folder),
            env={**plain, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **(environment or {})},
            dimensions=(25, 80),
            encoding="utf-8",
        )
        self.child.delaybeforesend = None

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.child.close(force=True)

    @property
    def pages(self) -> list[str]:
        """Every page that was drawn whole, the last one last."""
        drawn = [part.partition(CLEAR_BELOW)[0] for part in self.written.split(HOME)[1:] if CLEAR_BELOW in part]
        plain = [ESCAPES.sub("", page).replace("\r", "") for page in drawn]
        return ["\n".join(line.rstrip() for line in page.split("\n")) for page in plain]

    def shows(self, *words: str) -> str:
        """Wait until the page that is drawn last has all these words; the page."""
        page = ""

        def found() -> bool:
            nonlocal page
            self._read()
            page = (self.pages or [""])[-1]
            return all(word in page for word in words)

        wait_until(found, lambda: f"never shown: {words}\n{page or self.written}")
        return page

    def writes(self, words: str) -> None:
        """Wait until it has written these words, anywhere."""

        def found() -> bool:
            self._read()
            return words in self.written

        wait_until(found, lambda: f"never written: {words}\n{self.written}")

    def press(self, keys: str) -> None:
        self.child.send(keys)

    def ended(self) -> int:
        """Wait until it has ended; its exit status, negative for a signal."""

        def gone() -> bool:
            self._read()
            return not self.child.isalive()

        wait_until(gone, lambda: f"still running\n{self.written}")
        self._read()
        return -self.child.signalstatus if self.child.exitstatus is None else int(self.child.exitstatus)

    @property
    def echoes(self) -> bool:
        """Whether it shows what is typed, as it does for a shell."""
        return bool(termios.tcgetattr(self.child.child_fd)[3] & termios.ECHO)

    def _read(self) -> None:
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            while True:
                self.written += self.child.read_nonblocking(1 << 16, 0.01)


def wait_until(true: Callable[[], bool], otherwise: Callable[[], str] = lambda: "it never came true") -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.01)
