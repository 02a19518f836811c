"""Deliberate faults of the wire: the checks of protocol.py notice every one of them, and clients notice few.

Each fault is a function that spoils one reply. Those on events leave the stream as it should be in all else: the event
lines, the sequence numbers and the terminator are written anew, so that a fault is not noticed by its traces.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import openai
import pytest

from gradus.sim import Reply
from tests.sim.protocol import Object, Wire, check, read_events
from tests.sim.samples import SAMPLES, encoder, hear

Spoil = Callable[[Wire], Wire]


@dataclass(frozen=True)
class WireFault:
    """What it spoils, how, and a part of the sentence in which the checks complain."""

    sample: str
    says: str
    spoil: Spoil


FAULTS: dict[str, WireFault] = {}


def on_bytes(sample: str, says: str) -> Callable[[Callable[[bytes], bytes]], None]:
    """A fault that rewrites the reply's bytes."""

    def register(change: Callable[[bytes], bytes]) -> None:
        FAULTS[change.__name__] = WireFault(sample, says, lambda wire: replace(wire, raw=change(wire.raw)))

    return register


def on_headers(sample: str, says: str) -> Callable[[Callable[[dict[str, str]], None]], None]:
    """A fault that changes the headers in place."""

    def register(change: Callable[[dict[str, str]], None]) -> None:
        FAULTS[change.__name__] = WireFault(sample, says, lambda wire: replace(wire, headers=_changed(wire, change)))

    def _changed(wire: Wire, change: Callable[[dict[str, str]], None]) -> dict[str, str]:
        headers = dict(wire.headers)
        change(headers)
        return headers

    return register


def on_body(sample: str, says: str) -> Callable[[Callable[[Object], None]], None]:
    """A fault that changes the parsed body in place."""

    def register(change: Callable[[Object], None]) -> None:
        FAULTS[change.__name__] = WireFault(sample, says, functools.partial(_with_body, change))

    return register


def on_events(sample: str, says: str) -> Callable[[Callable[[list[Object]], None]], None]:
    """A fault that changes the parsed events (without the terminator) in place."""

    def register(change: Callable[[list[Object]], None]) -> None:
        FAULTS[change.__name__] = WireFault(sample, says, functools.partial(_with_events, change))

    return register


def _with_body(change: Callable[[Object], None], wire: Wire) -> Wire:
    body = json.loads(wire.raw)
    change(body)
    return replace(wire, raw=json.dumps(body, ensure_ascii=False).encode())


def _with_events(change: Callable[[list[Object]], None], wire: Wire) -> Wire:
    named = wire.request.path == "/v1/responses"
    events = [json.loads(data) for _, data in read_events(wire.raw, named) if data != "[DONE]"]
    change(events)
    lines = []
    for number, event in enumerate(events):
        if named:
            event["sequence_number"] = number
            lines.append(f"event: {event.get('type')}\n")
        lines.append(f"data: {json.dumps(event, ensure_ascii=False)}\n\n")
    return replace(wire, raw="".join([*lines, *([] if named else ["data: [DONE]\n\n"])]).encode())


@functools.cache
def spoilt(name: str) -> tuple[Wire, Wire]:
    """The reply as it is, and with this fault."""
    wire = SAMPLES[FAULTS[name].sample].exchange()
    return wire, FAULTS[name].spoil(wire)


# ---------------------------------------------------------------------------------------- chat completions, streamed


def of_kind(chunks: list[Object], name: str) -> list[Object]:
    """The deltas that carry this."""
    return [c["choices"][0]["delta"] for c in chunks if c["choices"] and c["choices"][0]["delta"].get(name)]


@on_bytes("chat stream", "came 0 times")
def no_terminator(raw: bytes) -> bytes:
    return raw.removesuffix(b"data: [DONE]\n\n")


@on_bytes("chat stream", "came 2 times")
def two_terminators(raw: bytes) -> bytes:
    return raw + b"data: [DONE]\n\n"


@on_bytes("chat stream", "is not the last event")
def data_after_the_terminator(raw: bytes) -> bytes:
    *events, last, done, rest = raw.split(b"\n\n")
    return b"\n\n".join([*events, done, last, rest])


@on_bytes("chat stream", "breaks off within an event")
def events_that_end_in_one_newline(raw: bytes) -> bytes:
    return raw.replace(b"\n\n", b"\n")


@on_bytes("chat stream", "end in .n alone")
def carriage_returns(raw: bytes) -> bytes:
    return raw.replace(b"\n", b"\r\n")


@on_bytes("chat stream", "breaks off within an event")
def last_newline_missing(raw: bytes) -> bytes:
    return raw[:-1]


