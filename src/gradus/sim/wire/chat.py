"""/v1/chat/completions: the completion, and the same as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ..reply import Reply, ToolCall, Usage, pieces
from .body import encode
from .events import Call, Event


def completion(call: Call) -> dict[str, Any]:
    """The body of a `chat.completion`, with `n` like choices."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": call.reply.text,
        "refusal": call.reply.refusal,
        "annotations": [],
    }
    if call.reply.tool_calls:
        message["tool_calls"] = [_tool_call(tool_call) for tool_call in call.reply.tool_calls]
    choice = {"message": message, "logprobs": None, "finish_reason": call.reply.finished_because}
    return {
        **_head(call, "chat.completion"),
        "choices": [{"index": index, **choice} for index in range(choices(call.body))],
        "usage": usage(call.usage),
    }


def stream(call: Call) -> list[Event]:
    """The `chat.completion.chunk` events and the terminator."""
    return list(_events(call))


def choices(body: dict[str, Any]) -> int:
    """How many choices were asked for."""
    return body.get("n") or 1


def usage(tokens: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": tokens.prompt_tokens,
        "completion_tokens": tokens.completion_tokens,
        "total_tokens": tokens.prompt_tokens + tokens.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _head(call: Call, kind: str) -> dict[str, Any]:
    return {
        "id": call.ids.new("chatcmpl-"),
        "object": kind,
        "created": call.created,
        "model": call.model.name,
        "service_tier": "default",
        "system_fingerprint": f"fp_{call.model.name}",
    }


def _tool_call(tool_call: ToolCall) -> dict[str, Any]:
    function = {"name": tool_call.name, "arguments": tool_call.arguments_text}
    return {"id": tool_call.id, "type": "function", "function": function}


def _events(call: Call) -> Iterator[Event]:
    head = _head(call, "chat.completion.chunk")
    include_usage = bool((call.body.get("stream_options") or {}).get("include_usage"))
    # With include_usage every chunk has the field, null in all but the last.
    tail: dict[str, Any] = {"usage": None} if include_usage else {}
    for index in range(choices(call.body)):
        for delta in _deltas(call.reply):
            choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": None}
            yield _event({**head, "choices": [choice], **tail}, delta)
        last = {"index": index, "delta": {}, "logprobs": None, "finish_reason": call.reply.finished_because}
        yield _event({**head, "choices": [last], **tail})
    if include_usage:
        yield _event({**head, "choices": [], "usage": usage(call.usage)})
    yield Event(b"data: [DONE]\n\n")


def _deltas(reply: Reply) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": None if reply.text is None else "", "refusal": None}
    for piece in pieces(reply.text or ""):
        yield {"content": piece}
    for piece in pieces(reply.refusal or ""):
        yield {"refusal": piece}
    for index, tool_call in enumerate(reply.tool_calls):
        function = {"name": tool_call.name, "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": tool_call.id, "type": "function", "function": function}]}
        for piece in pieces(tool_call.arguments_text):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _event(chunk: dict[str, Any], delta: Mapping[str, Any] = MappingProxyType({})) -> Event:
    data = b"data: " + encode(chunk) + b"\n\n"
    if "tool_calls" in delta:
        return Event(data, arguments=delta["tool_calls"][0]["function"]["arguments"])
    return Event(data, text=delta.get("content") or delta.get("refusal") or "")
