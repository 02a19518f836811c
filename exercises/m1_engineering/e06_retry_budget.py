"""Retry budget: get through rate limits and brown-outs within one deadline, without making them worse.

Lesson: modules/m1_engineering/e06_retry_budget.md
Grade:  make grade EX=e06
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from openai import APIError, APIStatusError, OpenAI

MODEL = "sim-small"


@dataclass(frozen=True)
class RetryPolicy:
    """How often to try, and how fast.

    Attributes:
        max_attempts: requests that one call may make, the first one included; at least 1.
        base_delay: seconds; the longest backoff after the first attempt.
        max_delay: seconds; no backoff is longer. It does not limit a wait that the provider asks for.
        attempt_timeout: seconds after which one attempt is given up.
    """

    max_attempts: int = 5
    base_delay: float = 0.5
    max_delay: float = 8.0
    attempt_timeout: float = 20.0


@dataclass(frozen=True)
class Failure:
    """What a failed attempt says about itself, as plain data.

    Attributes:
        status: the HTTP status; None if no answer came (connection lost, timeout, stream cut).
        code: the provider's error code, such as "insufficient_quota", or None.
        headers: those of the error response, names in lower case; empty if no answer came.
    """

    status: int | None = None
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class GaveUpError(Exception):
    """No further attempt will be made. `attempts` is how many were; `__cause__` is the error of the last one."""

    def __init__(self, attempts: int) -> None:
        super().__init__(f"gave up after {attempts} attempts")
        self.attempts = attempts


class DeadlineExceededError(GaveUpError):
    """Given up because the next attempt would have come too late."""


class StreamCutError(Exception):
    """A stream ended without a finish reason: what it said is not the whole answer."""


def failure_of(error: APIError | StreamCutError) -> Failure:
    """The facts of a failed attempt, out of the exception it raised. Given: use it as it is.

    Example:
        >>> failure_of(rate_limit_error)
        Failure(status=429, code='rate_limit_exceeded', headers={'retry-after': '2', ...})
    """
    if isinstance(error, APIStatusError):
        headers = {name.lower(): value for name, value in error.response.headers.items()}
        return Failure(error.status_code, error.code, headers)
    return Failure(code=error.code if isinstance(error, APIError) else None)


def retry_delay(failure: Failure, attempt: int, policy: RetryPolicy, jitter: Callable[[], float]) -> float | None:
    """Decide whether another attempt makes sense, and how long to wait before it.

    Whether. The first rule that applies decides:
        1. The header `x-should-retry` is "true" or "false": the provider says it.
        2. The code is "insufficient_quota": no, whatever the status.
        3. There is no status, or it is 408, 409, 429, or 500 and above: yes.
        4. Anything else: no.
    How long, if yes. The first rule that applies decides:
        1. The header `retry-after-ms` is a positive number: exactly so many milliseconds.
        2. The header `retry-after` is a positive number: exactly so many seconds.
        3. Otherwise a backoff with full jitter: `jitter()` times the smaller of `policy.max_delay` and
           `policy.base_delay` doubled for every attempt after the first.
    A header that is no positive number ("0", "-1", a date, "soon") counts as absent; "0.25" is a positive number.

    Args:
        failure: what is known of the attempt that failed.
        attempt: its number, from 1.
        policy: the limits of the backoff. `max_attempts` and `attempt_timeout` play no part here.
        jitter: returns a random number in [0, 1).

    Returns:
        Seconds to wait before the next attempt, or None if there must be no next attempt. 0.0, which `jitter` may
        bring about, is a wait like any other.

    Example:
        >>> retry_delay(Failure(429, headers={"retry-after": "2"}), 1, RetryPolicy(), random.random)
        2.0
        >>> retry_delay(Failure(503), 3, RetryPolicy(base_delay=0.5), lambda: 0.25)
        0.5
        >>> retry_delay(Failure(401), 1, RetryPolicy(), random.random) is None
        True
    """
    raise NotImplementedError("Task 1")


def complete(
    client: OpenAI,
    prompt: str,
    *,
    deadline: float,
    policy: RetryPolicy,
    jitter: Callable[[], float] = random.random,
) -> str:
    """Ask the model, as often as it makes sense and as long as there is time.

    Each attempt is exactly one request, whatever `max_retries` the client came with:
    `client.chat.completions.create` with the model `MODEL` and one message, role "user", content `prompt`. It may take
    `policy.attempt_timeout` seconds, or what is left of the deadline if that is less; pass this as the SDK's timeout.

    When an attempt raises an `openai.APIError`, the first rule that applies decides:
        1. `retry_delay` says None: that error is raised, as it is.
        2. It was attempt number `policy.max_attempts`: GaveUpError itself, even if rule 3 applies as well.
        3. The wait that `retry_delay` asks for would not end before the deadline: DeadlineExceededError, at once.
        4. Otherwise: wait that long with `time.sleep`, then try again.
    Any other exception passes through.

    Args:
        client: an OpenAI client. It may have retries and timeouts of its own.
        prompt: what to ask.
        deadline: seconds from now, on the clock of `time.monotonic`, for all attempts and all waits together; > 0.
        policy: how often to try, and how fast.
        jitter: returns a random number in [0, 1); for `retry_delay`.

    Returns:
        The text of the answer.

    Raises:
        openai.APIError: an attempt failed in a way that no further attempt can mend.
        GaveUpError: every attempt failed. `attempts` counts them; the last error is the `__cause__`.
        DeadlineExceededError: there is no time for another attempt; `attempts` and `__cause__` as above.

    Example:
        >>> complete(client, "Is 9 °C too warm for insulin?", deadline=30, policy=RetryPolicy())
        'Yes.'
    """
    raise NotImplementedError("Task 2")


def stream_text(
    client: OpenAI,
    prompt: str,
    *,
    deadline: float,
    policy: RetryPolicy,
    jitter: Callable[[], float] = random.random,
) -> Iterator[str]:
    """Ask the model and hand out its answer piece by piece, trying again only while nothing was handed out yet.

    A piece is a `delta.content` that is not empty. Each is yielded as soon as it is there. A stream that ends before a
    chunk with a `finish_reason` came was cut. Any reason will do: "length" ends a stream as well as "stop".

    Before the first piece, the rules of `complete` hold: the request is the same but for `stream=True`, and so are
    the timeout, the four rules and the errors. A cut stream is a failed attempt too, whose error is a StreamCutError.
    After the first piece there is no further attempt: the SDK's error is raised as it is, and a stream that was cut
    raises StreamCutError. The deadline is for the first piece: a stream that has begun may go on beyond it, and only
    the timeout of its request still limits each wait for more. The deadline counts from the call or from the first
    `next`, as you like.

    Args:
        client: an OpenAI client. It may have retries and timeouts of its own.
        prompt: what to ask.
        deadline: seconds, on the clock of `time.monotonic`, within which the first piece must come; > 0.
        policy: how often to try, and how fast.
        jitter: returns a random number in [0, 1); for `retry_delay`.

    Yields:
        The pieces of one answer. None at all if the model finished without saying anything: that is an answer too.

    Raises:
        openai.APIError, GaveUpError, DeadlineExceededError: as `complete` does, before the first piece.
        openai.APIError, StreamCutError: the stream failed, or was cut, after the first piece.

    Example:
        >>> list(stream_text(client, "Is 9 °C too warm for insulin?", deadline=30, policy=RetryPolicy()))
        ['Yes,', ' above', ' 8', ' °C.']
    """
    raise NotImplementedError("Task 3")