@on_bytes("chat stream", "has the lines")
def event_lines_in_chat(raw: bytes) -> bytes:
    return raw.replace(b"data: {", b"event: chat.completion.chunk\ndata: {")


@on_bytes("chat stream", "has the lines")
def no_data_field(raw: bytes) -> bytes:
    return raw.replace(b"data: {", b"{", 1)


@on_bytes("chat stream", "is sent as UTF-8")
def escaped_text_in_a_stream(raw: bytes) -> bytes:
    return raw.replace("ü".encode(), b"\\u00fc")


@on_bytes("chat stream", "no UTF-8")
def text_in_latin_1(raw: bytes) -> bytes:
    return raw.replace("ü".encode(), b"\xfc")


@on_events("chat stream with calls", "is tool_calls, not stop")
def stop_on_streamed_calls(chunks: list[Object]) -> None:
    chunks[-1]["choices"][0]["finish_reason"] = "stop"


@on_events("chat stream", "is tool_calls, and there are none")
def tool_calls_without_calls(chunks: list[Object]) -> None:
    chunks[-1]["choices"][0]["finish_reason"] = "tool_calls"


@on_events("chat stream", "finish reason is length, not stop")
def length_on_a_reply_that_is_whole(chunks: list[Object]) -> None:
    chunks[-1]["choices"][0]["finish_reason"] = "length"


@on_events("chat stream", "has no finish reason")
def no_finish_reason(chunks: list[Object]) -> None:
    del chunks[-1]


@on_events("chat stream", "two finish reasons")
def two_finish_reasons(chunks: list[Object]) -> None:
    chunks.append(chunks[-1])


@on_events("chat stream", "goes on after its finish reason")
def text_after_the_finish_reason(chunks: list[Object]) -> None:
    chunks.insert(-2, chunks.pop())


@on_events("chat stream", "comes with an empty delta")
def finish_reason_with_the_last_text(chunks: list[Object]) -> None:
    chunks[-2]["choices"][0]["finish_reason"] = "stop"
    del chunks[-1]


@on_events("chat stream", "in the first delta alone")
def role_in_every_delta(chunks: list[Object]) -> None:
    for delta in of_kind(chunks, "content"):
        delta["role"] = "assistant"


@on_events("chat stream", "has no role")
def no_role(chunks: list[Object]) -> None:
    del chunks[0]["choices"][0]["delta"]["role"]


@on_events("chat stream", "has no role")
def no_first_chunk(chunks: list[Object]) -> None:
    del chunks[0]


@on_events("chat stream", "a delta of content is empty")
def an_empty_delta(chunks: list[Object]) -> None:
    of_kind(chunks, "content")[1]["content"] = ""


@on_events("chat stream", "and .* was sent")
def a_chunk_twice(chunks: list[Object]) -> None:
    chunks.insert(2, chunks[2])


@on_events("chat stream", "and .* was sent")
def a_chunk_lost(chunks: list[Object]) -> None:
    del chunks[2]


@on_events("chat stream", "and .* was sent")
def two_chunks_swapped(chunks: list[Object]) -> None:
    chunks[2], chunks[3] = chunks[3], chunks[2]


@on_events("chat stream", "differ between chunks")
def another_id_half_way(chunks: list[Object]) -> None:
    chunks[2]["id"] += "0"


@on_events("chat stream", "differ between chunks")
def created_that_moves_on(chunks: list[Object]) -> None:
    chunks[-1]["created"] += 1


@on_events("chat stream", "does not accept created")
def created_as_a_float(chunks: list[Object]) -> None:
    for chunk in chunks:
        chunk["created"] = float(chunk["created"])


@on_events("chat stream", "names the dated model")
def alias_in_every_chunk(chunks: list[Object]) -> None:
    for chunk in chunks:
        chunk["model"] = "sim-small"


@on_events("chat stream", "does not accept object")
def chunks_called_completions(chunks: list[Object]) -> None:
    for chunk in chunks:
        chunk["object"] = "chat.completion"


@on_events("chat stream", "does not accept choices")
def null_choices(chunks: list[Object]) -> None:
    chunks[-1]["choices"] = None


@on_events("chat stream", "a field system_fingerprint")
def no_fingerprint(chunks: list[Object]) -> None:
    for chunk in chunks:
        del chunk["system_fingerprint"]


@on_events("chat stream with usage", "not that of the usage")
def usage_chunk_missing(chunks: list[Object]) -> None:
    del chunks[-1]


@on_events("chat stream with usage", "not that of the usage")
def usage_before_the_end(chunks: list[Object]) -> None:
    chunks.insert(-1, chunks.pop())


