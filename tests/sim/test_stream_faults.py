"""What happens to a stream on its way: what the SDK makes of it, and what the ledger keeps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from itertools import groupby, pairwise
from typing import Any

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseErrorEvent
from pydantic import BaseModel, ValidationError

from gradus.sim import (
    AwkwardStream,
    ConnectionReset,
    CutStream,
    QuotaExhausted,
    RateLimited,
    ReadTimeout,
    Reply,
    Request,
    ResetStream,
    Response,
    ServerError,
    Simulator,
    StallStream,
    Step,
    StreamError,
    ToolCall,
    Unauthorized,
    VirtualClock,
    tokens,
)
from gradus.sim.client import async_client as async_client_of
from gradus.sim.client import client as client_of
from gradus.sim.faults import StreamFault
from gradus.sim.reply import pieces

USER: Any = [{"role": "user", "content": "ping"}]
PATHS = ("chat", "responses")
BROKEN: list[Callable[..., StreamFault]] = [CutStream, ResetStream, StreamError, StallStream]
TWO_CALLS = Reply(
    "Grüße 🧊 da.",
    tool_calls=[
        ToolCall("Lookup", {"part": "große Pumpe", "hall": 3}, id="call_a"),
        ToolCall("Lookup", {"part": "valve of the northern hall", "hall": 12}, id="call_b"),
        ToolCall("Ring", id="call_c"),
    ],
)
Heard = tuple[str, Exception | None]


class Lookup(BaseModel):
    part: str
    hall: int


def listen(client: OpenAI, path: str) -> Heard:
    """The text that a stream gave, and what it then raised."""
    said = ""
    try:
        for item in _opened(client, path):
            said += _delta(item)
    except openai.APIError as error:
        return said, error
    return said, None


def listen_asynchronously(client: AsyncOpenAI, path: str) -> Heard:
    async def work() -> Heard:
        said = ""
        try:
            async for item in await _opened(client, path):
                said += _delta(item)
        except openai.APIError as error:
            return said, error
        return said, None

    return asyncio.run(work())


def _opened(client: Any, path: str) -> Any:
    if path == "chat":
        return client.chat.completions.create(model="sim-small", messages=USER, stream=True)
    return client.responses.create(model="sim-small", input="ping", stream=True)


def _delta(item: Any) -> str:
    if isinstance(item, ChatCompletionChunk):
        return "".join(choice.delta.content or "" for choice in item.choices)
    return str(item.delta) if item.type == "response.output_text.delta" else ""


def hear(sim: Simulator, way: str, path: str, **options: Any) -> Heard:
    if way == "sync":
        return listen(sim.client(**options), path)
    return listen_asynchronously(sim.async_client(**options), path)


def error_after(fault: StreamFault, path: str) -> type[Exception] | None:
    """What the SDK raises when it has read what this fault leaves of a stream."""
    match fault:
        case ResetStream():
            return openai.APIConnectionError
        case StallStream(seconds=None):
            return openai.APITimeoutError
        case StreamError() if path == "chat":
            return openai.APIError
    return None


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_stream(sim: Simulator, kind: Callable[..., StreamFault], path: str, way: str) -> None:
    fault = kind("one two three", after=2)
    sim.script("one two", fault)
    sim.client().responses.create(model="sim-small", input="ping")
    said, error = hear(sim, way, path, timeout=30)
    assert (said, type(error) if error else None) == ("one two", error_after(fault, path))
    two_words, broken = sim.ledger.exchanges
    assert (broken.fault, broken.status, broken.acted) == (kind.__name__, 200, True)
    assert (broken.text, broken.tool_calls, broken.finish_reason) == ("one two", (), None)
    assert (broken.completion_tokens, broken.cost) == (two_words.completion_tokens, two_words.cost)
    assert broken.error == (fault.message if isinstance(fault, StreamError) else "")
    assert broken.ended == (30.0 if kind is StallStream else 0.0)
    assert not broken.closed_early
    assert (sim.unmet(), sim.clock.slept) == ("", [])


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize(("after", "sent"), [(-1, ""), (0, ""), (1, "one"), (3, "one two three"), (9, "one two three")])
def test_so_many_words_are_said(kind: Callable[..., StreamFault], path: str, after: int, sent: str) -> None:
    sim = Simulator()
    sim.script(kind("one two three", after=after))
    said, _ = listen(sim.client(), path)
    assert said == sim.ledger[0].text == sent
    assert sim.ledger[0].completion_tokens == len(pieces(sent))
    assert sim.ledger[0].finish_reason is None


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", BROKEN)
def test_a_stream_without_words_breaks_after_it_began(
    sim: Simulator, path: str, kind: Callable[..., StreamFault]
) -> None:
    sim.script(kind("", after=0))
    stream = iter(_opened(sim.client(), path))
    assert next(stream)
    assert sim.ledger[0].status == 200
    stream.close()


@pytest.mark.parametrize("kind", [*BROKEN, AwkwardStream])
def test_a_call_that_does_not_stream_is_turned_down(sim: Simulator, client: OpenAI, kind: Any) -> None:
    sim.script(kind("one two", 1), "next")
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="sim-small", messages=USER)
    assert caught.value.code == "script_mismatch"
    assert client.responses.create(model="sim-small", input="ping").output_text == "next"
    assert sim.unmet() == "call 1 was expected to stream (stream=True), and did not"
    assert [exchange.cost > 0 for exchange in sim.ledger.exchanges] == [False, True]


@pytest.mark.parametrize("kind", [*BROKEN, AwkwardStream])
def test_whoever_hangs_up_before_it_happens_does_not_hear_of_it(sim: Simulator, client: OpenAI, kind: Any) -> None:
    options = {} if kind is AwkwardStream else {"after": 5}
    sim.script(kind("one two three four five six", **options))
    for item in (stream := _opened(client, "chat")):
        if _delta(item) == " two":
            break
    stream.close()
    [exchange] = sim.ledger.exchanges
    assert exchange.closed_early
    assert (exchange.text, exchange.completion_tokens, exchange.finish_reason) == ("one two", 2, None)
    assert (exchange.fault, exchange.error) == (kind.__name__, "")


def test_the_error_event_of_chat(sim: Simulator, client: OpenAI) -> None:
    sim.script(StreamError("one two", after=1, message="The engine stopped."))
    _, error = listen(client, "chat")
    assert type(error) is openai.APIError
    assert str(error) == "The engine stopped."
    assert (error.type, error.code, error.param) == ("server_error", None, None)
    sim.script(StreamError("one two", after=1))
    with client.chat.completions.stream(model="sim-small", messages=USER) as stream, pytest.raises(openai.APIError):
        list(stream)


def test_the_error_event_of_responses_is_handed_over(sim: Simulator, client: OpenAI, strictly: Any) -> None:
    sim.script(StreamError("one two", after=1, message="The engine stopped."), StreamError("one two", after=1))
    events: list[Any] = list(_opened(client, "responses"))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert b"".join(raw(StreamError("one two", after=1), "responses")).count(b"\n\nevent: error\ndata: {") == 1
    last = strictly(ResponseErrorEvent, events[-1].to_dict())
    assert (last.message, last.code, last.param) == ("The engine stopped.", "server_error", None)
    with client.responses.stream(model="sim-small", input="ping") as stream:
        assert [event.type for event in stream][-1] == "error"
        with pytest.raises(RuntimeError, match=r"Didn't receive a `response\.completed` event"):
            stream.get_final_response()


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("path", PATHS)
def test_a_stall_that_ends_in_time_is_only_slow(sim: Simulator, path: str, way: str) -> None:
    sim.script("one two three", StallStream(Reply("one two three", latency=2), after=2, seconds=30))
    sim.client().responses.create(model="sim-small", input="ping")
    assert hear(sim, way, path, timeout=30) == ("one two three", None)
    plain, stalled = sim.ledger.exchanges
    assert (stalled.fault, stalled.finish_reason, stalled.text) == ("StallStream", "stop", "one two three")
    assert (stalled.completion_tokens, stalled.cost) == (plain.completion_tokens, plain.cost)
    assert (stalled.ended, stalled.closed_early) == (32.0, False)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("path", PATHS)
def test_a_stall_that_outlasts_the_read_timeout_is_given_up(sim: Simulator, path: str, way: str) -> None:
    sim.script(StallStream("one two three", after=2, seconds=31))
    said, error = hear(sim, way, path, timeout=30)
    assert (said, type(error)) == ("one two", openai.APITimeoutError)
    [exchange] = sim.ledger.exchanges
    assert (exchange.text, exchange.completion_tokens, exchange.finish_reason) == ("one two", 2, None)
    assert (exchange.ended, exchange.closed_early) == (30.0, True)


# Awkward streams


def raw(step: Step, path: str, **options: Any) -> list[bytes]:
    """The chunks of a stream as they go out."""
    sim = Simulator()
    sim.script(step)
    prompt: dict[str, Any] = {"messages": USER} if path == "chat" else {"input": "ping"}
    body = json.dumps({"model": "sim-small", "stream": True, **prompt, **options}).encode()
    url = "/v1/chat/completions" if path == "chat" else "/v1/responses"
    return [chunk for chunk in sim.handle(Request("POST", url, body=body)).chunks if isinstance(chunk, bytes)]


def payloads(chunks: list[bytes]) -> list[dict[str, Any]]:
    lines = b"".join(chunks).decode().split("\n")
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("size", [1, 3, 1000, 10**6])
def test_other_pieces_are_the_same_bytes(path: str, size: int) -> None:
    whole = raw(TWO_CALLS, path)
    chunks = raw(AwkwardStream(TWO_CALLS, chunk_bytes=size), path)
    assert b"".join(chunks) == b"".join(whole)
    assert {len(chunk) for chunk in chunks[:-1]} <= {size}
    assert 0 < len(chunks[-1]) <= size


def test_single_bytes_cut_characters_apart() -> None:
    def is_text(chunk: bytes) -> bool:
        try:
            return bool(chunk.decode())
        except UnicodeDecodeError:
            return False

    assert not all(map(is_text, raw(AwkwardStream("Grüße", chunk_bytes=1), "chat")))
    assert all(map(is_text, raw("Grüße", "chat")))


@pytest.mark.parametrize("path", PATHS)
def test_a_comment_comes_before_each_event(path: str) -> None:
    whole = raw("one two", path)
    chunks = raw(AwkwardStream("one two", keep_alives=True), path)
    assert chunks[0::2] == [b": keep-alive\n\n"] * len(whole)
    assert chunks[1::2] == whole


@pytest.mark.parametrize("n", [1, 2])
def test_calls_take_turns_in_a_chat_stream(n: int) -> None:
    chunks = payloads(raw(AwkwardStream(TWO_CALLS, interleaved=True), "chat", n=n))
    assert sorted(map(str, chunks)) == sorted(map(str, payloads(raw(TWO_CALLS, "chat", n=n))))
    deltas = [chunk["choices"][0]["delta"].get("tool_calls", [{"index": None}])[0] for chunk in chunks]
    runs = [list(run) for is_call, run in groupby(deltas, lambda delta: delta["index"] is not None) if is_call]
    assert len(runs) == n
    for run in runs:
        assert [delta["index"] for delta in run[:3]] == [0, 1, 2]
        assert [delta["id"] for delta in run[:3]] == ["call_a", "call_b", "call_c"]
        both = [delta["index"] for delta in run[3 : 3 + 2 * len(pieces(TWO_CALLS.tool_calls[0].arguments_text))]]
        assert all(one != other for one, other in pairwise(both))


def test_calls_take_turns_in_a_responses_stream() -> None:
    events = payloads(raw(AwkwardStream(TWO_CALLS, interleaved=True), "responses"))
    plain = payloads(raw(TWO_CALLS, "responses"))
    assert [event["sequence_number"] for event in events] == list(range(len(plain)))
    unnumbered = [[str({**event, "sequence_number": None}) for event in stream] for stream in (events, plain)]
    assert sorted(unnumbered[0]) == sorted(unnumbered[1])
    kinds = [event["type"].removeprefix("response.") for event in events]
    of_calls = [
        (kind, event["output_index"]) for kind, event in zip(kinds, events, strict=True) if event.get("output_index")
    ]
    assert of_calls[:3] == [("output_item.added", index) for index in (1, 2, 3)]
    for index in (1, 2, 3):
        own = [kind.removeprefix("function_call_") for kind, place in of_calls if place == index]
        assert own[0] == "output_item.added"
        assert own[-2:] == ["arguments.done", "output_item.done"]
        assert set(own[1:-2]) == {"arguments.delta"}
    deltas = [place for kind, place in of_calls if kind.endswith("arguments.delta")]
    assert deltas[:7] == [1, 2, 3, 1, 2, 1, 2]
    for block in b"".join(raw(AwkwardStream(TWO_CALLS, interleaved=True), "responses")).decode().split("\n\n")[:-1]:
        name, data = block.split("\n")
        assert name == f"event: {json.loads(data[6:])['type']}"


def test_a_stream_without_parallel_calls_has_nothing_to_interleave() -> None:
    for path in PATHS:
        for reply in (Reply("one two"), Reply("one", tool_calls=TWO_CALLS.tool_calls[:1])):
            assert raw(AwkwardStream(reply, interleaved=True), path) == raw(reply, path)


def test_the_ledger_of_an_awkward_stream_is_that_of_the_reply(sim: Simulator, client: OpenAI) -> None:
    sim.script(TWO_CALLS, AwkwardStream(TWO_CALLS, chunk_bytes=1, keep_alives=True, interleaved=True))
    listen(client, "chat")
    assert listen(client, "chat") == (TWO_CALLS.text, None)
    plain, awkward = sim.ledger.exchanges
    assert (awkward.fault, awkward.closed_early, awkward.finish_reason) == ("AwkwardStream", False, "tool_calls")
    assert (awkward.text, awkward.tool_calls, awkward.cost) == (plain.text, plain.tool_calls, plain.cost)


@pytest.mark.parametrize(("size", "sent"), [(1, "one two"), (10**6, "one two three four")])
def test_of_a_stream_in_other_pieces_counts_what_went_out(sim: Simulator, client: OpenAI, size: int, sent: str) -> None:
    sim.script(AwkwardStream("one two three four", chunk_bytes=size))
    for item in (stream := _opened(client, "chat")):
        if _delta(item) == " two":
            break
    stream.close()
    assert sim.ledger[0].text == sent
    assert sim.ledger[0].closed_early is (size == 1)


def test_a_reader_of_lines_that_stops_at_the_terminator_has_read_all() -> None:
    sim = Simulator()
    sim.script(AwkwardStream("one two", chunk_bytes=1))
    body = json.dumps({"model": "sim-small", "stream": True, "messages": USER}).encode()
    chunks = sim.handle(Request("POST", "/v1/chat/completions", body=body)).chunks
    read = b""
    while not read.endswith(b"data: [DONE]\n"):
        chunk = next(chunks)
        assert isinstance(chunk, bytes)
        read += chunk
    chunks.close()  # type: ignore[attr-defined]
    assert (sim.ledger[0].closed_early, sim.ledger[0].finish_reason, sim.ledger[0].ended) == (False, "stop", 0.0)


def test_a_piece_may_hold_text_and_arguments() -> None:
    sim = Simulator()
    sim.script(AwkwardStream(TWO_CALLS, chunk_bytes=4000))
    body = json.dumps({"model": "sim-small", "stream": True, "messages": USER}).encode()
    chunks = sim.handle(Request("POST", "/v1/chat/completions", body=body)).chunks
    first = next(chunks)
    assert isinstance(first, bytes)
    chunks.close()  # type: ignore[attr-defined]
    deltas = [payload["choices"][0]["delta"] for payload in payloads([first.rpartition(b"\n\n")[0]])]
    arguments = "".join(call["function"]["arguments"] for delta in deltas for call in delta.get("tool_calls", []))
    assert arguments.startswith('{"part": ')
    assert sim.ledger[0].text == TWO_CALLS.text
    assert sim.ledger[0].completion_tokens == tokens.count([f"{TWO_CALLS.text}{arguments}"])


def test_a_piece_has_at_least_one_byte() -> None:
    with pytest.raises(ValueError, match="chunk_bytes is at least 1"):
        AwkwardStream("one", chunk_bytes=0)


def test_the_helper_of_chat_takes_an_interleaved_call_for_done_too_early(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise(AwkwardStream(TWO_CALLS, interleaved=True))
    with client.chat.completions.stream(model="sim-small", messages=USER) as stream:
        done: list[Any] = [event for event in stream if event.type == "tool_calls.function.arguments.done"]
        calls = stream.get_final_completion().choices[0].message.tool_calls or []
    assert [event.arguments for event in done] == ["", "", ""]
    assert [call.function.arguments for call in calls] == [call.arguments_text for call in TWO_CALLS.tool_calls]
    tool = openai.pydantic_function_tool(Lookup)
    with (
        client.chat.completions.stream(model="sim-small", messages=USER, tools=[tool]) as typed,
        pytest.raises(ValidationError, match="EOF while parsing"),
    ):
        list(typed)


def test_the_helper_of_responses_parses_interleaved_calls(sim: Simulator, client: OpenAI) -> None:
    sim.script(AwkwardStream(TWO_CALLS, interleaved=True))
    tool = openai.pydantic_function_tool(Lookup)
    with client.responses.stream(model="sim-small", input="ping", tools=[tool]) as stream:
        items: list[Any] = stream.get_final_response().output[1:3]
    assert [item.parsed_arguments for item in items] == [
        Lookup.model_validate(c.arguments) for c in TWO_CALLS.tool_calls[:2]
    ]


# Properties

texts = st.text(st.sampled_from('ab ßé🧊漢\n"\\:{}'), max_size=30)
tool_calls = st.builds(ToolCall, st.sampled_from(["look", "ring"]), st.dictionaries(texts, texts, max_size=3))
replies = st.one_of(
    st.builds(Reply, texts),
    st.builds(Reply, st.none(), st.lists(tool_calls, min_size=1, max_size=3)),
    st.builds(Reply, texts, st.lists(tool_calls, max_size=3)),
    st.builds(Reply, refusal=texts.filter(bool)),
)
awkward_streams = st.builds(
    AwkwardStream, replies, st.none() | st.integers(1, 40), keep_alives=st.booleans(), interleaved=st.booleans()
)
broken_streams = st.one_of(*(st.builds(kind, replies, st.integers(0, 20)) for kind in BROKEN))
ERRORS = {
    RateLimited: openai.RateLimitError,
    QuotaExhausted: openai.RateLimitError,
    ServerError: openai.InternalServerError,
    Unauthorized: openai.AuthenticationError,
    ReadTimeout: openai.APITimeoutError,
    ConnectionReset: openai.APIConnectionError,
}
steps = st.one_of(replies, awkward_streams, broken_streams, *(st.builds(kind) for kind in ERRORS))
Message = tuple[str | None, str | None, list[tuple[str, str]]]


def message_of(reply: Reply) -> Message:
    calls = [(call.name, call.arguments_text) for call in reply.tool_calls]
    return reply.text, reply.refusal, calls


def chat_message(completion: Any) -> Message:
    message = completion.choices[0].message
    calls = [(call.function.name, call.function.arguments) for call in message.tool_calls or []]
    return message.content, message.refusal, calls


def response_message(response: Any) -> Message:
    parts = [part for item in response.output if item.type == "message" for part in item.content]
    [text] = [part.text for part in parts if part.type == "output_text"] or [None]
    [refusal] = [part.refusal for part in parts if part.type == "refusal"] or [None]
    return text, refusal, [(item.name, item.arguments) for item in response.output if item.type == "function_call"]


def assemble(client: OpenAI, path: str) -> Message:
    if path == "chat":
        with client.chat.completions.stream(model="sim-small", messages=USER) as stream:
            return chat_message(stream.get_final_completion())
    with client.responses.stream(model="sim-small", input="ping") as response_stream:
        return response_message(response_stream.get_final_response())


def assemble_asynchronously(client: AsyncOpenAI, path: str) -> Message:
    async def work() -> Message:
        if path == "chat":
            async with client.chat.completions.stream(model="sim-small", messages=USER) as stream:
                return chat_message(await stream.get_final_completion())
        async with client.responses.stream(model="sim-small", input="ping") as response_stream:
            return response_message(await response_stream.get_final_response())

    return asyncio.run(work())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(steps, st.sampled_from(PATHS)), max_size=4))
def test_any_script_gives_its_replies_or_the_errors_of_its_faults(script: list[tuple[Any, str]]) -> None:
    sim = Simulator()
    sim.script(*(step for step, _ in script))
    client = sim.client(max_retries=0)
    for step, path in script:
        if isinstance(step, Reply | AwkwardStream):
            assert assemble(client, path) == message_of(step if isinstance(step, Reply) else step.whole)
        elif isinstance(step, CutStream | ResetStream | StreamError | StallStream):
            said, error = listen(client, path)
            assert (step.whole.text or "").startswith(said)
            assert (type(error) if error else None) == error_after(step, path)
            assert sim.ledger[-1].finish_reason is None
        else:
            with pytest.raises(ERRORS[type(step)]):
                assemble(client, path)
    plain = [type(step).__name__ if not isinstance(step, Reply) else "" for step, _ in script]
    assert [exchange.fault for exchange in sim.ledger.exchanges] == plain
    assert all(exchange.ended is not None for exchange in sim.ledger.exchanges)
    assert sim.unmet() == ""


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=40, deadline=None)
@given(awkward=awkward_streams)
def test_however_awkward_a_stream_is_it_says_the_same(path: str, awkward: AwkwardStream) -> None:
    sim = Simulator()
    sim.script(awkward, awkward)
    assert assemble(sim.client(), path) == message_of(awkward.whole)
    assert assemble_asynchronously(sim.async_client(), path) == message_of(awkward.whole)


class Split:
    """A core that plays bytes in pieces that end at these places."""

    def __init__(self, data: bytes, places: set[int]) -> None:
        ends = [0, *sorted(place for place in places if 0 < place < len(data)), len(data)]
        self._pieces = [data[start:end] for start, end in pairwise(ends)]

    def handle(self, request: Request) -> Response:
        return Response(200, {"content-type": "text/event-stream"}, self._play())

    def _play(self) -> Iterator[bytes]:
        yield from self._pieces


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=40, deadline=None)
@given(reply=replies, places=st.sets(st.integers(1, 3000), max_size=60))
def test_any_split_of_the_bytes_says_the_same(path: str, reply: Reply, places: set[int]) -> None:
    core, clock = Split(b"".join(raw(reply, path)), places), VirtualClock()
    assert assemble(client_of(core, clock), path) == message_of(reply)
    assert assemble_asynchronously(async_client_of(core, clock), path) == message_of(reply)
