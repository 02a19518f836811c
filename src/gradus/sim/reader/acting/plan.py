"""Which tool is for which step of a goal, and which of the calls made so far were for it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..prompt import ToolResult
from ..reading import Reading
from . import details
from .arguments import identifying
from .checks import went_through
from .choice import Offer
from .outcomes import Outcome, arguments_of, outcome_of
from .steps import Step, steps_of
from .task import Attempt, Planned, Task

_POINTS_BACK = re.compile(r"\b(?:it|that|this|they|them|those|these)\b", re.IGNORECASE)
_OWN = re.compile(r"\b(?:my|our|mine|ours|his|her|their)\b", re.IGNORECASE)


def plan(reading: Reading, task: Task) -> tuple[Planned, ...]:
    """The steps that a tool can do, each with the calls made for it.

    Args:
        reading: the request, for what is left to chance in it.
        task: the goal.
    """
    chosen = _choose(reading, task, steps_of(task.ordered)) or _choose(reading, task, steps_of(task.goal))
    return tuple(_settled(task, one) for one in _with_attempts(reading, task, chosen))


def _choose(reading: Reading, task: Task, steps: Sequence[Step]) -> list[Planned]:
    chosen: list[Planned] = []
    for step in steps:
        offer = _tool_for(reading, task, step)
        if offer is not None:
            chosen += [Planned(one, offer) for one in _each(step, offer)]
        elif task.search is not None and step.mood == "ask" and not _brings_passages(task):
            last = chosen[-1] if chosen and chosen[-1].offer is task.search else None
            if last is not None and _POINTS_BACK.search(step.words):
                both = f"{last.step.words} and {step.words}"
                chosen[-1] = replace(last, step=replace(last.step, words=both))
            elif len(step.words.split()) > 1:
                chosen.append(Planned(step, task.search))
    return chosen


def _tool_for(reading: Reading, task: Task, step: Step) -> Offer | None:
    likely = task.toolbox.meant(step)
    if not likely or (step.mood == "say" and task.handed_over):
        return None
    made = {result.name for result in task.results}
    ready = [offer for offer in likely if offer.name in made]  # what was chosen before is not chosen anew
    ready = ready or [offer for offer in likely if not task.filled(step, offer).missing] or list(likely)
    chosen = reading.dice.choose(ready, "tool", step.words) if len(ready) > 1 else ready[0]
    general = task.search is not None and chosen is not task.search and _is_general(task, step, chosen)
    return None if step.mood == "ask" and general else chosen


def _is_general(task: Task, step: Step, offer: Offer) -> bool:
    """Whether a question names nothing that the tool could look up, and speaks of nobody's own."""
    lacking = task.filled(step, offer).missing
    return bool(lacking) and not _OWN.search(step.words) and not details.identifiers(task.goal)


def _brings_passages(task: Task) -> bool:
    """Whether the prompt itself has what a question can be answered from."""
    return any(piece.role != "tool" and (piece.enclosed or piece.id) for piece in task.prompt.excerpts)


def _with_attempts(reading: Reading, task: Task, planned: list[Planned]) -> list[Planned]:
    """Every call made so far goes to the step that it names the same things as, or to the first of its tool."""
    wanted = [
        {key: task.filled(one.step, one.offer).arguments.get(key) for key in identifying(one.offer)} for one in planned
    ]
    for result in task.results:
        given, outcome = arguments_of(result), _outcome(reading, result)
        same = [place for place, one in enumerate(planned) if one.offer.name == result.name]
        if not same and outcome.state == "failed" and task.toolbox.named(result.name) is None:
            same = list(
                range(len(planned))
            )  # there is no such tool (A2): it was meant for the step that was to be next
        exact = [place for place in same if all(given.get(key) == value for key, value in wanted[place].items())]
        waiting = [place for place in exact or same if not planned[place].done]
        if waiting:
            attempts = (*planned[waiting[0]].attempts, Attempt(result, outcome))
            planned[waiting[0]] = replace(planned[waiting[0]], attempts=attempts)
    return planned


def _outcome(reading: Reading, result: ToolResult) -> Outcome:
    outcome = outcome_of(result.output)
    # A7: whoever does not look at what came back takes it for a success.
    ignored = outcome.state == "failed" and reading.errs("A7", result.name, result.arguments, result.output)
    return Outcome("done") if ignored else outcome


def _settled(task: Task, one: Planned) -> Planned:
    """A step whose call timed out, as done where a look-up since then shows it."""
    if one.done or not one.attempts or one.attempts[-1].outcome.state != "unknown" or not went_through(task, one):
        return one
    shown = replace(one.attempts[-1].result, output="")
    return replace(one, attempts=(*one.attempts, Attempt(shown, Outcome("done"))))


def _each(step: Step, offer: Offer) -> Iterator[Step]:
    """A step about several things named side by side: one step for each, where the tool takes one at a time."""
    names = details.identifiers(step.order)
    arrays = "array" in str(offer.tool.parameters)
    for kind in dict.fromkeys(name.prefix for name in names):
        alike = [name for name in names if name.prefix == kind]
        between = [step.order[one.at + len(one.text) : other.at] for one, other in itertools.pairwise(alike)]
        side_by_side = all(re.fullmatch(r"\s*(?:,|and|&|,\s*and)\s*", part) for part in between)
        if len(alike) > 1 and side_by_side and not arrays:
            first, last = alike[0], alike[-1]
            end = last.at + len(last.text)
            for name in alike:
                yield replace(step, words=step.words[: first.at] + name.text + step.words[end:])
            return
    yield step
