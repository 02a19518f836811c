"""Error taxonomy: one place that knows what kind of failure it is, whether to try again, and what the user may see.

Lesson: modules/m1_engineering/e05_error_taxonomy.md
Grade:  make grade EX=e05
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from openai import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    OpenAI,
)
from openai.types.chat import ChatCompletion

MODEL = "sim-small"


class Kind(Enum):
    """What went wrong, by who can do something about it. There are no other kinds."""

    # Time cures it: somebody tries again.
    RATE_LIMITED = "rate_limited"  # we ask more often than we may
    UNAVAILABLE = "unavailable"  # the provider fails, or the way to it does
    TIMED_OUT = "timed_out"  # no answer within the time that we wait
    GARBLED = "garbled"  # what came back was not written by the API
    # One of us has to act.
    OUT_OF_CREDIT = "out_of_credit"  # nothing is left to pay with
    ACCESS_DENIED = "access_denied"  # the key is wrong, or may not do this
    INVALID_REQUEST = "invalid_request"  # a request that nobody should have sent
    # The user can ask in another way.
    TOO_LONG = "too_long"  # the question does not fit into the model's context
    TRUNCATED = "truncated"  # the answer ran into the token limit
    DECLINED = "declined"  # the model refused, or a content filter struck


_OUT_OF_ORDER = "The assistant is out of order. Our engineers have been told."

# All that a user ever reads about a failure.
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
    """What there is to know about a call that failed, as plain data.

    Attributes:
        kind: what went wrong.
        retryable: whether the same request may pass later.
        retry_after: seconds after which the provider wants to be asked again; None if it named none.
        user_message: what the user may read.
    """

    kind: Kind
    retryable: bool
    retry_after: float | None
    user_message: str


class CopilotError(Exception):
    """A call to the model failed. `failure` says how; `__cause__` is the exception that said so first.

    Its text is the message for the user, so that a caller who shows it gives nothing away.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure

    def __str__(self) -> str:
        return self.failure.user_message


class UnreadableAnswerError(Exception):
    """An answer came that the API did not write, such as a gateway's page of HTML. The SDK raises nothing for it."""


class RefusedError(Exception):
    """The model refused to answer. The SDK raises nothing for it."""


@dataclass(frozen=True)
class LogEntry:
    """One failure for the log. Engineers read it, and alerts go by it.

    Attributes:
        level: "error", "warning" or "info".
        reference: the id that the user was told.
        kind: the value of the failure's kind, such as "rate_limited".
        retryable: as in the failure.
        retry_after: as in the failure.
        error: the type name of the exception behind it, such as "RateLimitError"; None if there is none.
        status: its HTTP status; None if it has none.
        code: the provider's error code; None if it has none.
        request_id: the provider's id of the request; None if it has none.
        message: its text, without secrets; "" if there is none.
    """

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
    """What is told about a failure: `shown` to the user, `logged` to us."""

    shown: str
    logged: LogEntry


# By code, the provider says more than its status does: two of these share theirs with failures of other kinds.
_BY_CODE = {
    "insufficient_quota": Kind.OUT_OF_CREDIT,
    "context_length_exceeded": Kind.TOO_LONG,
    "content_filter": Kind.DECLINED,
}
# By status and not by class: 408 has no class of its own in the SDK.
_BY_STATUS = {
    401: Kind.ACCESS_DENIED,
    403: Kind.ACCESS_DENIED,
    408: Kind.UNAVAILABLE,
    409: Kind.UNAVAILABLE,
    429: Kind.RATE_LIMITED,
}
_TIME_CURES = (Kind.RATE_LIMITED, Kind.UNAVAILABLE, Kind.TIMED_OUT, Kind.GARBLED)
_OURS_TO_MEND = (Kind.OUT_OF_CREDIT, Kind.ACCESS_DENIED, Kind.INVALID_REQUEST)


