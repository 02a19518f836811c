"""Every request and what came of it, in order: what graders assert on, and what a failure shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .reply import ToolCall
from .turns import turns_of

MODEL_CALLS = ("/v1/chat/completions", "/v1/responses", "/v1/embeddings")
SECRET_HEADERS = ("authorization", "api-key", "x-api-key", "cookie", "proxy-authorization")


@dataclass(frozen=True)
class Exchange:
    """One request and its answer.

    Attributes:
        index: its place in the ledger, from 0.
        request: the body as parsed, {} if it was no JSON object.
        headers: without credentials.
        status: of HTTP; 0 where no answer came.
        started, ended: virtual seconds; `ended` is None while the answer is on its way.
        fault: the scripted fault's name ("RateLimited"), or "".
        error: the message of an error response, or "".
        text: what the model said (or its refusal); of a stream that was cut or closed, what was sent.
        cost: US dollars.
        closed_early: the client hung up before the end.
        acted: the model did its work, even if the answer was lost.
        sdk_retry: retries that the SDK had made before this attempt.
        model: the dated model that answered; of a request that was refused, the name as asked for.
    """

    index: int
    method: str
    path: str
    request: dict[str, Any]
    headers: Mapping[str, str]
    status: int
    started: float
    fault: str = ""
    error: str = ""
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    ended: float | None = None
    streamed: bool = False
    closed_early: bool = False
    acted: bool = False
    sdk_retry: int = 0
    model: str = ""

    @property
    def is_model_call(self) -> bool:
        return self.method == "POST" and self.path in MODEL_CALLS


class Ledger:
    """The exchanges so far, and their sums."""

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._calls = 0

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All of them, in the order in which the requests arrived; one that still streams is among them."""
        return tuple(self._exchanges)

    @property
    def calls(self) -> int:
        """Requests to a model, whether they were answered, refused or lost."""
        return self._calls

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens of all calls."""
        return sum(exchange.prompt_tokens + exchange.completion_tokens for exchange in self._exchanges)

    @property
    def cost(self) -> float:
        """US dollars for all calls."""
        return sum(exchange.cost for exchange in self._exchanges)

    def __len__(self) -> int:
        return len(self._exchanges)

    def __getitem__(self, index: int) -> Exchange:
        return self._exchanges[index]

    def add(self, exchange: Exchange) -> None:
        """Enter one more; its index is the ledger's length."""
        self._exchanges.append(exchange)
        self._calls += exchange.is_model_call

    def put(self, exchange: Exchange) -> None:
        """Enter what has become of an exchange that is there already."""
        self._exchanges[exchange.index] = exchange

    def transcript(self) -> str:
        """The conversation for people: each call, what was new in it, what came back; at most 100 columns.

        Example:
            >>> Ledger().transcript()
            'no calls were made'
        """
        lines: list[str] = []
        seen: tuple[Any, ...] = ()
        for exchange in self._exchanges:
            turns = turns_of(exchange.request)
            repeated = len(seen) if turns[: len(seen)] == seen and len(turns) > len(seen) else 0
            lines.append(_abridged(_heading(exchange)))
            if repeated:
                lines.append(f"    ({repeated} earlier message{'s' * (repeated > 1)})")
            lines += [_abridged(f"    {turn.role}: {turn.text}") for turn in turns[repeated:]]
            lines += [_abridged(f"    -> {line}") for line in _outcome(exchange)]
            seen = turns
        return "\n".join(lines) or "no calls were made"


def public_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers without credentials."""
    return {name: value for name, value in headers.items() if name not in SECRET_HEADERS}


def retry_count(headers: Mapping[str, str]) -> int:
    """What the SDK says about its own retries, 0 if it says nothing sensible."""
    value = headers.get("x-stainless-retry-count", "")
    return int(value) if value.isascii() and value.isdigit() else 0


def _heading(exchange: Exchange) -> str:
    notes = [
        exchange.model,
        "stream" if exchange.streamed else "",
        f"retry {exchange.sdk_retry} of the SDK" if exchange.sdk_retry else "",
        exchange.fault,
    ]
    what = " ".join([exchange.method, exchange.path, *(f"[{note}]" for note in notes if note)])
    return f"#{exchange.index + 1} at {exchange.started:.2f} s  {what}"


def _outcome(exchange: Exchange) -> list[str]:
    if exchange.error:
        return [f"{exchange.status}: {exchange.error}"]
    lines = [exchange.text] if exchange.text else []
    lines += [f"{call.name}({call.arguments_text})" for call in exchange.tool_calls]
    if exchange.prompt_tokens:
        counts = f"{exchange.prompt_tokens} + {exchange.completion_tokens} tokens"
        lines.append(f"{exchange.finish_reason or 'no finish reason'}, {counts}")
    if exchange.closed_early:
        lines.append("the client hung up before the end")
    return lines or [f"{exchange.status}" if not exchange.fault else "no answer"]


def _abridged(line: str, columns: int = 100) -> str:
    flat = " ".join(line.split(" ")).replace("\n", " ⏎ ")
    return flat if len(flat) <= columns else flat[: columns - 1] + "…"
