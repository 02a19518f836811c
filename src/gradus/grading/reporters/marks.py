"""One character for every state, so that a board reads without colour; in ASCII too, for terminals without Unicode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradus.grading.verdicts import Status, Verdict


@dataclass(frozen=True)
class Marks:
    """`full` and `empty` draw a progress bar, `more` and `cut` stand for lines and text left out, `between` parts."""

    verdicts: Mapping[Verdict, str]
    statuses: Mapping[Status, str]
    full: str
    empty: str
    more: str
    cut: str
    between: str

    @property
    def characters(self) -> str:
        return "".join(
            (*self.verdicts.values(), *self.statuses.values(), self.full, self.empty, self.more, self.cut, self.between)
        )


UNICODE = Marks(
    verdicts={
        Verdict.PASSED: "●",
        Verdict.FAILED: "✗",
        Verdict.TODO: "○",
        Verdict.BLOCKED: "⊘",
        Verdict.TIMEOUT: "◔",
        Verdict.CRASHED: "↯",
        Verdict.BROKEN: "▲",
    },
    statuses={Status.DONE: "✔", Status.IN_PROGRESS: "◐", Status.NOT_STARTED: "·"},
    full="━",
    empty="─",
    more="⋮",
    cut="…",
    between=" · ",
)

ASCII = Marks(
    verdicts={
        Verdict.PASSED: "*",
        Verdict.FAILED: "x",
        Verdict.TODO: "o",
        Verdict.BLOCKED: "/",
        Verdict.TIMEOUT: "~",
        Verdict.CRASHED: "#",
        Verdict.BROKEN: "?",
    },
    statuses={Status.DONE: "+", Status.IN_PROGRESS: ">", Status.NOT_STARTED: "."},
    full="=",
    empty="-",
    more=":",
    cut="...",
    between=", ",
)
