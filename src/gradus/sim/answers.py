"""What the core decides about one request: what goes out, and what the ledger will say about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from . import tokens
from .delivery import Piece
from .errors import ApiError
from .faults import (
    AwkwardStream,
    ConnectionFault,
    ConnectionReset,
    CutStream,
    Garbled,
    HttpFault,
    ResetStream,
    StallStream,
    StreamError,
    StreamFault,
)
from .ledger import Exchange
from .messages import Fault, Sleep
from .models import Model
from .reply import Usage
from .wire.body import JSON, encode
from .wire.events import Event, cut, cut_anew, error_event, interleaved, kept_alive


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
    if isinstance(fault, Garbled):
        garbled = replace(exchange, status=fault.status, error=fault.body, fault=name)
        return Answer(garbled, [fault.body.encode()], {"content-type": fault.content_type})
    if isinstance(fault, HttpFault):
        return refusal(exchange, fault.error(), name)
    lost = replace(exchange, fault=name, status=0)
    if not isinstance(fault, ConnectionReset):
        return Answer(lost, [Fault("no_answer")])
    if fault.after_acting:
        lost = replace(
            lost,
            acted=True,
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=usage.cached_tokens,
            cost=model.cost(usage),
        )
    return Answer(lost, [Fault("connection_reset")])


def spoilt(
    exchange: Exchange, fault: StreamFault, events: Sequence[Event], model: Model
) -> tuple[Exchange, Sequence[Piece]]:
    """What becomes of an exchange and its stream of events when this happens to it."""
    exchange = replace(exchange, fault=type(fault).__name__)
    if isinstance(fault, AwkwardStream):
        return exchange, _awkward(fault, events)
    sent = cut(events, fault.after)
    if isinstance(fault, StallStream) and fault.seconds is not None:
        return exchange, [*sent, Sleep(fault.seconds), *events[len(sent) :]]
    exchange = cut_short(exchange, sent, model)
    match fault:
        case CutStream():
            return exchange, sent
        case ResetStream():
            return exchange, [*sent, Fault("connection_reset")]
        case StallStream():
            return exchange, [*sent, Fault("no_answer")]
        case StreamError():
            error = error_event(exchange.path, fault.message, len(sent))
            return replace(exchange, error=fault.message), [*sent, error]


def cut_short(exchange: Exchange, taken: Sequence[Event], model: Model) -> Exchange:
    """The exchange of a stream that stopped after these events: what was sent is what is paid for."""
    written = tokens.count(["".join(event.content for event in taken)])
    return replace(
        exchange,
        error="",
        text="".join(event.text for event in taken),
        tool_calls=(),
        finish_reason=None,
        completion_tokens=written,
        cost=model.cost(Usage(exchange.prompt_tokens, written, exchange.cached_tokens)),
    )


def _awkward(manner: AwkwardStream, events: Sequence[Event]) -> Sequence[Event]:
    if manner.interleaved:
        events = interleaved(events)
    if manner.keep_alives:
        events = kept_alive(events)
    return cut_anew(events, manner.chunk_bytes) if manner.chunk_bytes else events
