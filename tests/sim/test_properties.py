"""Whatever is asked, in whatever form: a reply that holds to the protocol or a proper error, never a 5xx or a hang."""

from __future__ import annotations

import copy
import functools
import itertools
import json
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradus.sim import Reply, Request, Simulator
from tests.sim.protocol import Wire, check, exchange, read_events
from tests.sim.samples import (
    CHAT,
    EMBEDDINGS,
    FUNCTION,
    PARAMETERS,
    REPLIES,
    RESPONSE,
    SAMPLES,
    TEXT,
    USER,
    encoder,
    hear,
    places,
)


def post(path: str, body: Any) -> Request:
    return Request("POST", f"/v1/{path}", body=json.dumps(body).encode())


def stocked() -> tuple[Simulator, str, str]:
    """A simulator that keeps a completion and a response, and their ids, which are always the same."""
    sim = Simulator(embed=encoder)
    sim.script(TEXT, TEXT)
    completion = exchange(sim, post("chat/completions", {**CHAT, "store": True}))
    response = exchange(sim, post("responses", RESPONSE))
    return sim, json.loads(completion.raw)["id"], json.loads(response.raw)["id"]


_, COMPLETION, KEPT = stocked()
CALL = {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": "{}"}}
FORMAT = {"name": "part", "schema": PARAMETERS, "strict": True}
# Bodies that use as many parameters as fit together, so that there is much to spoil.
RICH: dict[str, dict[str, Any]] = {
    "chat/completions": {
        "model": "sim-small",
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Where is the valve?"}], "name": "ada"},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": "in hall 3"},
        ],
        "tools": [{"type": "function", "function": FUNCTION}],
        "tool_choice": {"type": "function", "function": {"name": "lookup"}},
        "response_format": {"type": "json_schema", "json_schema": FORMAT},
        "temperature": 0.5,
        "stop": ["\n"],
        "n": 2,
        "logit_bias": {"7": -1},
        "metadata": {"ticket": "7"},
        "store": True,
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    "responses": {
        "model": "sim-large-2026-03",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Where is the valve?"}]},
            {"type": "function_call", "call_id": "call_1", "name": "lookup", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "in hall 3"},
        ],
        "tools": [{"type": "function", **FUNCTION}],
        "tool_choice": {"type": "function", "name": "lookup"},
        "text": {"format": {"type": "json_schema", **FORMAT}, "verbosity": "low"},
        "reasoning": {"effort": "low"},
        "max_output_tokens": 100,
        "metadata": {"ticket": "7"},
        "truncation": "auto",
        "include": [],
        "stream": True,
    },
    "responses/input_tokens": {**RESPONSE, "tools": [{"type": "function", **FUNCTION}]},
    "embeddings": {**EMBEDDINGS, "encoding_format": "base64", "dimensions": 8, "user": "ada"},
    "moderations": {
        "input": [
            {"type": "text", "text": "valve"},
            {"type": "image_url", "image_url": {"url": "https://example.invalid/valve.png"}},
        ]
    },
    f"chat/completions/{COMPLETION}": {"metadata": {"ticket": "8"}},
    f"responses/{KEPT}/cancel": {},
}
PLAIN = {"chat/completions": CHAT, "responses": RESPONSE, "embeddings": EMBEDDINGS, "moderations": {"input": "valve"}}
METHODS = ("GET", "GET", "POST", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "get", "")
STREAMS = [name for name in SAMPLES if "stream" in name]

# Texts that have bitten: half a surrogate pair, control characters, directions, names of Python's own.
TEXTS = st.text(max_size=12) | st.sampled_from(
    ["\ud83d", "\x00", "\u202e", "a" * 3000, "__class__", "sim-small", "[DONE]", "data: x\n\n", "NaN", "%s{}"]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**400), 2**63, -0.0, 1e308])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)
quickly = functools.partial(settings, deadline=None, derandomize=True, database=None)


def answered(request: Request, reply: Reply = TEXT) -> Wire:
    """A simulator's reply, after it was held to the protocol."""
    sim, _, _ = stocked()
    sim.otherwise(reply)
    wire = exchange(sim, request)
    assert wire.status == 200 or 400 <= wire.status < 500, f"{request} was answered with {wire.status}: {wire.raw!r}"
    # What is fetched was said when the stock was laid in.
    check(wire, TEXT if request.method == "GET" else reply, encoder)
    assert wire.status == 200 or not sim.ledger[2].acted
    assert sim.ledger.transcript()
    return wire


