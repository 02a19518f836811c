"""data/traces.yaml read into Traces; runs that no agent could have had are refused."""

from __future__ import annotations

import json
from itertools import groupby, pairwise

from pydantic import TypeAdapter, ValidationError

from gradus.authoring.corpus.errors import SourceError
from gradus.coldtrail.traces import Step, Trace

FILE = "data/traces.yaml"
FEWEST_STEPS, MOST_STEPS = 4, 14


def read_traces(source: object) -> tuple[Trace, ...]:
    """The runs from the parsed traces.yaml, in its order.

    Args:
        source: what the YAML holds.

    Raises:
        SourceError: a field is missing or of the wrong kind, an id occurs twice, steps are misnumbered, a call has no
            result, a result is no JSON, or the first failure is not a step of the model's.

    Example:
        >>> read_traces(yaml.safe_load(text))[0].steps[1].name
        'get_device'
    """
    try:
        read = TypeAdapter(tuple[Trace, ...]).validate_python(source)
    except ValidationError as error:
        raise SourceError(f"{FILE}: {error}") from error
    ids = [trace.id for trace in read]
    if twice := [name for name in dict.fromkeys(ids) if ids.count(name) > 1]:
        raise SourceError(f"{FILE}: {', '.join(twice)} is there twice. Number one anew.")
    for trace in read:
        _check_numbers(trace)
        for step in trace.steps:
            _check_step(trace, step)
        _check_results(trace)
        _check_label(trace)
    return read


def _check_numbers(trace: Trace) -> None:
    if not FEWEST_STEPS <= len(trace.steps) <= MOST_STEPS:
        raise _wrong(trace, f"it has {len(trace.steps)} steps. Write {FEWEST_STEPS} to {MOST_STEPS}.")
    for place, step in enumerate(trace.steps, start=1):
        if step.n != place:
            raise _wrong(trace, f"step {place} is numbered {step.n}. Number the steps from 1 on.")
    if trace.steps[0].actor != "user":
        raise _wrong(trace, "a run begins with the user. Put the request first.")


def _check_step(trace: Trace, step: Step) -> None:
    given = (step.action, step.name is not None, step.arguments is not None, bool(step.content))
    match step.actor, given:
        case ("user", (None, False, False, True)) | ("model", ("say", False, False, True)):
            return
        case "model", ("call", True, True, _):
            return
        case "tool", (None, True, False, True):
            _check_json(trace, step)
        case _:
            raise _wrong(
                trace,
                f"step {step.n} is incomplete. A user has content; a model says content, or calls a name with "
                "arguments; a tool has name and content.",
            )


def _check_json(trace: Trace, step: Step) -> None:
    try:
        json.loads(step.content)
    except ValueError as error:
        raise _wrong(trace, f"step {step.n}: the result is no JSON ({error}).") from error


def _check_results(trace: Trace) -> None:
    """The calls of one turn are answered together and in their order; what is said ends a turn."""
    turns = [(kind, [step.name for step in steps]) for kind, steps in groupby(trace.steps, _kind)]
    for (kind, names), (next_kind, answers) in pairwise([*turns, ("end", [])]):
        if kind == "call" and (next_kind, answers) != ("tool", names):
            raise _wrong(
                trace, f"{', '.join(map(str, names))} must be answered next, in this order. Put the results there."
            )
        if kind != "call" and next_kind == "tool":
            raise _wrong(trace, f"{answers[0]} answers, and nobody called it. Put the call before it.")
        if kind == "say" and (len(names) > 1 or next_kind not in ("user", "end")):
            raise _wrong(trace, "the model goes on after it said something. Make that the content of its call.")


def _kind(step: Step) -> str:
    return step.action or step.actor


def _check_label(trace: Trace) -> None:
    label = trace.first_failure
    if (label is None) != (trace.outcome == "success"):
        raise _wrong(trace, "a failure has a first_failure, and a success has none. Change one of the two.")
    if label is not None and label.step not in {step.n for step in trace.steps if step.actor == "model"}:
        raise _wrong(trace, f"first_failure names step {label.step}, which is not a step of the model's.")


def _wrong(trace: Trace, what: str) -> SourceError:
    return SourceError(f"{FILE}: {trace.id}: {what}")
