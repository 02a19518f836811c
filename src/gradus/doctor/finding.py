"""What a check found, and how that reads."""

import textwrap
from enum import Enum
from typing import NamedTuple

WIDTH = 80
NAME = 11
MOST_NAMED = 3


class Grade(Enum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


class Finding(NamedTuple):
    """One line of the report.

    Attributes:
        grade: WRONG is what keeps Gradus from working; a NOTE is worth a word.
        said: what was found.
        mend: the command to type, if one mends it.
    """

    grade: Grade
    said: str
    mend: str = ""

    def text(self, name: str) -> str:
        """As it is shown, behind the name of its check; the command stays on one line, to be copied."""
        lead = "{:<6}{:<{}}".format(self.grade.value, name, NAME)
        shown = textwrap.fill(
            lead + self.said,
            WIDTH,
            subsequent_indent=" " * len(lead),
            break_long_words=False,
            break_on_hyphens=False,
        )
        return shown + ("\n" + " " * len(lead) + "type  " + self.mend if self.mend else "")


def ok(said: str) -> Finding:
    return Finding(Grade.OK, said)


def note(said: str, mend: str = "") -> Finding:
    return Finding(Grade.NOTE, said, mend)


def wrong(said: str, mend: str = "") -> Finding:
    return Finding(Grade.WRONG, said, mend)


def listed(items: "list[str]") -> str:
    """The first few by name, the others by number."""
    more = len(items) - MOST_NAMED
    return ", ".join(items[:MOST_NAMED]) + (f", and {more} more" if more > 0 else "")
