"""Names of the two halves of labelled data."""

from typing import Literal

Split = Literal["dev", "held_out"]
"""dev: to look at and to tune on. held_out: for graders; never tuned on, never quoted in a lesson."""
