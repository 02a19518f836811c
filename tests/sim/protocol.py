"""What the API promises about every reply, as checks on its bytes. Each raises AssertionError with a sentence.

Clients forgive almost anything (test_wire_mutants.py counts how much), so a wire that clients accept proves little.
"""

from __future__ import annotations

import base64
import functools
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, get_args

import numpy as np
from numpy.typing import NDArray
from openai.types import CreateEmbeddingResponse, Model, ModerationCreateResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.moderation import Categories
from openai.types.responses import InputTokenCountResponse, Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter, ValidationError

from gradus.sim import Reply, Request, Simulator, tokens
from gradus.sim.turns import offers_of, turns_of

Object = dict[str, Any]
Embed = Callable[[list[str]], NDArray[np.float32]]

JSON, EVENT_STREAM = "application/json", "text/event-stream; charset=utf-8"
CHUNK_LIMIT = 100_000
DIMENSIONS = 384
# What a response says before it is finished.
STARTED: Object = {
    "status": "in_progress",
    "output": [],
    "usage": None,
    "completed_at": None,
    "incomplete_details": None,
}
TERMINAL = ("response.completed", "response.incomplete", "response.failed")
INCOMPLETE = {"max_output_tokens": "length", "content_filter": "content_filter"}
# The parameters that a response repeats, with what it says where they were not given.
ECHOED: Object = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "temperature": 1.0,
    "tool_choice": "auto",
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
RESPONSE_FIELDS = (
    "id object created_at completed_at status background error incomplete_details model output usage reasoning "
    "service_tier text tools top_logprobs"
)
DETAILS = {
    "prompt_tokens": (
        "cached_tokens audio_tokens",
        "reasoning_tokens audio_tokens accepted_prediction_tokens rejected_prediction_tokens",
    ),
    "input_tokens": ("cached_tokens cache_write_tokens", "reasoning_tokens"),
}
ERROR_TYPES = {
    400: ("invalid_request_error",),
    401: ("invalid_request_error",),
    404: ("invalid_request_error",),
    405: ("invalid_request_error",),
    429: ("requests", "tokens", "insufficient_quota"),
}


@dataclass(frozen=True)
class Wire:
    """One request and its reply as they were on the wire."""

    request: Request
    status: int
    headers: Mapping[str, str]
    raw: bytes

    @functools.cached_property
    def asked(self) -> Object:
        """The body of a POST, {} where there is none; what other methods bring along is not looked at."""
        return json.loads(self.request.body) if self.request.method == "POST" and self.request.body else {}

    @property
    def streamed(self) -> bool:
        """Whether a good reply is a stream."""
        if self.request.method == "GET":
            fetched = re.fullmatch(r"/v1/responses/[^/]*", self.request.path)
            return fetched is not None and self.request.query.get("stream") == "true"
        return self.request.path in ("/v1/chat/completions", "/v1/responses") and self.asked.get("stream") is True


def exchange(sim: Simulator, request: Request) -> Wire:
    """Let the simulator answer. A reply that never ends is an error."""
    response = sim.handle(request)
    chunks = []
    for chunk in response.chunks:
        assert isinstance(chunk, bytes), f"the reply was read as bytes, and holds {chunk!r}"
        chunks.append(chunk)
        assert len(chunks) < CHUNK_LIMIT, f"the reply has not ended after {CHUNK_LIMIT} chunks"
    return Wire(request, response.status, response.headers, b"".join(chunks))


def check(wire: Wire, reply: Reply | None = None, embed: Embed | None = None) -> Any:
    """Hold a reply to the protocol of its endpoint.

    Args:
        wire: the request and the reply.
        reply: what the script gave; with it the reply must say the same, token counts included.
        embed: the encoder, for embeddings; with it the vectors must be those of the texts.

    Returns:
        The body; for a stream, the body that it adds up to.
    """
    check_headers(wire)
    if wire.status != 200:
        return check_error(wire)
    match wire.request.method, wire.request.path.removeprefix("/v1/").split("/"):
        case "POST", ["chat", "completions"]:
            return check_chat_stream(wire, reply) if wire.streamed else check_chat(wire, reply)
        case "POST", ["responses", "input_tokens"]:
            return check_input_tokens(wire)
        case "POST" | "GET", ["responses"] | ["responses", _]:
            return check_response_stream(wire, reply) if wire.streamed else check_response(wire, reply)
        case "POST" | "GET", ["chat", "completions", _]:
            return check_stored_chat(wire)
        case "GET", ["chat", "completions"] | ["chat", "completions", _, "messages"] | ["responses", _, "input_items"]:
            return check_page(wire)
        case "DELETE", [_, name] | [_, _, name]:
            return check_deleted(wire, name)
        case "POST", ["embeddings"]:
            return check_embeddings(wire, embed)
        case "POST", ["moderations"]:
            return check_moderations(wire)
        case "GET", ["models"]:
            return check_models(wire)
        case "GET", ["models", name]:
            return check_model(wire, name)
    raise AssertionError(f"there is no check for {wire.request.method} {wire.request.path}, and it was answered")


