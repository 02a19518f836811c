"""Exchanges of every kind, and the plain SDK client that hears them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openai import OpenAI

from gradus.sim import AwkwardStream, Reply, Request, Response, Simulator, Step, ToolCall, Unauthorized, VirtualClock
from gradus.sim.client import client
from tests.sim.protocol import Wire, exchange

USER = {"role": "user", "content": "Where is the valve?"}
PARAMETERS = {
    "type": "object",
    "properties": {"part": {"type": "string"}},
    "required": ["part"],
    "additionalProperties": False,
}
FUNCTION = {"name": "lookup", "description": "Finds a part.", "parameters": PARAMETERS, "strict": True}
CHAT: dict[str, Any] = {"model": "sim-small", "messages": [USER]}
RESPONSE: dict[str, Any] = {"model": "sim-small", "input": "Where is the valve?"}
EMBEDDINGS: dict[str, Any] = {"model": "sim-embed", "input": ["valve", "pump", "Kühlhaus"]}
STREAM: dict[str, Any] = {"stream": True}
USAGE: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}

TEXT = Reply('In hall 3, below the Kühlhaus 🧊 and "left".\n')
EMPTY = Reply("")
CALLS = Reply(tool_calls=[ToolCall("lookup", {"part": "valve"}), ToolCall("reset", '{"part": "pu')])
TEXT_AND_CALL = Reply("One moment, please.", tool_calls=[ToolCall("lookup", {"part": "valve"})])
REFUSAL = Reply(refusal="I cannot help with that.")
CUT = Reply('{"part": "val', finish_reason="length")
FILTERED = Reply("Some of", finish_reason="content_filter")
REPLIES = (TEXT, EMPTY, CALLS, TEXT_AND_CALL, REFUSAL, CUT, FILTERED, Reply("In hall 3.", usage=(1000, 2)))


def encoder(texts: list[str]) -> NDArray[np.float32]:
    """A stand-in encoder: unit vectors of shape (n, 384) that depend on the text alone."""
    rows = [np.sin(np.arange(1, 385) * (1 + sum(text.encode()) % 97)) for text in texts]
    return np.array([row / np.linalg.norm(row) for row in rows], dtype=np.float32)


@dataclass(frozen=True)
class Sample:
    """A request, and the step that answers it, if it needs one."""

    path: str
    body: dict[str, Any] = field(default_factory=dict)
    step: Step | None = None

    @property
    def reply(self) -> Reply | None:
        """What the script has the model say."""
        reply = self.step.whole if isinstance(self.step, AwkwardStream) else self.step
        return reply if isinstance(reply, Reply) else None

    @property
    def request(self) -> Request:
        method = "POST" if self.body else "GET"
        return Request(method, f"/v1/{self.path}", body=json.dumps(self.body).encode() if self.body else b"")

    def exchange(self) -> Wire:
        """What a fresh simulator makes of it."""
        sim = Simulator(embed=encoder)
        if self.step is not None:
            sim.script(self.step)
        return exchange(sim, self.request)


SAMPLES = {
    "chat": Sample("chat/completions", CHAT, TEXT),
    "chat of two": Sample("chat/completions", {**CHAT, "n": 2}, TEXT),
    "chat with calls": Sample("chat/completions", CHAT, CALLS),
    "chat that refuses": Sample("chat/completions", CHAT, REFUSAL),
    "chat stream": Sample("chat/completions", {**CHAT, **STREAM}, TEXT),
    "chat stream with usage": Sample("chat/completions", {**CHAT, **USAGE}, TEXT),
    "chat stream of two": Sample("chat/completions", {**CHAT, **STREAM, "n": 2}, TEXT),
    "chat stream with calls": Sample("chat/completions", {**CHAT, **STREAM}, CALLS),
    "chat stream that refuses": Sample("chat/completions", {**CHAT, **STREAM}, REFUSAL),
    "response": Sample("responses", {**RESPONSE, "temperature": 0.5, "metadata": {"ticket": "7"}}, TEXT),
    "response with calls": Sample("responses", {**RESPONSE, "tools": [{"type": "function", **FUNCTION}]}, CALLS),
    "response cut": Sample("responses", RESPONSE, CUT),
    "response stream": Sample("responses", {**RESPONSE, **STREAM}, TEXT),
    "response stream with calls": Sample("responses", {**RESPONSE, **STREAM}, CALLS),
    "response stream of both": Sample("responses", {**RESPONSE, **STREAM}, TEXT_AND_CALL),
    "response stream that refuses": Sample("responses", {**RESPONSE, **STREAM}, REFUSAL),
    "response stream cut": Sample("responses", {**RESPONSE, **STREAM}, CUT),
    "input tokens": Sample("responses/input_tokens", RESPONSE),
    "embeddings": Sample("embeddings", {**EMBEDDINGS, "encoding_format": "float"}),
    "embeddings shortened": Sample("embeddings", {**EMBEDDINGS, "dimensions": 64}),
    "embeddings in base64": Sample("embeddings", {**EMBEDDINGS, "encoding_format": "base64"}),
    "moderations": Sample("moderations", {"input": ["I will kill you.", "The valve is shut."]}),
    "models": Sample("models"),
    "model": Sample("models/sim-small"),
    "error": Sample("chat/completions", {**CHAT, "tempreature": 0}),
    "unauthorized": Sample("responses", RESPONSE, Unauthorized()),
}


class Tape:
    """A core that answers everything with the same reply, in these pieces."""

    def __init__(self, wire: Wire, pieces: Sequence[bytes] = ()) -> None:
        self._wire = wire
        self._pieces = pieces or [wire.raw]

    def handle(self, request: Request) -> Response:
        return Response(self._wire.status, self._wire.headers, iter(self._pieces))


def client_of(wire: Wire, pieces: Sequence[bytes] = ()) -> OpenAI:
    """A client of the SDK that gets this reply to whatever it asks."""
    return client(Tape(wire, pieces), VirtualClock(), max_retries=0)


def hear(wire: Wire, pieces: Sequence[bytes] = ()) -> Any:
    """What the plain client makes of a reply: an object, or the list of what was streamed."""
    listener = client_of(wire, pieces)
    create: Any = {
        "/v1/chat/completions": listener.chat.completions.create,
        "/v1/responses": listener.responses.create,
        "/v1/responses/input_tokens": listener.responses.input_tokens.count,
        "/v1/embeddings": listener.embeddings.create,
        "/v1/moderations": listener.moderations.create,
        "/v1/models": listener.models.list,
        "/v1/models/sim-small": lambda: listener.models.retrieve("sim-small"),
    }[wire.request.path]
    heard = create(**wire.asked)
    return list(heard) if wire.streamed else heard


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path to a JSON value, which is (), and to everything inside it, the outer before the inner."""
    entries: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        entries = list(value.items())
    elif isinstance(value, list):
        entries = list(enumerate(value))
    return [path, *(place for key, entry in entries for place in places(entry, (*path, key)))]
