"""Beside a submission of m1_engineering/e05_error_taxonomy: exceptions cannot go over the wire, so they arise here.

Those of the SDK come out of real calls: of the examiner's client, or of one whose server gives any answer one likes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx2
from openai import OpenAI, OpenAIError
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel, ValidationError

Classify = Callable[[BaseException], Any]
Answer = tuple[int, Mapping[str, str], str]  # status, headers, body

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Which part?"}]


class Part(BaseModel):
    name: str


class NamedLikeATimeout(Exception):
    """Looks like an error of the SDK to whoever reads names, attributes and texts."""

    status_code = 429
    code = "rate_limit_exceeded"

    def __str__(self) -> str:
        return "Error code: 429 - Request timed out. Connection error."


def judge_call(classify: Classify, client: OpenAI, how: str) -> Any:
    """What `classify` says of the exception that this call ends in; `how` is "create", "stream" or "parse"."""
    return classify(_raised_by(client, how))


def judge_answers(classify: Classify, answers: Sequence[Answer]) -> list[Any]:
    """What `classify` says of the exception that each of these answers to a call ends in."""
    client = _client_of(*answers)
    return [classify(_raised_by(client, "create")) for _ in answers]


def judge_strictly(classify: Classify, answer: Answer) -> Any:
    """The same for a client that checks whether what comes back has the API's form."""
    return classify(_raised_by(_strict_client_of(answer), "create"))


def judge_new(classify: Classify, kind: Callable[..., BaseException], *args: Any) -> Any:
    """What `classify` says of an exception of the submission's own."""
    return classify(kind(*args))


def judge_bug(classify: Classify, name: str) -> Any:
    """What `classify` says of an exception that is nobody's failure but the program's, or none at all."""
    return classify(BUGS[name]())


def interrupted(ask: Callable[[OpenAI, str], str], name: str) -> str:
    """The name of the exception that `ask` raises when this one comes up in the middle of its call."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        raise BUGS[name]()

    client = OpenAI(api_key="any", http_client=httpx2.Client(transport=httpx2.MockTransport(handle), trust_env=False))
    try:
        ask(client, "Which part?")
    except NotImplementedError:
        raise
    except BaseException as error:
        return type(error).__name__
    return "nothing"


def report_answer(
    report: Callable[..., Any], error: Callable[[Any], BaseException], failure: Any, answer: Answer, *args: Any
) -> Any:
    """What `report` says of a CopilotError with this failure, raised from what this answer to a call ends in."""
    return report(_chained(error(failure), _raised_by(_client_of(answer), "create")), *args)


def report_call(
    report: Callable[..., Any],
    error: Callable[[Any], BaseException],
    failure: Any,
    client: OpenAI,
    how: str,
    *args: Any,
) -> Any:
    """The same for what a call of this client ends in; `how` as above."""
    return report(_chained(error(failure), _raised_by(client, how)), *args)


def report_text(
    report: Callable[..., Any], error: Callable[[Any], BaseException], failure: Any, text: str | None, *args: Any
) -> Any:
    """The same for an exception that has nothing but a text, or, for None, without any exception behind it."""
    return report(_chained(error(failure), None if text is None else RuntimeError(text)), *args)


def report_bug(
    report: Callable[..., Any], error: Callable[[Any], BaseException], failure: Any, name: str, *args: Any
) -> Any:
    """The same for one of BUGS."""
    return report(_chained(error(failure), BUGS[name]()), *args)


def report_while_handling(
    report: Callable[..., Any], error: Callable[[Any], BaseException], failure: Any, *args: Any
) -> Any:
    """The same for one that was raised without a cause, while something else was handled."""
    try:
        try:
            raise RuntimeError("something else")
        except RuntimeError:
            raise error(failure)  # noqa: B904  (that it has no cause is the point)
    except Exception as raised:
        return report(raised, *args)


def report_strictly(
    report: Callable[..., Any], error: Callable[[Any], BaseException], failure: Any, answer: Answer, *args: Any
) -> Any:
    """The same for what this answer ends in, at a client that checks whether what comes back has the API's form."""
    return report(_chained(error(failure), _raised_by(_strict_client_of(answer), "create")), *args)


def _chained(error: BaseException, cause: BaseException | None) -> BaseException:
    error.__cause__ = cause
    return error


def _client_of(*answers: Answer, **options: Any) -> OpenAI:
    """A client that gets these answers, one after the other."""
    left = iter(answers)

    def handle(request: httpx2.Request) -> httpx2.Response:
        status, headers, body = next(left)
        return httpx2.Response(status, headers={"content-type": "application/json", **headers}, text=body)

    http_client = httpx2.Client(transport=httpx2.MockTransport(handle), trust_env=False)
    return OpenAI(
        api_key="any", base_url="http://gateway.invalid/v1", http_client=http_client, max_retries=0, **options
    )


def _strict_client_of(answer: Answer) -> OpenAI:
    return _client_of(answer, _strict_response_validation=True)


def _raised_by(client: OpenAI, how: str) -> BaseException:
    try:
        if how == "stream":
            list(client.chat.completions.create(model="sim-small", messages=MESSAGES, stream=True))
        elif how == "parse":
            client.chat.completions.parse(model="sim-small", messages=MESSAGES, response_format=Part)
        else:
            client.chat.completions.create(model="sim-small", messages=MESSAGES)
    except Exception as error:
        return error
    raise RuntimeError("the call was expected to fail, and did not")


def _validation_error() -> ValidationError:
    try:
        Part.model_validate({})
    except ValidationError as error:
        return error
    raise RuntimeError("the part was expected to lack its name")


BUGS: dict[str, Callable[[], BaseException]] = {
    "KeyError": lambda: KeyError("humidity"),
    "TypeError": lambda: TypeError("'NoneType' object is not subscriptable"),
    "AttributeError": lambda: AttributeError("'str' object has no attribute 'choices'"),
    "ValueError": lambda: ValueError("429"),
    "UnicodeDecodeError": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    "ValidationError": _validation_error,
    "TimeoutError": lambda: TimeoutError("timed out"),
    "ConnectionError": lambda: ConnectionError("connection reset"),
    "OpenAIError": lambda: OpenAIError("Missing credentials."),
    "NamedLikeATimeout": NamedLikeATimeout,
    "KeyboardInterrupt": KeyboardInterrupt,
    "CancelledError": asyncio.CancelledError,
}
