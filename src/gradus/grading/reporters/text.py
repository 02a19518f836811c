"""Text from learners, made fit to show anywhere: no escape sequences, no control characters."""

from __future__ import annotations

import re

_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movements
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC: window titles, hyperlinks
    r"|\x1b[PX^_][^\x1b\n]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-Z`-~]"  # the short ones
)
# Control characters, line separators and those that reverse the reading direction; and what XML 1.0 has no place for.
_UNSHOWABLE = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def printable(text: str, encoding: str = "utf-8") -> str:
    r"""Text that can be shown anywhere `encoding` can be written, and in XML 1.0.

    Escape sequences go; tabs become spaces; other control characters, lone surrogates and characters that `encoding`
    does not have are shown as Python writes them.

    Example:
        >>> printable("\x1b[31mred\x1b[0m and a bell \x07")
        'red and a bell \\x07'
    """
    text = _ESCAPE_SEQUENCE.sub("", text).replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    text = _UNSHOWABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.replace("…", "...").encode(encoding, "backslashreplace").decode(encoding)
    return text


def sentence(test_name: str) -> str:
    """A test's name as words: "test_waits_its_turn[3]" reads "waits its turn [3]"."""
    name, bracket, case = printable(test_name).partition("[")
    return f"{name.removeprefix('test_').replace('_', ' ')} {bracket}{case}".strip()


def counted(number: int, noun: str) -> str:
    """ "1 exercise", "2 exercises"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
