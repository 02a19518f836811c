"""A stream says what was scripted, word by word; one that is cut says so much and no more.

What else is promised of streams is held by protocol.py, and what that notices is shown in test_wire_mutants.py.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradus.sim import CutStream, Reply, Step, ToolCall
from gradus.sim.reply import pieces
from tests.sim.protocol import check, read_events
from tests.sim.samples import CHAT, RESPONSE, STREAM, USAGE, Sample

CALLS = (ToolCall("lookup", {"page": "E-4012", "länge": 3}), ToolCall("reset", '{"unit": 7'), ToolCall("stop", ""))
REPLIES = [
    Reply("The valve is shut, and stays shut."),
    Reply(""),
    Reply(),
    Reply(" \n"),
    Reply("x" * 100),
    Reply(tool_calls=CALLS),
    Reply("One moment.", tool_calls=CALLS[:1]),
    Reply(refusal="I cannot help with that."),
    Reply("Grüße aus dem Kühlhaus 🧊 a\n\n", finish_reason="length"),
    Reply('{"part": ', tool_calls=CALLS[:1], finish_reason="length"),
    Reply("Something", finish_reason="content_filter"),
]


def events(path: str, step: Step, **options: Any) -> list[Any]:
    """The parsed events of a stream, without the terminator."""
    body = {**(CHAT if path == "chat/completions" else RESPONSE), **STREAM, **options}
    raw = Sample(path, body, step).exchange().raw
    return [json.loads(data) for _, data in read_events(raw, named=path == "responses") if data != "[DONE]"]


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("options", [STREAM, USAGE, {**USAGE, "n": 3}])
def test_a_chat_stream_adds_up_to_the_reply(reply: Reply, options: dict[str, Any]) -> None:
    completion = check(Sample("chat/completions", {**CHAT, **options}, reply).exchange(), reply)
    assert len(completion["choices"]) == options.get("n", 1)
    assert ("usage" in completion) == ("stream_options" in options)


@pytest.mark.parametrize("reply", REPLIES)
def test_a_response_stream_adds_up_to_the_reply(reply: Reply) -> None:
    response = check(Sample("responses", {**RESPONSE, **STREAM}, reply).exchange(), reply)
    messages = int(reply.text is not None or reply.refusal is not None)
    assert [item["type"] for item in response["output"]] == ["message"] * messages + ["function_call"] * len(
        reply.tool_calls
    )


@pytest.mark.parametrize("reply", REPLIES)
def test_text_and_arguments_come_word_by_word(reply: Reply) -> None:
    deltas = [event["delta"] for event in events("responses", reply) if event["type"].endswith(".delta")]
    said = [reply.text or "", reply.refusal or "", *(call.arguments_text for call in reply.tool_calls)]
    assert deltas == [piece for text in said for piece in pieces(text)]


def test_two_choices_are_streamed_one_after_the_other() -> None:
    indices = [chunk["choices"][0]["index"] for chunk in events("chat/completions", "one two", n=2)]
    assert indices == sorted(indices)
    assert set(indices) == {0, 1}


@pytest.mark.parametrize(("after", "sent"), [(0, ""), (1, "one"), (2, "one two"), (9, "one two three")])
def test_a_cut_stream_carries_so_many_words_and_no_end(after: int, sent: str) -> None:
    step = CutStream("one two three", after=after)
    choices = [chunk["choices"][0] for chunk in events("chat/completions", step)]
    assert "".join(choice["delta"].get("content", "") for choice in choices) == sent
    assert all(choice["finish_reason"] is None for choice in choices)
    assert b"[DONE]" not in Sample("chat/completions", {**CHAT, **STREAM}, step).exchange().raw
    kinds = [event["type"] for event in events("responses", step)]
    assert kinds.count("response.output_text.delta") == len(pieces(sent))
    assert not any(kind.endswith((".done", ".completed")) for kind in kinds)
