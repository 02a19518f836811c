"""What the pages of the learner's loop are built with, in the manner of the board."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TextIO

from gradus.curriculum import Curriculum
from gradus.grading.reporters.terminal.scene import Scene
from gradus.grading.reporters.terminal.screen import Screen, screen_of
from gradus.grading.verdicts import Report

WIDEST = 243  # two columns of as many cells as a line of code may have


def scene_of(curriculum: Curriculum, screen: Screen, *, watching: bool = False) -> Scene:
    """The learner's own exercises, without a grading run; with `watching` nothing tells what to type."""
    return Scene(curriculum, Report("exercises", 0.0, ()), screen, watching=watching)


def wide_screen(stream: TextIO) -> Screen:
    """The screen behind a stream as wide as it is: two files side by side need more than prose does."""
    return replace(screen_of(stream), width=min(shutil.get_terminal_size((80, 24)).columns, WIDEST))