def check_headers(wire: Wire) -> None:
    """Names in lower case, the right content type, and an id to report the request by."""
    assert all(name == name.lower() for name in wire.headers), f"header names are in lower case: {wire.headers}"
    kind = wire.headers.get("content-type")
    expected = EVENT_STREAM if wire.status == 200 and wire.streamed else JSON
    assert kind == expected, f"the content-type is {kind}, and should be {expected}"
    assert re.fullmatch(r"req_\w+", wire.headers.get("x-request-id", "")), "x-request-id is missing or malformed"


def check_error(wire: Wire) -> Object:
    """An error body: message, type, param and code, as fits the status."""
    body = _body(wire)
    assert 400 <= wire.status < 600, f"status {wire.status} is no error"
    assert list(body) == ["error"], f"an error's body has one key, 'error': {body}"
    error: Object = body["error"]
    assert isinstance(error, dict), f"'error' is an object, and is {error!r}"
    assert set(error) == {"message", "type", "param", "code"}, f"an error has other keys: {sorted(error)}"
    assert isinstance(error["message"], str), "an error's message is a string"
    assert error["message"].strip(), "an error's message is empty"
    # A parameter may be named "".
    assert error["param"] is None or isinstance(error["param"], str), "param is a string or null"
    assert error["code"] is None or re.fullmatch("[a-z_]+", str(error["code"])), (
        f"code is a name, not {error['code']!r}"
    )
    kinds = ERROR_TYPES.get(wire.status, ("server_error",))
    assert error["type"] in kinds, f"status {wire.status} has type {error['type']}, and should have one of {kinds}"
    return error


def check_chat(wire: Wire, reply: Reply | None = None) -> Object:
    """A chat completion."""
    completion = _body(wire)
    strictly(ChatCompletion, completion)
    _check_completion(completion, reply)
    _check_count(completion, wire)
    _check_chat_usage(completion.get("usage"), completion, wire, reply)
    return completion


def check_stored_chat(wire: Wire) -> Object:
    """A chat completion that was stored, with its metadata."""
    completion = _body(wire)
    metadata = completion.pop("metadata", None)
    strictly(ChatCompletion, completion)
    _check_completion(completion)
    assert isinstance(metadata, dict), f"the metadata of a stored completion is an object, and is {metadata!r}"
    sent = wire.asked.get("metadata", metadata) or {}
    assert metadata == sent, f"the metadata is {metadata}, and was set to {sent}"
    return {**completion, "metadata": metadata}


def check_chat_stream(wire: Wire, reply: Reply | None = None) -> Object:
    """The chunks of a chat completion; the completion that they add up to, without usage unless it was asked for."""
    events = [data for _, data in read_events(wire.raw, named=False)]
    assert events.count("[DONE]") == 1, f"[DONE] comes once, and came {events.count('[DONE]')} times"
    assert events.pop() == "[DONE]", "[DONE] is not the last event"
    chunks = [read_json(data.encode()) for data in events]
    for chunk in chunks:
        strictly(ChatCompletionChunk, chunk)
    assert chunks, "the stream has no chunks"
    heads = [{name: value for name, value in chunk.items() if name not in ("choices", "usage")} for chunk in chunks]
    assert all(head == heads[0] for head in heads), "id, created, model or fingerprint differ between chunks"
    included = bool((wire.asked.get("stream_options") or {}).get("include_usage"))
    usage = _usage_chunk(chunks) if included else None
    assert all("usage" not in chunk for chunk in chunks), "a chunk has usage, which nobody asked for there"
    assert all(len(chunk["choices"]) == 1 for chunk in chunks), "a chunk carries one choice"
    choices = _folded([chunk["choices"][0] for chunk in chunks])
    completion = {**heads[0], "object": "chat.completion", "choices": choices}
    assert heads[0]["object"] == "chat.completion.chunk", "the object is no chat.completion.chunk"
    if included:
        completion["usage"] = usage
    strictly(ChatCompletion, completion)
    _check_completion(completion, reply)
    _check_count(completion, wire)
    if included:
        _check_chat_usage(usage, completion, wire, reply)
    return completion


def check_response(wire: Wire, reply: Reply | None = None) -> Object:
    """A response, plain or fetched."""
    response = _body(wire)
    strictly(Response, response)
    _check_response(response, wire, reply)
    return response


