"""What the model says: the same for every endpoint, before it is put on the wire."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


class Usage(NamedTuple):
    """Tokens of one call; `cached_tokens` are those of the prompt that the provider had read before."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True)
class ToolCall:
    """One tool call. `arguments` as a str goes out as it is: broken JSON can be scripted. Without `id` one is made."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str | None = None

    @property
    def arguments_text(self) -> str:
        if isinstance(self.arguments, str):
            return self.arguments
        return json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True)
class Reply:
    """One answer of the model.

    Args:
        text: what it says; None where it only calls tools or refuses.
        tool_calls: in the order in which they are sent.
        refusal: why it declines, instead of text.
        finish_reason: by default "tool_calls" if there are any, else "stop".
        usage: (prompt tokens, completion tokens), by default counted.
        latency: virtual seconds before the first byte.
        others: what the second choice and those after it say, where a request asks for several; by default all say the
            same.

    Raises:
        ValueError: for a finish reason that the API does not know.

    Example:
        >>> Reply(tool_calls=[ToolCall("lookup", {"id": 7})]).finished_because
        'tool_calls'
    """

    text: str | None = None
    tool_calls: Sequence[ToolCall] = ()
    refusal: str | None = None
    finish_reason: FinishReason | None = None
    usage: tuple[int, int] | None = None
    latency: float = 0.0
    others: Sequence[Reply] = ()

    def __post_init__(self) -> None:
        if self.finish_reason is not None and self.finish_reason not in get_args(FinishReason):
            known = ", ".join(get_args(FinishReason))
            raise ValueError(f"finish_reason is one of {known}, and was given as {self.finish_reason!r}")

    @property
    def finished_because(self) -> FinishReason:
        return self.finish_reason or ("tool_calls" if self.tool_calls else "stop")

    def choices(self, number: int) -> list[Reply]:
        """What so many choices say."""
        return [self, *self.others[: number - 1], *[self] * (number - 1 - len(self.others))]

    @property
    def written(self) -> str:
        """All that the model wrote, and so all that its completion tokens pay for."""
        calls = [part for call in self.tool_calls for part in (call.name, call.arguments_text)]
        return "\n".join([self.text or "", self.refusal or "", *calls]).strip()


def pieces(text: str) -> list[str]:
    """The chunks in which text is streamed: a word with the space before it, long words in several.

    Example:
        >>> pieces("The valve is shut.")
        ['The', ' valve', ' is', ' shut.']
    """
    return re.findall(r"\s*\S{1,12}|\s+\Z", text)
