"""Retry budget on tenacity: what the solution's loop does, said in tenacity's stop, wait and retry strategies."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from openai import APIError, APIStatusError, OpenAI, Stream
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
from tenacity import RetryCallState, Retrying, stop_after_attempt, stop_before_delay

MODEL = "sim-small"


@dataclass(frozen=True)
class RetryPolicy:
    max_attempts: int = 5
    base_delay: float = 0.5
    max_delay: float = 8.0
    attempt_timeout: float = 20.0


@dataclass(frozen=True)
class Failure:
    status: int | None = None
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class GaveUpError(Exception):
    def __init__(self, attempts: int) -> None:
        super().__init__(f"gave up after {attempts} attempts")
        self.attempts = attempts


class DeadlineExceededError(GaveUpError):
    pass


class StreamCutError(Exception):
    pass


def failure_of(error: APIError | StreamCutError) -> Failure:
    if isinstance(error, APIStatusError):
        headers = {name.lower(): value for name, value in error.response.headers.items()}
        return Failure(error.status_code, error.code, headers)
    return Failure(code=error.code if isinstance(error, APIError) else None)


def retry_delay(failure: Failure, attempt: int, policy: RetryPolicy, jitter: Callable[[], float]) -> float | None:
    if not may_pass(failure):
        return None
    for header, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        number = positive_number(failure.headers.get(header, ""))
        if number is not None:
            return number * unit
    window = policy.base_delay
    for _ in range(attempt - 1):
        window = min(2 * window, policy.max_delay)
    return min(window, policy.max_delay) * jitter()


def may_pass(failure: Failure) -> bool:
    match failure.headers.get("x-should-retry"):
        case "true":
            return True
        case "false":
            return False
    match failure.status, failure.code:
        case _, "insufficient_quota":
            return False
        case (None | 408 | 409 | 429, _):
            return True
        case status, _:
            return status // 100 == 5


def positive_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number > 0 and math.isfinite(number) else None


def complete(
    client: OpenAI,
    prompt: str,
    *,
    deadline: float,
    policy: RetryPolicy,
    jitter: Callable[[], float] = random.random,
) -> str:
    ends = time.monotonic() + deadline
    once = client.with_options(max_retries=0)

    def attempt() -> str:
        completion = once.chat.completions.create(
            model=MODEL, messages=messages(prompt), timeout=min(policy.attempt_timeout, ends - time.monotonic())
        )
        return completion.choices[0].message.content or ""

    return retrying(deadline, policy, jitter)(attempt)


def stream_text(
    client: OpenAI,
    prompt: str,
    *,
    deadline: float,
    policy: RetryPolicy,
    jitter: Callable[[], float] = random.random,
) -> Iterator[str]:
    ends = time.monotonic() + deadline
    once = client.with_options(max_retries=0)

    def begin() -> tuple[str | None, Iterator[str]]:
        """The first piece, which is all that is retried, and the pieces that follow it."""
        pieces = read(
            once.chat.completions.create(
                model=MODEL,
                messages=messages(prompt),
                stream=True,
                timeout=min(policy.attempt_timeout, ends - time.monotonic()),
            )
        )
        return next(pieces, None), pieces

    first, rest = retrying(deadline, policy, jitter)(begin)
    if first is not None:
        yield first
        yield from rest


def messages(prompt: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": prompt}]


def read(chunks: Stream[ChatCompletionChunk]) -> Iterator[str]:
    reason = None
    for chunk in chunks:
        (choice,) = chunk.choices
        if choice.delta.content:
            yield choice.delta.content
        reason = choice.finish_reason
    if reason is None:
        raise StreamCutError("no finish reason")


def retrying(deadline: float, policy: RetryPolicy, jitter: Callable[[], float]) -> Retrying:
    def failed_with(state: RetryCallState) -> BaseException | None:
        return state.outcome.exception() if state.outcome else None

    def is_worth_it(state: RetryCallState) -> bool:
        error = failed_with(state)
        return isinstance(error, (APIError, StreamCutError)) and may_pass(failure_of(error))

    def wait(state: RetryCallState) -> float:
        error = failed_with(state)
        assert isinstance(error, (APIError, StreamCutError))
        return retry_delay(failure_of(error), state.attempt_number, policy, jitter) or 0.0

    def give_up(state: RetryCallState) -> NoReturn:
        exhausted = state.attempt_number >= policy.max_attempts
        kind = GaveUpError if exhausted else DeadlineExceededError
        raise kind(state.attempt_number) from failed_with(state)

    return Retrying(
        retry=is_worth_it,
        wait=wait,
        stop=stop_after_attempt(policy.max_attempts) | stop_before_delay(deadline),
        retry_error_callback=give_up,
    )
