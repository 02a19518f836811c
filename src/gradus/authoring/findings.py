"""What `make check` reports: a rule that an exercise breaks, the file to open and what to write there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gradus.curriculum import Curriculum


@dataclass(frozen=True)
class Finding:
    """One broken rule.

    Args:
        rule: its number in CONTRIBUTING.md.
        file: the file to open.
        message: what is wrong there and what to write.
    """

    rule: int
    file: Path
    message: str

    def line(self, curriculum: Curriculum) -> str:
        """The finding as one line, with a path that a terminal makes clickable."""
        file = self.file.relative_to(curriculum.root) if self.file.is_relative_to(curriculum.root) else self.file
        return f"rule {self.rule}  {file}: {self.message}"
