"""Error taxonomy by dispatch on the exception's class, with a context manager round the call and plain replacing."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import singledispatch
from types import MappingProxyType

import openai
from openai import OpenAI

MODEL = "sim-small"


class Kind(Enum):
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    TIMED_OUT = "timed_out"
    GARBLED = "garbled"

    OUT_OF_CREDIT = "out_of_credit"
    ACCESS_DENIED = "access_denied"
    INVALID_REQUEST = "invalid_request"

    TOO_LONG = "too_long"
    TRUNCATED = "truncated"
    DECLINED = "declined"


_OUT_OF_ORDER = "The assistant is out of order. Our engineers have been told."

MESSAGES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.RATE_LIMITED: "Many people are asking just now. Please try again in a minute.",
        Kind.UNAVAILABLE: "The assistant cannot be reached just now. Please try again in a few minutes.",
        Kind.TIMED_OUT: "The answer took too long. Please try again.",
        Kind.GARBLED: "The answer did not arrive in one piece. Please try again.",
        Kind.OUT_OF_CREDIT: _OUT_OF_ORDER,
        Kind.ACCESS_DENIED: _OUT_OF_ORDER,
        Kind.INVALID_REQUEST: _OUT_OF_ORDER,
        Kind.TOO_LONG: "That is too much text for one question. Please shorten it.",
        Kind.TRUNCATED: "The answer became too long. Please ask for a part of it.",
        Kind.DECLINED: "The assistant cannot help with this. Please ask our support team.",
    }
)


@dataclass(frozen=True)
class Failure:
    kind: Kind
    retryable: bool
    retry_after: float | None
    user_message: str


class CopilotError(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure

    def __str__(self) -> str:
        return self.failure.user_message


class UnreadableAnswerError(Exception):
    pass


class RefusedError(Exception):
    pass


@dataclass(frozen=True)
class LogEntry:
    level: str
    reference: str
    kind: str
    retryable: bool
    retry_after: float | None
    error: str | None
    status: int | None
    code: str | None
    request_id: str | None
    message: str


@dataclass(frozen=True)
class Report:
    shown: str
    logged: LogEntry


LEVELS = {
    "error": {Kind.OUT_OF_CREDIT, Kind.ACCESS_DENIED, Kind.INVALID_REQUEST},
    "warning": {Kind.RATE_LIMITED, Kind.UNAVAILABLE, Kind.TIMED_OUT, Kind.GARBLED},
    "info": {Kind.TOO_LONG, Kind.TRUNCATED, Kind.DECLINED},
}


@singledispatch
def kind_of(error: BaseException) -> Kind | None:
    return None


@kind_of.register
def _(error: openai.APIError) -> Kind:
    return kind_of_code(error) or Kind.UNAVAILABLE


@kind_of.register
def _(error: openai.APITimeoutError) -> Kind:
    return Kind.TIMED_OUT


@kind_of.register
def _(error: openai.APIResponseValidationError) -> Kind:
    return kind_of_code(error) or Kind.GARBLED


@kind_of.register(json.JSONDecodeError)
@kind_of.register(UnreadableAnswerError)
def _(error: Exception) -> Kind:
    return Kind.GARBLED


@kind_of.register
def _(error: openai.LengthFinishReasonError) -> Kind:
    return Kind.TRUNCATED


@kind_of.register(openai.ContentFilterFinishReasonError)
@kind_of.register(RefusedError)
def _(error: Exception) -> Kind:
    return Kind.DECLINED


@kind_of.register
def _(error: openai.APIStatusError) -> Kind:
    known = kind_of_code(error)
    if known:
        return known
    match error.status_code:
        case 429:
            return Kind.RATE_LIMITED
        case 401 | 403:
            return Kind.ACCESS_DENIED
        case 408 | 409:
            return Kind.UNAVAILABLE
        case status:
            return Kind.INVALID_REQUEST if status < 500 else Kind.UNAVAILABLE


def kind_of_code(error: openai.APIError) -> Kind | None:
    match error.code:
        case "insufficient_quota":
            return Kind.OUT_OF_CREDIT
        case "context_length_exceeded":
            return Kind.TOO_LONG
        case "content_filter":
            return Kind.DECLINED
    return None


def classify(error: BaseException) -> Failure | None:
    kind = kind_of(error)
    if kind is None:
        return None
    headers = dict(error.response.headers) if isinstance(error, openai.APIStatusError) else {}
    said = headers.get("x-should-retry")
    retryable = said == "true" or (said != "false" and kind in LEVELS["warning"])
    waits = [
        number(headers.get("retry-after-ms")) / 1000,
        number(headers.get("retry-after")),
    ]
    wait = next((seconds for seconds in waits if seconds > 0), None)
    return Failure(kind, retryable, wait if retryable else None, MESSAGES[kind])


def number(text: str | None) -> float:
    try:
        value = float(text or "0")
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0


@contextmanager
def told_as_one_type() -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        failure = classify(error)
        if failure:
            raise CopilotError(failure) from error
        raise


def ask(client: OpenAI, prompt: str) -> str:
    with told_as_one_type():
        completion = client.copy(max_retries=0).chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": prompt}]
        )
        choices = getattr(completion, "choices", None)
        if not choices or getattr(choices[0], "message", None) is None:
            raise UnreadableAnswerError(repr(completion)[:80])
        first = choices[0]
        match first.finish_reason:
            case "length":
                raise openai.LengthFinishReasonError(completion=completion)
            case "content_filter":
                raise openai.ContentFilterFinishReasonError
        if first.message.refusal:
            raise RefusedError
        return first.message.content or ""


def report(error: CopilotError, reference: str, secrets: Collection[str]) -> Report:
    cause = error.__cause__
    status = code = request_id = None
    if isinstance(cause, openai.APIError):
        code = cause.code
    if isinstance(cause, openai.APIStatusError):
        status, request_id = cause.response.status_code, cause.response.headers.get("x-request-id")
    message = "" if cause is None else str(cause)
    for secret in sorted(set(secrets) - {""}, key=len)[::-1]:
        message = "[redacted]".join(message.split(secret))
    (level,) = (level for level, kinds in LEVELS.items() if error.failure.kind in kinds)
    entry = LogEntry(
        level,
        reference,
        error.failure.kind.value,
        error.failure.retryable,
        error.failure.retry_after,
        None if cause is None else type(cause).__name__,
        status,
        code,
        request_id,
        message,
    )
    return Report(" ".join([error.failure.user_message, "Reference:", reference]), entry)
