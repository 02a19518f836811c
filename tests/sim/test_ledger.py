"""The ledger tells what was asked, what came of it, what it cost and when."""

from __future__ import annotations

import pytest
from openai import OpenAI

from gradus.sim import (
    ConnectionReset,
    CutStream,
    Ledger,
    RateLimited,
    ReadTimeout,
    Reply,
    Request,
    ServerError,
    Simulator,
    ToolCall,
    tokens,
)

PING = {"model": "sim-small", "messages": [{"role": "user", "content": "ping"}]}


def ask(client: OpenAI, **options: object) -> None:
    client.post("/chat/completions", body={**PING, **options}, cast_to=object)


def test_an_exchange_holds_the_request_and_the_reply(sim: Simulator, client: OpenAI) -> None:
    sim.script(Reply("pong and more", latency=1.5))
    sim.clock.advance(10)
    ask(client, temperature=0)
    [exchange] = sim.ledger.exchanges
    assert (exchange.index, exchange.method, exchange.path) == (0, "POST", "/v1/chat/completions")
    assert exchange.request == {**PING, "temperature": 0}
    assert (exchange.status, exchange.fault, exchange.error) == (200, "", "")
    assert (exchange.text, exchange.finish_reason, exchange.tool_calls) == ("pong and more", "stop", ())
    assert (exchange.started, exchange.ended) == (10.0, 11.5)
    assert exchange.acted
    assert not exchange.streamed
    assert not exchange.closed_early
    assert exchange.model == "sim-small-2026-09"
    assert exchange.prompt_tokens == tokens.count(["ping"])
    assert exchange.completion_tokens == tokens.count(["pong and more"])


def test_credentials_are_not_kept(sim: Simulator) -> None:
    sim.script("pong")
    sim.client(api_key="secret-key", default_headers={"api-key": "secret-key"}).responses.create(
        model="sim-small", input="ping"
    )
    assert "secret-key" not in repr(sim.ledger.exchanges)
    assert sim.ledger[0].headers["content-type"] == "application/json"


def test_the_sdk_s_retries_are_told_from_calls(sim: Simulator, client: OpenAI) -> None:
    sim.script(RateLimited(retry_after=2), ServerError(500), "pong", "pong")
    ask(client)
    ask(client)
    assert [exchange.sdk_retry for exchange in sim.ledger.exchanges] == [0, 1, 2, 0]
    assert [exchange.fault for exchange in sim.ledger.exchanges] == ["RateLimited", "ServerError", "", ""]
    assert [exchange.status for exchange in sim.ledger.exchanges] == [429, 500, 200, 200]
    assert sim.ledger[1].started == 2.0


@pytest.mark.parametrize("value", ["", "two", "²", "-1"])
def test_a_senseless_retry_count_is_no_retry(sim: Simulator, value: str) -> None:
    sim.handle(Request("POST", "/v1/responses", headers={"x-stainless-retry-count": value}))
    assert sim.ledger[0].sdk_retry == 0


