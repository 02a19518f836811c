"""The real SDK works unmodified: plain, streamed, tools, parsed, stored; synchronous and asynchronous."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel

from gradus.sim import CutStream, RateLimited, Reply, Simulator, ToolCall

SMALL = "sim-small"
USER: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Where is the valve?"}]
TWO_CALLS = Reply(
    "One moment.", tool_calls=[ToolCall("Lookup", {"part": "valve"}), ToolCall("Lookup", {"part": "pump"})]
)


class Place(BaseModel):
    hall: int
    shelf: str | None


class Stock(BaseModel):
    part: str
    places: list[Place]


class Lookup(BaseModel):
    part: str


STOCK = Stock(part="valve", places=[Place(hall=3, shelf=None)])


def run(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(work())


def test_plain(sim: Simulator, client: OpenAI) -> None:
    sim.script("In hall 3.", "In hall 3.")
    completion = client.chat.completions.create(model=SMALL, messages=USER)
    response = client.responses.create(model=SMALL, input="Where is the valve?")
    assert completion.choices[0].message.content == response.output_text == "In hall 3."
    assert completion.usage is not None
    assert response.usage is not None
    assert completion.usage.total_tokens == response.usage.total_tokens == sim.ledger.tokens / 2
    assert completion.model == response.model == "sim-small-2026-09"
    assert completion._request_id != response._request_id
    assert completion.created == int(sim.clock.epoch.timestamp())


def test_plain_asynchronously(sim: Simulator, async_client: AsyncOpenAI) -> None:
    sim.script(RateLimited(retry_after=2), "In hall 3.", "In hall 3.")

    async def work() -> None:
        completion = await async_client.chat.completions.create(model=SMALL, messages=USER)
        response = await async_client.responses.create(model=SMALL, input="Where is the valve?")
        assert completion.choices[0].message.content == response.output_text == "In hall 3."

    run(work)
    assert sim.clock.slept == [2.0]


def test_streamed(sim: Simulator, client: OpenAI) -> None:
    sim.script("In hall 3.", "In hall 3.")
    chunks = list(
        client.chat.completions.create(model=SMALL, messages=USER, stream=True, stream_options={"include_usage": True})
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "In hall 3."
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    events = list(client.responses.create(model=SMALL, input="Where?", stream=True))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "In hall 3."
    assert events[-1].type == "response.completed"


def test_streamed_asynchronously(sim: Simulator, async_client: AsyncOpenAI) -> None:
    sim.script("In hall 3.", "In hall 3.", "In hall 3.")

    async def work() -> None:
        text = ""
        async for chunk in await async_client.chat.completions.create(model=SMALL, messages=USER, stream=True):
            text += chunk.choices[0].delta.content or ""
        assert text == "In hall 3."
        async with async_client.responses.stream(model=SMALL, input="Where?") as stream:
            response = await stream.get_final_response()
        assert response.output_text == "In hall 3."
        stopped = await async_client.chat.completions.create(model=SMALL, messages=USER, stream=True)
        async for _ in stopped:
            break
        await stopped.close()

    run(work)
    assert [exchange.closed_early for exchange in sim.ledger.exchanges] == [False, False, True]


def test_parsed(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise(STOCK.model_dump_json())
    completion = client.chat.completions.parse(model=SMALL, messages=USER, response_format=Stock)
    assert completion.choices[0].message.parsed == STOCK
    response = client.responses.parse(model=SMALL, input="Where?", text_format=Stock)
    assert response.output_parsed == STOCK


def test_parsed_asynchronously(sim: Simulator, async_client: AsyncOpenAI) -> None:
    sim.otherwise(STOCK.model_dump_json())

    async def work() -> None:
        completion = await async_client.chat.completions.parse(model=SMALL, messages=USER, response_format=Stock)
        assert completion.choices[0].message.parsed == STOCK
        response = await async_client.responses.parse(model=SMALL, input="Where?", text_format=Stock)
        assert response.output_parsed == STOCK

    run(work)


def test_parsed_tools(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise(TWO_CALLS)
    completion = client.chat.completions.parse(
        model=SMALL, messages=USER, tools=[openai.pydantic_function_tool(Lookup)]
    )
    calls = completion.choices[0].message.tool_calls or []
    assert [call.function.parsed_arguments for call in calls] == [Lookup(part="valve"), Lookup(part="pump")]
    response = client.responses.parse(model=SMALL, input="Where?", tools=[openai.pydantic_function_tool(Lookup)])
    assert response.output_text == "One moment."


def test_stream_helper_of_chat_completions(sim: Simulator, client: OpenAI) -> None:
    sim.script(Reply(STOCK.model_dump_json()), TWO_CALLS, "In hall 3.")
    with client.chat.completions.stream(model=SMALL, messages=USER, response_format=Stock) as stream:
        kinds = [event.type for event in stream]
        assert stream.get_final_completion().choices[0].message.parsed == STOCK
    assert {"content.delta", "content.done"} <= set(kinds)
    tool = openai.pydantic_function_tool(Lookup)
    with client.chat.completions.stream(model=SMALL, messages=USER, tools=[tool]) as stream:
        done = [event for event in stream if event.type == "tool_calls.function.arguments.done"]
    assert [(event.index, event.parsed_arguments) for event in done] == [
        (0, Lookup(part="valve")),
        (1, Lookup(part="pump")),
    ]
    with client.chat.completions.stream(
        model=SMALL, messages=USER, stream_options={"include_usage": True}
    ) as text_stream:
        assert text_stream.get_final_completion().usage is not None


def test_stream_helper_of_responses(sim: Simulator, client: OpenAI) -> None:
    sim.script(Reply(STOCK.model_dump_json()), TWO_CALLS, Reply(refusal="No."))
    with client.responses.stream(model=SMALL, input="Where?", text_format=Stock) as stream:
        list(stream)
        assert stream.get_final_response().output_parsed == STOCK
    with client.responses.stream(model=SMALL, input="Where?") as plain:
        list(plain)
        items = plain.get_final_response().output
    assert [item.type for item in items] == ["message", "function_call", "function_call"]
    with client.responses.stream(model=SMALL, input="Where?") as refused:
        kinds = [event.type for event in refused]
    assert {"response.refusal.delta", "response.refusal.done"} <= set(kinds)


def test_a_tool_round_trip_in_chat(sim: Simulator, client: OpenAI) -> None:
    sim.script(TWO_CALLS, "Halls 3 and 4.")
    message = client.chat.completions.create(model=SMALL, messages=USER).choices[0].message
    answers: list[ChatCompletionMessageParam] = [
        {"role": "tool", "tool_call_id": call.id, "content": "hall"} for call in message.tool_calls or []
    ]
    history: Any = [*USER, message, *answers]
    completion = client.chat.completions.create(model=SMALL, messages=history)
    assert completion.choices[0].message.content == "Halls 3 and 4."
    dumped: Any = [*USER, message.model_dump(), *answers]
    sim.script("again")
    assert client.chat.completions.create(model=SMALL, messages=dumped).choices[0].message.content == "again"


@pytest.mark.parametrize("stored", [False, True])
def test_a_tool_round_trip_in_responses(sim: Simulator, client: OpenAI, stored: bool) -> None:
    sim.script(TWO_CALLS, "Halls 3 and 4.", "You are welcome.")
    first = client.responses.create(model=SMALL, input="Where?")
    outputs: list[Any] = [
        {"type": "function_call_output", "call_id": item.call_id, "output": "hall"}
        for item in first.output
        if item.type == "function_call"
    ]
    if stored:
        second = client.responses.create(model=SMALL, input=outputs, previous_response_id=first.id)
    else:
        history: Any = [{"role": "user", "content": "Where?"}, *first.output, *outputs]
        second = client.responses.create(model=SMALL, input=history)
    assert second.output_text == "Halls 3 and 4."
    third = client.responses.create(model=SMALL, input="Thanks.", previous_response_id=second.id)
    assert third.output_text == "You are welcome."
    tokens = [exchange.prompt_tokens for exchange in sim.ledger.exchanges]
    assert tokens == sorted(tokens)
    assert tokens[0] < tokens[1] < tokens[2]


def test_a_stored_response_answers_only_with_all_outputs(sim: Simulator, client: OpenAI) -> None:
    sim.script(TWO_CALLS)
    first = client.responses.create(model=SMALL, input="Where?")
    with pytest.raises(openai.BadRequestError, match="No tool output found for function call"):
        client.responses.create(model=SMALL, input="Well?", previous_response_id=first.id)


def test_stored_responses_are_fetched_replayed_and_deleted(sim: Simulator, client: OpenAI) -> None:
    sim.script("In hall 3.", "Forgotten.", CutStream("one two", after=1))
    made = client.responses.create(model=SMALL, input="Where?")
    assert client.responses.retrieve(made.id) == made
    events = list(client.responses.retrieve(made.id, stream=True))
    assert events[-1].type == "response.completed"
    assert events[-1].response == made
    client.responses.delete(made.id)
    for gone in (lambda: client.responses.retrieve(made.id), lambda: client.responses.delete(made.id)):
        with pytest.raises(openai.NotFoundError, match=made.id):
            gone()
    kept_out = client.responses.create(model=SMALL, input="Where?", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(kept_out.id)
    assert sim.unmet()
    assert sim.ledger.calls == 2


def test_incomplete_responses(sim: Simulator, client: OpenAI) -> None:
    sim.script(Reply("In ha", finish_reason="length"), Reply("", finish_reason="content_filter"))
    response = client.responses.create(model=SMALL, input="Where?", max_output_tokens=2)
    assert (response.status, response.incomplete_details and response.incomplete_details.reason) == (
        "incomplete",
        "max_output_tokens",
    )
    assert response.output[0].status == "incomplete"  # type: ignore[union-attr]
    events = list(client.responses.create(model=SMALL, input="Where?", stream=True))
    assert events[-1].type == "response.incomplete"
    assert events[-1].response.incomplete_details is not None
    assert events[-1].response.incomplete_details.reason == "content_filter"


def test_embeddings(sim: Simulator, client: OpenAI) -> None:
    assert sim._embed is not None
    expected = sim._embed(["valve", "pump"])
    answer = client.embeddings.create(model="sim-embed", input=["valve", "pump"])
    np.testing.assert_array_equal(np.array([row.embedding for row in answer.data], dtype=np.float32), expected)
    assert answer.usage.total_tokens == sim.ledger.tokens == 2
    floats = client.embeddings.create(model="sim-embed", input="valve", encoding_format="float")
    np.testing.assert_allclose(floats.data[0].embedding, expected[0], atol=1e-7)


def test_without_an_encoder_there_are_no_embeddings() -> None:
    with pytest.raises(openai.NotFoundError, match="without an encoder"):
        Simulator().client().embeddings.create(model="sim-embed", input="valve")


def test_models(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert {"sim-small", "sim-large-2026-03", "sim-embed"} <= set(names)
    assert client.models.retrieve("sim-small").id == "sim-small"


@pytest.mark.parametrize("name", ["sim-small-2026-03", "sim-large"])
def test_the_reply_says_which_dated_model_answered(sim: Simulator, client: OpenAI, name: str) -> None:
    sim.script("pong")
    answered = client.chat.completions.create(model=name, messages=USER).model
    assert answered == {"sim-large": "sim-large-2026-09"}.get(name, name)
    assert sim.ledger[0].model == answered


@pytest.mark.parametrize("strict", [None, False])
def test_a_schema_need_not_be_strict(sim: Simulator, client: OpenAI, strict: bool | None) -> None:
    sim.script("pong", "pong", "pong")
    loose = {"type": "object", "properties": {"name": {"type": "string"}}}
    function: Any = {"name": "lookup", "parameters": loose, "strict": strict}
    client.chat.completions.create(model=SMALL, messages=USER, tools=[{"type": "function", "function": function}])
    form: Any = {"type": "json_schema", "json_schema": {"name": "part", "schema": loose, "strict": strict}}
    client.chat.completions.create(model=SMALL, messages=USER, response_format=form)
    tool: Any = {"type": "function", "name": "lookup", "parameters": loose}
    text: Any = {"format": {"type": "json_schema", **form["json_schema"]}}
    response = client.responses.create(model=SMALL, input="Where?", tools=[tool], text=text)
    assert response.to_dict()["tools"] == [{**tool, "strict": False, "description": None}]
    assert sim.unmet() == ""
