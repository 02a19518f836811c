"""Every body holds to the types of the installed SDK, whatever the request was."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types import CreateEmbeddingResponse, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response as SdkResponse
from openai.types.responses import ResponseStreamEvent

from gradus.sim import Reply, Request, Response, Simulator, ToolCall, VirtualClock
from tests.sim.samples import places

Validate = Callable[[Any, Any], Any]

SCHEMA = {
    "type": "object",
    "properties": {"part": {"type": "string"}, "count": {"type": ["integer", "null"]}},
    "required": ["part", "count"],
    "additionalProperties": False,
}
FUNCTION = {"name": "lookup", "description": "Finds a part.", "parameters": SCHEMA, "strict": True}
USER = {"role": "user", "content": "Where is the valve?"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": "{}"}}
CHAT: dict[str, Any] = {
    "model": "sim-small",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Where is the valve?"}]},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "in hall 3"},
    ],
    "tools": [{"type": "function", "function": FUNCTION}],
    "tool_choice": {"type": "function", "function": {"name": "lookup"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "part", "schema": SCHEMA, "strict": True}},
    "temperature": 0.5,
    "n": 1,
    "metadata": {"ticket": "7"},
    "stream": False,
}
RESPONSES: dict[str, Any] = {
    "model": "sim-large-2026-03",
    "instructions": "Be brief.",
    "input": [
        {"role": "user", "content": "Where is the valve?"},
        {"type": "function_call", "call_id": "call_1", "name": "lookup", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "in hall 3"},
    ],
    "tools": [{"type": "function", **FUNCTION}],
    "tool_choice": {"type": "function", "name": "lookup"},
    "text": {"format": {"type": "json_schema", "name": "part", "schema": SCHEMA, "strict": True}},
    "reasoning": {"effort": "low"},
    "temperature": 0,
    "max_output_tokens": 100,
    "metadata": {"ticket": "7"},
    "stream": False,
}
EMBEDDINGS: dict[str, Any] = {"model": "sim-embed", "input": ["valve", "pump"], "encoding_format": "float"}
BODIES = {"chat/completions": CHAT, "responses": RESPONSES, "embeddings": EMBEDDINGS}
REPLIES = [
    Reply("In hall 3."),
    Reply(""),
    Reply(),
    Reply(tool_calls=[ToolCall("lookup", {"part": "valve"}), ToolCall("reset", "{broken")]),
    Reply("One moment.", tool_calls=[ToolCall("lookup", {})]),
    Reply(refusal="I cannot help with that."),
    Reply('{"part": "val', finish_reason="length"),
    Reply("", finish_reason="content_filter"),
    Reply("In hall 3.", usage=(1000, 2)),
]


def post(sim: Simulator, path: str, body: Any) -> Response:
    return sim.handle(Request("POST", f"/v1/{path}", body=json.dumps(body).encode()))


def read(response: Response) -> bytes:
    return b"".join(chunk for chunk in response.chunks if isinstance(chunk, bytes))


def validate(validator: Validate, path: str, streamed: bool, raw: bytes) -> None:
    """Hold a successful answer to the SDK's type for it."""
    if not streamed:
        kinds = {"chat/completions": ChatCompletion, "responses": SdkResponse, "embeddings": CreateEmbeddingResponse}
        validator(kinds[path], json.loads(raw))
        return
    kind = ChatCompletionChunk if path == "chat/completions" else ResponseStreamEvent
    for block in raw.split(b"\n\n")[:-1]:
        data = block.partition(b"data: ")[2]
        if data != b"[DONE]":
            validator(kind, json.loads(data))


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("path", ["chat/completions", "responses"])
def test_bodies_hold_to_the_types_of_the_sdk(
    sim: Simulator, strictly: Validate, path: str, streamed: bool, reply: Reply
) -> None:
    sim.script(reply)
    options = {"stream_options": {"include_usage": True}} if streamed and path == "chat/completions" else {}
    response = post(sim, path, {**BODIES[path], "stream": streamed, **options})
    assert response.status == 200
    kind = "text/event-stream; charset=utf-8" if streamed else "application/json"
    assert response.headers["content-type"] == kind
    validate(strictly, path, streamed, read(response))


@pytest.mark.parametrize("name", ["sim-small", "sim-large-2026-03", "sim-embed"])
def test_models_are_listed_and_found(sim: Simulator, strictly: Validate, name: str) -> None:
    listed = json.loads(read(sim.handle(Request("GET", "/v1/models"))))
    found = json.loads(read(sim.handle(Request("GET", f"/v1/models/{name}"))))
    assert found in listed["data"]
    strictly(Model, found)


@pytest.mark.parametrize("broken", ["choices", "usage", "id"])
def test_validation_notices_what_is_missing_or_unknown(sim: Simulator, strictly: Validate, broken: str) -> None:
    sim.script("pong")
    body = json.loads(read(post(sim, "chat/completions", CHAT)))
    if broken != "usage":
        with pytest.raises(ValueError):
            strictly(ChatCompletion, {key: value for key, value in body.items() if key != broken})
    with pytest.raises(AssertionError, match="extra"):
        strictly(ChatCompletion, {**body, "usage": {**body["usage"], "extra": 1}})


def test_embeddings_keep_the_order_of_the_texts_in_both_encodings(sim: Simulator) -> None:
    texts = ["valve", "pump", "hall 3"]
    body = {"model": "sim-embed", "input": texts}
    floats = json.loads(read(post(sim, "embeddings", body)))
    packed = json.loads(read(post(sim, "embeddings", {**body, "encoding_format": "base64"})))
    assert [row["index"] for row in floats["data"]] == [0, 1, 2]
    assert sim._embed is not None
    expected = sim._embed(texts)
    for place, (row, code) in enumerate(zip(floats["data"], packed["data"], strict=True)):
        np.testing.assert_allclose(row["embedding"], expected[place], atol=1e-7)
        np.testing.assert_array_equal(np.frombuffer(base64.b64decode(code["embedding"]), "<f4"), expected[place])


