"""What the core decides about one request: what goes out, and what the ledger will say about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from . import tokens
from .delivery import Piece
from .errors import ApiError
from .faults import ConnectionFault, ConnectionReset, HttpFault
from .ledger import Exchange
from .messages import Fault
from .models import Model
from .reply import Usage
from .wire.body import JSON, encode
from .wire.events import Event


@dataclass(frozen=True)
class Answer:
    """The response as pieces, and the exchange with its status, as both stand when the response sets out."""

    exchange: Exchange
    pieces: Sequence[Piece]
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": JSON})


def said(exchange: Exchange, body: dict[str, Any]) -> Answer:
    """A body, sent whole."""
    return Answer(exchange, [encode(body)])


def refusal(exchange: Exchange, error: ApiError, fault: str = "") -> Answer:
    """An error response; `fault` names it if it was scripted."""
    refused = replace(exchange, status=error.status, error=error.message, fault=fault)
    return Answer(refused, [encode(error.body())], {"content-type": JSON, **error.headers})


def failure(exchange: Exchange, fault: HttpFault | ConnectionFault, usage: Usage, model: Model) -> Answer:
    """A scripted fault; `usage` is what the call costs if the model acted before the connection broke."""
    name = type(fault).__name__
    if isinstance(fault, HttpFault):
        return refusal(exchange, fault.error(), name)
    lost = replace(exchange, fault=name, status=0)
    if not isinstance(fault, ConnectionReset):
        return Answer(lost, [Fault("no_answer")])
    if fault.after_acting:
        lost = replace(lost, acted=True, prompt_tokens=usage.prompt_tokens, cost=model.cost(usage))
    return Answer(lost, [Fault("connection_reset")])


def cut_short(exchange: Exchange, taken: Sequence[Event], model: Model) -> Exchange:
    """The exchange of a stream that stopped after these events: what was sent is what is paid for."""
    written = tokens.count(["".join(event.content for event in taken)])
    return replace(
        exchange,
        text="".join(event.text for event in taken),
        tool_calls=(),
        finish_reason=None,
        completion_tokens=written,
        cost=model.cost(Usage(exchange.prompt_tokens, written)),
    )
