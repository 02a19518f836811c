"""A goal and the conversation about it: what has to be done, which tools there are, and which values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..prompt import Prompt, ToolResult
from . import details
from .arguments import Filled, fill
from .choice import Offer, Toolbox
from .outcomes import Found, Outcome, arguments_of, outcome_of, values_in
from .slots import Sources
from .steps import Step
from .vocabulary import concepts

SHORT = 12  # words: a reply of so many to a question of the model's completes the goal before it
MOST_READ = 8000  # characters of what stands around the goal

_CALL = re.compile(r"^([\w.-]+)\((\{.*\})\)$", re.MULTILINE)
_REFUSES = re.compile(r"^\W*(?:no|nope|don't|do not|stop|cancel that|never mind|leave it)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Attempt:
    """A call that was made for a step, and what became of it."""

    result: ToolResult
    outcome: Outcome

    @property
    def arguments(self) -> dict[str, Any]:
        return arguments_of(self.result)


@dataclass(frozen=True)
class Planned:
    """A step, the tool for it, and the calls that were made for it so far."""

    step: Step
    offer: Offer
    attempts: tuple[Attempt, ...] = ()

    @property
    def done(self) -> bool:
        return any(attempt.outcome.state == "done" for attempt in self.attempts)


class Task:
    """A goal as it stands.

    Args:
        prompt: the request.

    Attributes:
        toolbox: the tools that may be called.
        ordered: what the steps are read from.
        goal: what values are read from: the same, and short answers to the model's questions about it.
        earlier: earlier user turns, the latest first.
        results: the results of the calls made for this goal.
    """

    def __init__(self, prompt: Prompt) -> None:
        self.prompt = prompt
        self.toolbox = Toolbox(prompt.tools)
        self.ordered, self.goal, since = _goal(prompt)
        self.earlier = tuple(turn.text[:MOST_READ] for turn in reversed(prompt.history) if turn.role == "user")
        calls = (call for turn in prompt.history[since:] for call in _CALL.finditer(turn.text))
        before = (ToolResult(call[1], call[2], "") for call in calls)
        self.results = (*before, *prompt.results)

    @cached_property
    def found(self) -> tuple[Found, ...]:
        """The values in all results that are no errors."""
        outputs = [("", piece.text) for piece in self.prompt.excerpts if piece.role == "tool"] if self.earlier else []
        outputs += [
            (result.name, result.output) for result in self.prompt.results if outcome_of(result.output).state == "done"
        ]
        return tuple(
            value for place, (name, output) in enumerate(outputs) for value in values_in(output, name, place * 10_000)
        )

    def sources(self, step: Step, report: str = "") -> Sources:
        """Where the values for a step come from."""
        pasted = tuple(piece.text[:MOST_READ] for piece in self.prompt.excerpts if piece.role == "user")
        return Sources(step, self.goal, (*pasted, *self.earlier), self.found, report)

    def filled(self, step: Step, offer: Offer, report: str = "") -> Filled:
        """The arguments for a step's call."""
        return fill(offer, self.sources(step, report))

    @cached_property
    def search(self) -> Offer | None:
        """The tool that finds passages for a question, if there is one."""
        found = [offer for offer in self.toolbox.offers if _searches(offer)]
        return max(found, key=lambda offer: self.toolbox.shared(concepts(self.ordered), offer), default=None)

    @cached_property
    def handed_over(self) -> ToolResult | None:
        """The last hand-off since the goal was set, perhaps by a tool that is not offered any more; or None."""
        return next((result for result in reversed(self.results) if self._hands_over(result)), None)

    def called(self, name: str, arguments: dict[str, Any]) -> bool:
        """Whether this very call was made already."""
        return any(result.name == name and arguments_of(result) == arguments for result in self.results)

    def _hands_over(self, result: ToolResult) -> bool:
        offer = self.toolbox.named(result.name)
        return offer.hands_over if offer else "transfer" in concepts(result.name.replace("_", " "))


def _goal(prompt: Prompt) -> tuple[str, str, int]:
    """What the steps are read from, what values are read from, and from where in the history calls count for it."""
    said, at = [prompt.question], len(prompt.history)
    while len(said[0].split()) <= SHORT and at >= 2 and prompt.history[at - 1].text.rstrip().endswith("?"):
        earlier = next((place for place in range(at - 1, -1, -1) if prompt.history[place].role == "user"), None)
        if earlier is None or _REFUSES.match(said[0]):
            break
        said.insert(0, prompt.history[earlier].text)
        at = earlier
    return said[0], "\n".join(said)[:MOST_READ], at


def _searches(offer: Offer) -> bool:
    about_passages = "docs" in offer.said or "search" in offer.does
    return bool(offer.query) and about_passages and not offer.does & details.ALL_KINDS and not offer.hands_over
