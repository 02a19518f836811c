"""Acting with tools: the next call that a goal needs, or what there is to say once none is left.

A goal is read anew on every turn: which steps it has, which tool is for each, and which calls were made already all
follow from the prompt. So nothing is remembered between two requests, and the same request gives the same reply.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..reply import Reply, ToolCall
from .acting import telling
from .acting.arguments import fill, may_be_looked_up
from .acting.checks import check, was_checked, went_through
from .acting.choice import Offer
from .acting.conditions import holds
from .acting.corrections import corrected
from .acting.details import ALL_KINDS
from .acting.forced import forced
from .acting.outcomes import outcome_of
from .acting.plan import plan
from .acting.slips import sent
from .acting.steps import Step
from .acting.task import MOST_READ, Planned, Task
from .acting.vocabulary import concepts
from .days import days
from .reading import Reading

Call = tuple[Offer, dict[str, Any]]


def act(reading: Reading) -> Reply | None:
    """The next calls, or a text about them; None where no tool is called for, so that the prompt itself is answered.

    Args:
        reading: a request, with or without tools.
    """
    if not reading.prompt.tools:
        return None
    task = Task(reading.prompt)
    planned = plan(reading, task)
    if again := _again(reading, task, planned):
        return Reply(tool_calls=[again])
    reply = _next(reading, task, planned)
    must = reading.prompt.must_call
    if must and (reply is None or not reply.tool_calls or (must != "required" and reply.tool_calls[0].name != must)):
        return Reply(tool_calls=[sent(reading, *forced(task, planned, task.toolbox.named(must)))])
    # Where the output has to be JSON, whoever fills the schema says what there is to say.
    return None if reply is not None and reply.text is not None and reading.prompt.json_mode else reply


def _again(reading: Reading, task: Task, planned: Sequence[Planned]) -> ToolCall | None:
    """A call made once more: A3 where its result is there, A8 after a timeout, A10 for a hand-off."""
    if not reading.prompt.results:
        return None
    last = reading.prompt.results[-1]
    times = sum((result.name, result.arguments) == (last.name, last.arguments) for result in reading.prompt.results)
    offer = task.toolbox.named(last.name)
    state = outcome_of(last.output).state
    if task.handed_over is not None:
        return _hand_over_again(reading, task, planned)
    if offer is None:
        return None
    if state == "unknown" and not offer.reads and reading.errs("A8", last.name, last.arguments, times):
        return ToolCall(last.name, last.arguments)
    if state == "done" and reading.errs("A3", last.name, last.arguments, times):
        return ToolCall(last.name, last.arguments)
    return None


def _hand_over_again(reading: Reading, task: Task, planned: Sequence[Planned]) -> ToolCall | None:
    others = [offer for offer in task.toolbox.offers if offer.hands_over]
    hops = len(reading.prompt.results)
    if not others or task.handed_over is None or not reading.errs("A10", task.goal, hops):
        return None
    back = [offer for offer in others if offer.name != task.handed_over.name] or others
    return sent(reading, *forced(task, planned, reading.dice.choose(back, "A10", task.goal, hops)))


def _next(reading: Reading, task: Task, planned: Sequence[Planned]) -> Reply | None:
    ready: list[Call] = []
    for one in _in_order(reading, task, planned):
        if one.done:
            continue
        if ready and one.step.waits:
            break
        move = _move(task, one, planned)
        if isinstance(move, str):
            if ready:
                break
            return Reply(move)
        if move is not None:
            if ready and move[0].reads != ready[0][0].reads:
                break
            ready += [] if move in ready else [move]
    if not ready:
        return _finished(task, planned)
    offer, arguments = ready[0]
    acts = not offer.reads and not offer.hands_over
    if acts and reading.errs("A5", offer.name, json.dumps(arguments)):
        return Reply(telling.report(planned, claimed=True))
    together = len(ready) > 1 and reading.prompt.parallel and reading.errs("A4", task.goal, len(ready))
    return Reply(tool_calls=[sent(reading, *call) for call in (ready if together else ready[:1])])


def _in_order(reading: Reading, task: Task, planned: Sequence[Planned]) -> Sequence[Planned]:
    """The steps in the goal's order; or with one that comes later in front, if nothing is lacking for it (A6)."""
    left = [one for one in planned if not one.done]
    if len(left) < 2 or not reading.errs("A6", task.goal, *(one.step.words for one in left)):
        return planned
    early = next((one for one in reversed(left[1:]) if not task.filled(one.step, one.offer).missing), None)
    return [early, *(one for one in planned if one is not early)] if early else planned