@on_events("chat stream with usage", "in the last chunk alone")
def usage_in_every_chunk(chunks: list[Object]) -> None:
    for chunk in chunks:
        chunk["usage"] = chunks[-1]["usage"]


@on_events("chat stream with usage", "not that of the usage")
def usage_with_the_finish_reason(chunks: list[Object]) -> None:
    chunks[-2]["usage"] = chunks.pop()["usage"]


@on_events("chat stream with usage", "every chunk has the field")
def usage_left_out_where_it_is_null(chunks: list[Object]) -> None:
    for chunk in chunks[:-1]:
        del chunk["usage"]


@on_events("chat stream", "which nobody asked for")
def usage_that_nobody_asked_for(chunks: list[Object]) -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
    chunks.append({**chunks[-1], "choices": [], "usage": usage})


@on_events("chat stream with usage", "total_tokens is")
def wrong_total_in_a_stream(chunks: list[Object]) -> None:
    chunks[-1]["usage"]["total_tokens"] += 1


@on_events("chat stream with usage", "tokens were written")
def completion_tokens_of_the_chunks(chunks: list[Object]) -> None:
    usage = chunks[-1]["usage"]
    usage["completion_tokens"] = len(chunks)
    usage["total_tokens"] = usage["prompt_tokens"] + len(chunks)


@on_events("chat stream of two", "goes on after")
def every_index_zero(chunks: list[Object]) -> None:
    for chunk in chunks:
        chunk["choices"][0]["index"] = 0


@on_events("chat stream of two", "choices have the indices")
def one_choice_of_two(chunks: list[Object]) -> None:
    chunks[:] = [chunk for chunk in chunks if chunk["choices"][0]["index"] == 0]


@on_events("chat stream of two", "choices have the indices")
def indices_from_one(chunks: list[Object]) -> None:
    for chunk in chunks:
        chunk["choices"][0]["index"] += 1


@on_events("chat stream of two", "carries one choice")
def both_choices_in_a_chunk(chunks: list[Object]) -> None:
    half = len(chunks) // 2
    for chunk, other in zip(chunks[:half], chunks[half:], strict=True):
        chunk["choices"] += other["choices"]
    del chunks[half:]


@on_events("chat stream with calls", "goes on with")
def second_call_under_the_index_of_the_first(chunks: list[Object]) -> None:
    for delta in of_kind(chunks, "tool_calls"):
        delta["tool_calls"][0]["index"] = 0


@on_events("chat stream with calls", "comes before tool call")
def calls_counted_from_one(chunks: list[Object]) -> None:
    for delta in of_kind(chunks, "tool_calls"):
        delta["tool_calls"][0]["index"] += 1


@on_events("chat stream with calls", "does not accept choices.0.delta.tool_calls.0.index")
def calls_without_an_index(chunks: list[Object]) -> None:
    for delta in of_kind(chunks, "tool_calls"):
        del delta["tool_calls"][0]["index"]


@on_events("chat stream with calls", "a tool call begins with")
def call_id_missing(chunks: list[Object]) -> None:
    del of_kind(chunks, "tool_calls")[0]["tool_calls"][0]["id"]


@on_events("chat stream with calls", "a tool call goes on with")
def call_id_in_every_chunk(chunks: list[Object]) -> None:
    for place, delta in enumerate(of_kind(chunks, "tool_calls")):
        delta["tool_calls"][0]["id"] = f"call_{place}"


@on_events("chat stream with calls", "goes on with more than arguments")
def function_name_in_every_chunk(chunks: list[Object]) -> None:
    for delta in of_kind(chunks, "tool_calls"):
        delta["tool_calls"][0]["function"]["name"] = "lookup"


@on_events("chat stream with calls", "have one id")
def two_streamed_calls_with_one_id(chunks: list[Object]) -> None:
    for delta in of_kind(chunks, "tool_calls"):
        if "id" in delta["tool_calls"][0]:
            delta["tool_calls"][0]["id"] = "call_1"


@on_events("chat stream with calls", "the model called")
def arguments_of_two_calls_swapped(chunks: list[Object]) -> None:
    for delta in of_kind(chunks, "tool_calls"):
        [call] = delta["tool_calls"]
        if "id" not in call:
            call["index"] = 1 - call["index"]
    # What goes to the second call now has to wait until that has begun.
    chunks.sort(key=lambda chunk: "id" not in (chunk["choices"][0]["delta"].get("tool_calls") or [{"id": 1}])[0])
    chunks.append(chunks.pop(next(i for i, chunk in enumerate(chunks) if chunk["choices"][0]["finish_reason"])))


