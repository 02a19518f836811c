"""The events of a stream, and the call that every body is built from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, zip_longest
from typing import Any

from ..ids import Ids
from ..models import Model
from ..reply import Reply, Usage
from .body import encode

KEEP_ALIVE = b": keep-alive\n\n"


@dataclass(frozen=True)
class Event:
    """One event of a stream as bytes, and the content it carries: a piece of text, or of a tool call's arguments.

    In a stream that was cut anew it is a piece of bytes, with the content of all events that end in it.
    """

    data: bytes
    text: str = ""
    arguments: str = ""

    @property
    def content(self) -> str:
        return self.text + self.arguments


@dataclass(frozen=True)
class Call:
    """One model call that is being answered: the accepted body, who answers, what, at what length, when (Unix time)."""

    body: dict[str, Any]
    model: Model
    reply: Reply
    usage: Usage
    created: int
    ids: Ids


def cut(events: Sequence[Event], after: int) -> list[Event]:
    """The stream up to its `after`-th content event (all of them, if there are fewer), without what would follow.

    Of a stream without any content the first event is left: it has begun.
    """
    places = [place for place, event in enumerate(events) if event.content]
    if not places:
        return list(events[:1])
    return list(events[: places[0]] if after <= 0 else events[: places[min(after, len(places)) - 1] + 1])


def kept_alive(events: Sequence[Event]) -> list[Event]:
    """The stream with a comment before each event."""
    return [piece for event in events for piece in (Event(KEEP_ALIVE), event)]


def cut_anew(events: Sequence[Event], size: int) -> list[Event]:
    """The same bytes in pieces of `size`; an event's content is in the piece in which it ends."""
    data = b"".join(event.data for event in events)
    ends = list(accumulate(len(event.data) for event in events))
    pieces = []
    place = 0
    for start in range(0, len(data), size):
        first = place
        while place < len(events) and ends[place] <= start + size:
            place += 1
        ended = events[first:place]
        text, arguments = "".join(event.text for event in ended), "".join(event.arguments for event in ended)
        pieces.append(Event(data[start : start + size], text, arguments))
    return pieces


def interleaved(events: Sequence[Event]) -> list[Event]:
    """The stream with parallel tool calls taking turns, event by event."""
    ordered: list[Event] = []
    for of_calls, run in groupby(events, lambda event: _call_index(event) is not None):
        stretch = list(run)
        ordered += _taking_turns(stretch) if of_calls else stretch
    return [_numbered(event, number) for number, event in enumerate(ordered)]


def error_event(path: str, message: str, number: int) -> Event:
    """What the endpoint sends when something goes wrong in mid-stream; `number` events went before."""
    if path == "/v1/responses":
        payload = {
            "type": "error",
            "sequence_number": number,
            "code": "server_error",
            "message": message,
            "param": None,
        }
        return Event(b"event: error\ndata: " + encode(payload) + b"\n\n")
    error = {"message": message, "type": "server_error", "param": None, "code": None}
    return Event(b"data: " + encode({"error": error}) + b"\n\n")


def _taking_turns(events: Iterable[Event]) -> list[Event]:
    by_call: dict[int | None, list[Event]] = {}
    for event in events:
        by_call.setdefault(_call_index(event), []).append(event)
    return [event for turn in zip_longest(*by_call.values()) for event in turn if event is not None]


def _call_index(event: Event) -> int | None:
    """Which of the parallel tool calls the event is about, None if it is about none."""
    payload = _payload(event)
    if "item_id" in payload or "item" in payload:
        of_call = "function_call" in payload["type"] or payload.get("item", {}).get("type") == "function_call"
        return int(payload["output_index"]) if of_call else None
    calls = [call for choice in payload.get("choices", ()) for call in choice["delta"].get("tool_calls", ())]
    return int(calls[0]["index"]) if calls else None


def _payload(event: Event) -> dict[str, Any]:
    """The event's JSON, {} for a terminator."""
    data = event.data.partition(b"data: ")[2]
    payload: dict[str, Any] = json.loads(data) if data.startswith(b"{") else {}
    return payload


def _numbered(event: Event, number: int) -> Event:
    """The event under this sequence number, if its endpoint numbers events."""
    payload = _payload(event)
    if "sequence_number" not in payload:
        return event
    head = event.data.partition(b"data: ")[0]
    return replace(event, data=head + b"data: " + encode({**payload, "sequence_number": number}) + b"\n\n")
