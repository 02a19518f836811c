"""The learner's file as it was at some moment, and whether Python can read it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Version:
    """Two saves of the same text are two versions: whoever saves wants to see it graded."""

    saved: int
    source: bytes


def version_of(file: Path) -> Version | None:
    """The file as it is now; None if there is none that can be read."""
    try:
        return Version(file.stat().st_mtime_ns, file.read_bytes())
    except OSError:
        return None


def syntax_error(version: Version) -> tuple[str, int] | None:
    """Python's message and the line it speaks of, if it cannot read the file. Nothing in the file is run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(version.source, "<file>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.msg, error.lineno or 1
    except (ValueError, RecursionError, MemoryError):
        return None  # the grader's to tell
    return None
