"""How a call goes wrong on its way out: another's identifier (A9), bad arguments (A1), a tool that is not (A2)."""

from __future__ import annotations

import json
import re
from typing import Any

from ...reply import ToolCall
from ..reading import Reading
from .arguments import identifying
from .choice import Offer, properties_of
from .details import identifiers, prefix_of

MOST_READ = 20_000  # characters of the conversation that are looked through for other identifiers
_OTHER_VERBS = {
    "get": "fetch", "find": "search", "list": "get", "lookup": "get", "search": "find", "issue": "create",
    "create": "add", "open": "create", "add": "create", "send": "post", "set": "update", "update": "set",
}  # fmt: skip

Arguments = dict[str, Any]


def sent(reading: Reading, offer: Offer, arguments: Arguments) -> ToolCall:
    """The call as it goes out.

    Args:
        reading: the request.
        offer: the tool that is meant.
        arguments: its right arguments.
    """
    # What came back before belongs to the occasion: the same slip need not happen again once its result is there.
    before = sum(result.name == offer.name for result in reading.prompt.results)
    occasion = (offer.name, json.dumps(arguments, ensure_ascii=False), before)
    if reading.errs("A9", *occasion):
        arguments = _of_another(reading, offer, arguments, occasion)
    # A strict schema is enforced: what comes out holds to it.
    if not offer.tool.strict and reading.errs("A1", *occasion):
        ways = _bad_ways(offer, arguments)
        return ToolCall(offer.name, reading.dice.choose(ways, "A1 way", *occasion))
    if reading.errs("A2", *occasion[:2], len(reading.prompt.results)):
        return ToolCall(_invented(reading, offer.name), arguments)
    return ToolCall(offer.name, arguments)


def _of_another(reading: Reading, offer: Offer, arguments: Arguments, occasion: tuple[object, ...]) -> Arguments:
    """The arguments with one identifier in place of another: one from the conversation, or one that looks like it."""
    named = [key for key in identifying(offer) if isinstance(arguments.get(key), str) and identifiers(arguments[key])]
    if not named:
        return arguments
    key = reading.dice.choose(named, "A9 key", *occasion)
    right = arguments[key]
    alike = [
        name.text for name in identifiers(reading.prompt.text[:MOST_READ]) if prefix_of(name.text) == prefix_of(right)
    ]
    others = [name for name in dict.fromkeys(alike) if name != right]
    return {**arguments, key: reading.dice.choose(others, "A9 other", *occasion) if others else _near(right)}


def _near(identifier: str) -> str:
    """The next number: C-128 for C-127."""
    digits = re.search(r"\d+(?=\D*$)", identifier)
    if digits is None:
        return f"{identifier}-2"
    return f"{identifier[: digits.start()]}{int(digits[0]) + 1:0{len(digits[0])}}{identifier[digits.end() :]}"


def _bad_ways(offer: Offer, arguments: Arguments) -> list[Arguments | str]:
    """Every way in which the arguments can be such as the tool's schema does not allow."""
    properties = properties_of(offer.tool.parameters)
    required = offer.tool.parameters.get("required")
    ways: list[Arguments | str] = [json.dumps(arguments, ensure_ascii=False).rstrip("}")]
    for key, value in arguments.items():
        spec = properties.get(key)
        wrong = _wrong(value, drifts=isinstance(spec, dict) and isinstance(spec.get("enum"), list))
        ways.append({**arguments, key: wrong})
        if isinstance(required, list) and key in required:
            ways.append({name: part for name, part in arguments.items() if name != key})
    return ways


def _wrong(value: Any, *, drifts: bool) -> Any:
    """A value of another type, or of no option where there are options."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value} units"
    if isinstance(value, str):
        return f"{value.title()} " if drifts else [value]
    return str(value)


def _invented(reading: Reading, name: str) -> str:
    """A tool that is not offered, with a name as likely as the right one."""
    verb, _, rest = name.partition("_")
    likely = [f"{_OTHER_VERBS[verb]}_{rest}"] if verb in _OTHER_VERBS and rest else []
    likely += [f"{name}_by_id", f"{name}_v2", f"{name}_details"]
    offered = {tool.name for tool in reading.prompt.tools}
    return reading.dice.choose(
        [made for made in likely if made not in offered] or [f"{name}_{len(offered)}"], "A2 name", name
    )
