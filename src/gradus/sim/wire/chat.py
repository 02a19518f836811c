"""/v1/chat/completions: the completion, and the same as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ..reply import Reply, ToolCall, Usage, pieces
from .body import encode
from .events import Call, Event


def completion(call: Call) -> dict[str, Any]:
    """The body of a `chat.completion`, with `n` choices."""
    replies = call.reply.choices(choices(call.body))
    return {
        "id": call.ids.new("chatcmpl-"),
        "object": "chat.completion",
        "created": call.created,
        "model": call.model.name,
        "service_tier": "default",
        "system_fingerprint": f"fp_{call.model.name}",
        "choices": [_choice(index, reply) for index, reply in enumerate(replies)],
        "usage": usage(call.usage),
    }


def stream(finished: dict[str, Any], body: dict[str, Any]) -> list[Event]:
    """The `chat.completion.chunk` events by which this completion of a request comes about, and the terminator."""
    return list(_events(finished, bool((body.get("stream_options") or {}).get("include_usage"))))


def stored_messages(finished: dict[str, Any], messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages of a request as a stored completion lists them: each with an id, parts apart from text."""
    listed = []
    for place, message in enumerate(messages):
        content = message.get("content")
        parts = content if isinstance(content, list) else None
        shown = {"content": None if parts else content, "content_parts": parts}
        listed.append({"id": f"{finished['id']}-{place}", **message, **shown})
    return listed


def choices(body: dict[str, Any]) -> int:
    """How many choices were asked for."""
    return body.get("n") or 1


def usage(tokens: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": tokens.prompt_tokens,
        "completion_tokens": tokens.completion_tokens,
        "total_tokens": tokens.prompt_tokens + tokens.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": tokens.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _choice(index: int, reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": reply.text,
        "refusal": reply.refusal,
        "annotations": [],
    }
    if reply.tool_calls:
        message["tool_calls"] = [_tool_call(tool_call) for tool_call in reply.tool_calls]
    return {"index": index, "message": message, "logprobs": None, "finish_reason": reply.finished_because}


def _tool_call(tool_call: ToolCall) -> dict[str, Any]:
    function = {"name": tool_call.name, "arguments": tool_call.arguments_text}
    return {"id": tool_call.id, "type": "function", "function": function}


def _events(finished: dict[str, Any], include_usage: bool) -> Iterator[Event]:
    head = {name: value for name, value in finished.items() if name not in ("choices", "usage")}
    head["object"] = "chat.completion.chunk"
    # With include_usage every chunk has the field, null in all but the last.
    tail: dict[str, Any] = {"usage": None} if include_usage else {}
    for choice in finished["choices"]:
        rest = {"index": choice["index"], "logprobs": None}
        for delta in _deltas(choice["message"]):
            piece = {**rest, "delta": delta, "finish_reason": None}
            yield _event({**head, "choices": [piece], **tail}, delta)
        last = {**rest, "delta": {}, "finish_reason": choice["finish_reason"]}
        yield _event({**head, "choices": [last], **tail})
    if include_usage:
        yield _event({**head, "choices": [], "usage": finished["usage"]})
    yield Event(b"data: [DONE]\n\n")


def _deltas(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": None if message["content"] is None else "", "refusal": None}
    for piece in pieces(message["content"] or ""):
        yield {"content": piece}
    for piece in pieces(message["refusal"] or ""):
        yield {"refusal": piece}
    for index, tool_call in enumerate(message.get("tool_calls", ())):
        function = tool_call["function"]
        yield {"tool_calls": [{"index": index, **tool_call, "function": {**function, "arguments": ""}}]}
        for piece in pieces(function["arguments"]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _event(chunk: dict[str, Any], delta: Mapping[str, Any] = MappingProxyType({})) -> Event:
    data = b"data: " + encode(chunk) + b"\n\n"
    if "tool_calls" in delta:
        return Event(data, arguments=delta["tool_calls"][0]["function"]["arguments"])
    return Event(data, text=delta.get("content") or delta.get("refusal") or "")
