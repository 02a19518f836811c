"""C4: what the model reads of a request, and whether it fits into its context window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import tokens
from ..errors import Rejected, bad_request
from ..models import Model
from ..turns import Turn, item_turns, offers_of, turns_of

EXCEEDED = "context_length_exceeded"
LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


def chat_prompt(body: dict[str, Any]) -> tuple[Turn, ...]:
    """All that the model reads, in its order: tools, output schema, messages."""
    return (*_offers(body), *turns_of(body))


def response_prompt(body: dict[str, Any], earlier: list[dict[str, Any]], model: Model | None) -> tuple[Turn, ...]:
    """The same for a response: tools, output schema, instructions, the items of the response it continues, its own.

    With `truncation: "auto"` the earliest items are left out until the rest fits into the window of the model, together
    with the completion as far as its length was asked for; they are not counted, and not paid for.
    """
    head = (*_offers(body), *turns_of({"instructions": body.get("instructions")}))
    items = (*item_turns(earlier), *item_turns(body.get("input")))
    if model is not None and body.get("truncation") == "auto":
        items = _latest(items, model.context_window - _limit(body) - count(head))
    return (*head, *items)


def count(prompt: Sequence[Turn]) -> int:
    """The prompt's tokens."""
    return tokens.count(turn.text for turn in prompt)


def check_window(model: Model, body: dict[str, Any], prompt_tokens: int) -> None:
    """Raises Rejected if the completion may be longer than the model writes, or with the prompt exceeds the window."""
    limit = _limit(body)
    if limit > model.max_output:
        name = next(name for name in LIMITS if body.get(name) is not None)
        message = (
            f"{name} is too large: {limit}. This model supports at most {model.max_output} completion tokens, "
            f"whereas you provided {limit}."
        )
        raise bad_request(message, name, "invalid_value")
    if prompt_tokens > model.context_window:
        fault = f"your messages resulted in {prompt_tokens} tokens. Please reduce the length of the messages."
        raise _exceeded(model, body, fault)
    if prompt_tokens + limit > model.context_window:
        parts = f"{prompt_tokens} in the messages, {limit} in the completion"
        fault = (
            f"you requested {prompt_tokens + limit} tokens ({parts}). "
            "Please reduce the length of the messages or completion."
        )
        raise _exceeded(model, body, fault)


def _offers(body: dict[str, Any]) -> tuple[Turn, ...]:
    return tuple(Turn("offer", text) for text in offers_of(body))


def _limit(body: dict[str, Any]) -> int:
    """The tokens that the completion may have, 0 if the request does not say."""
    return max(body.get(name) or 0 for name in LIMITS)


def _latest(turns: tuple[Turn, ...], room: int) -> tuple[Turn, ...]:
    """The last of the turns, as many as have room, but one at least."""
    kept = len(turns)
    while kept and (room := room - count(turns[kept - 1 : kept])) >= 0:
        kept -= 1
    return turns[min(kept, len(turns) - 1) :] if turns else turns


def _exceeded(model: Model, body: dict[str, Any], fault: str) -> Rejected:
    message = f"This model's maximum context length is {model.context_window} tokens. However, {fault}"
    return bad_request(message, "messages" if "messages" in body else "input", EXCEEDED)