@on_events("chat stream with calls", "one thing")
def content_null_beside_calls(chunks: list[Object]) -> None:
    for delta in of_kind(chunks, "tool_calls"):
        delta["content"] = None


@on_events("chat stream that refuses", "the model said")
def refusal_as_content(chunks: list[Object]) -> None:
    chunks[0]["choices"][0]["delta"]["content"] = ""
    for delta in of_kind(chunks, "refusal"):
        delta["content"] = delta.pop("refusal")


@on_events("chat stream that refuses", "not both")
def refusal_in_content_too(chunks: list[Object]) -> None:
    chunks[0]["choices"][0]["delta"]["content"] = ""
    for place, chunk in reversed(list(enumerate(chunks))):
        text = chunk["choices"][0]["delta"].get("refusal")
        if text:
            choice = {**chunk["choices"][0], "delta": {"content": text}}
            chunks.insert(place, {**chunk, "choices": [choice]})


@on_headers("chat stream", "content-type is application/json")
def stream_that_says_json(headers: dict[str, str]) -> None:
    headers["content-type"] = "application/json"


@on_headers("chat", "x-request-id is missing")
def no_request_id(headers: dict[str, str]) -> None:
    del headers["x-request-id"]


# ------------------------------------------------------------------------------------------- chat completions, plain


@on_body("chat with calls", "is tool_calls, not stop")
def stop_on_calls(body: Object) -> None:
    body["choices"][0]["finish_reason"] = "stop"


@on_body("chat", "total_tokens is")
def total_that_does_not_add_up(body: Object) -> None:
    body["usage"]["total_tokens"] = body["usage"]["completion_tokens"]


@on_body("chat", "tokens were written")
def prompt_and_completion_tokens_swapped(body: Object) -> None:
    usage = body["usage"]
    usage["prompt_tokens"], usage["completion_tokens"] = usage["completion_tokens"], usage["prompt_tokens"]


@on_body("chat", "tokens were sent")
def prompt_tokens_without_the_last(body: Object) -> None:
    body["usage"]["prompt_tokens"] -= 1
    body["usage"]["total_tokens"] -= 1


@on_body("chat", "does not accept usage.completion_tokens")
def usage_of_the_other_endpoint(body: Object) -> None:
    usage = body["usage"]
    usage["input_tokens"], usage["output_tokens"] = usage.pop("prompt_tokens"), usage.pop("completion_tokens")


@on_body("chat", "usage is missing")
def no_usage(body: Object) -> None:
    del body["usage"]


@on_body("chat", "more tokens are cached")
def more_cached_than_sent(body: Object) -> None:
    body["usage"]["prompt_tokens_details"]["cached_tokens"] = 128


@on_body("chat of two", "choices have the indices")
def every_plain_index_zero(body: Object) -> None:
    body["choices"][1]["index"] = 0


@on_body("chat of two", "tokens were written")
def completion_tokens_of_one_choice(body: Object) -> None:
    usage = body["usage"]
    usage["completion_tokens"] //= 2
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]


@on_body("chat", "does not accept choices")
def choices_that_are_null(body: Object) -> None:
    body["choices"] = None


@on_body("chat", "the choices have the indices")
def no_choices(body: Object) -> None:
    body["choices"] = []


@on_body("chat", "names the dated model")
def alias_instead_of_the_dated_model(body: Object) -> None:
    body["model"] = "sim-small"


@on_body("chat", "answers for sim-small")
def another_model(body: Object) -> None:
    body["model"] = "sim-large-2026-03"


@on_body("chat", "does not accept object")
def object_name_of_a_chunk(body: Object) -> None:
    body["object"] = "chat.completion.chunk"


@on_body("chat", "in seconds since 1970")
def created_in_milliseconds(body: Object) -> None:
    body["created"] *= 1000


@on_body("chat", "not chatcmpl-")
def id_without_its_prefix(body: Object) -> None:
    body["id"] = "cmpl-1"


@on_body("chat", "does not know .*reasoning_content")
def field_that_nobody_knows(body: Object) -> None:
    body["choices"][0]["message"]["reasoning_content"] = ""


@on_body("chat", "a field refusal")
def refusal_left_out(body: Object) -> None:
    del body["choices"][0]["message"]["refusal"]


@on_body("chat", "left out where there are none")
def empty_tool_calls(body: Object) -> None:
    body["choices"][0]["message"]["tool_calls"] = []


@on_body("chat with calls", "does not accept .*arguments")
def arguments_as_an_object(body: Object) -> None:
    function = body["choices"][0]["message"]["tool_calls"][0]["function"]
    function["arguments"] = json.loads(function["arguments"])


