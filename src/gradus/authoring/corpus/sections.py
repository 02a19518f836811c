"""A document's file cut into its sections, boilerplate left out: Markdown, HTML, plain text and CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from gradus.authoring.corpus.errors import SourceError

ROWS_PER_SECTION = 6
"""Data rows of a CSV file that make one section; the head is repeated in each."""

_HEADING = re.compile(r"^(#{1,4})[ \t]+(.+?)[ \t]*$", re.MULTILINE)
_FOOTER = re.compile(r"^\* \* \*[ \t]*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FENCED = re.compile(r"^```.*?^```[ \t]*$", re.MULTILINE | re.DOTALL)
_UNDERLINED = re.compile(r"^(?P<title>\S.*)\n(?P<line>=+|-+)[ \t]*$", re.MULTILINE)
_PAGE_BREAK = re.compile(r"^.*\bPage \d+ of \d+\b.*$", re.MULTILINE)
_END = re.compile(r"^\*{3}.*$", re.MULTILINE)

_SKIPPED = frozenset(("nav", "header", "footer", "aside", "script", "style", "head", "form", "noscript"))
_VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))
_HEADS = {"h1": 1, "h2": 2, "h3": 3}
_BLOCKS = frozenset(
    ("p", "div", "section", "ul", "ol", "dl", "dt", "dd", "table", "pre", "blockquote", "main", "article")
)


@dataclass(frozen=True)
class Section:
    """One section of a file.

    Attributes:
        headings: outermost first, its own last, without the title; () for what comes before the first heading.
        text: readable text, without the heading.
        start, end: the characters that it was read from.
    """

    headings: tuple[str, ...]
    text: str
    start: int
    end: int

    @property
    def anchor(self) -> str:
        """A name for it that is free of spaces: "hold-the-button", or "top" before the first heading."""
        return slug(self.headings[-1]) if self.headings else "top"


def slug(heading: str) -> str:
    """A heading as an anchor.

    Example:
        >>> slug("What E-4012 means")
        'what-e-4012-means'
    """
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def sections(name: str, source: str) -> tuple[str, tuple[Section, ...]]:
    """A file's title and its sections; what has no text is left out.

    Args:
        name: the file's name, whose ending says how it is read.
        source: its decoded text.

    Returns:
        The title ("" for CSV), and the sections in order.

    Raises:
        SourceError: the ending is unknown, or the file has no title.

    Example:
        >>> sections("a.md", "# Pairing\\n\\nShort.\\n\\n## Hold the button\\n\\nTen seconds.\\n")[1][1].headings
        ('Hold the button',)
    """
    readers = {"md": _markdown, "html": _html, "txt": _plain, "csv": _csv}
    reader = readers.get(name.rpartition(".")[2])
    if reader is None:
        raise SourceError(f"{name}: no reader for this ending. Use one of {', '.join(sorted(readers))}.")
    title, found = reader(source)
    if not title and reader is not _csv:
        raise SourceError(f"{name}: no title. A document begins with its title, in the way of its format.")
    return title, tuple(section for section in found if section.text)


def _blank(match: re.Match[str]) -> str:
    """As many characters, so that offsets stay true; line ends are kept."""
    return re.sub(r"[^\n]", " ", match[0])


def _markdown(source: str) -> tuple[str, list[Section]]:
    footer = _FOOTER.search(source)
    body = source[: footer.start() if footer else len(source)]
    shown = _COMMENT.sub(_blank, body)
    marks = list(_HEADING.finditer(_FENCED.sub(_blank, shown)))
    if not marks or len(marks[0][1]) != 1:
        return "", []
    title = marks[0][2]
    found: list[Section] = []
    trail: list[tuple[int, str]] = []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        level, end = len(mark[1]), following.start() if following else len(body)
        trail = [*((depth, name) for depth, name in trail if depth < level), (level, mark[2])]
        headings = tuple(name for depth, name in trail if depth > 1)
        text = re.sub(r"\n{3,}", "\n\n", _COMMENT.sub("", body[mark.end() : end])).strip()
        found.append(Section(headings, text, mark.start(), end))
    return title, found


def _plain(source: str) -> tuple[str, list[Section]]:
    source = source.replace("\r\n", " \n")
    ending = _END.search(source)
    body = source[: ending.start() if ending else len(source)]
    shown = _PAGE_BREAK.sub(_blank, body)
    marks = list(_UNDERLINED.finditer(shown))
    if not marks or marks[0]["line"][0] != "=":
        return "", []
    found = []
    for index, (mark, following) in enumerate(zip(marks, [*marks[1:], None], strict=True)):
        end = following.start() if following else len(body)
        headings = (mark["title"].strip(),) if index else ()
        lines = [line.rstrip() for line in shown[mark.end() : end].splitlines()]
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
        found.append(Section(headings, text, mark.start(), end))
    return marks[0]["title"].strip(), found


def _csv(source: str) -> tuple[str, list[Section]]:
    lines = source.splitlines(keepends=True)
    delimiter = ";" if ";" in lines[0] else ","
    head, *rows = csv.reader(io.StringIO(source), delimiter=delimiter)
    if len(lines) != len(rows) + 1:
        raise SourceError("a CSV document has a line break within a cell: write it without.")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    found = []
    for first in range(0, len(rows), ROWS_PER_SECTION):
        some = rows[first : first + ROWS_PER_SECTION]
        text = "\n".join(_row(cells) for cells in (head, ["---"] * len(head), *some))
        headings = (f"rows {first + 1} to {first + len(some)}",)
        found.append(Section(headings, text, starts[first + 1], starts[first + 1 + len(some)]))
    return "", found


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.strip().replace("|", "/") for cell in cells) + " |"


def _html(source: str) -> tuple[str, list[Section]]:
    reader = _HtmlReader(source)
    reader.feed(source)
    reader.close()
    return reader.title, list(reader.finished())


class _HtmlReader(HTMLParser):
    """Collects the text of <main> under its headings."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self._lines = [0, *(match.end() for match in re.finditer("\n", source))]
        self._main = self._skipped = 0
        self._trail: list[tuple[int, str]] = []
        self._parts: list[str] = []
        self._open: list[tuple[tuple[str, ...], int, list[str]]] = []
        self._cells: list[str] = []
        self._end = len(source)
        self._heads = 0

    def finished(self) -> Iterator[Section]:
        """The sections, once everything was fed."""
        following = [*self._open[1:], ((), self._end, [])]
        for (headings, start, parts), (_, end, _) in zip(self._open, following, strict=False):
            lines = (re.sub(r"[ \t]+", " ", line).strip() for line in "".join(parts).splitlines())
            yield Section(headings, re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), start, end)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        hidden = ("hidden", None) in attrs or any(name == "style" and "none" in (value or "") for name, value in attrs)
        if tag in _VOID:
            self._write("\n" if tag == "br" else "")
        elif tag in _SKIPPED or hidden or self._skipped:
            self._skipped += 1
        elif tag == "main":
            self._main += 1
        elif self._main and tag in _HEADS:
            self._parts = []
            self._open.append(((), self._offset(), self._parts))
        else:
            self._write(self._before(tag))

    def _before(self, tag: str) -> str:
        if tag == "tr":
            self._cells = []
        if tag in ("td", "th"):
            self._cells.append(tag)
            return "| " if len(self._cells) == 1 else ""
        return {"li": "\n- ", "tr": "\n"}.get(tag, "\n\n" if tag in _BLOCKS else "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self._skipped:
            self._skipped -= 1
        elif tag == "main":
            self._main -= 1
            self._end = self._offset()
        elif self._main and tag in _HEADS:
            self._close_heading(_HEADS[tag])
        elif tag in ("td", "th"):
            self._write(" | ")
        elif tag == "tr" and self._cells and set(self._cells) == {"th"}:
            self._write("\n" + _row(["---"] * len(self._cells)))
        elif tag in _BLOCKS:
            self._write("\n\n")

    def _close_heading(self, level: int) -> None:
        name = " ".join("".join(self._parts).split())
        start = self._open.pop()[1]
        if level == 1:
            self.title = name
        self._trail = [*((depth, other) for depth, other in self._trail if depth < level), (level, name)]
        self._parts = []
        headings = tuple(other for depth, other in self._trail if depth > 1)
        self._open.append((headings, start, self._parts))

    def handle_data(self, data: str) -> None:
        self._write(data if data.strip() else " ")

    def _write(self, text: str) -> None:
        if self._main and not self._skipped:
            self._parts.append(text)

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
