"""What was said between a submission and the model in one check, whole or abridged, the telling turn marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradus.sim.ledger import Exchange
from gradus.sim.turns import Turn, turns_of

MOST_CALLS = 100  # that a result carries; the first and the last of them
MOST_TURNS = 20  # of one call that are told
LONGEST_TURN = 1000  # characters
MARK = "> "
NO_MARK = "  "


@dataclass(frozen=True)
class Call:
    """One request and what came of it, as text.

    Attributes:
        number: its place among all requests, from 1.
        at: the virtual second when it was sent.
        waited: virtual seconds since the answer before it.
        what: the endpoint, the model and what else is to be known of the request.
        asked: what was new in it, a turn each; nothing if it was the same as the one before.
        earlier: how many turns came before those.
        answered: what came back, the telling part first.
        sdk_retry: retries that the SDK had made before this attempt.
        offending: whether the failure is about this one, as far as that can be told.
    """

    number: int
    at: float
    waited: float
    what: str
    asked: tuple[str, ...]
    earlier: int
    answered: tuple[str, ...]
    sdk_retry: int = 0
    offending: bool = False


@dataclass(frozen=True)
class Line:
    """A line of an abridged conversation: what stands before the words, and the words."""

    lead: str
    words: str


def conversation_of(exchanges: Sequence[Exchange], failed: bool = True) -> tuple[Call, ...]:
    """The calls of a check; if it failed, with one of them marked: the first that was refused, else the last."""
    calls: list[Call] = []
    seen: tuple[Turn, ...] = ()
    ended = 0.0
    for exchange in exchanges:
        turns = turns_of(exchange.request)
        repeated = len(seen) if turns[: len(seen)] == seen else 0
        waited = max(exchange.started - ended, 0.0) if calls else 0.0
        calls.append(_call(exchange, turns, repeated, waited))
        seen, ended = turns, exchange.started if exchange.ended is None else exchange.ended
    refused = (place for place, exchange in enumerate(exchanges) if _is_refused(exchange))
    at = next(refused, len(calls) - 1)
    return _shortened([replace(call, offending=failed and place == at) for place, call in enumerate(calls)], at)


def call_of(described: dict[str, Any]) -> Call:
    """What became plain data on its way between processes."""
    texts = {name: tuple(described[name]) for name in ("asked", "answered")}
    return Call(**{**described, **texts})


def whole(calls: Sequence[Call]) -> str:
    """Every call with its new turns and its answer; empty if there was none."""
    lines: list[str] = []
    for call in calls:
        wait = f", after {call.waited:.2f} s" if call.waited else ""
        lines.append(f"{MARK if call.offending else NO_MARK}#{call.number} at {call.at:.2f} s{wait}: {call.what}")
        if call.earlier:
            lines.append(f"    ({call.earlier} earlier message{'s' * (call.earlier > 1)})")
        lines += [f"    {turn}" for turn in call.asked or ("(the same messages)",)]
        lines += [f"    -> {answer}" for answer in call.answered]
    return "\n".join(lines)


def abridged(calls: Sequence[Call], most: int, brief: bool = False) -> list[Line]:
    """At most `most` lines: the call that counts, and as many of those before and after it as there is room for.

    Args:
        calls: one of them offending.
        most: at least 1.
        brief: without the time, for a narrow screen.
    """
    at = next(place for place, call in enumerate(calls) if call.offending)
    for size in range(len(calls), 0, -1):
        first = max(0, at - size + 1)
        shown = calls[first : first + size]
        lines = [line for call in shown for line in _in_short(call, brief)]
        lines = [*_left_out(first, "before"), *lines, *_left_out(len(calls) - first - size, "after")]
        if len(lines) <= most:
            return lines
    return _in_short(calls[at], brief)[:most]


def _in_short(call: Call, brief: bool) -> list[Line]:
    """What was new last and what came back; on one line where the request was only repeated."""
    time = "" if brief else f"{call.at:.2f} s  "
    lead = f"{MARK if call.offending else NO_MARK}#{call.number} {time}"
    if not call.asked:
        again = f"retry {call.sdk_retry} of the SDK" if call.sdk_retry else "the same messages"
        return [Line(lead, f"{again} -> {call.answered[0]}")]
    return [Line(lead, call.asked[-1]), Line(" " * len(lead), f"-> {call.answered[0]}")]


def _left_out(count: int, where: str) -> list[Line]:
    return [Line(NO_MARK, f"({count} call{'s' * (count > 1)} {where})")] if count else []


def _shortened(calls: list[Call], at: int) -> tuple[Call, ...]:
    """Not more than a result can carry, with the one that counts among them."""
    if len(calls) <= MOST_CALLS:
        return tuple(calls)
    half = MOST_CALLS // 2
    start = max(half, min(at - half // 2, len(calls) - half))
    return (*calls[:half], *calls[start : start + half])


def _call(exchange: Exchange, turns: tuple[Turn, ...], repeated: int, waited: float) -> Call:
    notes = (
        exchange.model,
        "stream" if exchange.streamed else "",
        f"retry {exchange.sdk_retry} of the SDK" if exchange.sdk_retry else "",
    )
    what = ", ".join((f"{exchange.method} {exchange.path}", *(note for note in notes if note)))
    told = max(repeated, len(turns) - MOST_TURNS)
    asked = tuple(_flat(f"{turn.role}: {turn.text}") for turn in turns[told:]) if repeated < len(turns) else ()
    return Call(
        number=exchange.index + 1,
        at=exchange.started,
        waited=waited,
        what=what,
        asked=asked if turns else (what,),
        earlier=told if asked else 0,
        answered=tuple(map(_flat, _answer(exchange))),
        sdk_retry=exchange.sdk_retry,
    )


def _answer(exchange: Exchange) -> list[str]:
    """What came back, a line each."""
    fault = f" {exchange.fault}" if exchange.fault else ""
    if exchange.error:
        return [f"{exchange.status}{fault}: {exchange.error}"]
    said = [exchange.text, *(f"{call.name}({call.arguments_text})" for call in exchange.tool_calls)]
    lines = [line for line in said if line]
    if lines and exchange.finish_reason not in ("stop", "tool_calls"):
        lines[0] += f" [{exchange.finish_reason or 'no finish reason'}]"
    if exchange.closed_early:
        lines.append("the client hung up before the end")
    if exchange.fault:
        lines.append(f"cut off:{fault}" if lines else f"no answer:{fault}")
    if exchange.prompt_tokens:
        lines.append(f"{exchange.prompt_tokens} + {exchange.completion_tokens} tokens")
    return lines or [str(exchange.status)]


def _is_refused(exchange: Exchange) -> bool:
    """Whether the simulator itself said no: the request broke the API's contract, or the script had no more for it."""
    return 400 <= exchange.status < 500 and bool(exchange.error) and not exchange.fault


def _flat(text: str) -> str:
    line = " ⏎ ".join(text.splitlines())
    return line if len(line) <= LONGEST_TURN else line[: LONGEST_TURN - 1] + "…"
