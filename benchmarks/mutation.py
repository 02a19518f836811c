"""Which small changes to a solution its grader notices: `python -m benchmarks.mutation [STEM…]`.

The changes are mutmut's: another number, another operator, an argument less, a text in capitals. Whatever no test
notices is printed as it was and as it became. Somebody has looked at each of those and put it into survivors.toml with
the reason why no test should notice it; what is not in there is a missing test, or has not been looked at.

A change takes as long as a grading, and there are hundreds of them: this is no part of `make test` or `make bench`.
"""

from __future__ import annotations

import difflib
import multiprocessing
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import libcst
from mutmut.mutation.file_mutation import create_mutations, deep_replace

from gradus.authoring.runs import examine_source
from gradus.curriculum import Exercise, read_curriculum
from gradus.grading.limits import Limits
from gradus.grading.pool import Pool
from gradus.grading.verdicts import Verdict

ROOT = Path(__file__).resolve().parents[1]
SURVIVORS = Path(__file__).with_name("survivors.toml")
LIMITS = Limits(call_seconds=2.0, exercise_seconds=10.0)  # a change may make a loop endless
PROCESSES = 2

SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|BEGIN|COMMIT|ROLLBACK|PRAGMA)\b", re.IGNORECASE)
TEXT = r"""f?("[^"]*"|'[^']*')"""


@dataclass(frozen=True)
class Change:
    """One changed solution.

    Attributes:
        was: the lines that differ, as the solution has them, joined without their indentation.
        becomes: the same lines changed.
        source: the whole changed file.
    """

    was: str
    becomes: str
    source: str


@dataclass(frozen=True)
class Judged:
    """A change that no test notices, and why none should: "equivalent" or "outside the contract", in a sentence."""

    stem: str
    was: str
    becomes: str
    because: str


def changes(exercise: Exercise) -> Iterator[Change]:
    """Every change to what a learner writes of a solution, once each: what the stub gives is left as it is."""
    solution = exercise.solution.read_text(encoding="utf-8")
    stub = libcst.parse_module(exercise.stub.read_text(encoding="utf-8"))
    given = {code_of(node) for node in stub.body}
    module, mutations, _, _ = create_mutations(exercise.slug, solution)
    written = [node for node in module.body if code_of(node) not in given]
    within = {id(part) for node in written for part in parts_of(node)}
    seen = set()
    for mutation in mutations:
        changed = deep_replace(module, mutation.original_node, mutation.mutated_node)
        assert isinstance(changed, libcst.Module)
        if id(mutation.original_node) in within and changed.code not in seen:
            seen.add(changed.code)
            yield Change(*difference(solution, changed.code), changed.code)


def code_of(statement: libcst.SimpleStatementLine | libcst.BaseCompoundStatement) -> str:
    return libcst.Module([statement]).code.strip()


def parts_of(node: libcst.CSTNode) -> Iterator[libcst.CSTNode]:
    """The node and everything in it."""
    yield node
    for child in node.children:
        yield from parts_of(child)


def difference(before: str, after: str) -> tuple[str, str]:
    """The lines that two sources do not share, each side joined into one line."""
    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "-+"]
    sides = (" ".join(line[2:].strip() for line in lines if line[0] == sign) for sign in "-+")
    return next(sides), next(sides)


def is_noticed(change: Change, exercise: Exercise, pool: Pool) -> bool:
    """Whether any test fails on the changed solution."""
    return any(test.outcome is not Verdict.PASSED for test in examine_source(exercise, pool, change.source))


def survivors(exercise: Exercise, share: int) -> tuple[int, list[Change]]:
    """How many changes one of the processes tried, and those that no test noticed."""
    mine = list(changes(exercise))[share::PROCESSES]
    with Pool([exercise], LIMITS) as pool:
        return len(mine), [change for change in mine if not is_noticed(change, exercise, pool)]


def read_judged(file: Path = SURVIVORS) -> list[Judged]:
    return [Judged(**entry) for entry in tomllib.loads(file.read_text(encoding="utf-8"))["survivor"]]


def excuse(change: Change) -> str | None:
    """Why no test should notice a change, where that can be told from the change itself."""
    if change.was.lower() == change.becomes.lower() and SQL.search(change.was):
        return "equivalent: SQL takes its words in any case"
    if "raise " in change.was and re.sub(TEXT, "", change.was) == re.sub(f"{TEXT}|None", "", change.becomes):
        return "outside the contract: the wording of a message"
    return None


def report(exercise: Exercise, judged: Sequence[Judged]) -> None:
    """One exercise: how many were noticed, how many survive for a reason, and which do for none."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as processes:
        shares = processes.map(partial(survivors, exercise), range(PROCESSES))
    tried = sum(number for number, _ in shares)
    alive = [change for _, found in shares for change in found]
    known = {(one.was, one.becomes): one.because for one in judged if one.stem == exercise.stem}
    reasons = [known.get((change.was, change.becomes)) or excuse(change) for change in alive]
    kinds = Counter(reason.partition(":")[0] for reason in reasons if reason)
    noticed, matter = tried - len(alive), tried - kinds.total()
    told = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())) or "none excused"
    share = f"{noticed / max(1, matter):.1%} of what matters"
    print(f"{exercise.stem:38}{tried:5} tried{noticed:5} noticed ({told}): {share}")
    for change, reason in zip(alive, reasons, strict=True):
        if reason is None:
            print(f"    - {change.was}\n    + {change.becomes}")


def main(stems: Sequence[str]) -> None:
    judged = read_judged()
    for exercise in read_curriculum(ROOT).select(stems):
        report(exercise, judged)


if __name__ == "__main__":
    main(sys.argv[1:])
