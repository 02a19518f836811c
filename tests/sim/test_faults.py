"""What each fault looks like to the code that holds the client."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from gradus.sim import (
    ConnectionReset,
    CutStream,
    Garbled,
    QuotaExhausted,
    RateLimited,
    ReadTimeout,
    Reply,
    Request,
    ServerError,
    Simulator,
    Step,
    Unauthorized,
)


def ask(client: OpenAI) -> str:
    return client.responses.create(model="sim-small", input="ping").output_text


def failure(sim: Simulator, *steps: Step, **options: Any) -> openai.OpenAIError:
    """The error that a call without retries ends in."""
    sim.script(*steps)
    with pytest.raises(openai.OpenAIError) as caught:
        ask(sim.client(max_retries=0, **options))
    return caught.value


@pytest.mark.parametrize(
    ("fault", "kind", "status", "code", "type_"),
    [
        (RateLimited(), openai.RateLimitError, 429, "rate_limit_exceeded", "requests"),
        (QuotaExhausted(), openai.RateLimitError, 429, "insufficient_quota", "insufficient_quota"),
        (ServerError(), openai.InternalServerError, 503, None, "server_error"),
        (ServerError(500), openai.InternalServerError, 500, None, "server_error"),
        (ServerError(409), openai.ConflictError, 409, None, "server_error"),
        (Unauthorized(), openai.AuthenticationError, 401, "invalid_api_key", "invalid_request_error"),
    ],
)
def test_error_responses(
    sim: Simulator, fault: Step, kind: type[openai.APIStatusError], status: int, code: str | None, type_: str
) -> None:
    error = failure(sim, fault)
    assert type(error) is kind
    assert isinstance(error, openai.APIStatusError)
    assert (error.status_code, error.code, error.type, error.param) == (status, code, type_, None)
    assert error.request_id
    assert sim.ledger[0].fault == type(fault).__name__


@pytest.mark.parametrize(
    ("fault", "headers"),
    [
        (RateLimited(), {}),
        (RateLimited(retry_after=2), {"retry-after": "2"}),
        (RateLimited(retry_after=1.5), {"retry-after": "1.5"}),
        (RateLimited(retry_after=90000.0), {"retry-after": "90000"}),
        (RateLimited(retry_after="soon"), {"retry-after": "soon"}),
        (RateLimited(retry_after_ms=20), {"retry-after-ms": "20"}),
        (RateLimited(should_retry=False), {"x-should-retry": "false"}),
        (ServerError(retry_after=3, should_retry=True), {"retry-after": "3", "x-should-retry": "true"}),
    ],
)
def test_headers_go_out_as_given(sim: Simulator, fault: Step, headers: dict[str, str]) -> None:
    error = failure(sim, fault)
    assert isinstance(error, openai.APIStatusError)
    sent = {name: error.response.headers.get(name) for name in ("retry-after", "retry-after-ms", "x-should-retry")}
    assert {name: value for name, value in sent.items() if value is not None} == headers


def test_a_read_timeout_takes_as_long_as_the_client_waits(sim: Simulator) -> None:
    error = failure(sim, ReadTimeout(), timeout=7.5)
    assert type(error) is openai.APITimeoutError
    assert (sim.clock.now, sim.clock.slept) == (7.5, [])
    assert (sim.ledger[0].started, sim.ledger[0].ended, sim.ledger[0].acted) == (0.0, 7.5, False)


@pytest.mark.parametrize("after_acting", [False, True])
def test_a_reset_connection(sim: Simulator, after_acting: bool) -> None:
    error = failure(sim, ConnectionReset(after_acting=after_acting))
    assert type(error) is openai.APIConnectionError
    assert sim.ledger[0].acted is after_acting
    assert sim.clock.now == 0


def test_a_slow_reply_is_awaited_or_given_up(sim: Simulator) -> None:
    sim.script(Reply("pong", latency=3), Reply("pong", latency=3))
    assert ask(sim.client(timeout=3)) == "pong"
    assert sim.clock.now == 3
    with pytest.raises(openai.APITimeoutError):
        ask(sim.client(timeout=2, max_retries=0))
    assert sim.clock.now == 5
    late = sim.ledger[1]
    assert (late.acted, late.closed_early, late.status, late.ended) == (True, True, 200, 5.0)


def test_a_cut_stream_raises_nothing(sim: Simulator, client: OpenAI) -> None:
    sim.script(CutStream("one two three", after=2), CutStream(Reply("one two three"), after=2))
    chunks = list(
        client.chat.completions.create(model="sim-small", messages=[{"role": "user", "content": "x"}], stream=True)
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "one two"
    assert all(chunk.choices[0].finish_reason is None for chunk in chunks)
    events = list(client.responses.create(model="sim-small", input="x", stream=True))
    assert [event.delta for event in events if event.type == "response.output_text.delta"] == ["one", " two"]
    assert events[-1].type == "response.output_text.delta"


def test_faults_reach_the_asynchronous_client(sim: Simulator, async_client: AsyncOpenAI) -> None:
    sim.script(ReadTimeout(), ConnectionReset(), ServerError(500, retry_after=4), "pong")

    async def work() -> str:
        patient = async_client.with_options(max_retries=3, timeout=20)
        return (await patient.responses.create(model="sim-small", input="ping")).output_text

    assert asyncio.run(work()) == "pong"
    assert sim.ledger.calls == 4
    assert sim.clock.slept[-1] == 4.0
    assert sim.clock.now == pytest.approx(20 + sum(sim.clock.slept))


def test_a_stream_may_fail_before_it_begins(sim: Simulator, client: OpenAI) -> None:
    sim.script(RateLimited(retry_after=1), "one two")
    events = list(client.responses.create(model="sim-small", input="x", stream=True))
    assert events[-1].type == "response.completed"
    assert sim.clock.slept == [1.0]
    assert [exchange.streamed for exchange in sim.ledger.exchanges] == [True, True]


@pytest.mark.parametrize(
    ("fault", "calls", "slept"),
    [
        (RateLimited(retry_after=2), 3, [2.0, 2.0]),
        (RateLimited(retry_after_ms=250), 3, [0.25, 0.25]),
        (RateLimited(retry_after=1, should_retry=False), 1, []),
        (ServerError(should_retry=False), 1, []),
        (ServerError(500, retry_after=3), 3, [3.0, 3.0]),
        (Unauthorized(), 1, []),
    ],
)
def test_how_often_the_sdk_tries_again_and_after_how_long(
    sim: Simulator, client: OpenAI, fault: Step, calls: int, slept: list[float]
) -> None:
    sim.otherwise(fault)
    with pytest.raises(openai.APIStatusError):
        ask(client)
    assert (sim.ledger.calls, sim.clock.slept) == (calls, slept)
    assert (sim.ledger.cost, sim.ledger.tokens) == (0, 0)


def test_an_exhausted_quota_is_asked_for_in_vain(sim: Simulator, client: OpenAI) -> None:
    sim.otherwise(QuotaExhausted())
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client)
    assert caught.value.code == "insufficient_quota"
    assert [exchange.fault for exchange in sim.ledger.exchanges] == ["QuotaExhausted"] * 3


@pytest.mark.parametrize(("retry_after", "calls", "now"), [(100, 2, 100.0), (300, 1, 0.0)])
def test_retry_after_may_go_beyond_what_the_caller_has_time_for(
    sim: Simulator, client: OpenAI, retry_after: float, calls: int, now: float
) -> None:
    """The SDK waits up to 120 seconds, timeout=10 or not; beyond that it gives up at once."""
    sim.script(RateLimited(retry_after=retry_after), *["pong"] * (calls - 1))
    impatient = client.with_options(timeout=10)
    if calls == 1:
        with pytest.raises(openai.RateLimitError):
            ask(impatient)
    else:
        assert ask(impatient) == "pong"
    assert (sim.ledger.calls, sim.clock.now) == (calls, now)


PAGE = "<html><body>502 Bad Gateway</body></html>"


@pytest.mark.parametrize(
    ("fault", "status"),
    [(Garbled(PAGE), 200), (Garbled('{"id": "resp_', content_type="application/json"), 200), (Garbled(PAGE, 502), 502)],
)
def test_what_is_not_the_api_s_answer_is_named_and_costs_nothing(sim: Simulator, fault: Garbled, status: int) -> None:
    sim.script(fault, "pong")
    response = sim.handle(Request("POST", "/v1/responses", body=b'{"model": "sim-small", "input": "ping"}'))
    assert (response.status, response.headers["content-type"]) == (status, fault.content_type)
    assert list(response.chunks) == [fault.body.encode()]
    [exchange] = sim.ledger.exchanges
    assert (exchange.fault, exchange.status, exchange.error) == ("Garbled", status, fault.body)
    assert (exchange.acted, exchange.cost, exchange.text, exchange.ended) == (False, 0, "", 0.0)
    assert f"    -> {status}: {fault.body}" in sim.ledger.transcript()
    assert sim.unmet() == "1 scripted step was never asked for, the first of them 'pong'"


def test_html_with_200_is_handed_over_as_a_str(sim: Simulator, client: OpenAI, async_client: AsyncOpenAI) -> None:
    sim.otherwise(Garbled(PAGE))
    answer: Any = client.responses.create(model="sim-small", input="ping")
    assert answer == PAGE

    async def work() -> Any:
        return await async_client.responses.create(model="sim-small", input="ping")

    assert asyncio.run(work()) == PAGE
    assert list(client.responses.create(model="sim-small", input="ping", stream=True)) == []
    assert sim.ledger.calls == 3


def test_broken_json_with_200_is_no_error_of_the_sdk_and_not_retried(
    sim: Simulator, client: OpenAI, async_client: AsyncOpenAI
) -> None:
    sim.otherwise(Garbled('{"id": "resp_', content_type="application/json"))
    with pytest.raises(json.JSONDecodeError):
        ask(client)

    async def work() -> None:
        await async_client.responses.create(model="sim-small", input="ping")

    with pytest.raises(json.JSONDecodeError):
        asyncio.run(work())
    assert sim.ledger.calls == 2


def test_html_with_a_status_is_retried_like_any_other(sim: Simulator, client: OpenAI) -> None:
    sim.script(Garbled(PAGE, status=502), "pong", Garbled(PAGE, status=403))
    assert ask(client) == "pong"
    with pytest.raises(openai.PermissionDeniedError) as caught:
        ask(client)
    assert caught.value.body == PAGE
    assert sim.ledger.calls == 3


def test_garbled_embeddings(sim: Simulator, client: OpenAI) -> None:
    sim.script(Garbled(PAGE), Garbled('{"data": []}', content_type="application/json"))
    with pytest.raises(AttributeError, match="'str' object has no attribute 'data'"):
        client.embeddings.create(model="sim-embed", input="valve")
    with pytest.raises(ValueError, match="No embedding data received"):
        client.embeddings.create(model="sim-embed", input="valve")
    assert [exchange.fault for exchange in sim.ledger.exchanges] == ["Garbled", "Garbled"]
    assert sim.unmet() == ""
