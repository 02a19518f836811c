"""A text that a regular expression of the simple kind matches, for schemas that ask for one."""

from __future__ import annotations

import re
from dataclasses import dataclass

REPEATED_AT_MOST = 200
_CLASSES = {"d": "4", "w": "a", "s": " ", "D": "x", "W": "-", "S": "x", "b": "", "B": "", "n": "\n", "t": "\t"}


def example_of(pattern: str) -> str | None:
    """The first text that comes to mind, or None for a pattern that is beyond this.

    Example:
        >>> example_of(r"^SN-\\d{3}-[0-9]{4}$")
        'SN-444-0000'
    """
    try:
        made = _Writer(pattern).alternatives()
        return made if re.search(pattern, made) else None
    except (ValueError, IndexError, re.error, RecursionError):
        return None


@dataclass
class _Writer:
    """Goes through a pattern from left to right and writes the least that each part asks for."""

    pattern: str
    at: int = 0

    def alternatives(self) -> str:
        """The first of the parts that "|" separates, up to a closing parenthesis."""
        first = self._sequence()
        while self._peek() == "|":
            self.at += 1
            self._sequence()
        return first

    def _sequence(self) -> str:
        written = ""
        while (char := self._peek()) and char not in "|)":
            written += self._times(self._atom())
        return written

    def _atom(self) -> str:
        char = self._next()
        if char in "^$":
            return ""
        if char == ".":
            return "x"
        if char == "\\":
            escaped = self._next()
            return _CLASSES.get(escaped, escaped)
        if char == "[":
            return self._one_of()
        return self._group() if char == "(" else char

    def _group(self) -> str:
        looks_ahead = False
        if self._peek() == "?":
            opening = re.match(r"\?(?:P?<[A-Za-z_]\w*>|[:=!]|<[=!])", self.pattern[self.at :])
            if opening is None:
                raise ValueError(f"no way to read {self.pattern[self.at :]!r}")
            looks_ahead = opening[0][-1] in "=!"
            self.at += opening.end()
        inner = self.alternatives()
        if self._next() != ")":
            raise ValueError("a group that does not end")
        return "" if looks_ahead else inner

    def _one_of(self) -> str:
        end = self.at + 1
        while self.pattern[end] != "]":
            end += 2 if self.pattern[end] == "\\" else 1
        inside = self.pattern[self.at : end]
        self.at = end + 1
        if inside.startswith("^"):
            return next(char for char in "x4-_ .A" if not re.match(f"[{inside[1:]}]", char))
        return next(
            char for char in "0123456789abcxyzABCXYZ-_. " + inside.replace("\\", "") if re.match(f"[{inside}]", char)
        )

    def _times(self, atom: str) -> str:
        if quantity := re.match(r"\{(\d+)(?:,\d*)?\}", self.pattern[self.at :]):
            self.at += quantity.end()
            atom *= min(int(quantity[1]), REPEATED_AT_MOST)
        elif self._peek() in ("?", "*"):
            self.at += 1
            atom = ""
        elif self._peek() == "+":
            self.at += 1
        else:
            return atom
        if self._peek() in ("?", "+"):
            self.at += 1
        return atom

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _next(self) -> str:
        char = self.pattern[self.at]
        self.at += 1
        return char
