"""What a grading run leaves behind: its outcomes in the cache, and a hint to offer where somebody is stuck."""

from __future__ import annotations

from dataclasses import dataclass

from gradus.curriculum import Curriculum
from gradus.grading.verdicts import Report
from gradus.loop.hints import offer
from gradus.loop.progress import read_progress, write_progress


@dataclass(frozen=True)
class Noted:
    """What came of remembering a run.

    Attributes:
        stuck: by stem, the command that shows the next hint, where the same failure came again and again.
        skipped: why nothing could be remembered, in one sentence; "" if it was.
    """

    stuck: dict[str, str]
    skipped: str


def note(curriculum: Curriculum, report: Report) -> Noted:
    """Remember a run of the learner's own exercises.

    Example:
        >>> note(curriculum, report).stuck
        {'m1_engineering/e06_retry_budget': 'make hint EX=e06 TASK=2'}
    """
    progress = read_progress(curriculum.root)
    for result in report.exercises:
        progress = progress.noting(result)
    offers = {result.stem: offer(curriculum, result, progress) for result in report.exercises}
    stuck = {stem: offered.command for stem, offered in offers.items() if offered}
    return Noted(stuck, write_progress(curriculum.root, progress))
