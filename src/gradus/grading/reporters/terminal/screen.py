"""What a terminal can show, and text laid out to fit it. Widths are in cells: a Chinese character takes two."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from gradus.grading.reporters import text
from gradus.grading.reporters.marks import ASCII, UNICODE, Marks

WIDEST = 100  # beyond this the eye loses the line


@dataclass(frozen=True)
class Screen:
    """A terminal, or a file taken for one.

    Attributes:
        width: cells to a line.
        encoding: what the stream is written in; decides between Unicode and ASCII marks.
        colour: whether escape codes (colours and hyperlinks) may be written.
    """

    width: int = 80
    encoding: str = "utf-8"
    colour: bool = False

    @property
    def marks(self) -> Marks:
        try:
            UNICODE.characters.encode(self.encoding)
        except UnicodeEncodeError:
            return ASCII
        return UNICODE

    def printable(self, words: str) -> str:
        return text.printable(words, self.encoding)

    def fit(self, words: str, width: int) -> str:
        """One line of at most `width` cells, with a mark where it was cut."""
        line = " ".join(self.printable(words).split())
        if cell_len(line) <= width:
            return line
        cut = self.marks.cut[: max(width, 0)]
        return set_cell_size(line, max(width - len(cut), 0)).rstrip() + cut

    def wrap(self, words: str, width: int, most: int | None = None) -> list[str]:
        """Lines of at most `width` cells, broken between words if possible; beyond `most` of them, the last is cut."""
        width = max(width, 1)
        whole = self.printable(words).strip("\n")
        part = whole if most is None else whole[: width * (most + 1)]  # don't lay out a megabyte to show three lines
        lines = [line.plain.rstrip() for line in Text(part).wrap(_console(io.StringIO()), width, overflow="fold")]
        if most is not None and len(lines) > most:
            lines = [*lines[: most - 1], self.fit(f"{lines[most - 1]} {lines[most]}", width)]
        return lines

    def draw(self, lines: Iterable[Text]) -> str:
        """The lines as one string, with escape codes only where the screen takes colour."""
        drawn = io.StringIO()
        console = _console(drawn, self.colour)
        for line in lines:
            line.rstrip()
            console.print(line, soft_wrap=True)
        return drawn.getvalue()


def screen_of(stream: TextIO) -> Screen:
    """The screen behind a stream: plain unless it is a terminal that takes escape codes and NO_COLOR is not set."""
    colour = is_live(stream) and not os.environ.get("NO_COLOR")
    width = min(shutil.get_terminal_size((80, 24)).columns, WIDEST)
    return Screen(width, stream.encoding or "ascii", colour)


def is_live(stream: TextIO) -> bool:
    """Whether a line on this stream can be redrawn in place."""
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")


def _console(file: TextIO, colour: bool = False) -> Console:
    return Console(
        file=file,
        width=WIDEST,
        color_system="standard" if colour else None,
        force_terminal=colour,
        legacy_windows=False,
        _environ={},
    )