def test_calls_are_what_went_to_a_model(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong")
    client.models.list()
    response = client.responses.create(model="sim-small", input="ping")
    client.responses.retrieve(response.id)
    client.embeddings.create(model="sim-embed", input="valve")
    assert sim.ledger.calls == 2
    assert len(sim.ledger.exchanges) == 4


def test_tokens_and_cost_are_summed_and_the_large_model_costs_ten_times(sim: Simulator, client: OpenAI) -> None:
    sim.script(Reply("pong", usage=(1_000_000, 500_000)), Reply("pong", usage=(1_000_000, 500_000)))
    ask(client)
    assert sim.ledger.tokens == 1_500_000
    small = sim.ledger.cost
    assert small == pytest.approx(0.30)
    ask(client, model="sim-large")
    assert sim.ledger.cost - small == pytest.approx(10 * small)


def test_tool_definitions_and_schemas_are_paid_for(sim: Simulator, client: OpenAI) -> None:
    sim.script("pong", "pong")
    ask(client)
    function = {"name": "lookup", "description": "Finds a part in the store.", "parameters": {"type": "object"}}
    ask(client, tools=[{"type": "function", "function": function}])
    plain, with_tools = (exchange.prompt_tokens for exchange in sim.ledger.exchanges)
    assert with_tools > plain + 10


def test_failures_cost_nothing_unless_the_model_acted(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise("pong")
    sim.script(ReadTimeout(), ConnectionReset(), ConnectionReset(after_acting=True))
    ask(client.with_options(max_retries=3))
    timeout, before, after, answered = sim.ledger.exchanges
    assert (timeout.fault, before.fault, after.fault) == ("ReadTimeout", "ConnectionReset", "ConnectionReset")
    assert [exchange.status for exchange in sim.ledger.exchanges] == [0, 0, 0, 200]
    assert [exchange.acted for exchange in sim.ledger.exchanges] == [False, False, True, True]
    assert timeout.cost == before.cost == 0 < after.cost < answered.cost
    assert timeout.ended == 600.0


def test_a_stream_that_is_still_running_is_there(sim: Simulator, client: OpenAI) -> None:
    sim.script("one two three")
    stream = client.responses.create(model="sim-small", input="ping", stream=True)
    next(stream)
    assert sim.ledger[0].streamed
    assert sim.ledger[0].ended is None
    list(stream)
    assert sim.ledger[0].ended == 0.0
    assert not sim.ledger[0].closed_early


def test_hanging_up_is_seen_and_stops_the_bill(sim: Simulator, client: OpenAI) -> None:
    sim.script("one two three four five six")
    stream = client.chat.completions.create(
        model="sim-small", messages=[{"role": "user", "content": "ping"}], stream=True
    )
    said = ""
    for chunk in stream:
        said += chunk.choices[0].delta.content or ""
        if said == "one two":
            break
    stream.close()
    [exchange] = sim.ledger.exchanges
    assert exchange.closed_early
    assert (exchange.text, exchange.finish_reason) == ("one two", None)
    assert exchange.completion_tokens == 2
    assert exchange.cost == pytest.approx((exchange.prompt_tokens * 0.10 + 2 * 0.40) / 1e6)


def test_the_iterator_can_be_closed_before_it_was_begun(sim: Simulator) -> None:
    sim.script("pong")
    response = sim.handle(
        Request("POST", "/v1/responses", body=b'{"model": "sim-small", "input": "x", "stream": true}')
    )
    response.chunks.close()  # type: ignore[attr-defined]
    assert sim.ledger[0].closed_early
    assert list(response.chunks) == []
    response.chunks.close()  # type: ignore[attr-defined]
    assert sim.ledger[0].text == ""


def test_a_cut_stream_shows_what_was_sent(sim: Simulator, client: OpenAI) -> None:
    sim.script(CutStream("one two three", after=2))
    list(client.responses.create(model="sim-small", input="ping", stream=True))
    [exchange] = sim.ledger.exchanges
    assert (exchange.fault, exchange.text, exchange.finish_reason) == ("CutStream", "one two", None)
    assert exchange.acted
    assert not exchange.closed_early


def test_a_fault_lasts_until_the_client_lets_go(sim: Simulator) -> None:
    sim.script(ReadTimeout())
    response = sim.handle(Request("POST", "/v1/responses", body=b'{"model": "sim-small", "input": "x"}'))
    list(response.chunks)
    waiting = sim.ledger[0]
    assert waiting.ended is None
    sim.clock.advance(30)
    response.chunks.close()  # type: ignore[attr-defined]
    over = sim.ledger[0]
    assert over.ended == 30.0
    assert not over.closed_early


@pytest.mark.parametrize("path", ["/chat/completions", "/responses"])
def test_a_tool_call_that_was_cut_is_no_tool_call(sim: Simulator, client: OpenAI, path: str) -> None:
    sim.script(CutStream(Reply(tool_calls=[ToolCall("lookup", {"a": 1, "b": 2})]), after=1))
    prompt = {"messages": PING["messages"]} if path == "/chat/completions" else {"input": "ping"}
    client.post(path, body={"model": "sim-small", "stream": True, **prompt}, cast_to=object)
    [exchange] = sim.ledger.exchanges
    assert (exchange.text, exchange.tool_calls) == ("", ())
    assert exchange.completion_tokens > 0


def test_a_refusal_is_what_the_model_said(sim: Simulator, client: OpenAI) -> None:
    sim.script(Reply(refusal="I cannot."))
    ask(client)
    assert sim.ledger[0].text == "I cannot."


def test_instructions_and_each_choice_are_paid_for(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise("pong")
    client.responses.create(model="sim-small", input="ping", instructions="Be brief.")
    assert sim.ledger[0].prompt_tokens == tokens.count(["ping", "Be brief."])
    ask(client, n=3)
    assert sim.ledger[1].completion_tokens == 3 * sim.ledger[0].completion_tokens


def test_the_transcript_reads_call_by_call_within_100_columns(sim: Simulator, client: OpenAI) -> None:
    sim.script(
        RateLimited(retry_after=2),
        Reply(tool_calls=[ToolCall("lookup", {"page": "E-4012", "words": "long " * 40}, id="call_1")]),
        "It is in hall 3.\nSecond line.",
    )
    first = {"role": "user", "content": "Where is the valve?"}
    function = {"name": "lookup", "arguments": "{}"}
    calls = [{"id": "call_1", "type": "function", "function": function}]
    ask(client, messages=[first])
    ask(
        client,
        messages=[
            first,
            {"role": "assistant", "tool_calls": calls},
            {"role": "tool", "tool_call_id": "call_1", "content": "hall 3"},
        ],
    )
    with pytest.raises(Exception, match="sim-huge"):
        ask(client, model="sim-huge")
    transcript = sim.ledger.transcript()
    assert max(map(len, transcript.splitlines())) == 100
    for line in (
        "#1 at 0.00 s  POST /v1/chat/completions [sim-small-2026-09] [RateLimited]",
        "    -> 429: Rate limit reached for requests per minute (RPM): Limit 60, Used 60, Requested 1.",
        "#2 at 2.00 s  POST /v1/chat/completions [sim-small-2026-09] [retry 1 of the SDK]",
        "    user: Where is the valve?",
        "    (1 earlier message)",
        "    assistant: lookup({})",
        "    tool: hall 3",
        "    -> It is in hall 3. ⏎ Second line.",
        "    -> 404: The model `sim-huge` does not exist or you do not have access to it.",
    ):
        assert line in transcript.splitlines(), transcript


def test_an_empty_ledger_says_so() -> None:
    assert Ledger().transcript() == "no calls were made"
    assert (Ledger().calls, Ledger().tokens, Ledger().cost) == (0, 0, 0)