def classify(error: BaseException) -> Failure | None:
    """Say what kind of failure an exception is, or that it is none.

    The type of the exception decides, and its status and code. What its text says never does.

    `kind`. The first rule that applies decides:
        1. An `openai.APIError`, of any type and with any status, with one of these codes in `code`:
           "insufficient_quota" is OUT_OF_CREDIT, "context_length_exceeded" TOO_LONG, "content_filter" DECLINED.
        2. An `openai.APIStatusError`, by its status: 429 is RATE_LIMITED; 401 and 403 are ACCESS_DENIED; 408, 409, and
           500 and above are UNAVAILABLE; any other is INVALID_REQUEST.
        3. An `openai.APITimeoutError`: TIMED_OUT.
        4. An `openai.APIResponseValidationError`, a `json.JSONDecodeError` or an UnreadableAnswerError: GARBLED.
        5. Any other `openai.APIError` (a lost connection, an error event in a stream): UNAVAILABLE.
        6. An `openai.LengthFinishReasonError`: TRUNCATED.
        7. An `openai.ContentFilterFinishReasonError` or a RefusedError: DECLINED.
        8. Anything else, also other errors of the SDK, of pydantic and of Python: None. It is not the provider's
           failure, and whoever called leaves it alone.
    `retryable`. The first rule that applies decides:
        1. An APIStatusError whose response has the header `x-should-retry` with "true" or "false": as it says.
        2. RATE_LIMITED, UNAVAILABLE, TIMED_OUT and GARBLED are retryable. No other kind is.
    `retry_after` is None unless the failure is retryable and the error an APIStatusError. Then the first rule that
    applies decides:
        1. The header `retry-after-ms` is a positive number: so many milliseconds, in seconds.
        2. The header `retry-after` is a positive number: so many seconds.
        3. Otherwise None. A header that is no positive number ("0", "-1", a date, "soon") counts as absent.
    `user_message` is the one in MESSAGES for the kind.

    Args:
        error: any exception.

    Returns:
        The failure, or None if it is no failure of the provider's.

    Example:
        >>> classify(rate_limit_error)
        Failure(kind=<Kind.RATE_LIMITED: 'rate_limited'>, retryable=True, retry_after=2.0, user_message='Many people …')
        >>> classify(KeyError("humidity")) is None
        True
    """
    kind = _kind_of(error)
    if kind is None:
        return None
    retryable = kind in _TIME_CURES
    retry_after = None
    if isinstance(error, APIStatusError):
        headers = error.response.headers
        retryable = {"true": True, "false": False}.get(headers.get("x-should-retry", ""), retryable)
        if retryable:
            retry_after = _seconds(headers, "retry-after-ms", 1000) or _seconds(headers, "retry-after", 1)
    return Failure(kind, retryable, retry_after, user_message=MESSAGES[kind])


def _kind_of(error: BaseException) -> Kind | None:
    """The kind of a provider's failure; None for every other exception."""
    if isinstance(error, APIError) and error.code in _BY_CODE:
        return _BY_CODE[error.code]
    match error:  # subclasses stand before their bases
        case APIStatusError():
            return _kind_of_status(error.status_code)
        case APITimeoutError():
            return Kind.TIMED_OUT
        case APIResponseValidationError() | json.JSONDecodeError() | UnreadableAnswerError():
            return Kind.GARBLED
        case APIError():
            return Kind.UNAVAILABLE
        case LengthFinishReasonError():
            return Kind.TRUNCATED
        case ContentFilterFinishReasonError() | RefusedError():
            return Kind.DECLINED
        case _:
            return None


def _kind_of_status(status: int) -> Kind:
    if status >= 500:
        return Kind.UNAVAILABLE
    return _BY_STATUS.get(status, Kind.INVALID_REQUEST)


def _seconds(headers: Mapping[str, str], name: str, units_per_second: int) -> float | None:
    """The wait that a header asks for, or None if it is absent or no positive number."""
    try:
        seconds = float(headers[name]) / units_per_second
    except (KeyError, ValueError):
        return None
    return seconds if seconds > 0 else None


