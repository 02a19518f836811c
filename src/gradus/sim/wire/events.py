"""The events of a stream, and the call that every body is built from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..ids import Ids
from ..models import Model
from ..reply import Reply, Usage


@dataclass(frozen=True)
class Event:
    """One event of a stream as bytes, and the content it carries: a piece of text, or of a tool call's arguments."""

    data: bytes
    text: str = ""
    arguments: str = ""

    @property
    def content(self) -> str:
        return self.text or self.arguments


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
    """The stream up to its `after`-th content event (all of them, if there are fewer), without what would follow."""
    places = [place for place, event in enumerate(events) if event.content]
    if not places:
        return []
    return list(events[: places[0]] if after <= 0 else events[: places[min(after, len(places)) - 1] + 1])