def check_response_stream(wire: Wire, reply: Reply | None = None) -> Object:
    """The events of a response; the response that they end in."""
    events = []
    for name, data in read_events(wire.raw, named=True):
        event = read_json(data.encode())
        assert name == event.get("type"), f"the event line says {name}, and the type is {event.get('type')}"
        strictly(_event_class(name), event)
        events.append(event)
    numbers = [event["sequence_number"] for event in events]
    assert numbers == list(range(len(events))), f"sequence_number does not count up from 0: {numbers}"
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"], f"a stream begins otherwise: {kinds[:2]}"
    ends = [place for place, kind in enumerate(kinds) if kind in TERMINAL]
    assert ends == [len(kinds) - 1], f"a stream has one terminal event, at its end; here at {ends} of {len(kinds)}"
    response: Object = events[-1]["response"]
    _check_response(response, wire, reply)
    assert kinds[-1] == f"response.{response['status']}", f"{kinds[-1]} carries status {response['status']}"
    for event in events[:2]:
        assert event["response"] == {**response, **STARTED}, f"the snapshot of {event['type']} differs from the end"
    _check_items(events[2:-1], response["output"])
    return response


def check_embeddings(wire: Wire, embed: Embed | None = None) -> Object:
    """A list of vectors: one for each text, in order, of unit length."""
    body = _body(wire)
    _fields(body, "object data model usage", "a list of embeddings")
    assert isinstance(body["data"], list), "data is no array"
    packed = wire.asked.get("encoding_format") == "base64"
    texts = [wire.asked["input"]] if isinstance(wire.asked["input"], str) else wire.asked["input"]
    width = wire.asked.get("dimensions") or DIMENSIONS
    for row in body["data"]:
        _fields(row, "object index embedding", "an embedding")
    rows = [_vector(row["embedding"], packed) for row in body["data"]]
    plain = [{**row, "embedding": list(map(float, vector))} for row, vector in zip(body["data"], rows, strict=True)]
    strictly(CreateEmbeddingResponse, {**body, "data": plain})
    assert [row["index"] for row in body["data"]] == list(range(len(texts))), "the indices are not those of the texts"
    assert body["model"] == wire.asked["model"], f"{body['model']} answers for {wire.asked['model']}"
    for place, vector in enumerate(rows):
        assert vector.shape == (width,), f"vector {place} has {len(vector)} numbers, and should have {width}"
        assert abs(float(np.linalg.norm(vector)) - 1) < 1e-3, f"vector {place} is not of unit length"
    for place, expected in enumerate(embed(texts) if embed else ()):
        short = expected[:width] / np.linalg.norm(expected[:width])
        assert np.allclose(rows[place], short, atol=1e-5), f"vector {place} is not that of text {place}"
    counted = tokens.count(texts)
    assert body["usage"] == {"prompt_tokens": counted, "total_tokens": counted}, f"{counted} tokens were embedded"
    return body


def check_models(wire: Wire) -> Object:
    """The list of models."""
    body = _body(wire)
    assert set(body) == {"object", "data"}, f"a list has other keys: {sorted(body)}"
    assert body["object"] == "list", "the object is no list"
    assert isinstance(body["data"], list), "data is no array"
    names = [_check_one_model(model)["id"] for model in body["data"]]
    assert names, "no model is listed"
    assert len(set(names)) == len(names), f"a model is listed twice: {names}"
    return body


def check_model(wire: Wire, name: str) -> Object:
    """One model."""
    model = _check_one_model(_body(wire))
    assert model["id"] == name, f"{model['id']} is not the model that was asked for, {name}"
    return model


def check_moderations(wire: Wire) -> Object:
    """One result for each input, with all the categories of the SDK, and flagged if one of them is."""
    body = _body(wire)
    strictly(ModerationCreateResponse, body)
    asked = wire.asked["input"]
    # Parts of one input (text and images) are judged together.
    parts = isinstance(asked, list) and any(isinstance(part, dict) for part in asked)
    count = 1 if parts or isinstance(asked, str) else len(asked)
    assert re.fullmatch(r"modr-\w+", body["id"]), f"the id is {body['id']}, and should begin with modr-"
    assert body["model"], "the model has no name"
    assert len(body["results"]) == count, f"{count} inputs have {len(body['results'])} results"
    names = {field.alias or name for name, field in Categories.model_fields.items()}
    for result in body["results"]:
        for part in ("categories", "category_scores", "category_applied_input_types"):
            assert set(result[part]) == names, f"{part} does not have the SDK's categories: {sorted(result[part])}"
        categories, scores = result["categories"], result["category_scores"]
        assert all(value is True or value is False for value in categories.values()), "a category is true or false"
        assert result["flagged"] is any(categories.values()), "flagged does not agree with the categories"
        assert all(0 <= score <= 1 for score in scores.values()), f"a score lies outside 0 to 1: {scores}"
        applied = list(result["category_applied_input_types"].values())
        sent = {part["type"].removesuffix("_url") for part in asked} if parts else {"text"}
        seen = {kind for kinds in applied for kind in kinds}
        assert seen == sent, f"the categories were applied to {sorted(seen)}, and {sorted(sent)} was sent"
        assert "text" not in sent or all("text" in kinds for kinds in applied), "a category was not applied to the text"
    return body


