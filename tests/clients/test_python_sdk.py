"""The Python SDK works unmodified over HTTP: synchronous, asynchronous, raw, and with its helpers for streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI, pydantic_function_tool
from openai.types.chat import ChatCompletionMessageParam
from openai.types.responses import FunctionToolParam
from pydantic import BaseModel

from gradus.sim import Simulator
from gradus.sim.server import Server
from tests.clients.conversation import (
    BOTH_ROOMS,
    PIECES,
    RATE_LIMITED,
    READING,
    SCENARIOS,
    WORDS,
    filled_in,
    lengths,
    tool_results,
)

MODEL = "sim-small"
QUESTION = "Is the valve in room A shut?"
ASKED: list[ChatCompletionMessageParam] = [{"role": "user", "content": QUESTION}]
TEMPERATURES = {"A": "-18 °C", "B": "4 °C"}


class Reading(BaseModel):
    room: str
    celsius: float


class Room(BaseModel):
    room: str


CHAT_TOOL = pydantic_function_tool(Room, name="read_sensor")
RESPONSES_TOOL: FunctionToolParam = {
    "type": "function",
    "name": "read_sensor",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"room": {"type": "string"}},
        "required": ["room"],
        "additionalProperties": False,
    },
}


def read_sensor(arguments: str) -> str:
    room = json.loads(arguments)["room"]
    return f"{room}: {TEMPERATURES[room]}"


@pytest.fixture
def sim() -> Simulator:
    return Simulator(embed=lengths)


@pytest.fixture
def base_url(sim: Simulator) -> Iterator[str]:
    with Server(sim) as server:
        yield server.base_url


@pytest.fixture
def client(base_url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=base_url, api_key="any") as client:
        yield client


def test_whole_answers(sim: Simulator, client: OpenAI) -> None:
    sim.script(RATE_LIMITED, "pong", RATE_LIMITED, "pong")
    completion = client.chat.completions.create(model=MODEL, messages=ASKED)
    response = client.responses.create(model=MODEL, input=QUESTION)
    assert completion.choices[0].message.content == response.output_text == "pong"
    assert [(exchange.status, exchange.sdk_retry) for exchange in sim.ledger.exchanges] == [(429, 0), (200, 1)] * 2


def test_asynchronously(sim: Simulator, base_url: str) -> None:
    sim.script("pong", RATE_LIMITED, "pong", WORDS, WORDS)

    async def work() -> None:
        async with AsyncOpenAI(base_url=base_url, api_key="any") as client:
            completion = await client.chat.completions.create(model=MODEL, messages=ASKED)
            response = await client.responses.create(model=MODEL, input=QUESTION)
            assert completion.choices[0].message.content == response.output_text == "pong"
            chunks = await client.chat.completions.create(model=MODEL, messages=ASKED, stream=True)
            assert [piece async for chunk in chunks if (piece := chunk.choices[0].delta.content)] == PIECES
            events = await client.responses.create(model=MODEL, input=QUESTION, stream=True)
            assert [event.delta async for event in events if event.type == "response.output_text.delta"] == PIECES

    asyncio.run(work())
    assert [exchange.status for exchange in sim.ledger.exchanges] == [200, 429, 200, 200, 200]


def test_many_at_once(sim: Simulator, base_url: str) -> None:
    sim.otherwise(lambda body: str(body["messages"][-1]["content"]))

    async def work() -> list[str | None]:
        async with AsyncOpenAI(base_url=base_url, api_key="any") as client:

            async def echo(text: str) -> str | None:
                messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": text}]
                completion = await client.chat.completions.create(model=MODEL, messages=messages)
                return completion.choices[0].message.content

            return await asyncio.gather(*(echo(str(number)) for number in range(40)))

    assert asyncio.run(work()) == [str(number) for number in range(40)]
    assert sim.ledger.calls == 40


def test_streams(sim: Simulator, client: OpenAI) -> None:
    sim.script(WORDS, WORDS)
    usage = {"include_usage": True}
    chunks = list(client.chat.completions.create(model=MODEL, messages=ASKED, stream=True, stream_options=usage))  # type: ignore[call-overload]
    assert [piece for chunk in chunks[:-1] if (piece := chunk.choices[0].delta.content)] == PIECES
    assert (chunks[-1].choices, chunks[-2].choices[0].finish_reason) == ([], "stop")
    assert chunks[-1].usage.total_tokens == sim.ledger.tokens
    events = list(client.responses.create(model=MODEL, input=QUESTION, stream=True))
    assert [event.delta for event in events if event.type == "response.output_text.delta"] == PIECES
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_what_takes_no_script(sim: Simulator, client: OpenAI) -> None:
    assert MODEL in [model.id for model in client.models.list()]
    answer = client.embeddings.create(model="sim-embed", input=["valve", "pump"])
    assert [entry.embedding[:3] for entry in answer.data] == SCENARIOS["embeddings"].result
    assert sim.ledger[1].request["encoding_format"] == "base64"


def test_raw_responses(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong", "pong", WORDS)
    for raw in (
        client.chat.completions.with_raw_response.create(model=MODEL, messages=ASKED),
        client.responses.with_raw_response.create(model=MODEL, input=QUESTION),
    ):
        assert raw.status_code == 200
        assert raw.headers["content-type"] == "application/json"
        assert raw.request_id == raw.headers["x-request-id"] == raw.parse()._request_id
        assert "pong" in raw.text
    with client.chat.completions.with_streaming_response.create(model=MODEL, messages=ASKED, stream=True) as streamed:
        assert streamed.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in streamed.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    assert all(line.startswith("data: {") for line in lines[:-1])


def test_stream_helper_for_chat(sim: Simulator, client: OpenAI) -> None:
    sim.script(BOTH_ROOMS, tool_results, filled_in)
    with client.chat.completions.stream(model=MODEL, messages=ASKED, tools=[CHAT_TOOL]) as stream:
        done = [event.arguments for event in stream if event.type == "tool_calls.function.arguments.done"]
        message = stream.get_final_completion().choices[0].message
    calls = message.tool_calls or []
    assert [json.loads(arguments) for arguments in done] == [{"room": "A"}, {"room": "B"}]
    assert [call.function.parsed_arguments for call in calls] == [Room(room="A"), Room(room="B")]
    # As the SDK's documentation does it, the message goes back as it is.
    messages: list[Any] = [*ASKED, message]
    for call in calls:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": read_sensor(call.function.arguments)})
    with client.chat.completions.stream(model=MODEL, messages=messages, tools=[CHAT_TOOL]) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
    assert "".join(deltas) == SCENARIOS["tools"].result
    with client.chat.completions.stream(model=MODEL, messages=ASKED, response_format=Reading) as structured:
        parsed = structured.get_final_completion().choices[0].message.parsed
    assert parsed == Reading(**READING)  # type: ignore[arg-type]


def test_stream_helper_for_responses(sim: Simulator, client: OpenAI) -> None:
    sim.script(BOTH_ROOMS, tool_results, filled_in)
    with client.responses.stream(model=MODEL, input=QUESTION, tools=[RESPONSES_TOOL]) as stream:
        response = stream.get_final_response()
    calls = [item for item in response.output if item.type == "function_call"]
    given: list[Any] = [
        {"role": "user", "content": QUESTION},
        *response.output,
        *(
            {"type": "function_call_output", "call_id": call.call_id, "output": read_sensor(call.arguments)}
            for call in calls
        ),
    ]
    with client.responses.stream(model=MODEL, input=given, tools=[RESPONSES_TOOL]) as stream:
        assert stream.get_final_response().output_text == SCENARIOS["tools"].result
    with client.responses.stream(model=MODEL, input=QUESTION, text_format=Reading) as structured:
        assert structured.get_final_response().output_parsed == Reading(**READING)  # type: ignore[arg-type]
    assert [exchange.status for exchange in sim.ledger.exchanges] == [200, 200, 200]


def test_parsed_answers(sim: Simulator, client: OpenAI) -> None:
    sim.script(filled_in, filled_in)
    completion = client.chat.completions.parse(model=MODEL, messages=ASKED, response_format=Reading)
    response = client.responses.parse(model=MODEL, input=QUESTION, text_format=Reading)
    assert completion.choices[0].message.parsed == response.output_parsed == Reading(**READING)  # type: ignore[arg-type]


def test_errors(sim: Simulator, client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=MODEL, messages=ASKED, temperature=2.5)
    assert [refused.value.status_code, refused.value.code, refused.value.param] == SCENARIOS["refused"].result
    assert refused.value.request_id
    sim.script(*[RATE_LIMITED] * 3)
    with pytest.raises(openai.RateLimitError) as limited:
        client.responses.create(model=MODEL, input=QUESTION)
    assert limited.value.code == "rate_limit_exceeded"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("sim-unheard-of")
    assert [exchange.status for exchange in sim.ledger.exchanges] == [400, 429, 429, 429, 404]
