"""After a call that timed out: which tool shows whether it went through, and what its result says about that."""

from __future__ import annotations

from typing import Any

from ..prompt import ToolResult
from . import details
from .arguments import fill
from .choice import Offer
from .outcomes import Found, arguments_of, outcome_of, records_of, values_in
from .slots import Sources
from .steps import Step
from .task import Attempt, Planned, Task
from .vocabulary import GENERAL, concepts

_NO_OBJECT = GENERAL | {"money", "customer", "search", "solve", "docs"}


def check(task: Task, one: Planned) -> tuple[Offer, dict[str, Any]] | None:
    """The call that shows whether a step's last call went through, or None where no tool tells.

    Args:
        task: the goal as it stands.
        one: a step whose last call timed out.
    """
    about = [
        word
        for word in concepts(f"{one.offer.name.replace('_', ' ')} {one.offer.tool.description}")
        if word in one.offer.does
    ]
    about = [word for word in about if word not in _NO_OBJECT]
    kinds = details.ALL_KINDS.intersection(
        kind for key in one.attempts[-1].arguments for kind in concepts(key.replace("_", " "))
    )
    likely = [
        offer
        for offer in task.toolbox.offers
        if offer.reads and (not offer.said.isdisjoint(about) or ("statu" in offer.said and offer.takes & kinds))
    ]
    likely.sort(key=lambda offer: -task.toolbox.shared(about, offer))
    for offer in likely:
        filled = fill(offer, _sources(task, one))
        if not filled.missing:
            return offer, filled.arguments
    return None


def went_through(task: Task, one: Planned) -> bool | None:
    """What the results since a step's last call say: that it went through, that it did not, or nothing (None)."""
    call = check(task, one)
    if call is None:
        return None
    last = one.attempts[-1]
    place = max(place for place, result in enumerate(task.results) if result is last.result)
    later = [
        result
        for result in task.results[place + 1 :]
        if result.name == call[0].name and arguments_of(result) == call[1]
    ]
    return _shown(one, last, later[-1]) if later and outcome_of(later[-1].output).state == "done" else None


def was_checked(task: Task, one: Planned) -> bool:
    """Whether the check was made since a step's last call."""
    call = check(task, one)
    place = max(place for place, result in enumerate(task.results) if result is one.attempts[-1].result)
    return call is not None and any(result.name == call[0].name for result in task.results[place + 1 :])


def _sources(task: Task, one: Planned) -> Sources:
    given = tuple(Found(key, value, -1, one.offer.name) for key, value in one.attempts[-1].arguments.items())
    return Sources(Step(one.step.words, "ask"), task.goal, task.earlier, (*task.found, *given))


def _shown(one: Planned, last: Attempt, result: ToolResult) -> bool | None:
    """Whether a record has the values that the call was to set. Where nothing can be compared, nothing is known."""
    asked = arguments_of(result)
    sought = {key: value for key, value in last.arguments.items() if isinstance(value, str | int | float)}
    values = values_in(result.output, result.name, 0)
    compared = False
    for record in records_of(values).values():
        held = {value.key: value.value for value in record}
        both = [key for key in sought if key in held]
        proving = [key for key in both if key not in asked]
        compared = compared or bool(proving)
        if proving and all(held[key] == sought[key] for key in both):
            return True
    if any(isinstance(value.value, str) and _tells(one.offer, value) for value in values):
        return True
    return False if compared or not values else None


def _tells(offer: Offer, value: Found) -> bool:
    """Whether a status says what the tool does: "in_rma" after open_rma."""
    if "status" not in value.key and "state" not in value.key:
        return False
    return bool(set(concepts(str(value.value).replace("_", " "))) & (offer.does - _NO_OBJECT))