def test_shortened_embeddings_have_unit_length(sim: Simulator) -> None:
    body = json.loads(read(post(sim, "embeddings", {**EMBEDDINGS, "dimensions": 64})))
    rows = np.array([row["embedding"] for row in body["data"]])
    assert rows.shape == (2, 64)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)


def test_the_same_calls_give_the_same_bytes() -> None:
    def run(seed: int) -> list[bytes]:
        sim = Simulator(seed=seed, clock=VirtualClock())
        sim.script(*REPLIES)
        raw = []
        for place, _ in enumerate(REPLIES):
            path = ("chat/completions", "responses")[place % 2]
            response = post(sim, path, {**BODIES[path], "stream": place % 3 == 0})
            raw.append(repr(response.headers).encode() + read(response))
        return raw

    assert run(seed=1) == run(seed=1)
    assert run(seed=1) != run(seed=2)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """A copy of a JSON value with something else at the end of the path."""
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, Any]:
    """A path and a body: a good one with up to two places spoilt, or anything at all."""
    path = draw(st.sampled_from(list(BODIES)))
    body: Any = {**BODIES[path], "stream": draw(st.booleans())} if path != "embeddings" else BODIES[path]
    if draw(st.integers(0, 5)) == 0:
        return path, draw(JSON_VALUES)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.sampled_from(places(body)))
        body = replaced(body, place, draw(JSON_VALUES))
    return path, body


@settings(max_examples=600, deadline=None, derandomize=True, database=None)
@given(requests(), st.sampled_from(REPLIES))
def test_any_body_is_answered_or_refused_in_form(strictly: Validate, request: tuple[str, Any], reply: Reply) -> None:
    path, body = request
    sim = Simulator(embed=lambda texts: np.ones((len(texts), 384), dtype=np.float32))
    sim.script(reply)
    response = post(sim, path, body)
    raw = read(response)
    assert sim.ledger.transcript()
    if response.status == 200:
        validate(strictly, path, isinstance(body, dict) and body.get("stream") is True, raw)
        return
    error = json.loads(raw)["error"]
    assert response.status in (400, 404)
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    assert error["type"] == "invalid_request_error"
    assert not sim.ledger[0].acted
    assert sim.unmet(), "a refused request used up a step"


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=40), st.sampled_from(["GET", "POST", "DELETE", "PATCH"]), st.text(max_size=12))
def test_any_bytes_at_any_path_are_refused_in_form(body: bytes, method: str, path: str) -> None:
    response = Simulator().handle(Request(method, f"/{path}", body=body))
    assert 400 <= response.status < 500
    assert json.loads(read(response))["error"]["message"]


def chat_body(**parts: bytes) -> bytes:
    """A good chat request with some values written by hand."""
    values = {"model": b'"sim-small"', "messages": b'[{"role": "user", "content": "ping"}]', **parts}
    return b"{" + b", ".join(b'"%s": %s' % (name.encode(), value) for name, value in values.items()) + b"}"


@pytest.mark.parametrize(
    "body",
    [
        chat_body(messages=b"[" * 100_000 + b"]" * 100_000),
        chat_body(messages=b'[{"role": "user", "content": "\xff"}]'),
        chat_body(temperature=b"NaN"),
        chat_body(temperature=b"1e999"),
        chat_body(seed=b"9" * 5000),
        chat_body()[:-1],
        b"[]",
        b"7",
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    sim = Simulator()
    sim.script("pong")
    response = sim.handle(Request("POST", "/v1/chat/completions", body=body))
    assert response.status == 400
    assert "could not parse" in json.loads(read(response))["error"]["message"]
    assert sim.ledger[0].request == {}


@pytest.mark.parametrize("strict", [b"true", b"false"])
def test_no_depth_of_a_body_does_harm(strict: bytes) -> None:
    sim = Simulator()
    sim.otherwise("pong")
    # Somewhere below 1000 lies a depth that Python can just read and cannot write again.
    for depth in [200, *(range(850, 1000) if strict == b"false" else ()), 20_000]:
        schema = b'{"type": "array", "items": ' * depth + b'{"type": "string"}' + b"}" * depth
        parameters = b'{"type": "object", "properties": {"x": %s}, "required": ["x"], "additionalProperties": false}'
        function = b'{"name": "f", "strict": %s, "parameters": %s}' % (strict, parameters % schema)
        tools = b'[{"type": "function", "function": %s}]' % function
        response = sim.handle(Request("POST", "/v1/chat/completions", body=chat_body(tools=tools)))
        assert response.status in (200, 400)


@pytest.mark.parametrize(("text", "status"), [("\ud83d", 400), ("\U0001f9ca", 200), ("\\ud83d", 200)])
def test_half_a_surrogate_pair_is_no_text(sim: Simulator, text: str, status: int) -> None:
    sim.script("pong")
    response = post(sim, "chat/completions", {"model": "sim-small", "messages": [{"role": "user", "content": text}]})
    assert response.status == status


def test_a_scripted_half_of_a_surrogate_pair_goes_out_as_text(sim: Simulator) -> None:
    sim.script(Reply("a\ud83d"))
    body = {"model": "sim-small", "messages": [{"role": "user", "content": "ping"}]}
    assert json.loads(read(post(sim, "chat/completions", body)))["choices"][0]["message"]["content"] == "a?"
