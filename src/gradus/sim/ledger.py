"""Every request and what came of it, in order: what graders assert on, and what a failure shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .reply import ToolCall
from .turns import turns_of

MODEL_CALLS = ("/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/moderations")
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
        cached_tokens: those of the prompt that were paid for at the lower price of what was read before.
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
    cached_tokens: int = 0
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
    """The exchanges so far, and their sums.

    Args:
        keep: how many of them are kept, so that a server can run for months; the oldest go first, and the sums go on
            counting them. None: all. One that is still on its way is kept in any case.
    """

    def __init__(self, keep: int | None = None) -> None:
        self._keep = keep
        self._exchanges: dict[int, Exchange] = {}
        self._count = 0
        self._calls = 0
        self._dropped_tokens = 0
        self._dropped_cost = 0.0

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Those that are kept, in the order in which the requests arrived; one that still streams is among them."""
        return tuple(self._exchanges.values())

    @property
    def calls(self) -> int:
        """Requests to a model, whether they were answered, refused or lost."""
        return self._calls

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens of all calls."""
        return self._dropped_tokens + sum(map(_tokens, self.exchanges))

    @property
    def cost(self) -> float:
        """US dollars for all calls."""
        return self._dropped_cost + sum(exchange.cost for exchange in self.exchanges)

    def __len__(self) -> int:
        """How many there have been."""
        return self._count

    def __getitem__(self, index: int) -> Exchange:
        """By number, or from the end (-1). Raises IndexError if it is not there, or no longer."""
        number = index if index >= 0 else self._count + index
        if number not in self._exchanges:
            raise IndexError(f"the ledger has no exchange {index}; it counts {self._count}")
        return self._exchanges[number]

    def add(self, exchange: Exchange) -> None:
        """Enter one more; its index is the ledger's length."""
        self._exchanges[exchange.index] = exchange
        self._count += 1
        self._calls += exchange.is_model_call
        if self._keep is not None:
            self._drop_all_but(self._keep)

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
        for exchange in self.exchanges:
            turns = turns_of(exchange.request)
            repeated = len(seen) if turns[: len(seen)] == seen and len(turns) > len(seen) else 0
            lines.append(_abridged(_heading(exchange)))
            if repeated:
                lines.append(f"    ({repeated} earlier message{'s' * (repeated > 1)})")
            lines += [_abridged(f"    {turn.role}: {turn.text}") for turn in turns[repeated:]]
            lines += [_abridged(f"    -> {line}") for line in _outcome(exchange)]
            seen = turns
        return "\n".join(lines) or "no calls were made"

    def _drop_all_but(self, keep: int) -> None:
        ended = (exchange for exchange in self._exchanges.values() if exchange.ended is not None)
        for exchange in list(islice(ended, max(len(self._exchanges) - keep, 0))):
            del self._exchanges[exchange.index]
            self._dropped_tokens += _tokens(exchange)
            self._dropped_cost += exchange.cost


def public_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers without credentials."""
    return {name: value for name, value in headers.items() if name not in SECRET_HEADERS}


def retry_count(headers: Mapping[str, str]) -> int:
    """What the SDK says about its own retries, 0 if it says nothing sensible."""
    value = headers.get("x-stainless-retry-count", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def _tokens(exchange: Exchange) -> int:
    return exchange.prompt_tokens + exchange.completion_tokens


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
        cached = f" ({exchange.cached_tokens} cached)" if exchange.cached_tokens else ""
        counts = f"{exchange.prompt_tokens}{cached} + {exchange.completion_tokens} tokens"
        lines.append(f"{exchange.finish_reason or 'no finish reason'}, {counts}")
    if exchange.closed_early:
        lines.append("the client hung up before the end")
    return lines or [f"{exchange.status}" if not exchange.fault else "no answer"]


def _abridged(line: str, columns: int = 100) -> str:
    flat = " ".join(line.split(" ")).replace("\n", " ⏎ ")
    return flat if len(flat) <= columns else flat[: columns - 1] + "…"