@st.composite
def spoilt_bodies(draw: st.DrawFn) -> tuple[str, Any]:
    """A path, and a body that was good before up to two things happened to it."""
    path = draw(st.sampled_from(list(RICH)) | st.sampled_from(["chat/completions", "responses"]))
    body = copy.deepcopy(draw(st.sampled_from([RICH[path], PLAIN.get(path, RICH[path])])))
    for _ in range(draw(st.integers(0, 2))):
        if not (found := places(body)[1:]):
            break
        way: list[Any]
        last: Any
        *way, last = draw(st.sampled_from(found))
        holder: Any = body
        for key in way:
            holder = holder[key]
        match draw(st.sampled_from(["drop", "replace", "nest", "add", "double"])):
            case "drop":
                del holder[last]
            case "replace":
                holder[last] = draw(VALUES)
            case "nest":
                holder[last] = draw(st.sampled_from([[holder[last]], {"type": holder[last]}]))
            case "add" if isinstance(holder, dict):
                holder[draw(TEXTS)] = draw(VALUES)
            case "double" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
    return path, body


@pytest.mark.parametrize("path", RICH)
def test_a_body_is_good_before_it_is_spoilt(path: str) -> None:
    assert answered(post(path, RICH[path])).status == (400 if path.endswith("/cancel") else 200)


@quickly(max_examples=500)
@given(spoilt_bodies(), st.sampled_from(REPLIES), st.booleans())
def test_a_spoilt_body_is_answered_or_refused_in_form(spoilt: tuple[str, Any], reply: Reply, escaped: bool) -> None:
    path, body = spoilt
    raw = json.dumps(body, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    answered(Request("POST", f"/v1/{path}", body=raw), reply)


@quickly(max_examples=200)
@given(st.sampled_from(list(RICH)), VALUES)
def test_any_json_is_answered_or_refused_in_form(path: str, value: Any) -> None:
    answered(Request("POST", f"/v1/{path}", body=json.dumps(value).encode()))


def nested(opening: bytes, closing: bytes, depth: int) -> bytes:
    return opening * depth + b"1" + closing * depth


def chat_with(name: bytes, value: bytes) -> bytes:
    """A good chat request with one more field, written by hand."""
    return json.dumps(CHAT).encode()[:-1] + b', "%s": %s}' % (name, value)


NASTY = [
    b"",
    b" ",
    b"{}",
    b"[]",
    b"null",
    b"0",
    b'"text"',
    b"{",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"{'model': 'sim-small'}",
    b'{"model": "sim-small", "messages": [1,]}',
    b'{"model": "sim-small", "model": "sim-large", "messages": [], "messages": [{"role": "user", "content": "x"}]}',
    json.dumps(CHAT).encode("utf-16"),
    json.dumps(CHAT).encode() + b"\x00",
    json.dumps(CHAT).encode() * 2,
    nested(b"[", b"]", 10_000),
    nested(b'{"a":', b"}", 10_000),
    chat_with(b"metadata", nested(b'{"a":', b"}", 10_000)),
    chat_with(b"metadata", nested(b'{"a":', b"}", 900)),
    chat_with(b"tools", nested(b"[", b"]", 10_000)),
    chat_with(b"tools", nested(b"[", b"]", 930)),
    chat_with(b"temperature", b"NaN"),
    chat_with(b"temperature", b"-Infinity"),
    chat_with(b"temperature", b"1e400"),
    chat_with(b"temperature", b"1e-400"),
    chat_with(b"seed", b"9" * 4000),
    chat_with(b"seed", b"-" + b"9" * 5000),
    chat_with(b"n", b"1.0"),
    chat_with(b"n", b"128"),
    chat_with(b"n", b"1e2"),
    chat_with(b"user", b'"\\ud83d"'),
    chat_with(b"user", b'"\\ud83d\\ude00"'),
    chat_with(b"user", b'"\xed\xa0\xbd"'),
    chat_with(b"user", b'"\\u0000"'),
    chat_with(b"\\ud83d", b"1"),
    chat_with(b"", b"1"),
    chat_with(b"stream", b'"true"'),
    chat_with(b"stream", b"1"),
    chat_with(b"stream_options", b"{}"),
    chat_with(b"messages", b"{}"),
    chat_with(b"messages", json.dumps([USER] * 3000).encode()),
    chat_with(b"model", b"[]"),
    chat_with(b"tool_choice", b'{"type": {}}'),
    chat_with(b"stop", b"[[]]"),
    chat_with(b"logit_bias", b'{"x": 1e999}'),
]


@pytest.mark.parametrize("path", [*RICH, "models"])
def test_nasty_bodies_are_answered_or_refused_in_form(path: str) -> None:
    for body in NASTY:
        answered(Request("POST", f"/v1/{path}", body=body))


@quickly(max_examples=150)
@given(st.binary(max_size=60), st.sampled_from([*RICH, "models"]), st.sampled_from(METHODS))
def test_any_bytes_are_answered_or_refused_in_form(body: bytes, path: str, method: str) -> None:
    answered(Request(method, f"/v1/{path}", body=body))


@quickly(max_examples=150)
@given(st.data())
def test_a_good_body_with_some_bytes_changed(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(list(RICH)))
    raw = bytearray(json.dumps(RICH[path]).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw)))
        raw[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    answered(Request("POST", f"/v1/{path}", body=bytes(raw)))


KNOWN = ["models", "models/sim-small", f"responses/{KEPT}", f"responses/{KEPT}/input_items"]
STRANGE = ["models/", "chat", "", "responses/x/y/z", "//"]
PATHS = st.sampled_from([*RICH, *KNOWN, f"chat/completions/{COMPLETION}/messages", *STRANGE]).map(
    "/v1/{}".format
) | st.lists(st.sampled_from(["v1", "chat", "completions", "responses", "models"]) | TEXTS, max_size=5).map(
    lambda parts: "/" + "/".join(parts)
)
QUERIES = st.dictionaries(
    st.sampled_from(["limit", "after", "order", "stream", "model", "metadata[ticket]", "metadata[]"]) | TEXTS,
    st.sampled_from(["0", "1", "101", "-1", "1.5", "asc", "desc", "true", "٣", "9" * 5000, ""]) | TEXTS,
    max_size=3,
)
HEADERS = st.dictionaries(
    st.sampled_from(["authorization", "content-type", "x-stainless-retry-count", "accept-encoding"])
    | TEXTS.map(str.lower),
    TEXTS | st.sampled_from(["", "٣", "-1", "9" * 5000]),
    max_size=3,
)


@quickly(max_examples=300)
@given(st.sampled_from(METHODS) | TEXTS, PATHS, QUERIES, HEADERS, st.sampled_from([None, *PLAIN.values()]))
@example("GET", "/v1/chat/completions", {"limit": "9" * 5000}, {}, None)
@example("POST", "/v1/responses", {}, {"x-stainless-retry-count": "9" * 5000}, RESPONSE)
@example("GET", "/v1/responses/\ud83d", {"stream": "true"}, {}, None)
def test_any_path_query_method_and_headers(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], body: dict[str, Any] | None
) -> None:
    raw = b"" if body is None else json.dumps(body).encode()
    answered(Request(method, path, headers, raw, query))


