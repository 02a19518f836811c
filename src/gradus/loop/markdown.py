"""The Markdown of a hint as a terminal shows it."""

from __future__ import annotations

import re
from dataclasses import replace

from rich.console import Console
from rich.markdown import Markdown
from rich.syntax import Syntax
from rich.text import Text

from gradus.grading.reporters.terminal.screen import Screen

BULLET = "•"
FENCED = re.compile(r"^```(\w*)\n(.*?)^```\s*$", flags=re.MULTILINE | re.DOTALL)


def markdown(text: str, screen: Screen) -> list[Text]:
    """Markdown as lines that fit the screen; lines of code stay whole, so that they can be copied."""
    prose, *rest = FENCED.split(screen.printable(text))
    lines = _prose(prose, screen)
    for language, code, prose in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        lines += [*([Text()] if lines else []), *_code(code, language)]
        lines += [Text(), *_prose(prose, screen)] if prose.strip() else []
    return lines


def _code(code: str, language: str) -> list[Text]:
    highlighted = Syntax("", language or "text", theme="ansi_dark").highlight(code)
    highlighted.rstrip()
    return [Text.assemble("    ", line) for line in highlighted.split(allow_blank=True)]


def _prose(text: str, screen: Screen) -> list[Text]:
    """Without fenced blocks. Inline code keeps its backticks: it has to read as code without colour, too."""
    if not text.strip():
        return []
    document = Markdown(text.strip(), hyperlinks=False)
    for block in document.parsed:
        for token in block.children or ():
            if token.type == "code_inline":
                token.content = f"`{token.content}`"
    console = Console(width=screen.width, color_system=None, legacy_windows=False, _environ={})
    options = replace(console.options, encoding=screen.encoding)
    lines = [
        Text.assemble(*((_bulleted(part.text, screen), part.style or "") for part in line))
        for line in console.render_lines(document, options, pad=False)
    ]
    if lines and not lines[0].plain.strip():  # a list begins with one
        del lines[0]
    return lines


def _bulleted(text: str, screen: Screen) -> str:
    return text if screen.printable(BULLET) == BULLET else text.replace(BULLET, "*")
