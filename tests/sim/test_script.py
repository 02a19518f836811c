"""The script is exact: a call too many is refused, a step too many is named, and neither goes unheard."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI

from gradus.sim import CutStream, QuotaExhausted, RateLimited, Reply, ServerError, Simulator, ToolCall


def ask(client: OpenAI, text: str = "ping") -> str | None:
    completion = client.chat.completions.create(model="sim-small", messages=[{"role": "user", "content": text}])
    return completion.choices[0].message.content


def test_steps_are_used_in_order_by_both_endpoints(sim: Simulator, client: OpenAI) -> None:
    sim.script("one", Reply("two"))
    sim.script("three")
    assert ask(client) == "one"
    assert client.responses.create(model="sim-small", input="ping").output_text == "two"
    assert sim.unmet() == "1 scripted step was never asked for, the first of them 'three'"
    assert ask(client) == "three"
    assert sim.unmet() == ""


def test_a_call_too_many_is_refused_at_once_and_named(sim: Simulator, client: OpenAI) -> None:
    sim.script("one", "two")
    ask(client)
    ask(client)
    for _ in range(2):
        with pytest.raises(openai.BadRequestError) as caught:
            ask(client)
        assert caught.value.code == "script_exhausted"
        assert caught.value.response.headers["x-should-retry"] == "false"
    assert sim.clock.slept == []
    assert sim.unmet() == "call 3 was not expected: the script had 2 replies"


def test_no_script_is_an_empty_script(sim: Simulator, client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="call 1 was not expected: the script had 0 replies"):
        ask(client)


def test_otherwise_answers_what_the_script_does_not(sim: Simulator, client: OpenAI) -> None:
    sim.script("one")
    sim.otherwise("more")
    assert [ask(client), ask(client), ask(client)] == ["one", "more", "more"]
    assert sim.unmet() == ""


def test_a_callable_sees_the_request_and_may_return_any_step(sim: Simulator, client: OpenAI) -> None:
    def shout(request: dict[str, Any]) -> str:
        return str(request["messages"][-1]["content"]).upper()

    sim.script(shout, lambda request: lambda again: ServerError(500), lambda request: Reply("last"))
    assert ask(client, "quiet") == "QUIET"
    assert ask(client) == "last"
    assert sim.clock.slept


@pytest.mark.parametrize("broken", [lambda request: request["absent"], lambda request: 7])
def test_a_callable_that_fails_is_named(sim: Simulator, client: OpenAI, broken: Any) -> None:
    sim.script(broken)
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client)
    assert caught.value.code == "script_failed"
    assert sim.unmet().startswith("call 1: the script's callable raised ")


def test_a_cut_stream_wants_a_call_that_streams(sim: Simulator, client: OpenAI) -> None:
    sim.script(CutStream("one two", after=1))
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client)
    assert caught.value.code == "script_mismatch"
    assert sim.unmet() == "call 1 was expected to stream (stream=True), and did not"


@pytest.mark.parametrize("step", [7, None, ["pong"], RateLimited])
def test_what_is_no_step_is_refused_when_it_is_scripted(sim: Simulator, step: Any) -> None:
    with pytest.raises(TypeError, match="a script step is"):
        sim.script(step)
    with pytest.raises(TypeError):
        sim.otherwise(step)


def test_a_finish_reason_is_one_that_exists() -> None:
    with pytest.raises(ValueError, match="stop, length, tool_calls, content_filter"):
        Reply("x", finish_reason="lenght")  # type: ignore[arg-type]


def test_embeddings_use_a_step_only_if_it_is_a_fault(sim: Simulator, client: OpenAI) -> None:
    def embed() -> int:
        return len(client.embeddings.create(model="sim-embed", input=["a", "b"]).data)

    sim.script("for chat")
    assert embed() == 2
    assert ask(client) == "for chat"
    sim.script(RateLimited(retry_after=3), "for chat again")
    assert embed() == 2
    assert sim.clock.slept == [3.0]
    assert ask(client) == "for chat again"
    assert embed() == 2
    sim.otherwise(QuotaExhausted())
    with pytest.raises(openai.RateLimitError):
        client.with_options(max_retries=0).embeddings.create(model="sim-embed", input="a")
    assert sim.unmet() == ""


def test_tool_calls_get_identifiers_and_keep_those_they_have(sim: Simulator, client: OpenAI) -> None:
    sim.script(Reply(tool_calls=[ToolCall("a"), ToolCall("b", {}, id="call_mine"), ToolCall("c", "{broken")]))
    [choice] = client.chat.completions.create(model="sim-small", messages=[{"role": "user", "content": "go"}]).choices
    calls = choice.message.tool_calls or []
    ids = [call.id for call in calls]
    assert ids[1] == "call_mine"
    assert len(set(ids)) == 3
    assert [call.id for call in sim.ledger[0].tool_calls] == ids
    assert [call.function.arguments for call in calls if call.type == "function"] == ["{}", "{}", "{broken"]