@functools.cache
def streamed(name: str) -> tuple[Wire, list[Any]]:
    """A stream, and what the SDK hears if it comes in one piece."""
    wire = SAMPLES[name].exchange()
    return wire, hear(wire)


def cut_at(raw: bytes, places: Sequence[int]) -> list[bytes]:
    """The bytes in pieces that end at these places, empty ones among them."""
    borders = [0, *sorted(places), len(raw)]
    return [raw[start:end] for start, end in itertools.pairwise(borders)]


@quickly(max_examples=60)
@given(st.sampled_from(STREAMS), st.data())
def test_a_stream_cut_anywhere_is_heard_as_the_same(name: str, data: st.DataObject) -> None:
    wire, heard = streamed(name)
    places = data.draw(st.lists(st.integers(0, len(wire.raw)), max_size=12))
    assert hear(wire, cut_at(wire.raw, places)) == heard


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_byte_by_byte_is_heard_as_the_same(name: str) -> None:
    wire, heard = streamed(name)
    assert hear(wire, cut_at(wire.raw, range(len(wire.raw)))) == heard


@quickly(max_examples=80)
@given(st.sampled_from([name for name in STREAMS if "of two" not in name]), st.randoms(use_true_random=False))
def test_no_other_order_of_the_events_holds_to_the_protocol(name: str, dice: random.Random) -> None:
    wire, _ = streamed(name)
    named = wire.request.path == "/v1/responses"
    events = read_events(wire.raw, named)
    shuffled = dice.sample(events, len(events))
    lines = []
    for number, (kind, data) in enumerate(shuffled):
        if named:
            data = json.dumps({**json.loads(data), "sequence_number": number}, ensure_ascii=False)
            lines.append(f"event: {kind}\n")
        lines.append(f"data: {data}\n\n")
    mutant = Wire(wire.request, wire.status, wire.headers, "".join(lines).encode())
    if mutant.raw == wire.raw:
        return
    with pytest.raises(AssertionError, match=r"\w"):
        check(mutant, SAMPLES[name].reply)


@quickly(max_examples=60)
@given(st.sampled_from(STREAMS), st.data())
def test_a_stream_that_ends_early_does_not_hold_to_the_protocol(name: str, data: st.DataObject) -> None:
    wire, _ = streamed(name)
    short = wire.raw[: data.draw(st.integers(0, len(wire.raw) - 1))]
    with pytest.raises(AssertionError, match=r"\w"):
        check(Wire(wire.request, wire.status, wire.headers, short), SAMPLES[name].reply)
