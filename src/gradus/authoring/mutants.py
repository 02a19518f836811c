"""Mutants: named wrong solutions, each an edit of the solution with the sentence that clears it up."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class MutantError(Exception):
    """A mutants file that cannot be read, or a mutant that does not apply."""


@dataclass(frozen=True)
class Mutant:
    """One wrong solution.

    Args:
        name: what the misunderstanding does, such as "ignores_retry_after".
        because: what the learner who holds it needs to hear.
        find: text that occurs exactly once in the solution.
        replace: what stands in its place in the mutant.
        killed_by: tests that must fail on it, without their parameters.
    """

    name: str
    because: str
    find: str
    replace: str
    killed_by: tuple[str, ...]

    def apply(self, solution: str) -> str:
        """The mutant's source.

        Raises:
            MutantError: `find` does not occur exactly once.
        """
        count = solution.count(self.find)
        if count != 1:
            raise MutantError(
                f"mutant {self.name}: its `find` occurs {count} times in the solution; it must occur once"
            )
        return solution.replace(self.find, self.replace)


def read_mutants(file: Path) -> tuple[Mutant, ...]:
    """The mutants of one exercise.

    Raises:
        MutantError: the file is missing or malformed; says what to write.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MutantError("is missing: write at least one [[mutant]]") from error
    except tomllib.TOMLDecodeError as error:
        raise MutantError(f"is not TOML: {error}") from error
    return tuple(_read_mutant(entry) for entry in table.get("mutant", []))


def _read_mutant(entry: dict[str, Any]) -> Mutant:
    name = entry.get("name", "without a name")
    for key in ("name", "because", "find", "replace"):
        if not isinstance(entry.get(key), str):
            raise MutantError(f"mutant {name}: {key} must be text")
    killed_by = entry.get("killed_by")
    if not isinstance(killed_by, list) or not killed_by or not all(isinstance(test, str) for test in killed_by):
        raise MutantError(f"mutant {name}: killed_by must list at least one test")
    return Mutant(name, entry["because"], entry["find"], entry["replace"], tuple(killed_by))
