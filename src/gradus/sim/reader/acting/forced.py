"""A call that has to be made whether or not the goal asks for one: tool_choice says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .arguments import DEEPEST, MOST_PARTS
from .choice import Offer, properties_of
from .steps import Step
from .task import Planned, Task


def forced(task: Task, planned: Sequence[Planned], offer: Offer | None) -> tuple[Offer, dict[str, Any]]:
    """The tool that has to be called, or the likeliest one, with arguments that its schema allows.

    Args:
        task: the goal as it stands.
        planned: its steps.
        offer: the tool that tool_choice names; None if any will do.
    """
    step = next((one.step for one in planned if one.offer is offer and not one.done), None) or Step(task.goal, "wish")
    chosen = offer or max(task.toolbox.offers, key=lambda each: task.toolbox.fitness(step, each))
    return chosen, _Completer(task.goal).object(chosen.tool.parameters, task.filled(step, chosen).arguments, 0)


class _Completer:
    """Adds what a schema requires and nobody gave."""

    def __init__(self, goal: str) -> None:
        self._goal = goal
        self._parts = 0

    def object(self, schema: dict[str, Any], given: dict[str, Any], depth: int) -> dict[str, Any]:
        required, properties = schema.get("required"), properties_of(schema)
        made = dict(given)
        for key in required if isinstance(required, list) else ():
            if key not in made or isinstance(made[key], dict):
                made[key] = self._some(properties.get(key), made.get(key), depth)
        return {key: made[key] for key in properties if key in made}

    def _some(self, spec: Any, given: Any, depth: int) -> Any:
        """Any value that a schema allows."""
        self._parts += 1
        if not isinstance(spec, dict) or depth > DEEPEST or self._parts > MOST_PARTS:
            return None
        if isinstance(spec.get("enum"), list) and spec["enum"]:
            return spec["enum"][0]
        if "const" in spec or "default" in spec:
            return spec.get("const", spec.get("default"))
        options = spec.get("anyOf") or spec.get("oneOf")
        if isinstance(options, list) and options:
            return self._some(options[0], given, depth + 1)
        kind = spec.get("type")
        if isinstance(kind, list):
            return None if "null" in kind or not kind else self._some({**spec, "type": kind[0]}, given, depth + 1)
        if kind == "object":
            return self.object(spec, given if isinstance(given, dict) else {}, depth + 1)
        if kind in ("integer", "number"):
            return spec["minimum"] if isinstance(spec.get("minimum"), int | float) else 0
        simple: dict[Any, Any] = {"boolean": False, "array": [], "null": None}
        return simple.get(kind, self._goal[:200] or "unknown")
