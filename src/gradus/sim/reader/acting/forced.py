"""A call that has to be made whether or not the goal asks for one: tool_choice says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .choice import Offer, properties_of
from .steps import Step
from .task import Planned, Task

DEEPEST = 6  # of nested objects: a schema may contain itself


def forced(task: Task, planned: Sequence[Planned], offer: Offer | None) -> tuple[Offer, dict[str, Any]]:
    """The tool that has to be called, or the likeliest one, with arguments that its schema allows.

    Args:
        task: the goal as it stands.
        planned: its steps.
        offer: the tool that tool_choice names; None if any will do.
    """
    step = next((one.step for one in planned if one.offer is offer and not one.done), None) or Step(task.goal, "wish")
    chosen = offer or max(task.toolbox.offers, key=lambda each: task.toolbox.fitness(step, each))
    arguments = task.filled(step, chosen).arguments
    return chosen, _completed(chosen.tool.parameters, arguments, task.goal, 0)


def _completed(schema: dict[str, Any], given: dict[str, Any], goal: str, depth: int) -> dict[str, Any]:
    required = schema.get("required")
    properties = properties_of(schema)
    made = dict(given)
    for key in required if isinstance(required, list) else ():
        if key not in made or isinstance(made[key], dict):
            made[key] = _some(properties.get(key), made.get(key), goal, depth)
    return {key: made[key] for key in properties if key in made} if properties else made


def _some(spec: Any, given: Any, goal: str, depth: int) -> Any:
    """Any value that a schema allows."""
    if not isinstance(spec, dict) or depth > DEEPEST:
        return None
    if isinstance(spec.get("enum"), list) and spec["enum"]:
        return spec["enum"][0]
    for name in ("const", "default"):
        if name in spec:
            return spec[name]
    options = spec.get("anyOf") or spec.get("oneOf")
    if isinstance(options, list) and options:
        return _some(options[0], given, goal, depth + 1)
    kind = spec.get("type")
    if isinstance(kind, list):
        return None if "null" in kind else _some({**spec, "type": kind[0]}, given, goal, depth + 1) if kind else None
    if kind == "object":
        return _completed(spec, given if isinstance(given, dict) else {}, goal, depth + 1)
    if kind in ("integer", "number"):
        low = spec.get("minimum")
        return low if isinstance(low, int | float) else 0
    simple: dict[str, Any] = {"boolean": False, "array": [], "null": None}
    return simple[kind] if kind in simple else goal[:200] or "unknown"