@on_body("chat with calls", "have one id")
def two_calls_with_one_id(body: Object) -> None:
    for call in body["choices"][0]["message"]["tool_calls"]:
        call["id"] = "call_1"


@on_body("chat with calls", "the model called")
def a_call_lost(body: Object) -> None:
    del body["choices"][0]["message"]["tool_calls"][1]


@on_body("chat that refuses", "not both")
def refusal_in_plain_content_too(body: Object) -> None:
    body["choices"][0]["message"]["content"] = body["choices"][0]["message"]["refusal"]


@on_bytes("chat", "is sent as UTF-8")
def escaped_text(raw: bytes) -> bytes:
    return json.dumps(json.loads(raw)).encode()


@on_bytes("chat", "has a name twice")
def a_name_twice(raw: bytes) -> bytes:
    return raw.replace(b'"object"', b'"model": "sim-small-2026-09", "object"')


@on_bytes("chat", "is no JSON")
def body_cut_off(raw: bytes) -> bytes:
    return raw[:-2]


# ----------------------------------------------------------------------------------------------------- responses


@on_body("response cut", "status completed has incomplete_details")
def completed_though_cut(body: Object) -> None:
    body["status"] = "completed"


@on_body("response cut", "status incomplete has incomplete_details")
def incomplete_without_details(body: Object) -> None:
    body["incomplete_details"] = None


@on_body("response cut", "last item of the incomplete is complete")
def item_completed_though_cut(body: Object) -> None:
    body["output"][0]["status"] = "completed"


@on_body("response cut", "length became content_filter")
def cut_for_another_reason(body: Object) -> None:
    body["incomplete_details"]["reason"] = "content_filter"


@on_body("response", "the model said")
def completed_without_output(body: Object) -> None:
    body["output"] = []


@on_body("response", "total_tokens is")
def wrong_total_of_a_response(body: Object) -> None:
    body["usage"]["total_tokens"] += body["usage"]["input_tokens"]


@on_body("response", "does not accept usage.input_tokens")
def usage_named_as_in_chat(body: Object) -> None:
    body["usage"]["prompt_tokens"] = body["usage"].pop("input_tokens")


@on_body("response", "temperature comes back as 1.0")
def temperature_not_repeated(body: Object) -> None:
    body["temperature"] = 1.0


@on_body("response", "metadata comes back")
def metadata_lost(body: Object) -> None:
    body["metadata"] = {}


@on_body("response with calls", "tools come back")
def tools_not_repeated(body: Object) -> None:
    body["tools"] = []


@on_body("response with calls", "strict comes back")
def strictness_lost(body: Object) -> None:
    body["tools"][0]["strict"] = False


@on_body("response with calls", "does not accept output.0")
def no_call_id(body: Object) -> None:
    del body["output"][0]["call_id"]


@on_body("response with calls", "two items have one id")
def two_items_with_one_id(body: Object) -> None:
    body["output"][1]["id"] = body["output"][0]["id"]


@on_body("response", "does not know .*output_text")
def text_of_the_sdk_in_the_body(body: Object) -> None:
    body["output_text"] = body["output"][0]["content"][0]["text"]


@on_body("response", "whole number")
def created_at_as_a_float(body: Object) -> None:
    body["created_at"] += 0.5


@on_body("response", "completed before it was created")
def completed_before_it_was_created(body: Object) -> None:
    body["completed_at"] -= 1


@on_bytes("response stream", "has the lines")
def no_event_lines(raw: bytes) -> bytes:
    return b"".join(line for line in raw.splitlines(keepends=True) if not line.startswith(b"event: "))


@on_bytes("response stream", "the event line says")
def wrong_event_line(raw: bytes) -> bytes:
    return raw.replace(b"event: response.output_text.delta", b"event: response.text.delta")


@on_bytes("response stream", "does not count up")
def gap_in_the_sequence(raw: bytes) -> bytes:
    return raw.replace(b'"sequence_number": 5', b'"sequence_number": 500')


@on_bytes("response stream", "does not count up")
def sequence_from_one(raw: bytes) -> bytes:
    blocks = raw.split(b"\n\n")[:-1]
    numbers = [(b'"sequence_number": %d,' % n, b'"sequence_number": %d,' % (n + 1)) for n in range(len(blocks))]
    return b"".join(block.replace(*pair) + b"\n\n" for block, pair in zip(blocks, numbers, strict=True))


@on_bytes("response stream", "has the lines")
def terminator_of_the_other_endpoint(raw: bytes) -> bytes:
    return raw + b"data: [DONE]\n\n"


