"""The ledger as the page asks for it. No header is in it, so no key can be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import ApiError, Rejected, bad_request
from ..ledger import Exchange
from ..simulator import Simulator
from ..turns import turns_of


def view(sim: Simulator, query: Mapping[str, str]) -> dict[str, Any]:
    """The sums and a row for each exchange; or all about one.

    Args:
        query: `after` asks only for rows with a higher number, `open` (a list, "3,7") for these besides: rows that had
            not ended when they were last asked for. `exchange` asks for one, with its prompt and its reply.

    Raises:
        Rejected: a value is no number, or the exchange is not there.
    """
    if "exchange" in query:
        return _detail(sim, _number(query, "exchange"))
    after = _number(query, "after") if "after" in query else -1
    wanted = set(map(int, re.findall("[0-9]{1,15}", query.get("open", ""))))
    kept = sim.ledger.exchanges
    return {
        "started": sim.clock.epoch.timestamp(),
        "requests": len(sim.ledger),
        "calls": sim.ledger.calls,
        "tokens": sim.ledger.tokens,
        "cost": sim.ledger.cost,
        "exchanges": [_row(sim, exchange) for exchange in kept if exchange.index > after or exchange.index in wanted],
    }


def _row(sim: Simulator, exchange: Exchange) -> dict[str, Any]:
    return {
        "index": exchange.index,
        "at": sim.clock.epoch.timestamp() + exchange.started,
        "seconds": None if exchange.ended is None else exchange.ended - exchange.started,
        "method": exchange.method,
        "path": exchange.path,
        "model": exchange.model,
        "status": exchange.status,
        "fault": exchange.fault,
        "streamed": exchange.streamed,
        "closed_early": exchange.closed_early,
        "sdk_retry": exchange.sdk_retry,
        "prompt_tokens": exchange.prompt_tokens,
        "cached_tokens": exchange.cached_tokens,
        "completion_tokens": exchange.completion_tokens,
        "cost": exchange.cost,
    }


def _detail(sim: Simulator, index: int) -> dict[str, Any]:
    try:
        exchange = sim.ledger[index]
    except IndexError:
        raise Rejected(ApiError(404, f"The ledger has no exchange {index}, or no longer.")) from None
    return {
        **_row(sim, exchange),
        "turns": [{"role": turn.role, "text": turn.text} for turn in turns_of(exchange.request)],
        "text": exchange.text,
        "tool_calls": [{"name": call.name, "arguments": call.arguments_text} for call in exchange.tool_calls],
        "finish_reason": exchange.finish_reason,
        "error": exchange.error,
        "acted": exchange.acted,
    }


def _number(query: Mapping[str, str], name: str) -> int:
    try:
        return int(query[name])
    except ValueError:
        raise bad_request(f"Invalid '{name}': expected a number.", name) from None
