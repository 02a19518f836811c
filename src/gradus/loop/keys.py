"""Keys as they are pressed, without Enter, and the terminal afterwards as it was before."""

from __future__ import annotations

import contextlib
import os
import re
import select
import termios
import threading
import tty
from collections.abc import Callable
from types import TracebackType

# What arrows, function keys and Alt send: several characters, none of which was pressed as a key.
SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?", re.DOTALL)


class Keyboard:
    """Reads a terminal key by key, from a thread of its own, until it is closed.

    Args:
        terminal: its file descriptor.
        tell: called with each key; with "" when the terminal is gone.

    Example:
        >>> with Keyboard(sys.stdin.fileno(), queue.put):
        ...     key = queue.get()
    """

    def __init__(self, terminal: int, tell: Callable[[str], None]) -> None:
        self._terminal = terminal
        self._tell = tell
        self._wake, self._woken = os.pipe()
        self._thread = threading.Thread(target=self._read, name="keys", daemon=True)
        self._before = termios.tcgetattr(terminal)

    def __enter__(self) -> Keyboard:
        self.take()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()
        os.close(self._woken)
        self._thread.join()
        os.close(self._wake)

    def take(self) -> None:
        """No more waiting for Enter, no echo. Ctrl-C and Ctrl-Z stay signals."""
        with contextlib.suppress(termios.error):
            tty.setcbreak(self._terminal, termios.TCSANOW)

    def give_back(self) -> None:
        """The terminal as it was."""
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self._terminal, termios.TCSANOW, self._before)

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._terminal, self._wake], [], [])
            if self._wake in ready:
                return
            try:
                typed = os.read(self._terminal, 64).decode("utf-8", "ignore")
            except OSError:
                typed = ""
            if not typed:
                self._tell("")
                return
            for key in SEQUENCE.sub("", typed):
                self._tell(key)