def check_input_tokens(wire: Wire) -> Object:
    """The number of tokens that a response would read."""
    body = _body(wire)
    strictly(InputTokenCountResponse, body)
    if not wire.asked.get("previous_response_id"):
        sent = _tokens_sent(wire.asked)
        assert body["input_tokens"] == sent, f"input_tokens is {body['input_tokens']}, and {sent} tokens were sent"
    return body


def check_page(wire: Wire) -> Object:
    """A page of stored things: its ends are named, and each has an id of its own."""
    body = _body(wire)
    assert set(body) == {"object", "data", "first_id", "last_id", "has_more"}, f"a page has other keys: {sorted(body)}"
    assert body["object"] == "list", "the object is no list"
    ids = [entry["id"] for entry in body["data"]]
    assert len(set(ids)) == len(ids), f"an entry is listed twice: {ids}"
    ends = (ids[0], ids[-1]) if ids else (None, None)
    assert (body["first_id"], body["last_id"]) == ends, f"first_id and last_id are not {ends}"
    assert type(body["has_more"]) is bool, "has_more is true or false"
    assert len(ids) <= int(wire.request.query.get("limit", 20)), "the page has more entries than its limit"
    return body


def check_deleted(wire: Wire, name: str) -> Object:
    """The note that something stored is gone."""
    body = _body(wire)
    assert set(body) == {"id", "object", "deleted"}, f"a deletion has other keys: {sorted(body)}"
    assert body["id"] == name, f"{body['id']} was deleted, and not {name}"
    assert body["deleted"] is True, f"{name} was deleted, and deleted is {body['deleted']!r}"
    return body


