"""openai 3.54.0: its exception classes and what they carry, as m1_engineering/e05_error_taxonomy tells them."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletion
from pydantic import BaseModel, ValidationError

from gradus.sim import (
    ConnectionReset,
    Garbled,
    QuotaExhausted,
    RateLimited,
    ReadTimeout,
    Reply,
    ServerError,
    Simulator,
    Step,
    StreamError,
    Unauthorized,
)

USER: Any = [{"role": "user", "content": "Which part?"}]


class Part(BaseModel):
    name: str


def client(step: Step, **options: Any) -> OpenAI:
    sim = Simulator()
    sim.script(step)
    return sim.client(max_retries=0, **options)


def answer(step: Step) -> Any:
    return client(step).chat.completions.create(model="sim-small", messages=USER)


def error(step: Step) -> Any:
    with pytest.raises(Exception) as caught:
        answer(step)
    return caught.value


def said(code: object = None, message: str = "It went wrong.") -> str:
    return json.dumps({"error": {"message": message, "type": "some_error", "param": None, "code": code}})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (408, openai.APIStatusError),
        (409, openai.ConflictError),
        (418, openai.APIStatusError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
        (504, openai.InternalServerError),
    ],
)
def test_each_status_has_its_class_and_408_has_none(status: int, kind: type[Exception]) -> None:
    found = error(ServerError(status))
    assert type(found) is kind
    assert isinstance(found, openai.APIStatusError)
    assert found.status_code == status


def test_the_classes_form_this_tree() -> None:
    assert openai.APITimeoutError.__bases__ == (openai.APIConnectionError,)
    assert openai.APIConnectionError.__bases__ == (openai.APIError,)
    assert openai.APIStatusError.__bases__ == (openai.APIError,)
    assert openai.APIResponseValidationError.__bases__ == (openai.APIError,)
    assert openai.APIError.__bases__ == (openai.OpenAIError,)
    assert openai.LengthFinishReasonError.__bases__ == (openai.OpenAIError,)
    assert openai.ContentFilterFinishReasonError.__bases__ == (openai.OpenAIError,)
    assert issubclass(json.JSONDecodeError, ValueError)
    assert issubclass(ValidationError, ValueError)


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (RateLimited(), "rate_limit_exceeded"),
        (QuotaExhausted(), "insufficient_quota"),
        (Unauthorized(), "invalid_api_key"),
        (ServerError(503), None),
        (ConnectionReset(), None),
        (ReadTimeout(), None),
        (Garbled(said("content_filter"), 400, "application/json"), "content_filter"),
        (Garbled(said(17), 400, "application/json"), "17"),
        (Garbled("<h1>Bad gateway</h1>", 502), None),
    ],
)
def test_every_api_error_has_a_code_which_may_be_none(step: Step, code: str | None) -> None:
    assert error(step).code == code


def test_too_long_a_prompt_is_a_bad_request_with_a_code() -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client("Yes.").chat.completions.create(
            model="sim-small", messages=[{"role": "user", "content": "warm " * 20_000}]
        )
    assert caught.value.code == "context_length_exceeded"


def test_headers_are_found_in_any_case() -> None:
    headers = error(RateLimited(retry_after=2)).response.headers
    assert (headers["Retry-After"], headers["retry-after"]) == ("2", "2")


def test_the_text_is_what_the_provider_said() -> None:
    told = "You exceeded your current quota, please check your plan and billing details."
    assert str(error(QuotaExhausted())) == f"Error code: 429 - {told}"
    assert str(error(Garbled("<h1>Bad gateway</h1>", 502))) == "Error code: 502"
    assert str(error(ConnectionReset())) == "Connection error."


def test_only_a_status_error_has_a_request_id() -> None:
    assert error(ServerError(503)).request_id.startswith("req_")
    assert not hasattr(error(ConnectionReset()), "request_id")
    assert not hasattr(error(ConnectionReset()), "status_code")


@pytest.mark.parametrize("code", ["insufficient_quota", None])
def test_an_error_event_is_an_api_error_without_a_status_whose_code_is_kept(code: str | None) -> None:
    asked = client(Garbled(f"data: {said(code)}\n\n", content_type="text/event-stream"))
    with pytest.raises(openai.APIError) as caught:
        list(asked.chat.completions.create(model="sim-small", messages=USER, stream=True))
    assert type(caught.value) is openai.APIError
    assert caught.value.code == code
    assert not hasattr(caught.value, "status_code")
    with pytest.raises(openai.APIError) as caught:
        list(client(StreamError("a b", 1)).chat.completions.create(model="sim-small", messages=USER, stream=True))
    assert type(caught.value) is openai.APIError


def test_broken_json_is_no_openai_error() -> None:
    found = error(Garbled('{"id": "ch', content_type="application/json"))
    assert type(found) is json.JSONDecodeError


def test_what_is_no_json_comes_back_as_a_str_and_parse_stumbles_over_it() -> None:
    assert answer(Garbled("<h1>Sign in</h1>")) == "<h1>Sign in</h1>"
    with pytest.raises(AttributeError):
        client(Garbled("<h1>Sign in</h1>")).chat.completions.parse(
            model="sim-small", messages=USER, response_format=Part
        )


@pytest.mark.parametrize(("body", "value"), [('"Yes."', "Yes."), ("null", None), ('["Yes."]', ["Yes."])])
def test_json_that_is_no_object_comes_back_as_it_is(body: str, value: object) -> None:
    assert answer(Garbled(body, content_type="application/json")) == value


def test_any_json_object_becomes_a_completion_with_none_for_what_is_missing() -> None:
    found = answer(Garbled('{"status": "ok"}', content_type="application/json"))
    assert type(found) is ChatCompletion
    assert {found.model_dump()[name] for name in ("id", "choices", "model")} == {None}


def test_a_client_that_is_strict_raises_a_validation_error_of_the_sdk_s() -> None:
    for body, kind in (("<h1>Sign in</h1>", "text/html"), ('{"status": "ok"}', "application/json")):
        strict = client(Garbled(body, content_type=kind), _strict_response_validation=True)
        with pytest.raises(openai.APIResponseValidationError) as caught:
            strict.chat.completions.create(model="sim-small", messages=USER)
        assert not isinstance(caught.value, openai.APIStatusError)


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_create_raises_nothing_for_half_an_answer(reason: Any) -> None:
    choice = answer(Reply("Yes, but only if", finish_reason=reason)).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("Yes, but only if", reason)


def test_create_raises_nothing_for_a_refusal() -> None:
    message = answer(Reply(refusal="I cannot help with that.")).choices[0].message
    assert (message.content, message.refusal) == (None, "I cannot help with that.")


def test_a_caller_may_build_the_sdk_s_own_exceptions() -> None:
    completion = answer(Reply("Yes, but", finish_reason="length"))
    assert openai.LengthFinishReasonError(completion=completion).completion is completion
    assert openai.ContentFilterFinishReasonError(completion=completion).completion is completion


def test_missing_credentials_are_a_bare_openai_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(openai.OpenAIError) as caught:
        OpenAI()
    assert type(caught.value) is openai.OpenAIError


def test_what_is_raised_beneath_the_client_and_is_no_network_error_comes_through() -> None:
    import httpx2

    def handle(request: httpx2.Request) -> httpx2.Response:
        raise KeyError("humidity")

    asked = OpenAI(api_key="any", http_client=httpx2.Client(transport=httpx2.MockTransport(handle)))
    with pytest.raises(KeyError):
        asked.chat.completions.create(model="sim-small", messages=USER)
