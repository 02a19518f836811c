"""Everything that `make check` enforces, over the exercises that are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from gradus.authoring.findings import Finding
from gradus.authoring.runs import check_runs
from gradus.authoring.texts import check_lesson, check_signatures
from gradus.authoring.trees import check_trees
from gradus.curriculum import Curriculum, Exercise
from gradus.grading.pool import Pool


def run(curriculum: Curriculum, exercises: Sequence[Exercise], write: bool = False) -> tuple[Finding, ...]:
    """Hold exercises to the rules of CONTRIBUTING.md.

    Args:
        curriculum: all of it: whether the trees line up is asked of the whole.
        exercises: whose texts to read and whose graders to run.
        write: write fingerprints that have drifted.

    Returns:
        Every broken rule, those of the trees first. If parts are missing, nothing is run.

    Example:
        >>> run(curriculum, curriculum.exercises)
        ()
    """
    astray = tuple(check_trees(curriculum))
    if astray:
        return astray
    findings: list[Finding] = []
    with Pool(exercises) as pool:
        for exercise in exercises:
            findings += check_lesson(exercise)
            findings += check_signatures(exercise)
            findings += check_runs(exercise, pool, write)
    return tuple(findings)
