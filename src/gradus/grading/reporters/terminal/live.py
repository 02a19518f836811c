"""The line that moves while grading runs."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TextIO

from gradus.grading.reporters.terminal.screen import Screen, is_live
from gradus.grading.reporters.text import counted
from gradus.grading.verdicts import ExerciseResult


class LiveLine:
    """One line that tells how far grading is, redrawn in place and gone at the end. Silent where that cannot be done.

    Args:
        stream: where to draw.
        screen: how wide it is.
        total: how many exercises are to be graded.

    Example:
        >>> with LiveLine(sys.stdout, screen, total=5) as live:
        ...     report = grade(curriculum, exercises, target, on_result=live.advance)
    """

    def __init__(self, stream: TextIO, screen: Screen, total: int) -> None:
        self._stream = stream
        self._screen = screen
        self._total = total
        self._done = 0
        self._live = is_live(stream)
        self._lock = threading.Lock()

    def __enter__(self) -> LiveLine:
        self._draw(f"Grading {counted(self._total, 'exercise')}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._draw("")

    def advance(self, result: ExerciseResult) -> None:
        """Say that one more exercise has been graded; from whichever thread."""
        with self._lock:
            self._done += 1
            self._draw(f"Grading {self._done}/{self._total}: {result.stem}")

    def _draw(self, words: str) -> None:
        if not self._live:
            return
        width = max(self._screen.width - 1, 1)  # a full line would wrap
        self._stream.write("\r" + " " * width + "\r" + self._screen.fit(words, width))
        self._stream.flush()
