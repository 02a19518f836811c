"""The conversation in a request body, whichever endpoint it is for: who said what. Reads malformed bodies too."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class Turn(NamedTuple):
    """One message: its role ("system", "user", "assistant", "tool") and its text, tool calls as name(arguments)."""

    role: str
    text: str


def turns_of(body: dict[str, Any]) -> tuple[Turn, ...]:
    """The turns of a chat completions, responses or embeddings body.

    Example:
        >>> turns_of({"messages": [{"role": "user", "content": "ping"}]})
        (Turn(role='user', text='ping'),)
    """
    if "messages" in body:
        return tuple(map(_message_turn, _as_list(body["messages"])))
    instructions = body.get("instructions")
    first = (Turn("system", instructions),) if isinstance(instructions, str) else ()
    return first + item_turns(body.get("input"))


def item_turns(items: Any) -> tuple[Turn, ...]:
    """The turns of a responses `input`: a text, or a list of items."""
    return tuple(map(_item_turn, _as_list(items)))


def offers_of(body: dict[str, Any]) -> tuple[str, ...]:
    """What else the prompt pays for: tool definitions and the output schema, as JSON."""
    text = body.get("text")
    schema = body.get("response_format") or (text.get("format") if isinstance(text, dict) else None)
    plain = not isinstance(schema, dict) or schema.get("type") == "text"
    offered = [*(_as_list(body.get("tools"))), *([] if plain else [schema])]
    return tuple(json.dumps(offer, ensure_ascii=False) for offer in offered)


def _message_turn(message: Any) -> Turn:
    if not isinstance(message, dict):
        return Turn("?", "")
    calls = [_call_text(call.get("function")) for call in _as_list(message.get("tool_calls")) if isinstance(call, dict)]
    said = _content_text(message.get("content")) or _content_text(message.get("refusal"))
    return Turn(_text(message.get("role")) or "?", "\n".join([*([said] if said else []), *calls]))


def _item_turn(item: Any) -> Turn:
    if isinstance(item, str):
        return Turn("user", item)
    if not isinstance(item, dict):
        return Turn("?", "")
    if item.get("type") == "function_call":
        return Turn("assistant", _call_text(item))
    if item.get("type") == "function_call_output":
        return Turn("tool", _content_text(item.get("output")))
    return Turn(_text(item.get("role")) or "?", _content_text(item.get("content")))


def _call_text(function: Any) -> str:
    if not isinstance(function, dict):
        return ""
    return f"{_text(function.get('name'))}({_text(function.get('arguments'))})"


def _content_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = [part for part in _as_list(content) if isinstance(part, dict)]
    return "\n".join(_text(part.get("text")) or _text(part.get("refusal")) for part in parts)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
