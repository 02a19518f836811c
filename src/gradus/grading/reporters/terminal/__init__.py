"""The page a terminal shows: where a learner stands, the first thing that failed, and what to type next."""

from gradus.grading.reporters.terminal.live import LiveLine
from gradus.grading.reporters.terminal.live_section import render_live
from gradus.grading.reporters.terminal.page import render
from gradus.grading.reporters.terminal.screen import Screen, screen_of

__all__ = ["LiveLine", "Screen", "render", "render_live", "screen_of"]
