"""openai 3.54.0: what a caller sees when things go wrong. Lessons of m1_engineering and m2_llms rest on these lines."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel, ValidationError

from gradus.sim import (
    ConnectionReset,
    CutStream,
    Fault,
    QuotaExhausted,
    RateLimited,
    ReadTimeout,
    Reply,
    Request,
    Response,
    ServerError,
    Simulator,
    Sleep,
    Step,
    VirtualClock,
)
from gradus.sim.client import client as client_of
from gradus.sim.messages import Chunk

USER: Any = [{"role": "user", "content": "Which part?"}]


class Part(BaseModel):
    name: str


class Spoiled:
    """The simulator, with the stream replaced by `then` after its first `intact` chunks."""

    def __init__(self, sim: Simulator, intact: int, *then: Chunk) -> None:
        self._sim = sim
        self._intact = intact
        self._then = then

    def handle(self, request: Request) -> Response:
        response = self._sim.handle(request)
        return Response(response.status, response.headers, self._chunks(response.chunks))

    def _chunks(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for _ in range(self._intact):
            yield next(chunks)
        yield from self._then


class Raw:
    """A server that answers every request with status 200 and the same body."""

    def __init__(self, kind: str, body: bytes) -> None:
        self._kind = kind
        self._body = body
        self.calls = 0

    def handle(self, request: Request) -> Response:
        self.calls += 1
        return Response(200, {"content-type": self._kind}, iter([self._body]))


@pytest.fixture
def sim(monkeypatch: pytest.MonkeyPatch) -> Simulator:
    simulator = Simulator()
    monkeypatch.setattr(time, "sleep", simulator.clock.sleep)
    return simulator


def ask(client: OpenAI) -> Any:
    return client.chat.completions.create(model="sim-small", messages=USER)


def listen(client: OpenAI) -> tuple[int, Exception | None]:
    """How many chunks a stream gave, and what it then raised."""
    count = 0
    try:
        for _ in client.chat.completions.create(model="sim-small", messages=USER, stream=True):
            count += 1
    except Exception as error:
        return count, error
    return count, None


def calls_until_failure(sim: Simulator, fault: Step, kind: type[Exception]) -> int:
    sim.otherwise(fault)
    with pytest.raises(kind):
        ask(sim.client())
    return sim.ledger.calls


def test_a_connection_reset_before_the_reply_is_retried_twice(sim: Simulator) -> None:
    assert calls_until_failure(sim, ConnectionReset(), openai.APIConnectionError) == 3


def test_a_timeout_is_retried_twice_after_600_seconds_each(sim: Simulator) -> None:
    assert calls_until_failure(sim, ReadTimeout(), openai.APITimeoutError) == 3
    assert sim.clock.now == pytest.approx(3 * 600 + sum(sim.clock.slept))


@pytest.mark.parametrize(
    ("fault", "waited"),
    [
        (RateLimited(retry_after=1), 1.0),
        (RateLimited(retry_after=1.5), 1.5),
        (RateLimited(retry_after=120), 120.0),
        (RateLimited(retry_after_ms=20), 0.02),
        (RateLimited(retry_after=9, retry_after_ms=20), 0.02),
        (ServerError(503, retry_after=7), 7.0),
    ],
)
def test_retry_after_is_waited_exactly(sim: Simulator, fault: Step, waited: float) -> None:
    sim.script(fault, "pong")
    ask(sim.client())
    assert sim.clock.slept == [waited]


@pytest.mark.parametrize("retry_after", [0, -1, "soon", "Thu, 01 Jan 2015 00:00:00 GMT"])
def test_retry_after_that_makes_no_sense_is_ignored(sim: Simulator, retry_after: float | str) -> None:
    sim.script(RateLimited(retry_after=retry_after), "pong")
    ask(sim.client())
    [waited] = sim.clock.slept
    assert 0.375 <= waited <= 0.5


@pytest.mark.parametrize("retry_after", [121, "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_retry_after_above_120_is_not_retried(sim: Simulator, retry_after: float | str) -> None:
    fault = RateLimited(retry_after=retry_after, should_retry=True)
    assert calls_until_failure(sim, fault, openai.RateLimitError) == 1
    assert sim.clock.slept == []


def test_an_exhausted_quota_is_asked_three_times(sim: Simulator) -> None:
    assert calls_until_failure(sim, QuotaExhausted(), openai.RateLimitError) == 3


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_backoff_doubles_to_8_seconds_less_up_to_a_quarter(sim: Simulator, status: int) -> None:
    sim.script(*[ServerError(status)] * 6, "pong")
    ask(sim.client(max_retries=6))
    for waited, full in zip(sim.clock.slept, [0.5, 1, 2, 4, 8, 8], strict=True):
        assert 0.75 * full <= waited <= full


@pytest.mark.parametrize(("status", "should_retry", "calls"), [(503, False, 1), (400, True, 3), (429, None, 3)])
def test_x_should_retry_overrules_the_status(
    sim: Simulator, status: int, should_retry: bool | None, calls: int
) -> None:
    assert calls_until_failure(sim, ServerError(status, should_retry=should_retry), openai.APIStatusError) == calls


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_the_caller_did_wrong_is_not_retried(sim: Simulator, status: int) -> None:
    assert calls_until_failure(sim, ServerError(status), openai.APIStatusError) == 1


def test_an_error_s_code_says_what_it_is(sim: Simulator) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        sim.client().responses.create(model="sim-huge", input="Which part?")
    assert caught.value.code == "model_not_found"


def test_broken_json_is_a_bare_json_error_and_is_not_retried() -> None:
    core = Raw("application/json", b'{"id": "chatcmpl-')
    with pytest.raises(json.JSONDecodeError) as caught:
        ask(client_of(core, VirtualClock()))
    assert not isinstance(caught.value, openai.OpenAIError)
    assert core.calls == 1


def test_html_comes_back_as_a_str() -> None:
    answer = ask(client_of(Raw("text/html", b"<h1>Bad gateway</h1>"), VirtualClock()))
    assert answer == "<h1>Bad gateway</h1>"


def test_a_stream_that_is_reset_gives_its_chunks_then_a_connection_error(sim: Simulator) -> None:
    sim.script("one two three")
    count, error = listen(client_of(Spoiled(sim, 3, Fault("connection_reset")), sim.clock))
    assert count == 3
    assert type(error) is openai.APIConnectionError
    assert sim.ledger.calls == 1


def test_a_stream_that_stalls_gives_its_chunks_then_a_timeout(sim: Simulator) -> None:
    sim.script("one two three")
    count, error = listen(client_of(Spoiled(sim, 3, Sleep(601)), sim.clock))
    assert count == 3
    assert type(error) is openai.APITimeoutError
    assert (sim.clock.now, sim.ledger.calls) == (600.0, 1)


def test_an_error_event_in_a_stream_is_an_api_error(sim: Simulator) -> None:
    sim.script("one two three")
    event = b'data: {"error": {"message": "overloaded", "type": "server_error", "code": null, "param": null}}\n\n'
    count, error = listen(client_of(Spoiled(sim, 3, event), sim.clock))
    assert count == 3
    assert type(error) is openai.APIError
    assert sim.ledger.calls == 1


def test_a_stream_that_just_ends_raises_nothing(sim: Simulator) -> None:
    sim.script(CutStream("one two three", after=2))
    stream = sim.client().chat.completions.create(model="sim-small", messages=USER, stream=True)
    choices = [chunk.choices[0] for chunk in stream]
    assert "".join(choice.delta.content or "" for choice in choices) == "one two"
    assert all(choice.finish_reason is None for choice in choices)


def test_the_stream_helpers_do_not_agree_on_a_stream_that_just_ends(sim: Simulator) -> None:
    sim.script(CutStream("one two three", after=2), CutStream("one two three", after=2))
    with sim.client().chat.completions.stream(model="sim-small", messages=USER) as chat:
        choice: Any = chat.get_final_completion().choices[0]
    assert (choice.message.content, choice.finish_reason) == ("one two", None)
    helper = sim.client().responses.stream(model="sim-small", input="Which part?")
    with helper as responses, pytest.raises(RuntimeError, match=r"response\.completed"):
        responses.get_final_response()


def test_include_usage_ends_with_a_chunk_without_choices(sim: Simulator) -> None:
    sim.script("one two")
    *chunks, last = sim.client().chat.completions.create(
        model="sim-small", messages=USER, stream=True, stream_options={"include_usage": True}
    )
    assert last.choices == []
    assert last.usage is not None
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


def test_create_does_not_mind_json_that_is_cut_by_length(sim: Simulator) -> None:
    sim.script(Reply('{"name": "val', finish_reason="length"))
    schema = {**Part.model_json_schema(), "additionalProperties": False}
    completion = sim.client().chat.completions.create(
        model="sim-small",
        messages=USER,
        response_format={"type": "json_schema", "json_schema": {"name": "part", "schema": schema, "strict": True}},
    )
    assert completion.choices[0].message.content == '{"name": "val'


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply('{"name": "val', finish_reason="length"), openai.LengthFinishReasonError),
        (Reply('{"name": "val', finish_reason="content_filter"), openai.ContentFilterFinishReasonError),
        (Reply('{"nome": "valve"}'), ValidationError),
    ],
)
def test_parse_of_chat_completions_raises(sim: Simulator, reply: Reply, error: type[Exception]) -> None:
    sim.script(reply)
    with pytest.raises(error):
        sim.client().chat.completions.parse(model="sim-small", messages=USER, response_format=Part)


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_parse_of_responses_does_not_look_at_why_the_text_ends(sim: Simulator, reason: Any) -> None:
    sim.script(Reply('{"name": "val', finish_reason=reason))
    with pytest.raises(ValidationError):
        sim.client().responses.parse(model="sim-small", input="Which part?", text_format=Part)


def test_parse_gives_nothing_on_a_refusal(sim: Simulator) -> None:
    sim.script(Reply(refusal="No."), Reply(refusal="No."))
    completion = sim.client().chat.completions.parse(model="sim-small", messages=USER, response_format=Part)
    message = completion.choices[0].message
    assert (message.parsed, message.refusal) == (None, "No.")
    response = sim.client().responses.parse(model="sim-small", input="Which part?", text_format=Part)
    assert response.output_parsed is None


def test_requests_tell_retries_and_timeouts(sim: Simulator) -> None:
    sim.script(RateLimited(retry_after=1), "pong")
    ask(sim.client(timeout=12))
    headers = [exchange.headers for exchange in sim.ledger.exchanges]
    assert [header["x-stainless-retry-count"] for header in headers] == ["0", "1"]
    assert [float(header["x-stainless-read-timeout"]) for header in headers] == [12.0, 12.0]


def test_breaking_out_of_a_stream_leaves_it_open_until_it_is_collected(sim: Simulator) -> None:
    sim.script("one two three")
    gc.disable()
    try:
        for _ in sim.client().chat.completions.create(model="sim-small", messages=USER, stream=True):
            break
        # The stream and its generator refer to each other, so that counting references does not free them.
        assert sim.ledger[0].ended is None
    finally:
        gc.enable()
    gc.collect()
    assert sim.ledger[0].closed_early


def test_leaving_the_with_block_of_a_stream_closes_it(sim: Simulator) -> None:
    sim.script("one two three")
    with sim.client().chat.completions.create(model="sim-small", messages=USER, stream=True) as stream:
        next(stream)
    assert sim.ledger[0].closed_early