def without(events: list[Object], kind: str) -> None:
    events[:] = [event for event in events if event["type"] != kind]


def first(events: list[Object], kind: str) -> Object:
    return next(event for event in events if event["type"] == kind)


@on_events("response stream", "a stream begins otherwise")
def no_created_event(events: list[Object]) -> None:
    without(events, "response.created")


@on_events("response stream", "a stream begins otherwise")
def no_in_progress_event(events: list[Object]) -> None:
    without(events, "response.in_progress")


@on_events("response stream", "one terminal event")
def no_completed_event(events: list[Object]) -> None:
    without(events, "response.completed")


@on_events("response stream", "one terminal event")
def two_completed_events(events: list[Object]) -> None:
    events.append(dict(events[-1]))


@on_events("response stream", "one terminal event")
def text_done_after_the_end(events: list[Object]) -> None:
    events.append(events.pop(-4))


@on_events("response stream cut", "carries status incomplete")
def completed_event_though_cut(events: list[Object]) -> None:
    events[-1]["type"] = "response.completed"


@on_events("response stream cut", "length became nothing")
def everything_completed_though_cut(events: list[Object]) -> None:
    created = events[-1]["response"]["created_at"]
    events[-1]["type"] = "response.completed"
    events[-1]["response"] |= {"status": "completed", "incomplete_details": None, "completed_at": created}
    events[-1]["response"]["output"][0]["status"] = events[-2]["item"]["status"] = "completed"


@on_events("response stream", "not closed by content_part.done")
def no_content_part_done(events: list[Object]) -> None:
    without(events, "response.content_part.done")


@on_events("response stream", "not opened by content_part.added")
def no_content_part_added(events: list[Object]) -> None:
    without(events, "response.content_part.added")


@on_events("response stream", "not opened by output_item.added")
def no_item_added(events: list[Object]) -> None:
    without(events, "response.output_item.added")


@on_events("response stream", "not closed by output_item.done")
def no_item_done(events: list[Object]) -> None:
    without(events, "response.output_item.done")


@on_events("response stream", "has deltas and then done")
def no_text_done(events: list[Object]) -> None:
    without(events, "response.output_text.done")


@on_events("response stream", "add up to")
def no_text_deltas(events: list[Object]) -> None:
    without(events, "response.output_text.delta")


@on_events("response stream with calls", "has deltas and then done")
def no_arguments_done(events: list[Object]) -> None:
    without(events, "response.function_call_arguments.done")


@on_events("response stream", "output_text.done says")
def done_text_differs(events: list[Object]) -> None:
    first(events, "response.output_text.done")["text"] += "!"


@on_events("response stream", "part 0 is done as something else")
def text_of_the_part_differs(events: list[Object]) -> None:
    first(events, "response.content_part.done")["part"]["text"] += "!"


@on_events("response stream", "the model said")
def final_text_differs(events: list[Object]) -> None:
    events[-1]["response"]["output"][0]["content"][0]["text"] += "!"


@on_events("response stream", "the model said")
def final_output_missing(events: list[Object]) -> None:
    events[-1]["response"]["output"] = []


@on_events("response stream", "add up to")
def a_delta_twice(events: list[Object]) -> None:
    events.insert(6, dict(events[6]))


@on_events("response stream", "add up to")
def a_delta_lost(events: list[Object]) -> None:
    del events[6]


@on_events("response stream of both", "have events of items")
def every_output_index_zero(events: list[Object]) -> None:
    for event in events[2:-1]:
        event["output_index"] = 0


@on_events("response stream of both", "have events of items")
def output_indices_swapped(events: list[Object]) -> None:
    for event in events[2:-1]:
        event["output_index"] = 1 - event["output_index"]


@on_events("response stream", "have events of parts")
def content_index_from_one(events: list[Object]) -> None:
    for event in events:
        if "content_index" in event:
            event["content_index"] += 1


@on_events("response stream with calls", "item_ids")
def item_id_of_the_other_call(events: list[Object]) -> None:
    event = first(events, "response.function_call_arguments.delta")
    event["item_id"] = events[-1]["response"]["output"][1]["id"]


@on_events("response stream", "item_ids")
def item_id_of_the_response(events: list[Object]) -> None:
    for event in events:
        if "item_id" in event:
            event["item_id"] = events[-1]["response"]["id"]


@on_events("response stream with calls", "add up to")
def streamed_arguments_of_two_calls_swapped(events: list[Object]) -> None:
    calls = [[e for e in events if e["type"].endswith("arguments.delta") and e["output_index"] == i] for i in (0, 1)]
    whole = ["".join(event["delta"] for event in call) for call in calls]
    for call, text in zip(calls, reversed(whole), strict=True):
        call[0]["delta"] = text
        for event in call[1:]:
            events.remove(event)


