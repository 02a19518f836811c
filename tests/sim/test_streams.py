"""What clients do not notice when it is wrong: order, indices, totals and terminators of streams, `.done` texts.

The readers below hold a stream to the protocol; the mutants after them show what they catch.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gradus.sim import CutStream, Reply, Request, Simulator, Step, ToolCall
from gradus.sim.reply import pieces

CALLS = (ToolCall("lookup", {"page": "E-4012", "länge": 3}), ToolCall("reset", '{"unit": 7'))
REPLIES = [
    Reply("The valve is shut, and stays shut."),
    Reply(""),
    Reply(tool_calls=CALLS),
    Reply("One moment.", tool_calls=CALLS[:1]),
    Reply(refusal="I cannot help with that."),
    Reply("Grüße aus dem Kühlhaus 🧊 a\n\n", finish_reason="length"),
    Reply("Something", finish_reason="content_filter"),
]


def post(sim: Simulator, path: str, **body: Any) -> bytes:
    response = sim.handle(Request("POST", f"/v1/{path}", body=json.dumps({"model": "sim-small", **body}).encode()))
    assert response.status == 200
    return b"".join(chunk for chunk in response.chunks if isinstance(chunk, bytes))


def chat_stream(step: Step, **options: Any) -> bytes:
    sim = Simulator()
    sim.script(step)
    messages = [{"role": "user", "content": "ping"}]
    return post(sim, "chat/completions", messages=messages, stream=True, **options)


def response_stream(step: Step) -> bytes:
    sim = Simulator()
    sim.script(step)
    return post(sim, "responses", input="ping", stream=True)


def read_chat_stream(raw: bytes, include_usage: bool = False) -> dict[str, Any]:
    """The message that the stream adds up to, under the keys of a completion's choice."""
    blocks = raw.decode().split("\n\n")
    assert blocks.pop() == ""
    assert blocks.pop() == "data: [DONE]"
    assert all(block.startswith("data: {") for block in blocks)
    chunks = [json.loads(block.removeprefix("data: ")) for block in blocks]
    assert len({(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in chunks}) == 1
    usage = None
    if include_usage:
        last = chunks.pop()
        usage = last["usage"]
        assert last["choices"] == []
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
        assert all(chunk["usage"] is None for chunk in chunks)
    else:
        assert all("usage" not in chunk for chunk in chunks)
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    assert all(choice["index"] == 0 for choice in choices)
    assert choices[0]["delta"]["role"] == "assistant"
    assert [choice["finish_reason"] is not None for choice in choices] == [False] * (len(choices) - 1) + [True]
    deltas = [choice["delta"] for choice in choices]
    calls = _fold_calls([call for delta in deltas for call in delta.get("tool_calls", [])])
    reason = choices[-1]["finish_reason"]
    assert (reason == "tool_calls") == bool(calls)
    return {
        "content": _joined(deltas, "content"),
        "refusal": _joined(deltas, "refusal"),
        "tool_calls": calls,
        "finish_reason": reason,
        "usage": usage,
    }


def _joined(deltas: list[dict[str, Any]], key: str) -> str | None:
    parts = [delta[key] for delta in deltas if delta.get(key) is not None]
    return "".join(parts) if parts else None


def _fold_calls(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []
    for part in parts:
        if part["index"] == len(calls):
            assert part["id"].startswith("call_")
            assert part["type"] == "function"
            assert part["function"]["name"]
            calls.append({"name": part["function"]["name"], "arguments": ""})
        else:
            assert part["index"] == len(calls) - 1
            assert set(part) == {"index", "function"}
        calls[-1]["arguments"] += part["function"]["arguments"]
    return calls


def read_response_stream(raw: bytes) -> dict[str, Any]:
    """The finished response, after every event before it was held against it."""
    blocks = raw.decode().split("\n\n")
    assert blocks.pop() == ""
    events = []
    for block in blocks:
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    response: dict[str, Any] = events[-1]["response"]
    assert kinds[-1] == f"response.{response['status']}"
    for event in events[:2]:
        assert event["response"]["status"] == "in_progress"
        assert event["response"]["output"] == []
        assert event["response"]["id"] == response["id"]
    usage = response["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    middle = events[2:-1]
    for index, item in enumerate(response["output"]):
        count = next(place for place, event in enumerate(middle) if event["type"] == "response.output_item.done") + 1
        assert {event["output_index"] for event in middle[:count]} == {index}
        _check_item(middle[:count], item)
        middle = middle[count:]
    assert middle == []
    return response


def _check_item(events: list[dict[str, Any]], item: dict[str, Any]) -> None:
    added, *inner, done = events
    assert added["type"] == "response.output_item.added"
    assert added["item"]["status"] == "in_progress"
    assert done["item"] == item
    assert added["item"]["id"] == item["id"]
    assert {event["item_id"] for event in inner} == {item["id"]}
    if item["type"] == "function_call":
        assert added["item"]["arguments"] == ""
        _check_deltas(inner, "response.function_call_arguments", "arguments", item["arguments"])
        return
    assert added["item"]["content"] == []
    [part] = item["content"]
    assert {event["content_index"] for event in inner} == {0}
    key = "text" if part["type"] == "output_text" else "refusal"
    opened, *deltas, closed = inner
    assert opened["type"] == "response.content_part.added"
    assert opened["part"] == {**part, key: ""}
    assert closed["type"] == "response.content_part.done"
    assert closed["part"] == part
    _check_deltas(deltas, f"response.{part['type']}" if key == "text" else "response.refusal", key, part[key])


def _check_deltas(events: list[dict[str, Any]], kind: str, key: str, whole: str) -> None:
    *deltas, done = events
    assert {event["type"] for event in deltas} <= {f"{kind}.delta"}
    assert done["type"] == f"{kind}.done"
    assert "".join(event["delta"] for event in deltas) == whole == done[key]


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("include_usage", [False, True])
def test_a_chat_stream_adds_up_to_the_reply(reply: Reply, include_usage: bool) -> None:
    options = {"stream_options": {"include_usage": True}} if include_usage else {}
    message = read_chat_stream(chat_stream(reply, **options), include_usage)
    assert message["content"] == reply.text
    assert message["refusal"] == reply.refusal
    assert message["tool_calls"] == [{"name": c.name, "arguments": c.arguments_text} for c in reply.tool_calls]
    assert message["finish_reason"] == reply.finished_because


@pytest.mark.parametrize("reply", REPLIES)
def test_a_response_stream_adds_up_to_the_reply(reply: Reply) -> None:
    response = read_response_stream(response_stream(reply))
    content = [part for item in response["output"] if item["type"] == "message" for part in item["content"]]
    assert [part.get("text", part.get("refusal")) for part in content] == [
        said for said in (reply.text, reply.refusal) if said is not None
    ]
    calls = [item for item in response["output"] if item["type"] == "function_call"]
    assert [(call["name"], call["arguments"]) for call in calls] == [
        (call.name, call.arguments_text) for call in reply.tool_calls
    ]
    reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(reply.finished_because)
    assert response["incomplete_details"] == ({"reason": reason} if reason else None)


def test_a_stream_says_the_same_as_the_whole_body() -> None:
    sim = Simulator()
    sim.script(REPLIES[3], REPLIES[3])
    plain = json.loads(post(sim, "responses", input="ping"))
    streamed = read_response_stream(post(sim, "responses", input="ping", stream=True))
    unlike = {"id", "output"}
    assert {key: plain[key] for key in plain.keys() - unlike} == {key: streamed[key] for key in plain.keys() - unlike}


def test_two_choices_are_streamed_one_after_the_other() -> None:
    chunks = [json.loads(line[6:]) for line in chat_stream("one two", n=2).decode().split("\n\n")[:-2]]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    for index in (0, 1):
        deltas = [choice["delta"] for choice in choices if choice["index"] == index]
        assert _joined(deltas, "content") == "one two"


@pytest.mark.parametrize(("after", "sent"), [(0, ""), (1, "one"), (2, "one two"), (9, "one two three")])
def test_a_cut_stream_carries_so_many_words_and_no_end(after: int, sent: str) -> None:
    raw = chat_stream(CutStream("one two three", after=after)).decode()
    chunks = [json.loads(line[6:]) for line in raw.split("\n\n")[:-1]]
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == sent
    assert all(chunk["choices"][0]["finish_reason"] is None for chunk in chunks)
    events = response_stream(CutStream("one two three", after=after)).decode()
    assert events.count("output_text.delta\n") == len(pieces(sent))
    assert ".done" not in events
    assert "response.completed" not in events


CHAT_MUTANTS: dict[str, Callable[[bytes], bytes]] = {
    "no terminator": lambda raw: raw.replace(b"data: [DONE]\n\n", b""),
    "two terminators": lambda raw: raw + b"data: [DONE]\n\n",
    "stop on a tool call": lambda raw: raw.replace(b'"finish_reason": "tool_calls"', b'"finish_reason": "stop"'),
    "wrong total": lambda raw: raw.replace(b'"total_tokens": ', b'"total_tokens": 1'),
    "no usage": lambda raw: raw.replace(b'"choices": [], "usage"', b'"choices": [], "used"'),
    "wrong tool index": lambda raw: raw.replace(b'"tool_calls": [{"index": 1', b'"tool_calls": [{"index": 2'),
    "second call under the first's index": lambda raw: raw.replace(b'[{"index": 1, "id"', b'[{"index": 0, "id"'),
    "another id half way": lambda raw: raw.replace(b'"id": "chatcmpl-', b'"id": "chatcmpl-x', 1),
    "no role": lambda raw: raw.replace(b'"role": "assistant", ', b""),
    "no finish reason": lambda raw: raw.replace(b'"finish_reason": "tool_calls"', b'"finish_reason": null'),
}


@pytest.mark.parametrize("name", CHAT_MUTANTS)
def test_the_reader_of_chat_streams_notices(name: str) -> None:
    raw = chat_stream(Reply(tool_calls=CALLS), stream_options={"include_usage": True})
    mutant = CHAT_MUTANTS[name](raw)
    assert mutant != raw
    with pytest.raises((AssertionError, KeyError, ValueError)):
        read_chat_stream(mutant, include_usage=True)


def _without(raw: bytes, kind: str) -> bytes:
    return b"\n\n".join(block for block in raw.split(b"\n\n") if not block.startswith(f"event: {kind}\n".encode()))


RESPONSE_MUTANTS: dict[str, Callable[[bytes], bytes]] = {
    "no event lines": lambda raw: b"".join(line + b"\n" for line in raw.split(b"\n") if not line.startswith(b"event")),
    "wrong event line": lambda raw: raw.replace(b"event: response.created", b"event: response.started"),
    "sequence stands still": lambda raw: raw.replace(b'"sequence_number": 3', b'"sequence_number": 2'),
    "done text differs": lambda raw: raw.replace(b'"text": "One moment."', b'"text": "One minute."', 1),
    "no arguments.done": lambda raw: _without(raw, "response.function_call_arguments.done"),
    "no text.done": lambda raw: _without(raw, "response.output_text.done"),
    "no item.done": lambda raw: _without(raw, "response.output_item.done"),
    "no created": lambda raw: _without(raw, "response.created"),
    "no completed": lambda raw: _without(raw, "response.completed"),
    "wrong output_index": lambda raw: raw.replace(b'"output_index": 1', b'"output_index": 0'),
    "wrong content_index": lambda raw: raw.replace(b'"content_index": 0', b'"content_index": 1', 1),
    "wrong total": lambda raw: raw.replace(b'"total_tokens": ', b'"total_tokens": 1'),
    "terminator of the other endpoint": lambda raw: raw + b"data: [DONE]\n\n",
}


@pytest.mark.parametrize("name", RESPONSE_MUTANTS)
def test_the_reader_of_response_streams_notices(name: str) -> None:
    raw = response_stream(REPLIES[3])
    mutant = RESPONSE_MUTANTS[name](raw)
    assert mutant != raw
    with pytest.raises((AssertionError, KeyError, ValueError, StopIteration)):
        read_response_stream(mutant)
