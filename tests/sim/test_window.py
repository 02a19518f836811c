"""C4: what does not fit into a model's context window is refused, with the numbers."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI

from gradus.sim import Simulator, tokens

CHAT = "/chat/completions"


def ask(client: OpenAI, path: str, words: int, **options: Any) -> None:
    """A call whose prompt has so many tokens."""
    text = "valve " * words
    prompt = {"messages": [{"role": "user", "content": text}]} if path == CHAT else {"input": text}
    client.post(path, body={"model": "sim-small", **prompt, **options}, cast_to=object)


def refused(client: OpenAI, path: str, words: int, **options: Any) -> openai.BadRequestError:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, path, words, **options)
    return caught.value


@pytest.mark.parametrize(("path", "param"), [(CHAT, "messages"), ("/responses", "input")])
@pytest.mark.parametrize(("model", "window"), [("sim-small", 8192), ("sim-large-2026-03", 32768)])
def test_the_prompt_must_fit(sim: Simulator, client: OpenAI, path: str, param: str, model: str, window: int) -> None:
    sim.script("pong")
    error = refused(client, path, window + 1, model=model)
    assert (error.code, error.param, error.type) == ("context_length_exceeded", param, "invalid_request_error")
    assert (
        f"This model's maximum context length is {window} tokens. However, your messages resulted in {window + 1} "
        "tokens. Please reduce the length of the messages."
    ) in str(error)
    assert not sim.ledger[0].acted
    ask(client, path, window, model=model)
    assert sim.ledger[1].prompt_tokens == window


@pytest.mark.parametrize(
    ("path", "param", "name"),
    [
        (CHAT, "messages", "max_tokens"),
        (CHAT, "messages", "max_completion_tokens"),
        ("/responses", "input", "max_output_tokens"),
    ],
)
def test_prompt_and_completion_must_fit_together(
    sim: Simulator, client: OpenAI, path: str, param: str, name: str
) -> None:
    sim.script("pong")
    error = refused(client, path, 8000, **{name: 193})
    assert (error.code, error.param) == ("context_length_exceeded", param)
    assert "you requested 8193 tokens (8000 in the messages, 193 in the completion)" in str(error)
    ask(client, path, 8000, **{name: 192})


@pytest.mark.parametrize(
    ("path", "name"), [(CHAT, "max_tokens"), (CHAT, "max_completion_tokens"), ("/responses", "max_output_tokens")]
)
@pytest.mark.parametrize(("model", "most"), [("sim-small", 2048), ("sim-large", 8192)])
def test_no_model_writes_more_than_it_can(
    sim: Simulator, client: OpenAI, path: str, name: str, model: str, most: int
) -> None:
    sim.script("pong")
    error = refused(client, path, 1, model=model, **{name: most + 1})
    assert (error.code, error.param) == ("invalid_value", name)
    assert f"{name} is too large: {most + 1}. This model supports at most {most} completion tokens" in str(error)
    ask(client, path, 1, model=model, **{name: most})


def test_tools_and_schemas_take_room(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong")
    tool = {"type": "function", "function": {"name": "lookup", "description": "valve " * 8180}}
    assert refused(client, CHAT, 10, tools=[tool]).code == "context_length_exceeded"
    ask(client, CHAT, 10)


def test_what_went_before_takes_room(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong")
    first = client.responses.create(model="sim-small", input="valve " * 8000)
    error = refused(client, "/responses", 193, previous_response_id=first.id)
    assert "resulted in 8195 tokens" in str(error)


def test_truncation_drops_the_earliest_items_until_the_rest_fits(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong", "pong")
    first = client.responses.create(model="sim-small", input=[{"role": "user", "content": "valve " * 8000}])
    items: list[Any] = [{"role": "user", "content": "pump " * 190}, {"role": "user", "content": "Where?"}]
    client.responses.create(
        model="sim-small", input=items, previous_response_id=first.id, truncation="auto", instructions="Be brief."
    )
    kept = ["pong", items[0]["content"], "Where?", "Be brief."]
    assert sim.ledger[1].prompt_tokens == tokens.count(kept)


def test_truncation_leaves_room_for_the_completion(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong", "pong")
    items: list[Any] = [{"role": "user", "content": "valve " * 1000}, {"role": "user", "content": "pump " * 7000}]
    client.responses.create(model="sim-small", input=items, truncation="auto")
    client.responses.create(model="sim-small", input=items, truncation="auto", max_output_tokens=193)
    assert [exchange.prompt_tokens for exchange in sim.ledger.exchanges] == [8000, 7000]


def test_truncation_keeps_instructions_and_leaves_room_for_them(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong")
    items: list[Any] = [{"role": "user", "content": "valve " * 1000}, {"role": "user", "content": "pump " * 7000}]
    client.responses.create(model="sim-small", input=items, instructions="brief " * 193, truncation="auto")
    assert sim.ledger[0].prompt_tokens == 7193


def test_truncation_does_not_cut_the_last_item(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong")
    error = refused(client, "/responses", 8193, truncation="auto")
    assert (error.code, error.param) == ("context_length_exceeded", "input")
    ask(client, "/responses", 8192, truncation="auto")


def test_input_tokens_are_counted_without_a_call(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong")
    tool: Any = {"type": "function", "name": "lookup", "parameters": {"type": "object", "properties": {}}}
    asked: dict[str, Any] = {"model": "sim-small", "input": "Where is it?", "instructions": "Brief.", "tools": [tool]}
    counted = client.responses.input_tokens.count(**asked)
    assert counted.object == "response.input_tokens"
    assert sim.ledger.calls == 0
    response = client.responses.create(**asked)
    assert response.usage is not None
    assert counted.input_tokens == response.usage.input_tokens
    more = client.responses.input_tokens.count(previous_response_id=response.id, input="Why?")
    assert more.input_tokens == tokens.count(["Where is it?", "pong", "Why?"])
    assert client.responses.input_tokens.count(model="sim-small", input="valve " * 9000).input_tokens == 9000


@pytest.mark.parametrize(
    ("changes", "status", "param"),
    [
        ({"stream": True}, 400, "stream"),
        ({"input": []}, 400, "input"),
        ({"model": "sim-huge"}, 404, None),
        ({"previous_response_id": "resp_x"}, 400, "previous_response_id"),
        ({"truncation": "some"}, 400, "truncation"),
    ],
)
def test_what_cannot_be_counted_is_refused(
    client: OpenAI, changes: dict[str, Any], status: int, param: str | None
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.post("/responses/input_tokens", body={"input": "ping", **changes}, cast_to=object)
    assert (caught.value.status_code, caught.value.param) == (status, param)