@on_events("response stream", "the snapshot of response.created")
def created_that_is_completed(events: list[Object]) -> None:
    events[0]["response"]["status"] = "completed"


@on_events("response stream", "the snapshot of response.created")
def usage_before_anything_was_said(events: list[Object]) -> None:
    events[0]["response"]["usage"] = events[-1]["response"]["usage"]


@on_events("response stream", "the snapshot of response.created")
def output_in_the_created_event(events: list[Object]) -> None:
    events[0]["response"]["output"] = events[-1]["response"]["output"]


@on_events("response stream", "the snapshot of response.created")
def another_response_id_at_the_end(events: list[Object]) -> None:
    events[-1]["response"]["id"] += "0"


@on_events("response stream", "is added as something else")
def item_added_with_its_content(events: list[Object]) -> None:
    added = first(events, "response.output_item.added")["item"]
    added["content"] = events[-1]["response"]["output"][0]["content"]


@on_events("response stream", "is added as something else")
def item_completed_when_added(events: list[Object]) -> None:
    first(events, "response.output_item.added")["item"]["status"] = "completed"


@on_events("response stream", "is done as something else")
def item_done_in_progress(events: list[Object]) -> None:
    first(events, "response.output_item.done")["item"]["status"] = "in_progress"


@on_events("response stream that refuses", "has deltas and then done")
def refusal_streamed_as_text(events: list[Object]) -> None:
    for event in events:
        if event["type"] == "response.refusal.delta":
            event |= {"type": "response.output_text.delta", "logprobs": []}


@on_events("response stream", "does not accept logprobs")
def deltas_without_logprobs(events: list[Object]) -> None:
    for event in events:
        event.pop("logprobs", None)


# ---------------------------------------------------------------------------------------------- the other endpoints


@on_body("embeddings", "are not those of the texts")
def rows_in_another_order(body: Object) -> None:
    body["data"].reverse()


@on_body("embeddings", "is not that of text")
def vectors_swapped(body: Object) -> None:
    one, two, _ = body["data"]
    one["embedding"], two["embedding"] = two["embedding"], one["embedding"]


@on_body("embeddings in base64", "is not that of text")
def vectors_in_base64_swapped(body: Object) -> None:
    one, two, _ = body["data"]
    one["embedding"], two["embedding"] = two["embedding"], one["embedding"]


@on_body("embeddings", "are not those of the texts")
def all_rows_with_index_zero(body: Object) -> None:
    for row in body["data"]:
        row["index"] = 0


@on_body("embeddings", "are not those of the texts")
def a_row_lost(body: Object) -> None:
    del body["data"][-1]


@on_body("embeddings", "not of unit length")
def vectors_not_of_unit_length(body: Object) -> None:
    for row in body["data"]:
        row["embedding"] = [2 * number for number in row["embedding"]]


@on_body("embeddings", "numbers are decimals")
def vectors_of_strings(body: Object) -> None:
    for row in body["data"]:
        row["embedding"] = list(map(str, row["embedding"]))


@on_bytes("embeddings", "NaN is no JSON number")
def a_number_that_is_none(raw: bytes) -> bytes:
    body = json.loads(raw)
    body["data"][0]["embedding"][0] = float("nan")
    return json.dumps(body).encode()


@on_body("embeddings shortened", "should have 64")
def dimensions_not_heeded(body: Object) -> None:
    for row in body["data"]:
        row["embedding"] = [float(number) for number in encoder(["x"])[0]]


def recoded(body: Object, kind: str) -> None:
    for row in body["data"]:
        numbers = np.frombuffer(base64.b64decode(row["embedding"]), "<f4")
        row["embedding"] = base64.b64encode(numbers.astype(kind).tobytes()).decode()


@on_body("embeddings in base64", "not of unit length|not finite")
def big_endian_floats(body: Object) -> None:
    recoded(body, ">f4")


@on_body("embeddings in base64", "has 768 numbers")
def floats_of_64_bits(body: Object) -> None:
    recoded(body, "<f8")


@on_body("embeddings in base64", "in base64 is a string")
def numbers_where_base64_was_asked_for(body: Object) -> None:
    for row in body["data"]:
        row["embedding"] = np.frombuffer(base64.b64decode(row["embedding"]), "<f4").astype(float).tolist()


@on_body("embeddings", "tokens were embedded")
def embedding_total_differs(body: Object) -> None:
    body["usage"]["total_tokens"] += 1


