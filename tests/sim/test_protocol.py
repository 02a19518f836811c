"""Every reply holds to the protocol, plain and streamed, and says the same in both; the SDK's own readers agree."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from openai.lib.streaming.chat import ChatCompletionStreamState

from gradus.sim import (
    AwkwardStream,
    CutStream,
    Reply,
    Request,
    ResetStream,
    Simulator,
    Step,
    StreamError,
    ToolCall,
)
from tests.sim.protocol import Object, Wire, check, exchange, read_json
from tests.sim.samples import CALLS, CHAT, REPLIES, RESPONSE, SAMPLES, TEXT, USAGE, Sample, client_of, encoder, hear

STREAMS = {name: sample for name, sample in SAMPLES.items() if "stream" in name}
CREATED = {"chat/completions": {**CHAT, **USAGE}, "responses": {**RESPONSE, "stream": True}}


def send(sim: Simulator, method: str, path: str, body: Object | None = None, **query: str) -> Wire:
    raw = b"" if body is None else json.dumps(body).encode()
    return exchange(sim, Request(method, f"/v1/{path}", body=raw, query=query))


def without_ids(value: Any) -> Any:
    """A JSON value without identifiers, which differ from call to call."""
    if isinstance(value, dict):
        return {name: without_ids(inner) for name, inner in value.items() if name not in ("id", "call_id")}
    return [without_ids(inner) for inner in value] if isinstance(value, list) else value


def holds(value: Any, part: Any) -> bool:
    """Whether a JSON value has all that is in another, and perhaps more fields."""
    if isinstance(part, dict):
        return all(name in value and holds(value[name], inner) for name, inner in part.items())
    if isinstance(part, list):
        return len(value) == len(part) and all(map(holds, value, part))
    return bool(value == part)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_reply_holds_to_the_protocol(name: str) -> None:
    wire = SAMPLES[name].exchange()
    assert (wire.status == 200) == (name not in ("error", "unauthorized"))
    assert check(wire, SAMPLES[name].reply, encoder)


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("path", CREATED)
def test_a_stream_adds_up_to_the_plain_reply(path: str, reply: Reply) -> None:
    asked = {name: value for name, value in CREATED[path].items() if not name.startswith("stream")}
    plain = check(Sample(path, asked, reply).exchange(), reply)
    streamed = check(Sample(path, CREATED[path], reply).exchange(), reply)
    assert without_ids(streamed) == without_ids(plain)


@pytest.mark.parametrize("path", CREATED)
def test_the_checks_know_what_was_scripted(path: str) -> None:
    wire = Sample(path, CREATED[path], TEXT).exchange()
    for other in (Reply("In hall 4."), CALLS, replace(TEXT, finish_reason="length"), replace(TEXT, usage=(1, 1))):
        with pytest.raises(AssertionError):
            check(wire, other)


@pytest.mark.parametrize("reply", [*REPLIES, AwkwardStream(CALLS, interleaved=True)])
@pytest.mark.parametrize("count", [1, 2])
def test_the_sdk_accumulates_the_same_completion(reply: Step, count: int) -> None:
    sample = Sample("chat/completions", {**CHAT, **USAGE, "n": count}, reply)
    wire = sample.exchange()
    state = ChatCompletionStreamState()
    for chunk in hear(wire):
        state.handle_chunk(chunk)
    completion = check(wire, sample.reply)
    for choice in completion["choices"]:
        del choice["message"]["annotations"]
    assert holds(state.current_completion_snapshot.to_dict(), completion)


@pytest.mark.parametrize("reply", REPLIES)
def test_the_sdk_accumulates_the_same_response(reply: Reply) -> None:
    wire = Sample("responses", CREATED["responses"], reply).exchange()
    snapshots: dict[tuple[int, int], str] = {}
    with client_of(wire).responses.stream(**RESPONSE) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                snapshots[event.output_index, event.content_index] = event.snapshot
            if event.type == "response.function_call_arguments.delta":
                snapshots[event.output_index, -1] = event.snapshot
    response = check(wire, reply)
    assert event.type == f"response.{response['status']}"
    written = [text for text in (reply.text, *(call.arguments_text for call in reply.tool_calls)) if text]
    assert [snapshots[place] for place in sorted(snapshots)] == written


@pytest.mark.parametrize("name", STREAMS)
def test_the_plain_client_hears_each_event(name: str) -> None:
    wire = STREAMS[name].exchange()
    data = [line.removeprefix("data: ") for line in wire.raw.decode().split("\n") if line.startswith("data: {")]
    assert [event.to_dict(mode="json") for event in hear(wire)] == [json.loads(line) for line in data]


@pytest.mark.parametrize("path", CREATED)
@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("keep_alives", [False, True])
@pytest.mark.parametrize("size", [None, 7])
def test_awkward_streams_hold_to_the_protocol(
    path: str, interleaved: bool, keep_alives: bool, size: int | None
) -> None:
    calls = Reply("Wait.", tool_calls=[*CALLS.tool_calls, ToolCall("lookup", {"part": "Kühlhaus 🧊"})])
    step = AwkwardStream(calls, chunk_bytes=size, keep_alives=keep_alives, interleaved=interleaved)
    wire = Sample(path, CREATED[path], step).exchange()
    undisturbed = Sample(path, CREATED[path], calls).exchange()
    assert (wire.raw == undisturbed.raw) == (not (interleaved or keep_alives))
    assert check(wire, calls) == check(undisturbed, calls)


@pytest.mark.parametrize(
    ("step", "path", "says"),
    [
        (CutStream("one two", after=1), "chat/completions", "came 0 times"),
        (CutStream("one two", after=1), "responses", "one terminal event"),
        (CutStream("one two", after=9), "responses", "one terminal event"),
        (CutStream("one two", after=0), "chat/completions", "came 0 times"),
        (StreamError("one two", after=1), "chat/completions", "came 0 times"),
        (StreamError("one two", after=1), "responses", "one terminal event"),
        (ResetStream("one two", after=1), "responses", "holds Fault"),
    ],
)
def test_broken_streams_do_not(step: Step, path: str, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        check(Sample(path, CREATED[path], step).exchange())


def test_a_response_that_goes_on_and_its_routes() -> None:
    sim = Simulator()
    sim.script(TEXT, "You are welcome.")
    made = check(send(sim, "POST", "responses", RESPONSE), TEXT)
    again = {"model": "sim-large", "input": "Thanks.", "previous_response_id": made["id"], "stream": True}
    second = check(send(sim, "POST", "responses", again), Reply("You are welcome."))
    assert second["usage"]["input_tokens"] > made["usage"]["total_tokens"]
    counted = check(send(sim, "POST", "responses/input_tokens", {k: v for k, v in again.items() if k != "stream"}))
    assert counted["input_tokens"] == second["usage"]["input_tokens"]
    path = f"responses/{second['id']}"
    assert check(send(sim, "GET", path)) == second
    assert check(send(sim, "GET", path, stream="true")) == second
    items = check(send(sim, "GET", f"{path}/input_items", order="asc", limit="2"))
    assert [item["role"] for item in items["data"]] == ["user", "assistant"]
    assert items["has_more"] is True
    check(send(sim, "DELETE", path))
    assert "not found" in check(send(sim, "GET", path))["message"]
    assert "cannot" in check(send(sim, "POST", f"responses/{made['id']}/cancel"))["message"].lower()


def test_stored_completions_and_their_routes() -> None:
    sim = Simulator()
    sim.otherwise(TEXT)
    asked = {**CHAT, "store": True, "metadata": {"ticket": "7"}}
    made = [check(send(sim, "POST", "chat/completions", body), TEXT) for body in (asked, {**asked, "n": 2})]
    page = check(send(sim, "GET", "chat/completions"))
    assert page["data"] == [{**completion, "metadata": {"ticket": "7"}} for completion in made]
    path = f"chat/completions/{made[1]['id']}"
    assert check(send(sim, "GET", path)) == page["data"][1]
    assert check(send(sim, "POST", path, {"metadata": {"ticket": "8"}}))["metadata"] == {"ticket": "8"}
    messages = check(send(sim, "GET", f"{path}/messages"))
    assert [message["content"] for message in messages["data"]] == [CHAT["messages"][0]["content"]]
    check(send(sim, "DELETE", path))
    assert check(send(sim, "GET", "chat/completions", limit="1"))["has_more"] is False


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": -Infinity}', "-Infinity is no JSON number"),
        (b'{"a": 1, "a": 1}', "has a name twice"),
        (b'{"a": "\\u00e4"}', "is sent as UTF-8"),
        (b'{"a": "\\\\\\u00e4"}', "is sent as UTF-8"),
        (b'{"a": "\xe4"}', "is no JSON"),
        (b'{"a": 1', "is no JSON"),
        (b"", "is no JSON"),
    ],
)
def test_what_is_no_json_of_the_api(raw: bytes, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        read_json(raw)


@pytest.mark.parametrize("text", ["\\u00e4", '\x1f\x00\t"\\', "ä🧊\u2028\x7f"])
def test_only_control_characters_are_escaped(text: str) -> None:
    assert read_json(json.dumps({"a": text}, ensure_ascii=False).encode()) == {"a": text}
    assert check(Sample("responses", RESPONSE, text).exchange(), Reply(text))
