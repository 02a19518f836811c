"""What an answer took: calls to the model, tokens, dollars, lines of code. No verdict depends on it."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass

LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


@dataclass(frozen=True)
class Effort:
    """What all checks of one exercise together saw an answer use, and how long it is.

    Attributes:
        calls: requests to a model.
        tokens: of prompts and completions.
        cost: US dollars.
        lines: those that hold code.
    """

    calls: int
    tokens: int
    cost: float
    lines: int


def lines_of(source: str) -> int:
    """How many lines hold code: those that are neither blank, nor comment, nor docstring.

    It only splits the text into tokens, so whatever stands there is safe to count. Text that is no Python counts 0.

    Example:
        >>> lines_of('"A constant."\\n\\nX = 1  # one\\n')
        1
    """
    lines: set[int] = set()
    statement: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NEWLINE:
                if any(part.type != tokenize.STRING for part in statement):  # a text by itself is a docstring
                    lines.update(line for part in statement for line in range(part.start[0], part.end[0] + 1))
                statement = []
            elif token.type not in LAYOUT:
                statement.append(token)
    except (tokenize.TokenError, SyntaxError):
        return 0
    return len(lines)
