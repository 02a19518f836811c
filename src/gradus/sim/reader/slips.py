"""How a call goes wrong on its way out: another's identifier (A9), bad arguments (A1), a tool that does not exist (A2)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ..reply import ToolCall
from .arguments import identifying
from .details import identifiers, prefix_of
from .reading import Reading
from .tool_choice import Offer, properties_of

_OTHER_VERBS = {
    "get": "fetch", "find": "search", "list": "get", "lookup": "get", "search": "find", "issue": "create", "create": "add",
    "open": "create", "add": "create", "send": "post", "set": "update", "update": "set", "check": "get",
}  # fmt: skip


def sent(reading: Reading, offer: Offer, arguments: dict[str, Any]) -> ToolCall:
    """The call as it goes out.

    Args:
        reading: the request.
        offer: the tool that is meant.
        arguments: its right arguments.
    """
    # What came back before belongs to the occasion: the same slip is not bound to happen again once its result is there.
    before = sum(result.name == offer.name for result in reading.prompt.results)
    occasion = (offer.name, json.dumps(arguments, ensure_ascii=False), before)
    if reading.errs("A9", *occasion):
        arguments = _of_another(reading, offer, arguments, occasion)
    if reading.errs("A1", *occasion):
        return ToolCall(offer.name, _bad(reading, offer, arguments, occasion))
    if reading.errs("A2", offer.name, len(reading.prompt.results)):
        return ToolCall(_invented(reading, offer.name), arguments)
    return ToolCall(offer.name, arguments)


def _of_another(
    reading: Reading, offer: Offer, arguments: dict[str, Any], occasion: tuple[object, ...]
) -> dict[str, Any]:
    """The arguments with one identifier put in place of another: one from the conversation, or one that looks like it."""
    named = [key for key in identifying(offer) if isinstance(arguments.get(key), str) and identifiers(arguments[key])]
    if not named:
        return arguments
    key = reading.dice.choose(named, "A9 key", *occasion)
    right = arguments[key]
    others = [
        name.text for name in identifiers(reading.prompt.text[:20_000]) if prefix_of(name.text) == prefix_of(right)
    ]
    others = [name for name in dict.fromkeys(others) if name != right]
    return {**arguments, key: reading.dice.choose(others, "A9 other", *occasion) if others else _near(right)}


def _near(identifier: str) -> str:
    """The next number: C-128 for C-127."""
    digits = re.search(r"\d+(?=\D*$)", identifier)
    if digits is None:
        return f"{identifier}-2"
    return f"{identifier[: digits.start()]}{int(digits[0]) + 1:0{len(digits[0])}}{identifier[digits.end() :]}"


def _bad(
    reading: Reading, offer: Offer, arguments: dict[str, Any], occasion: tuple[object, ...]
) -> dict[str, Any] | str:
    """Arguments that the tool's schema does not allow, in one of the ways that are possible for it."""
    properties = {key: spec for key, spec in properties_of(offer.tool.parameters).items() if isinstance(spec, dict)}
    required = offer.tool.parameters.get("required")
    ways: list[Callable[[], dict[str, Any] | str]] = [lambda: _broken(arguments)]
    for key, value in arguments.items():
        spec = properties.get(key, {})
        if isinstance(spec.get("enum"), list) and isinstance(value, str):
            ways.append(lambda key=key, value=value: {**arguments, key: f"{value.title()} "})
        elif isinstance(value, bool):
            ways.append(lambda key=key, value=value: {**arguments, key: "yes" if value else "no"})
        elif isinstance(value, int | float):
            ways.append(lambda key=key, value=value: {**arguments, key: f"{value} "})
        elif isinstance(value, str):
            ways.append(lambda key=key, value=value: {**arguments, key: {"value": value}})
        if isinstance(required, list) and key in required:
            ways.append(lambda key=key: {name: part for name, part in arguments.items() if name != key})
    return reading.dice.choose(ways, "A1 way", *occasion)()


def _broken(arguments: dict[str, Any]) -> str:
    """JSON that stops short of its end."""
    return json.dumps(arguments, ensure_ascii=False).rstrip("}")


def _invented(reading: Reading, name: str) -> str:
    """A tool that is not offered, with a name as likely as the right one."""
    verb, _, rest = name.partition("_")
    likely = [f"{_OTHER_VERBS[verb]}_{rest}"] if verb in _OTHER_VERBS and rest else []
    likely += [f"{name}_by_id", f"{name}_v2", f"{name}_details"]
    offered = {tool.name for tool in reading.prompt.tools}
    return reading.dice.choose(
        [made for made in likely if made not in offered] or [f"{name}_{len(name)}"], "A2 name", name
    )