@on_body("input tokens", "tokens were sent")
def one_input_token_more(body: Object) -> None:
    body["input_tokens"] += 1


@on_body("moderations", "does not agree with the categories")
def flagged_though_clean(body: Object) -> None:
    body["results"][1]["flagged"] = True


@on_body("moderations", "inputs have 1 results")
def a_result_lost(body: Object) -> None:
    del body["results"][0]


@on_body("moderations", "categories")
def a_category_lost(body: Object) -> None:
    del body["results"][0]["categories"]["illicit"]


@on_body("moderations", "outside 0 to 1")
def scores_in_percent(body: Object) -> None:
    scores = body["results"][0]["category_scores"]
    scores.update({name: 100 * score for name, score in scores.items()})


@on_body("models", "listed twice")
def a_model_twice(body: Object) -> None:
    body["data"].append(body["data"][0])


@on_body("models", "no list")
def models_that_are_no_list(body: Object) -> None:
    body["object"] = "models"


@on_body("model", "not the model that was asked for")
def model_by_another_name(body: Object) -> None:
    body["id"] = "sim-large"


@on_body("error", "'error' is an object")
def error_as_a_text(body: Object) -> None:
    body["error"] = body["error"]["message"]


@on_body("error", "an error has other keys")
def error_without_param(body: Object) -> None:
    del body["error"]["param"]


@on_body("error", "param is a string or null")
def param_as_a_list(body: Object) -> None:
    body["error"]["param"] = ["body", body["error"]["param"]]


@on_body("unauthorized", "code is a name")
def status_as_the_code(body: Object) -> None:
    body["error"]["code"] = "401"


@on_body("unauthorized", "status 401 has type server_error")
def error_of_another_kind(body: Object) -> None:
    body["error"]["type"] = "server_error"


@on_body("error", "one key, 'error'")
def detail_beside_the_error(body: Object) -> None:
    body["detail"] = body["error"]["message"]


@pytest.mark.parametrize("name", FAULTS)
def test_the_checks_notice(name: str) -> None:
    fault = FAULTS[name]
    reply = SAMPLES[fault.sample].reply
    wire, mutant = spoilt(name)
    check(wire, reply, encoder)
    assert (mutant.raw, mutant.headers) != (wire.raw, wire.headers)
    with pytest.raises(AssertionError, match=fault.says):
        check(mutant, reply, encoder)


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if "stream" in name])
def test_writing_events_anew_changes_nothing(name: str) -> None:
    wire = SAMPLES[name].exchange()
    assert _with_events(lambda events: None, wire).raw == wire.raw


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in ("error", "unauthorized")])
@pytest.mark.parametrize("way", ["missing", "null"])
def test_no_field_goes_unnoticed(name: str, way: str) -> None:
    """Each field of a reply, at any depth, is missed if it is left out, and if it is null where it was not."""
    wire = SAMPLES[name].exchange()
    spoil: Callable[[Callable[[Any], None], Wire], Wire] = _with_events if wire.streamed else _with_body
    found: list[list[tuple[Any, str]]] = []
    spoil(lambda value: found.append(list(fields(value))), wire)
    for place, (_, field) in enumerate(found[0]):

        def change(value: Any, place: int = place) -> None:
            holder, field = list(fields(value))[place]
            if way == "null":
                holder[field] = None
            else:
                del holder[field]

        mutant = spoil(change, wire)
        if mutant.raw != wire.raw and field != "sequence_number":
            assert complaint(mutant, SAMPLES[name].reply), f"nothing was said about {field}, field {place}"


def complaint(wire: Wire, reply: Reply | None) -> str:
    """What the checks have to say, "" for nothing."""
    try:
        check(wire, reply, encoder)
    except AssertionError as error:
        return str(error)
    return ""


def fields(value: Any) -> Iterator[tuple[Object, str]]:
    """Every object inside a JSON value with each of its names."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict):
        yield from ((value, name) for name in value)
    for entry in inner:
        yield from fields(entry)


def test_clients_notice_fewer_than_half() -> None:
    """Why the checks exist. A client notices a fault if it raises where it did not before."""

    def raises(wire: Wire) -> bool:
        try:
            hear(wire)
        except (openai.OpenAIError, ValueError, TypeError, AttributeError, KeyError, AssertionError):
            return True
        return False

    mutants = [mutant for wire, mutant in map(spoilt, FAULTS) if not raises(wire)]
    noticed = [mutant for mutant in mutants if raises(mutant)]
    assert len(mutants) >= 45
    assert 0 < len(noticed) < len(mutants) / 2