def strictly(kind: Any, data: Any) -> None:
    """Hold a JSON value to a type of the SDK: nothing missing, nothing unknown, nothing of another JSON type."""
    try:
        validated(kind, data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise AssertionError(f"the SDK's {_name(kind)} does not accept {where}: {first['msg']}") from error


def validated(kind: Any, data: Any) -> Any:
    """A JSON value as a type of the SDK; ValidationError, or AssertionError for a field that it does not know."""
    value = _adapter(kind).validate_json(json.dumps(data), strict=True)
    unknown = list(_unknown(value, _name(kind)))
    assert not unknown, f"the SDK does not know {unknown}"
    return value


def _name(kind: Any) -> str:
    return str(getattr(kind, "__name__", kind))


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _unknown(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for place, entry in enumerate(value):
            yield from _unknown(entry, f"{path}[{place}]")


@functools.cache
def _event_class(name: str) -> type[BaseModel]:
    for kind in get_args(get_args(ResponseStreamEvent)[0]):
        if name in get_args(kind.model_fields["type"].annotation):
            return kind  # type: ignore[no-any-return]
    raise AssertionError(f"the SDK knows no event {name}")


def _body(wire: Wire) -> Object:
    body = read_json(wire.raw)
    assert isinstance(body, dict), f"a body is an object, and is {body!r}"
    return body


def read_json(raw: bytes) -> Any:
    """A JSON value that is UTF-8 (only control characters escaped), without NaN and without a name twice."""
    # A doubled backslash is a backslash, and what follows it is no escape.
    escaped = re.findall(rb"\\u(?!00[01])....", raw.replace(b"\\\\", b""))
    assert not escaped, f"text is sent as UTF-8, and {escaped[0]!r} is escaped"
    try:
        return json.loads(raw.decode(), parse_constant=_no_constant, object_pairs_hook=_unique)
    except ValueError as error:
        raise AssertionError(f"this is no JSON ({error}): {raw[:80]!r}") from error


def _no_constant(name: str) -> NoReturn:
    raise AssertionError(f"{name} is no JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> Object:
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), f"an object has a name twice: {names}"
    return dict(pairs)


def read_events(raw: bytes, named: bool) -> list[tuple[str, str]]:
    """The events of a stream as (name, data); `named`: each has an event line, otherwise none has. No comments."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise AssertionError(f"the stream is no UTF-8: {error}") from error
    assert "\r" not in text, "lines of the stream end in \\n alone"
    *blocks, rest = text.split("\n\n")
    assert rest == "", f"the stream breaks off within an event: {rest[-80:]!r}"
    events = []
    for block in blocks:
        lines = [line for line in block.split("\n") if not line.startswith(":")]
        if not lines:
            continue
        fields = [line.partition(": ")[::2] for line in lines]
        expected = ["event", "data"] if named else ["data"]
        assert [name for name, _ in fields] == expected, f"an event has the lines {expected}, not {lines}"
        events.append((fields[0][1] if named else "", fields[-1][1]))
    return events


def _usage_chunk(chunks: list[Object]) -> Object:
    """Take the last chunk's usage, and the null usage of all before."""
    last = chunks.pop()
    assert last["choices"] == [], "include_usage was asked for, and the last chunk is not that of the usage"
    for chunk in chunks:
        assert "usage" in chunk, "with include_usage every chunk has the field"
        assert chunk.pop("usage") is None, "usage comes in the last chunk alone, and is null before"
    usage: Object | None = last.get("usage")
    assert usage is not None, "the usage chunk has no usage"
    return usage


def _folded(parts: list[Object]) -> list[Object]:
    """The choices that the deltas add up to."""
    choices: dict[int, Object] = {}
    for part in parts:
        _fields(part, "index delta logprobs finish_reason", "a choice of a chunk")
        assert part["logprobs"] is None, "nobody asked for logprobs"
        index, delta = part["index"], part["delta"]
        if index not in choices:
            choices[index] = _opened(part)
        elif part["finish_reason"] is not None:
            assert delta == {}, f"the finish reason comes with an empty delta, not {delta}"
            assert choices[index]["finish_reason"] is None, f"choice {index} has two finish reasons"
            choices[index]["finish_reason"] = part["finish_reason"]
        else:
            assert choices[index]["finish_reason"] is None, f"choice {index} goes on after its finish reason"
            _add(choices[index]["message"], delta)
    for index, choice in choices.items():
        assert choice["finish_reason"] is not None, f"choice {index} has no finish reason"
    return [choices[index] for index in sorted(choices)]


def _opened(part: Object) -> Object:
    delta = part["delta"]
    assert delta.get("role") == "assistant", f"the first delta of choice {part['index']} has no role"
    assert set(delta) == {"role", "content", "refusal"}, f"the first delta has other keys: {sorted(delta)}"
    assert not delta["content"], "the first delta carries no text"
    assert part["finish_reason"] is None, "the first delta has a finish reason"
    message = {**delta, "annotations": []}
    return {"index": part["index"], "message": message, "logprobs": None, "finish_reason": None}


def _add(message: Object, delta: Object) -> None:
    assert "role" not in delta, "the role comes in the first delta alone"
    assert len(delta) == 1, f"a delta carries one thing, not {sorted(delta)}"
    [(name, value)] = delta.items()
    assert name in ("content", "refusal", "tool_calls"), f"a delta carries {name}"
    assert value, f"a delta of {name} is empty"
    assert name != "content" or message[name] is not None, "text follows a first delta whose content is null"
    if name != "tool_calls":
        message[name] = (message[name] or "") + value
        return
    calls = message.setdefault("tool_calls", [])
    for part in value:
        assert part["index"] <= len(calls), f"tool call {part['index']} comes before tool call {len(calls)}"
        assert isinstance((part.get("function") or {}).get("arguments"), str), "a tool call's arguments are missing"
        if part["index"] == len(calls):
            assert set(part) == {"index", "id", "type", "function"}, f"a tool call begins with {sorted(part)}"
            assert set(part["function"]) == {"name", "arguments"}, "a tool call begins without name or arguments"
            calls.append({"id": part["id"], "type": part["type"], "function": dict(part["function"])})
        else:
            assert set(part) == {"index", "function"}, f"a tool call goes on with {sorted(part)}"
            assert set(part["function"]) == {"arguments"}, "a tool call goes on with more than arguments"
            calls[part["index"]]["function"]["arguments"] += part["function"]["arguments"]


def _check_completion(completion: Object, reply: Reply | None = None) -> None:
    _fields(completion, "service_tier system_fingerprint", "a completion")
    assert re.fullmatch(r"chatcmpl-\w+", completion["id"]), f"the id is {completion['id']}, and not chatcmpl-..."
    _check_time(completion["created"])
    _check_dated(completion["model"])
    assert completion["service_tier"] not in (None, "auto"), "service_tier says which tier answered"
    fingerprint = completion["system_fingerprint"]
    assert re.fullmatch(r"fp_.+", str(fingerprint)), f"system_fingerprint is {fingerprint}, and not fp_..."
    for choice in completion["choices"]:
        _fields(choice, "index message logprobs finish_reason", "a choice")
        message = choice["message"]
        _check_reason(message, choice["finish_reason"])
        assert choice["logprobs"] is None, "nobody asked for logprobs"
        if reply is not None:
            _check_said(_said_in_chat(message), reply)
            reason = choice["finish_reason"]
            assert reason == reply.finished_because, f"the finish reason is {reason}, not {reply.finished_because}"


def _check_count(completion: Object, wire: Wire) -> None:
    _check_answers(completion["model"], wire)
    indices = [choice["index"] for choice in completion["choices"]]
    expected = list(range(wire.asked.get("n") or 1))
    assert indices == expected, f"the choices have the indices {indices}, and should have {expected}"


def _check_reason(message: Object, reason: str) -> None:
    _fields(message, "role content refusal annotations", "a message")
    assert message["annotations"] == [], "nobody asked for annotations, and the list is there"
    assert not (message["content"] and message["refusal"]), "a message has content or a refusal, not both"
    calls = message.get("tool_calls")
    assert calls is None or calls, "tool_calls is left out where there are none"
    assert not calls or reason != "stop", "the finish reason of tool calls is tool_calls, not stop"
    assert calls or reason != "tool_calls", "the finish reason is tool_calls, and there are none"
    ids = [call["id"] for call in calls or []]
    assert all(ids), "a tool call has an empty id"
    assert len(set(ids)) == len(ids), f"two tool calls have one id: {ids}"
    assert all(call["function"]["name"] for call in calls or []), "a tool call has no name"


Said = tuple[str | None, str | None, list[tuple[str, str]]]


def _said_in_chat(message: Object) -> Said:
    calls = [(call["function"]["name"], call["function"]["arguments"]) for call in message.get("tool_calls") or []]
    return message["content"], message["refusal"], calls


def _said_in_response(response: Object) -> Said:
    messages = [item for item in response["output"] if item["type"] == "message"]
    parts = {part["type"]: part for message in messages for part in message["content"]}
    calls = [(item["name"], item["arguments"]) for item in response["output"] if item["type"] == "function_call"]
    text, refusal = parts.get("output_text"), parts.get("refusal")
    return text["text"] if text else None, refusal["refusal"] if refusal else None, calls


def _check_said(said: Said, reply: Reply) -> None:
    scripted = [(call.name, call.arguments_text) for call in reply.tool_calls]
    expected = [_sendable(text) for text in (reply.text, reply.refusal)]
    assert list(said[:2]) == expected, f"the model said {expected}, and {list(said[:2])} was sent"
    assert said[2] == scripted, f"the model called {scripted}, and {said[2]} was sent"


def _sendable(text: str | None) -> str | None:
    """The text as UTF-8 can carry it."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def _check_chat_usage(usage: Any, completion: Object, wire: Wire, reply: Reply | None) -> None:
    assert usage is not None, "usage is missing"
    said = [_said_in_chat(choice["message"]) for choice in completion["choices"]]
    details = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    _check_usage(usage, ("prompt_tokens", "completion_tokens"), details, said, wire, reply)


def _check_usage(
    usage: Object,
    names: tuple[str, str],
    details: tuple[Any, Any],
    said: Iterable[Said],
    wire: Wire,
    reply: Reply | None,
) -> None:
    prompt, completion = (usage[name] for name in names)
    total = usage["total_tokens"]
    assert total == prompt + completion, f"total_tokens is {total}, and {prompt} + {completion} is something else"
    for detail, fields in zip(details, DETAILS[names[0]], strict=True):
        _fields(detail, fields, "usage details")
        assert all(type(value) is int for value in detail.values()), f"usage details are whole numbers: {detail}"
    assert 0 <= details[0]["cached_tokens"] <= prompt, "more tokens are cached than the prompt has"
    assert 0 <= details[1]["reasoning_tokens"] <= completion, "more tokens are reasoning than were written"
    if reply is not None and reply.usage is not None:
        assert (prompt, completion) == tuple(reply.usage[:2]), f"usage is {prompt} + {completion}, not {reply.usage}"
        return
    written = sum(map(_tokens_in, said))
    assert completion == written, f"{names[1]} is {completion}, and {written} tokens were written"
    # What a response continues is not in its request, and what is truncated is not counted.
    if not wire.asked.get("previous_response_id") and wire.asked.get("truncation") != "auto":
        sent = _tokens_sent(wire.asked)
        assert prompt == sent, f"{names[0]} is {prompt}, and {sent} tokens were sent"


def _tokens_sent(asked: Object) -> int:
    return tokens.count([*(turn.text for turn in turns_of(asked)), *offers_of(asked)])


def _tokens_in(said: Said) -> int:
    text, refusal, calls = said
    return tokens.count([text or "", refusal or "", *(part for call in calls for part in call)])


def _check_time(value: Any) -> None:
    assert type(value) is int, f"a time is a whole number, and is {value!r}"
    assert 1e9 < value < 1e10, f"a time is in seconds since 1970, and is {value}"


def _check_dated(model: str) -> None:
    assert re.search(r"-\d{4}-\d\d$", model), f"the reply names the dated model, not {model}"


def _check_answers(model: str, wire: Wire) -> None:
    name = wire.asked["model"]
    assert model == name or re.fullmatch(re.escape(name) + r"-\d{4}-\d\d", model), f"{model} answers for {name}"


def _check_response(response: Object, wire: Wire, reply: Reply | None) -> None:
    _fields(response, RESPONSE_FIELDS, "a response")
    assert re.fullmatch(r"resp_\w+", response["id"]), f"the id is {response['id']}, and should begin with resp_"
    _check_time(response["created_at"])
    _check_dated(response["model"])
    assert response["background"] is False, "nobody asked for a response in the background"
    assert response["top_logprobs"] == 0, "nobody asked for logprobs"
    assert response["service_tier"] not in (None, "auto"), "service_tier says which tier answered"
    assert response["error"] is None, "a response that did not fail has no error"
    for item in response["output"]:
        _check_item(item)
    _check_status(response)
    for name in ("id", "call_id"):
        ids = [item[name] for item in response["output"] if name in item]
        assert len(set(ids)) == len(ids), f"two items have one {name}: {ids}"
    said = _said_in_response(response)
    assert not (said[0] and said[1]), "a response has text or a refusal, not both"
    if reply is not None:
        _check_said(said, reply)
        reason = INCOMPLETE.get((response["incomplete_details"] or {}).get("reason", ""), "")
        cut = reply.finished_because in INCOMPLETE.values()
        assert reason == (reply.finished_because if cut else ""), (
            f"{reply.finished_because} became {reason or 'nothing'}"
        )
    if wire.request.method == "POST":
        _check_answers(response["model"], wire)
        _check_echo(response, wire.asked)
        usage = response["usage"]
        assert usage is not None, "usage is missing"
        details = usage.get("input_tokens_details"), usage.get("output_tokens_details")
        _check_usage(usage, ("input_tokens", "output_tokens"), details, [said], wire, reply)


def _check_status(response: Object) -> None:
    status, details, at = response["status"], response["incomplete_details"], response["completed_at"]
    assert status in ("completed", "incomplete"), f"a finished response is not {status}"
    assert (details is not None) == (status == "incomplete"), f"status {status} has incomplete_details {details}"
    assert details is None or details.get("reason") in INCOMPLETE, f"a response is not incomplete because of {details}"
    assert (at is not None) == (status == "completed"), f"status {status} has completed_at {at}"
    assert at is None or at >= response["created_at"], "the response was completed before it was created"
    states = [item["status"] for item in response["output"]]
    assert status == "incomplete" or set(states) <= {"completed"}, f"a completed response has items {states}"
    assert status == "completed" or states[-1:] in ([], ["incomplete"]), "the last item of the incomplete is complete"


def _check_item(item: Object) -> None:
    _fields(item, "id type status", "an item")
    if item["type"] == "function_call":
        assert re.fullmatch(r"fc_\w+", str(item["id"])), f"the call's id is {item['id']}, and should begin with fc_"
        assert item["call_id"], "a function call has no call_id"
        assert item["name"], "a function call has no name"
        return
    assert item["type"] == "message", f"nobody asked for an item of type {item['type']}"
    assert re.fullmatch(r"msg_\w+", item["id"]), f"the message's id is {item['id']}, and should begin with msg_"
    assert item["content"], "a message has no content"
    for part in item["content"]:
        if part["type"] == "output_text":
            assert part.get("annotations") == [], "nobody asked for annotations, and the list is there"
            assert part.get("logprobs") == [], "nobody asked for logprobs, and the list is there"


def _check_echo(response: Object, asked: Object) -> None:
    """The parameters come back as they were sent, or with their defaults."""
    for name, default in ECHOED.items():
        expected = default if asked.get(name) is None else asked[name]
        assert name in response, f"the response does not repeat {name}"
        assert response[name] == expected, f"{name} comes back as {response[name]!r}, and was {expected!r}"
    _fields(response["reasoning"], "effort summary", "reasoning")
    _fields(response["text"], "format verbosity", "text")
    verbosity = (asked.get("text") or {}).get("verbosity") or "medium"
    assert response["text"]["verbosity"] == verbosity, f"text.verbosity comes back as {response['text']}"
    _fields(response["text"]["format"], "type", "text.format")
    tools = asked.get("tools") or []
    assert len(response["tools"]) == len(tools), f"{len(tools)} tools come back as {len(response['tools'])}"
    effort = (asked.get("reasoning") or {}).get("effort")
    assert response["reasoning"]["effort"] == effort, f"reasoning.effort comes back as {response['reasoning']}"
    form = (asked.get("text") or {}).get("format") or {"type": "text"}
    for sent, back in [*zip(tools, response["tools"], strict=True), (form, response["text"]["format"])]:
        for name, value in sent.items():
            assert value in (None, back.get(name)), f"{name} comes back as {back.get(name)!r}, and was {value!r}"


def _check_items(events: list[Object], output: list[Object]) -> None:
    """The events between the beginning and the end, item by item; those of several items may take turns."""
    by_item = _by(events, "output_index")
    assert list(by_item) == list(range(len(output))), f"{len(output)} items have events of items {list(by_item)}"
    for index, item in enumerate(output):
        added, *inner, done = by_item[index] if len(by_item[index]) > 1 else ({}, {})
        assert added.get("type") == "response.output_item.added", f"item {index} is not opened by output_item.added"
        assert done.get("type") == "response.output_item.done", f"item {index} is not closed by output_item.done"
        empty: Object = {"arguments": ""} if item["type"] == "function_call" else {"content": []}
        assert added["item"] == {**item, "status": "in_progress", **empty}, f"item {index} is added as something else"
        assert done["item"] == item, f"item {index} is done as something else than the response holds"
        ids = {event.get("item_id") for event in inner}
        assert ids == {item["id"]}, f"the events of item {index} have the item_ids {ids}, and it is {item['id']}"
        if item["type"] == "function_call":
            _check_deltas(inner, "response.function_call_arguments", "arguments", item["arguments"])
        else:
            _check_parts(inner, item["content"])


def _check_parts(events: list[Object], content: list[Object]) -> None:
    by_part = _by(events, "content_index")
    assert list(by_part) == list(range(len(content))), f"{len(content)} parts have events of parts {list(by_part)}"
    assert [event for part in by_part.values() for event in part] == events, "the events of two parts take turns"
    for index, part in enumerate(content):
        opened, *inner, closed = by_part[index] if len(by_part[index]) > 1 else ({}, {})
        assert opened.get("type") == "response.content_part.added", f"part {index} is not opened by content_part.added"
        assert closed.get("type") == "response.content_part.done", f"part {index} is not closed by content_part.done"
        key, kind = ("text", "output_text") if part["type"] == "output_text" else ("refusal", "refusal")
        assert opened["part"] == {**part, key: ""}, f"part {index} is added as something else"
        assert closed["part"] == part, f"part {index} is done as something else than the response holds"
        _check_deltas(inner, f"response.{kind}", key, part[key])


def _check_deltas(events: list[Object], kind: str, key: str, whole: str) -> None:
    kinds = [event["type"] for event in events]
    expected = [f"{kind}.delta"] * (len(events) - 1) + [f"{kind}.done"]
    assert kinds == expected, f"{kind} has deltas and then done, not {kinds}"
    *deltas, done = events
    joined = "".join(delta["delta"] for delta in deltas)
    assert all(delta["delta"] for delta in deltas), f"a delta of {kind} is empty"
    assert joined == whole, f"the deltas of {kind} add up to {joined!r}, and the response holds {whole!r}"
    assert done[key] == whole, f"{kind}.done says {done[key]!r}, and the response holds {whole!r}"


def _by(events: Sequence[Object], name: str) -> dict[int, list[Object]]:
    """The events by the value that they have under this name, in order of appearance."""
    groups: dict[int, list[Object]] = {}
    for event in events:
        assert name in event, f"{event['type']} is out of place: it has no {name}"
        groups.setdefault(event[name], []).append(event)
    return groups


def _fields(value: Any, names: str, what: str) -> None:
    """Null is a value; a field that is left out is something else."""
    assert isinstance(value, dict), f"{what} is an object, and is {value!r}"
    missing = [name for name in names.split() if name not in value]
    assert not missing, f"{what} has a field {missing[0]}, and it is missing"


def _vector(value: Any, packed: bool) -> NDArray[np.float64]:
    """The numbers of one embedding, as they were sent: little-endian 32-bit floats in base64, or decimals."""
    if packed:
        assert isinstance(value, str), "an embedding in base64 is a string"
        assert re.fullmatch(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", value), (
            "this is no base64"
        )
        raw = base64.b64decode(value)
        assert len(raw) % 4 == 0, "an embedding in base64 has four bytes for each number"
        numbers = list(map(float, np.frombuffer(raw, "<f4")))
    else:
        assert isinstance(value, list), "an embedding in floats is an array"
        assert all(type(number) is float for number in value), "an embedding's numbers are decimals"
        numbers = value
    assert all(map(math.isfinite, numbers)), "an embedding holds a number that is not finite"
    return np.array(numbers)


def _check_one_model(model: Object) -> Object:
    strictly(Model, model)
    _check_time(model["created"])
    assert model["owned_by"], "a model is owned by somebody"
    return model
