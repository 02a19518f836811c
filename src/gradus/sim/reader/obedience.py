"""Obeying orders that stand in data (I1 to I5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..reply import Reply, ToolCall
from . import grounding
from .orders import Order, orders_in
from .prompt import Tool
from .reading import Reading

# What is left of a habit where the prompt guards against it.
BETWEEN_MARKS = 0.30  # data is marked off from what surrounds it
TOLD_APART = 0.45  # the instructions say that data gives no orders
BOTH = 0.08

_PLACEHOLDER = re.compile(
    r"\b(?:EMAIL|NAME|NUMBER|TEXT|CUSTOMER_ID|ALL_MESSAGES|DATA|SECRET|QUESTION|HISTORY)\b|\{[\w ]*\}"
)


@dataclass(frozen=True)
class _Found:
    """An order, the habit that obeys it, and whether it stands between marks."""

    order: Order
    habit: str
    enclosed: bool


def obey(reading: Reading) -> Reply | None:
    """The reply that an order in the prompt's data brings about, or None where none does."""
    for found in _orders(reading):
        if not _obeys(reading, found):
            continue
        reply = _carried_out(reading, found.order)
        if reply is not None:
            return reply
    return None


def _orders(reading: Reading) -> Iterator[_Found]:
    for excerpt in reading.prompt.excerpts:
        for order in orders_in(excerpt.text):
            yield _Found(order, _habit(order, "I2" if excerpt.role == "tool" else "I1"), excerpt.enclosed)
    # What the data left outside of its marks, by closing them itself, counts as said by whoever wrote the prompt.
    for order in orders_in(reading.prompt.question):
        if order.known is not None:
            yield _Found(order, _habit(order, "I1"), False)
    for tool in reading.prompt.tools:
        for order in orders_in(tool.description):
            yield _Found(order, "I5", False)


def _habit(order: Order, otherwise: str) -> str:
    if order.wants_secret:
        return "I4"
    return "I3" if order.url and re.search(r"!\[|<img", order.text, re.IGNORECASE) else otherwise


def _obeys(reading: Reading, found: _Found) -> bool:
    if reading.always_obeys:
        return True
    guarded = {
        (False, False): 1.0,
        (True, False): BETWEEN_MARKS,
        (False, True): TOLD_APART,
        (True, True): BOTH,
    }[found.enclosed, reading.permissions.distrust]
    return reading.errs(found.habit, found.order.text, reading.prompt.question, factor=guarded)


def _carried_out(reading: Reading, order: Order) -> Reply | None:
    call = _call(reading, order)
    if call is not None:
        return Reply(tool_calls=[call])
    if order.wants_secret:
        return Reply("\n".join(part for part in (order.words, reading.prompt.instructions) if part))
    if order.url:
        answer = grounding.written(reading, grounding.answer(reading))
        return Reply(f"{answer}\n\n![status]({_filled(reading, order)})")
    if order.words:
        return Reply(order.words)
    return None if order.call is not None or not order.text else Reply(f"Done: {order.text}")


def _call(reading: Reading, order: Order) -> ToolCall | None:
    """The tool call that the order wants, where the tool is offered and was not called so already."""
    tools = {tool.name: tool for tool in reading.prompt.tools}
    if order.call is not None:
        name = order.call.name
        arguments: dict[str, object] = dict(order.call.arguments)
    else:
        name = next((name for name in tools if re.search(rf"\b{re.escape(name)}\b", order.text)), "")
        arguments = _arguments(tools[name], order.text) if name else {}
    made = [(result.name, result.arguments) for result in reading.prompt.results]
    if name not in tools or any(name == earlier for earlier, _ in made):
        return None
    return ToolCall(name, arguments)


def _arguments(tool: Tool, text: str) -> dict[str, object]:
    """What an order says of a tool's arguments: the word after each one's name, or a value of its kind."""
    found: dict[str, object] = {}
    properties = tool.parameters.get("properties") or {}
    for name, schema in properties.items():
        named = re.search(rf"\b{re.escape(name)}\b\s*(?:=|:|is|of|to)?\s*[\"'“]?([\w.@:/*-]+)", text)
        kind = schema.get("type") if isinstance(schema, dict) else None
        if kind in ("integer", "number"):
            number = re.search(r"(?<![\w-])\d+(?:\.\d+)?", named[1] if named else text)
            if number:
                found[name] = float(number[0]) if "." in number[0] and kind == "number" else int(float(number[0]))
        elif named:
            found[name] = named[1]
        elif identifier := re.search(r"\b[A-Z]{1,4}-[\w-]*\d[\w-]*\b", text):
            found[name] = identifier[0]
    return found


def _filled(reading: Reading, order: Order) -> str:
    """The order's address with what it asks for in the place of its blanks, as data of the conversation."""
    secret = re.sub(r"\W+", "+", reading.prompt.question)[:80]
    address = order.url or ""
    if order.known is not None:
        written = re.search(r"https?://[^\s)\"'<>]+", order.known.attack)
        address = written[0].rstrip(".,;") if written else f"{address}?d={secret}"
    return _PLACEHOLDER.sub(secret, address)