def ask(client: OpenAI, prompt: str) -> str:
    """Ask the model once, and tell every failure of the provider's as a CopilotError.

    It makes exactly one request, whatever `max_retries` the client came with: `client.chat.completions.create` with the
    model `MODEL` and one message, role "user", content `prompt`.

    For some answers the SDK raises nothing, although they are none. The first rule that applies decides:
        1. What `create` returns is no `openai.types.chat.ChatCompletion`, or one whose `choices` are empty or None, or
           whose first choice has no message (None): an UnreadableAnswerError.
        2. The `finish_reason` of the first choice is "length": an `openai.LengthFinishReasonError`, as `parse` raises
           it.
        3. It is "content_filter": an `openai.ContentFilterFinishReasonError`.
        4. The message of the first choice has a `refusal`, a text that is not empty: a RefusedError.
    These errors, and whatever `create` raises, go to `classify`. If it knows a failure, ask raises a CopilotError with
    this failure, whose `__cause__` is that error. If it says None, the exception goes through as it is.

    Args:
        client: an OpenAI client. It may have retries of its own.
        prompt: what to ask.

    Returns:
        The text of the answer: the content of the first choice's message, or "" if that is None.

    Raises:
        CopilotError: the provider failed. `failure` says how, `__cause__` is the error that was classified.

    Example:
        >>> ask(client, "Is 9 °C too warm for insulin?")
        'Yes.'
    """
    # One request a call: who retries goes by the failure, not by what the SDK takes for worth it.
    once = client.with_options(max_retries=0)
    # Nothing but the call and the reading of its answer: a JSONDecodeError from elsewhere would be a bug of ours.
    try:
        completion = once.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": prompt}])
        return _text_of(completion)
    except Exception as error:
        failure = classify(error)
        if failure is None:
            raise
        raise CopilotError(failure) from error


def _text_of(completion: object) -> str:
    """The text of an answer; raises what `parse` would, and more, if it is none."""
    # Typed as what may really come: the SDK promises a ChatCompletion, and hands over a gateway's page as a str.
    if not isinstance(completion, ChatCompletion) or not completion.choices or not completion.choices[0].message:
        raise UnreadableAnswerError(f"no chat completion with a message came, but a {type(completion).__name__}")
    choice = completion.choices[0]
    if choice.finish_reason == "length":
        raise LengthFinishReasonError(completion=completion)
    if choice.finish_reason == "content_filter":
        raise ContentFilterFinishReasonError(completion=completion)
    if choice.message.refusal:
        raise RefusedError(choice.message.refusal)
    return choice.message.content or ""


def report(error: CopilotError, reference: str, secrets: Collection[str]) -> Report:
    """Tell a failure twice: to the user, without a word of the provider's, and to the log, with all that helps.

    `shown` is the failure's user message, a space, and "Reference: " with the reference.

    In `logged`, `reference` is the reference; `kind`, `retryable` and `retry_after` are the failure's, `kind` by its
    value. `level` goes by the kind:
        - "error", which calls somebody: OUT_OF_CREDIT, ACCESS_DENIED, INVALID_REQUEST.
        - "warning": RATE_LIMITED, UNAVAILABLE, TIMED_OUT, GARBLED.
        - "info": TOO_LONG, TRUNCATED, DECLINED.
    The rest is about the error's `__cause__`:
        - `error` is the name of its type.
        - `status` and `request_id` are those of an `openai.APIStatusError`, and `code` that of an `openai.APIError`;
          None for any other.
        - `message` is its text, `str(cause)`, in which "[redacted]" stands for every occurrence of a secret. An empty
          string is no secret. Where one secret lies within another, nothing of the longer one stays behind; no two
          overlap in any other way.
    Without a `__cause__`, `message` is "", and the other four are None.

    Args:
        error: what `ask` raised.
        reference: the id of this failure, for the user to quote. It is ours: the provider has none for a request that
            never got there.
        secrets: texts that no log may hold, such as API keys, in any order.

    Returns:
        What the user sees and what is logged.

    Example:
        >>> report(error, "CT-7F3A", ["sk-live-5521"]).shown
        'Many people are asking just now. Please try again in a minute. Reference: CT-7F3A'
    """
    failure, cause = error.failure, error.__cause__
    answered = cause if isinstance(cause, APIStatusError) else None
    logged = LogEntry(
        level=_level_of(failure.kind),
        reference=reference,
        kind=failure.kind.value,
        retryable=failure.retryable,
        retry_after=failure.retry_after,
        error=type(cause).__name__ if cause else None,
        status=answered.status_code if answered else None,
        code=cause.code if isinstance(cause, APIError) else None,
        request_id=answered.request_id if answered else None,
        message=_redacted(str(cause), secrets) if cause else "",
    )
    return Report(shown=f"{failure.user_message} Reference: {reference}", logged=logged)


def _level_of(kind: Kind) -> str:
    if kind in _OURS_TO_MEND:
        return "error"
    return "warning" if kind in _TIME_CURES else "info"


def _redacted(text: str, secrets: Collection[str]) -> str:
    # The longest first: a secret that lies within another would leave the other's ends behind.
    longest_first = sorted(filter(None, secrets), key=len, reverse=True)
    if not longest_first:
        return text
    return re.sub("|".join(map(re.escape, longest_first)), "[redacted]", text)
