"""What goes wrong between client and model. Each fault is one step of a script.

A fault is either an error response (`error()`), a failing connection (ReadTimeout, ConnectionReset) or a way to spoil a
reply on its way (CutStream).
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
class ReadTimeout:
    """The request arrives and nothing ever comes back: the client waits as long as its read timeout allows."""


@dataclass(frozen=True)
class ConnectionReset:
    """The connection breaks before an answer. `after_acting`: the provider did its work, and the answer is lost."""

    after_acting: bool = False


@dataclass(frozen=True)
class CutStream:
    """The stream carries `after` content chunks of the reply and then just ends: no finish reason, no terminator.

    A content chunk is a word (see `reply.pieces`). It is for calls that stream; another call is turned down by name.
    """

    reply: Reply | str
    after: int

    @property
    def whole(self) -> Reply:
        """The reply that the stream would have carried."""
        return Reply(self.reply) if isinstance(self.reply, str) else self.reply


HttpFault: TypeAlias = RateLimited | QuotaExhausted | ServerError | Unauthorized
ConnectionFault: TypeAlias = ReadTimeout | ConnectionReset


def _retry_headers(retry_after: float | str | None, should_retry: bool | None) -> dict[str, str]:
    headers = {}
    if retry_after is not None:
        headers["retry-after"] = _number(retry_after)
    if should_retry is not None:
        headers["x-should-retry"] = str(should_retry).lower()
    return headers


def _number(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
