"""What every command costs before it does anything, against an empty Python."""

from __future__ import annotations

from benchmarks.grading import GRADUS
from benchmarks.timing import python, run, seconds

ROUNDS = 9


def main() -> None:
    empty = seconds(python("-c", ""), ROUNDS)
    usage = seconds(run([GRADUS, "--help"]), ROUNDS)
    print(f"\ngradus --help: {usage:.3f} s, {usage / empty:.1f}× an empty Python ({empty:.3f} s)")
