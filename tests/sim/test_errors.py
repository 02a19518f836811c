"""Every error that the provider can give is, to the code that holds the client, the exception that the real API's is.

What breaks in mid-stream is in test_stream_faults.py, the contract's rules one by one in test_contract.py.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from gradus.sim import (
    ConnectionReset,
    CutStream,
    QuotaExhausted,
    RateLimited,
    ReadTimeout,
    Request,
    ServerError,
    Simulator,
    Step,
    Unauthorized,
)
from tests.sim.protocol import check, exchange
from tests.sim.samples import CHAT, EMBEDDINGS, FUNCTION, RESPONSE, STREAM, USER

ENDPOINTS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("chat/completions", CHAT),
    "chat stream": ("chat/completions", {**CHAT, **STREAM}),
    "responses": ("responses", RESPONSE),
    "responses stream": ("responses", {**RESPONSE, **STREAM}),
    "embeddings": ("embeddings", EMBEDDINGS),
    "moderations": ("moderations", {"input": "valve"}),
}
Status = tuple[type[openai.APIStatusError], int, str | None, str]
STATUSES: list[tuple[Step, Status]] = [
    (RateLimited(), (openai.RateLimitError, 429, "rate_limit_exceeded", "requests")),
    (QuotaExhausted(), (openai.RateLimitError, 429, "insufficient_quota", "insufficient_quota")),
    (Unauthorized(), (openai.AuthenticationError, 401, "invalid_api_key", "invalid_request_error")),
    (ServerError(500), (openai.InternalServerError, 500, None, "server_error")),
    (ServerError(502), (openai.InternalServerError, 502, None, "server_error")),
    (ServerError(503), (openai.InternalServerError, 503, None, "server_error")),
    (ServerError(504), (openai.InternalServerError, 504, None, "server_error")),
    (ServerError(409), (openai.ConflictError, 409, None, "server_error")),
    # The SDK has no class of its own for a request timeout.
    (ServerError(408), (openai.APIStatusError, 408, None, "server_error")),
]
LOST: list[tuple[Step, type[openai.APIConnectionError]]] = [
    (ReadTimeout(), openai.APITimeoutError),
    (ConnectionReset(), openai.APIConnectionError),
    (ConnectionReset(after_acting=True), openai.APIConnectionError),
]


def create(client: Any, endpoint: str) -> Any:
    """The SDK's own call, for one that is expected to fail."""
    path, body = ENDPOINTS[endpoint]
    resource = {"chat/completions": client.chat.completions}.get(path) or getattr(client, path)
    return resource.create(**body)


def caught(client: OpenAI, endpoint: str) -> openai.OpenAIError:
    with pytest.raises(openai.OpenAIError) as error:
        create(client, endpoint)
    return error.value


def caught_asynchronously(client: AsyncOpenAI, endpoint: str) -> openai.OpenAIError:
    async def work() -> openai.OpenAIError:
        with pytest.raises(openai.OpenAIError) as error:
            await create(client, endpoint)
        return error.value

    return asyncio.run(work())


def hold_to(error: openai.OpenAIError, expected: Status, param: str | None = None) -> None:
    kind, status, code, type_ = expected
    assert type(error) is kind
    assert (error.status_code, error.code, error.type, error.param) == (status, code, type_, param)
    assert error.request_id == error.response.headers["x-request-id"]
    assert isinstance(error.body, dict)
    assert error.body["message"] in error.message


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(("fault", "expected"), STATUSES)
def test_faults_with_a_status(sim: Simulator, fault: Step, expected: Status, endpoint: str) -> None:
    sim.script(fault, fault, fault)
    path, body = ENDPOINTS[endpoint]
    check(exchange(sim, Request("POST", f"/v1/{path}", body=json.dumps(body).encode())))
    hold_to(caught(sim.client(max_retries=0), endpoint), expected)
    hold_to(caught_asynchronously(sim.async_client(max_retries=0), endpoint), expected)
    assert not any(exchange.acted for exchange in sim.ledger.exchanges)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(("fault", "kind"), LOST)
def test_faults_without_an_answer(sim: Simulator, fault: Step, kind: type[Exception], endpoint: str) -> None:
    sim.script(fault, fault)
    assert type(caught(sim.client(max_retries=0, timeout=5), endpoint)) is kind
    assert type(caught_asynchronously(sim.async_client(max_retries=0, timeout=5), endpoint)) is kind
    assert sim.clock.now == (10 if kind is openai.APITimeoutError else 0)


@dataclass(frozen=True)
class Refused:
    """A request that is turned down, and how."""

    method: str
    path: str
    kind: type[openai.APIStatusError]
    status: int
    code: str | None = None
    param: str | None = None
    body: dict[str, Any] | None = None


