"""What goes wrong between client and model. Each fault is one step of a script.

A fault is an error response (`error()`), a body that is none of the API's (Garbled), a failing connection (ReadTimeout,
ConnectionReset), or something that happens to a reply while it is streamed. The last kind wraps the reply, and is for
calls that stream: another call is turned down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from .errors import ApiError
from .reply import Reply

SERVER_MESSAGES = {
    500: "The server had an error while processing your request.",
    503: "The server is overloaded or not ready yet.",
}


@dataclass(frozen=True)
class RateLimited:
    """429 that a later attempt may pass.

    Args:
        retry_after: the header's value: seconds, or a str that is sent as it is (an HTTP date, or nonsense).
            None: no header.
        retry_after_ms: the same in milliseconds, under its own header.
        should_retry: `x-should-retry`, by which the provider overrules the client. None: no header.
    """

    retry_after: float | str | None = None
    retry_after_ms: float | str | None = None
    should_retry: bool | None = None

    def error(self) -> ApiError:
        headers = {
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-remaining-requests": "0",
            **_retry_headers(self.retry_after, self.should_retry),
        }
        if self.retry_after_ms is not None:
            headers["retry-after-ms"] = _number(self.retry_after_ms)
        message = "Rate limit reached for requests per minute (RPM): Limit 60, Used 60, Requested 1."
        return ApiError(429, message, type="requests", code="rate_limit_exceeded", headers=headers)


@dataclass(frozen=True)
class QuotaExhausted:
    """429 that no attempt will ever pass: the account has no credit."""

    def error(self) -> ApiError:
        message = "You exceeded your current quota, please check your plan and billing details."
        return ApiError(429, message, type="insufficient_quota", code="insufficient_quota")


@dataclass(frozen=True)
class ServerError:
    """The provider fails: a status from 500, or 408 or 409, which clients treat alike. Headers: see RateLimited."""

    status: int = 503
    retry_after: float | str | None = None
    should_retry: bool | None = None

    def error(self) -> ApiError:
        message = SERVER_MESSAGES.get(self.status, f"The request could not be served (status {self.status}).")
        headers = _retry_headers(self.retry_after, self.should_retry)
        return ApiError(self.status, message, type="server_error", headers=headers)


@dataclass(frozen=True)
class Unauthorized:
    """401: the API key is wrong."""

    def error(self) -> ApiError:
        return ApiError(401, "Incorrect API key provided.", code="invalid_api_key")


@dataclass(frozen=True)
class Garbled:
    """An answer that is not the API's, as gateways give it: broken JSON, or a page of HTML.

    Args:
        body: goes out as it is.
        status: with 200 clients take it for an answer.
        content_type: the SDK reads JSON only if this says so; anything else it hands over as a str.

    Example:
        >>> Garbled('{"id": "chatcmpl-', content_type="application/json").status
        200
    """

    body: str
    status: int = 200
    content_type: str = "text/html"


@dataclass(frozen=True)
class ReadTimeout:
    """The request arrives and nothing ever comes back: the client waits as long as its read timeout allows."""


@dataclass(frozen=True)
class ConnectionReset:
    """The connection breaks before an answer. `after_acting`: the provider did its work, and the answer is lost."""

    after_acting: bool = False


@dataclass(frozen=True)
class _Streamed:
    """Something that happens to this reply while it is streamed."""

    reply: Reply | str

    @property
    def whole(self) -> Reply:
        """The reply as it would go out undisturbed."""
        return Reply(self.reply) if isinstance(self.reply, str) else self.reply


@dataclass(frozen=True)
class _Broken(_Streamed):
    """A stream that carries `after` content chunks of the reply, and then breaks.

    A content chunk is a word (see `reply.pieces`). With 0 the stream opens and says nothing; with more than there are,
    all is said and only the end is missing.
    """

    after: int


@dataclass(frozen=True)
class CutStream(_Broken):
    """It just ends after `after` chunks: no finish reason, no terminator, and no error."""


@dataclass(frozen=True)
class ResetStream(_Broken):
    """The connection is reset after `after` chunks."""


@dataclass(frozen=True)
class StreamError(_Broken):
    """After `after` chunks comes an event that says what went wrong, and the stream ends.

    For chat completions the SDK raises an APIError; for responses it raises nothing, and hands over an event of type
    "error" like any other.
    """

    message: str = SERVER_MESSAGES[500]


@dataclass(frozen=True)
class StallStream(_Broken):
    """Silence after `after` chunks.

    Args:
        seconds: how long; then the stream goes on to its end, if the client's read timeout has let it. None: for ever.
    """

    seconds: float | None = None


@dataclass(frozen=True)
class AwkwardStream(_Streamed):
    """The whole reply, on the wire in ways that are legal and that a reader written by hand trips over.

    Args:
        chunk_bytes: the stream comes in pieces of so many bytes, whatever they cut apart: events, lines, characters.
            If the client hangs up, the ledger counts the content of events whose last byte had gone out.
        keep_alives: a comment (`: keep-alive`) comes before each event, the first one too.
        interleaved: the arguments of parallel tool calls take turns. The SDK assembles them rightly, but its helper
            `chat.completions.stream` takes a call for done when another goes on: its `arguments.done` events come too
            early, and with a tool from `pydantic_function_tool` it raises a ValidationError.

    Raises:
        ValueError: for pieces of less than one byte.
    """

    chunk_bytes: int | None = None
    keep_alives: bool = False
    interleaved: bool = False

    def __post_init__(self) -> None:
        if self.chunk_bytes is not None and self.chunk_bytes < 1:
            raise ValueError(f"chunk_bytes is at least 1, or None for an event at a time, not {self.chunk_bytes}")


HttpFault: TypeAlias = RateLimited | QuotaExhausted | ServerError | Unauthorized | Garbled
ConnectionFault: TypeAlias = ReadTimeout | ConnectionReset
StreamFault: TypeAlias = CutStream | ResetStream | StreamError | StallStream | AwkwardStream


def _retry_headers(retry_after: float | str | None, should_retry: bool | None) -> dict[str, str]:
    headers = {}
    if retry_after is not None:
        headers["retry-after"] = _number(retry_after)
    if should_retry is not None:
        headers["x-should-retry"] = str(should_retry).lower()
    return headers


def _number(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