def _move(task: Task, one: Planned, planned: Sequence[Planned]) -> Call | str | None:
    """The call that brings a step on; or a text where none does; or None where the step is not to be taken."""
    if one.step.condition:
        verdict = holds(one.step.condition, task.found, next(days(task.prompt.instructions[:MOST_READ]), ""))
        if verdict is None:
            return _looked_up(task, one) or telling.undecided(one, planned)
        if verdict == one.step.reversed:
            return None
    done = telling.report([other for other in planned if other.done])
    filled = task.filled(one.step, one.offer, done)
    if one.attempts:
        return _after(task, one, filled.arguments, planned)
    if not filled.missing:
        return one.offer, filled.arguments
    problem = outcome_of(task.results[-1].output).message if task.results else ""
    return _provider(task, one, filled.missing) or telling.question(one, filled.missing, planned, problem)


def _after(task: Task, one: Planned, arguments: dict[str, Any], planned: Sequence[Planned]) -> Call | str | None:
    """What follows a call that failed, or that timed out."""
    last = one.attempts[-1]
    if last.outcome.state == "failed":
        better = corrected(one, arguments, task.sources(one.step))
        return (one.offer, better) if better is not None else telling.failure(one, planned)
    if one.offer.reads or (look := check(task, one)) is None:
        return telling.failure(one, planned)
    if not was_checked(task, one):
        return look
    if went_through(task, one) is False and len(one.attempts) == 1:
        return one.offer, last.arguments
    return telling.failure(one, planned)


def _looked_up(task: Task, one: Planned) -> Call | None:
    """A look-up that may tell whether a step's condition holds."""
    step = Step(one.step.condition, "ask")
    for offer in task.toolbox.meant(step):
        filled = task.filled(step, offer)
        if offer.reads and filled.missing:
            return _provider(task, Planned(step, offer), filled.missing)
        if offer.reads and not task.called(offer.name, filled.arguments):
            return offer, filled.arguments
    return None


def _provider(task: Task, one: Planned, missing: Sequence[str]) -> Call | None:
    """A look-up whose result may give what a step lacks: one that speaks of it, or one of what the goal names."""
    lacking = [path.split(".")[-1] for path in missing]
    if not all(may_be_looked_up(one.offer, task.sources(one.step), key) for key in lacking):
        return None
    kinds = ALL_KINDS.intersection(kind for key in lacking for kind in concepts(key.replace("_", " ")))
    kinds = kinds or ALL_KINDS.intersection(one.offer.does)
    found: list[tuple[int, Call]] = []
    for offer in task.toolbox.offers:
        if not offer.reads or offer is one.offer or offer is task.search:
            continue
        filled = fill(offer, task.sources(Step(one.step.words, "ask")))
        if filled.missing or not filled.arguments or task.called(offer.name, filled.arguments):
            continue
        worth = 2 * len(kinds & offer.does) + len(kinds & (offer.said | offer.parameters))
        found.append((worth, (offer, filled.arguments)))
    return max(found, key=lambda each: each[0])[1] if found else None


def _finished(task: Task, planned: Sequence[Planned]) -> Reply | None:
    """What was done; None where no tool was called for, or where what a search found has to be read first."""
    done = [one for one in planned if one.done]
    if task.handed_over is not None and not done:
        return Reply(telling.passed_on(task.handed_over))
    if not done and any(one.step.condition for one in planned):
        return Reply(telling.not_needed(planned))
    if not done or all(one.offer is task.search for one in done):
        return None
    return Reply(telling.report(done))