BAD, NOT_FOUND, OTHER = openai.BadRequestError, openai.NotFoundError, openai.APIStatusError
LONG = "valve " * 200_000
LOOSE = {**FUNCTION, "parameters": {"type": "object", "properties": {}}}
REFUSED = [
    Refused("POST", "chat/completions", BAD, 400, "unknown_parameter", "top_k", {**CHAT, "top_k": 1}),
    Refused("POST", "responses", BAD, 400, "unknown_parameter", "top_k", {**RESPONSE, "top_k": 1}),
    Refused("POST", "embeddings", BAD, 400, "unknown_parameter", "top_k", {**EMBEDDINGS, "top_k": 1}),
    Refused("POST", "moderations", BAD, 400, "unknown_parameter", "top_k", {"input": "valve", "top_k": 1}),
    Refused("POST", "chat/completions", BAD, 400, "missing_required_parameter", "model", {"messages": [USER]}),
    Refused("POST", "chat/completions", BAD, 400, "invalid_type", "n", {**CHAT, "n": "2"}),
    Refused("POST", "chat/completions", BAD, 400, "integer_above_max_value", "n", {**CHAT, "n": 129}),
    Refused("POST", "chat/completions", BAD, 400, "empty_array", "messages", {**CHAT, "messages": []}),
    Refused("POST", "responses", BAD, 400, "invalid_value", "truncation", {**RESPONSE, "truncation": "some"}),
    Refused(
        "POST",
        "chat/completions",
        BAD,
        400,
        "invalid_function_parameters",
        "tools[0].function.parameters",
        {**CHAT, "tools": [{"type": "function", "function": LOOSE}]},
    ),
    Refused(
        "POST",
        "responses",
        BAD,
        400,
        "invalid_function_parameters",
        "tools[0].parameters",
        {**RESPONSE, "tools": [{"type": "function", **LOOSE}]},
    ),
    Refused(
        "POST",
        "chat/completions",
        BAD,
        400,
        "context_length_exceeded",
        "messages",
        {**CHAT, "messages": [{"role": "user", "content": LONG}]},
    ),
    Refused("POST", "responses", BAD, 400, "context_length_exceeded", "input", {**RESPONSE, "input": LONG}),
    Refused(
        "POST",
        "responses",
        BAD,
        400,
        "previous_response_not_found",
        "previous_response_id",
        {**RESPONSE, "previous_response_id": "resp_0"},
    ),
    Refused("GET", "chat/completions?limit=0", BAD, 400, "integer_below_min_value", "limit"),
    Refused("POST", "chat/completions", NOT_FOUND, 404, "model_not_found", None, {**CHAT, "model": "sim-huge"}),
    Refused("POST", "responses", NOT_FOUND, 404, "model_not_found", None, {**RESPONSE, "model": "sim-embed"}),
    Refused("POST", "embeddings", NOT_FOUND, 404, "model_not_found", None, {**EMBEDDINGS, "model": "sim-small"}),
    Refused("POST", "moderations", NOT_FOUND, 404, "model_not_found", None, {"input": "valve", "model": "sim-small"}),
    Refused("GET", "models/sim-huge", NOT_FOUND, 404, "model_not_found"),
    Refused("GET", "responses/resp_0", NOT_FOUND, 404),
    Refused("DELETE", "responses/resp_0", NOT_FOUND, 404),
    Refused("GET", "chat/completions/chatcmpl-0", NOT_FOUND, 404),
    Refused("POST", "completions", NOT_FOUND, 404, body={"model": "sim-small", "prompt": "x"}),
    Refused("POST", "models", OTHER, 405, "method_not_supported", body={}),
    Refused("GET", "embeddings", OTHER, 405, "method_not_supported"),
    Refused("DELETE", "chat/completions", OTHER, 405, "method_not_supported"),
]


def send(client: OpenAI, refused: Refused) -> None:
    path = f"/{refused.path}"
    match refused.method:
        case "GET":
            client.get(path, cast_to=object)
        case "DELETE":
            client.delete(path, cast_to=object)
        case "POST":
            client.post(path, body=refused.body, cast_to=object)


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: f"{refused.method} {refused.path} {refused.code}")
def test_requests_that_are_turned_down(sim: Simulator, client: OpenAI, refused: Refused) -> None:
    sim.script("pong")
    with pytest.raises(openai.APIStatusError) as error:
        send(client, refused)
    hold_to(error.value, (refused.kind, refused.status, refused.code, "invalid_request_error"), refused.param)
    body = b"" if refused.body is None else json.dumps(refused.body).encode()
    path, _, query = refused.path.partition("?")
    pairs = dict([query.split("=")]) if query else {}
    check(exchange(sim, Request(refused.method, f"/v1/{path}", body=body, query=pairs)))
    assert len(sim.ledger) == 2
    assert sim.unmet(), "a refused request used up a step"


@pytest.mark.parametrize(
    ("steps", "endpoint", "code"),
    [
        ([], "chat", "script_exhausted"),
        ([], "responses stream", "script_exhausted"),
        ([lambda request: 1 / 0], "responses", "script_failed"),
        ([CutStream("one two", after=1)], "chat", "script_mismatch"),
    ],
)
def test_what_does_not_go_by_the_script_is_no_error_that_a_retry_mends(
    sim: Simulator, client: OpenAI, steps: list[Step], endpoint: str, code: str
) -> None:
    sim.script(*steps)
    error = caught(client, endpoint)
    hold_to(error, (openai.BadRequestError, 400, code, "invalid_request_error"))
    assert len(sim.ledger) == 1
    assert sim.unmet()
