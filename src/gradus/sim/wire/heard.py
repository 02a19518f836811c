"""What a response says, read back from its bytes. Reads what other providers send too, as far as it can be read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ..reply import ToolCall, Usage
from .body import read

_END_OF_EVENT = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_CUT_SHORT = {"max_output_tokens": "length", "content_filter": "content_filter"}


@dataclass(frozen=True)
class Heard:
    """One answer of a model.

    Attributes:
        body: the finished completion or response, None if none came whole.
        text: what it said, or its refusal.
        usage: None if it was not told.
        error: the message of an error, or "".
    """

    body: dict[str, Any] | None = None
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    usage: Usage | None = None
    error: str = ""


def heard(data: bytes) -> Heard:
    """The answer in a plain body, whichever endpoint it came from."""
    body = read(data)
    if not body:
        return Heard()
    if "choices" in body:
        return _completion(body)
    if "output" in body:
        return _response(body)
    return Heard(error=_error(body))


@dataclass
class StreamListener:
    """Follows a stream of events, in whatever pieces it comes.

    Example:
        >>> listener = StreamListener()
        >>> listener.take(b'data: {"choices": [{"delta": {"content": "po')
        ('', '')
        >>> listener.take(b'ng"}}]}' + bytes([10, 10]))
        ('pong', '')
        >>> listener.heard().text
        'pong'
    """

    _rest: bytes = b""
    _text: list[str] = field(default_factory=list)
    _calls: dict[int, ToolCall] = field(default_factory=dict)
    _so_far: Heard = field(default_factory=Heard)

    def take(self, data: bytes) -> tuple[str, str]:
        """The text, and the piece of arguments, in the events that end within this piece."""
        *events, self._rest = _END_OF_EVENT.split(self._rest + data)
        said = [self._event(payload) for event in events if (payload := _payload(event))]
        return "".join(text for text, _ in said), "".join(arguments for _, arguments in said)

    def heard(self) -> Heard:
        """The answer as far as it came."""
        if self._so_far.body is not None:
            return self._so_far
        return replace(self._so_far, text="".join(self._text), tool_calls=tuple(self._calls.values()))

    def _event(self, payload: dict[str, Any]) -> tuple[str, str]:
        if "choices" in payload:
            return self._chunk(payload)
        kind = _text(payload.get("type"))
        if kind in ("response.completed", "response.incomplete", "response.failed"):
            self._so_far = _response(_dict(payload.get("response")))
        elif kind == "error" or "error" in payload:
            self._so_far = replace(self._so_far, error=_error(payload))
        elif kind in ("response.output_text.delta", "response.refusal.delta"):
            self._text.append(_text(payload.get("delta")))
            return self._text[-1], ""
        elif kind == "response.function_call_arguments.delta":
            return "", _text(payload.get("delta"))
        return "", ""

    def _chunk(self, payload: dict[str, Any]) -> tuple[str, str]:
        usage = _usage(payload.get("usage"))
        choice = _first_choice(payload)
        reason = choice.get("finish_reason")
        self._so_far = replace(
            self._so_far,
            usage=usage or self._so_far.usage,
            finish_reason=reason if isinstance(reason, str) else self._so_far.finish_reason,
        )
        delta = _dict(choice.get("delta"))
        text = _text(delta.get("content")) or _text(delta.get("refusal"))
        self._text.append(text)
        return text, "".join(map(self._call, _dicts(delta.get("tool_calls"))))

    def _call(self, piece: dict[str, Any]) -> str:
        function = _dict(piece.get("function"))
        arguments = _text(function.get("arguments"))
        number = _number(piece.get("index"))
        begun = self._calls.get(number) or ToolCall("", "")
        name, call_id = begun.name or _text(function.get("name")), begun.id or _text(piece.get("id")) or None
        self._calls[number] = ToolCall(name, begun.arguments_text + arguments, call_id)
        return arguments


def _payload(event: bytes) -> dict[str, Any]:
    """The event's JSON; {} for comments, terminators and what cannot be read."""
    lines = [line.removeprefix(b"data:") for line in event.splitlines() if line.startswith(b"data:")]
    return read(b"\n".join(lines)) or {}


def _completion(body: dict[str, Any]) -> Heard:
    choice = _first_choice(body)
    message, reason = _dict(choice.get("message")), choice.get("finish_reason")
    return Heard(
        body=body,
        text=_text(message.get("content")) or _text(message.get("refusal")),
        tool_calls=tuple(
            _tool_call(_dict(call.get("function")), call.get("id")) for call in _dicts(message.get("tool_calls"))
        ),
        finish_reason=reason if isinstance(reason, str) else None,
        usage=_usage(body.get("usage")),
    )


def _response(body: dict[str, Any]) -> Heard:
    items = _dicts(body.get("output"))
    parts = [part for item in items if item.get("type") == "message" for part in _dicts(item.get("content"))]
    calls = tuple(_tool_call(item, item.get("call_id")) for item in items if item.get("type") == "function_call")
    finished = {"completed": "tool_calls" if calls else "stop"}.get(_text(body.get("status")))
    reason = _text(_dict(body.get("incomplete_details")).get("reason"))
    return Heard(
        body=body,
        text="".join(_text(part.get("text")) or _text(part.get("refusal")) for part in parts),
        tool_calls=calls,
        finish_reason=_CUT_SHORT.get(reason, finished),
        usage=_usage(body.get("usage")),
        error=_text(_dict(body.get("error")).get("message")),
    )


def _tool_call(function: dict[str, Any], call_id: Any) -> ToolCall:
    return ToolCall(_text(function.get("name")), _text(function.get("arguments")), _text(call_id) or None)


def _usage(told: Any) -> Usage | None:
    """Tokens as either endpoint tells them."""
    if not isinstance(told, dict):
        return None
    details = _dict(told.get("prompt_tokens_details")) or _dict(told.get("input_tokens_details"))
    return Usage(
        _number(told.get("prompt_tokens", told.get("input_tokens"))),
        _number(told.get("completion_tokens", told.get("output_tokens"))),
        _number(details.get("cached_tokens")),
    )


def _error(payload: dict[str, Any]) -> str:
    """The message of an error body, an error event, or a body whose error is a mere text."""
    error = payload.get("error")
    return _text(error) or _text(_dict(error).get("message")) or _text(payload.get("message"))


def _first_choice(body: dict[str, Any]) -> dict[str, Any]:
    return next((choice for choice in _dicts(body.get("choices")) if not choice.get("index")), {})


def _dicts(value: Any) -> Iterable[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
