"""/v1/responses: the response, and the same as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..ids import Ids
from ..reply import Reply, Usage, pieces
from .body import encode
from .events import Call, Event

ARGUMENTS = "response.function_call_arguments"
INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
ITEM_PREFIXES = {"message": "msg_", "function_call": "fc_", "function_call_output": "fco_"}
ECHOED = (
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "previous_response_id",
    "prompt_cache_key",
    "safety_identifier",
    "user",
)


def response(call: Call) -> dict[str, Any]:
    """The body of a finished (or incomplete) `response`."""
    body = call.body
    reason = INCOMPLETE.get(call.reply.finished_because)
    status = "incomplete" if reason else "completed"
    return {
        "id": call.ids.new("resp_"),
        "object": "response",
        "created_at": call.created,
        "completed_at": None if reason else call.created,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": {"reason": reason} if reason else None,
        "model": call.model.name,
        "output": _output(call, status),
        "usage": usage(call.usage),
        "metadata": body.get("metadata") or {},
        "parallel_tool_calls": _given(body, "parallel_tool_calls", True),
        "reasoning": {"effort": (body.get("reasoning") or {}).get("effort"), "summary": None},
        "service_tier": "default",
        "temperature": _given(body, "temperature", 1.0),
        "top_p": _given(body, "top_p", 1.0),
        "text": _text(body),
        "tool_choice": _given(body, "tool_choice", "auto"),
        "tools": [_tool(tool) for tool in body.get("tools") or []],
        "top_logprobs": 0,
        "truncation": _given(body, "truncation", "disabled"),
        **{name: body.get(name) for name in ECHOED},
    }


def stream(finished: dict[str, Any]) -> list[Event]:
    """The events by which this response body comes about."""
    events: list[Event] = []
    for kind, fields in _events(finished):
        payload = {"type": kind, "sequence_number": len(events), **fields}
        data = b"event: %s\ndata: %s\n\n" % (kind.encode(), encode(payload))
        delta = fields.get("delta", "")
        events.append(Event(data, arguments=delta) if kind.startswith(ARGUMENTS) else Event(data, text=delta))
    return events


def usage(tokens: Usage) -> dict[str, Any]:
    return {
        "input_tokens": tokens.prompt_tokens,
        "input_tokens_details": {"cached_tokens": tokens.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": tokens.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens.prompt_tokens + tokens.completion_tokens,
    }


def input_items(given: str | list[dict[str, Any]], ids: Ids) -> list[dict[str, Any]]:
    """A request's `input` as a stored response lists it: items with ids, messages with parts."""
    return [_input_item(item, ids) for item in items(given)]


def items(given: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A request's `input` as items."""
    return [{"role": "user", "content": given}] if isinstance(given, str) else given


def _input_item(item: dict[str, Any], ids: Ids) -> dict[str, Any]:
    kind = item.get("type") or "message"
    listed = {**item, "type": kind, "id": item.get("id") or ids.new(ITEM_PREFIXES[kind]), "status": "completed"}
    if kind == "message" and isinstance(item["content"], str):
        spoken = item["role"] == "assistant"
        text = {"type": "output_text", "annotations": [], "logprobs": []} if spoken else {"type": "input_text"}
        listed["content"] = [{**text, "text": item["content"]}]
    return listed


def _given(body: dict[str, Any], name: str, default: Any) -> Any:
    value = body.get(name)
    return default if value is None else value


def _output(call: Call, status: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    content = _content(call.reply)
    if content:
        message = {"type": "message", "status": status, "role": "assistant", "content": content}
        items.append({"id": call.ids.new("msg_"), **message})
    for tool_call in call.reply.tool_calls:
        function = {"call_id": tool_call.id, "name": tool_call.name, "arguments": tool_call.arguments_text}
        items.append({"id": call.ids.new("fc_"), "type": "function_call", "status": status, **function})
    return items


def _content(reply: Reply) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if reply.text is not None:
        parts.append({"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []})
    if reply.refusal is not None:
        parts.append({"type": "refusal", "refusal": reply.refusal})
    return parts


def _text(body: dict[str, Any]) -> dict[str, Any]:
    given = body.get("text") or {}
    form = given.get("format") or {"type": "text"}
    if form["type"] == "json_schema":
        form = {"description": None, "strict": False, **form}
    return {"format": form, "verbosity": given.get("verbosity") or "medium"}


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    return {"description": None, "parameters": None, "strict": False, **tool}


def _events(finished: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each event's type and fields."""
    started = {
        **finished,
        "status": "in_progress",
        "output": [],
        "usage": None,
        "completed_at": None,
        "incomplete_details": None,
    }
    yield "response.created", {"response": started}
    yield "response.in_progress", {"response": started}
    for index, item in enumerate(finished["output"]):
        is_message = item["type"] == "message"
        added = {**item, "status": "in_progress", **({"content": []} if is_message else {"arguments": ""})}
        place = {"item_id": item["id"], "output_index": index}
        yield "response.output_item.added", {"output_index": index, "item": added}
        yield from _message_events(item, place) if is_message else _call_events(item, place)
        yield "response.output_item.done", {"output_index": index, "item": item}
    yield f"response.{finished['status']}", {"response": finished}


def _message_events(item: dict[str, Any], place: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, part in enumerate(item["content"]):
        here = {**place, "content_index": index}
        is_text = part["type"] == "output_text"
        key, kind = ("text", "response.output_text") if is_text else ("refusal", "response.refusal")
        extra: dict[str, Any] = {"logprobs": []} if is_text else {}
        yield "response.content_part.added", {**here, "part": {**part, key: ""}}
        for piece in pieces(part[key]):
            yield f"{kind}.delta", {**here, "delta": piece, **extra}
        yield f"{kind}.done", {**here, key: part[key], **extra}
        yield "response.content_part.done", {**here, "part": part}


def _call_events(item: dict[str, Any], place: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for piece in pieces(item["arguments"]):
        yield f"{ARGUMENTS}.delta", {**place, "delta": piece}
    yield f"{ARGUMENTS}.done", {**place, "arguments": item["arguments"]}
