"""What is tried once more after a call has failed: the call put right, where its result tells what was wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from .arguments import alternatives, identifying, required_value
from .choice import properties_of
from .details import identifiers, prefix_of
from .slots import Sources
from .task import Planned

MOST_ATTEMPTS = 3  # of one step, slips included: whoever has failed so often says so
_LACKS = re.compile(
    r"\bnot (?:found|registered|known|exist)|\bno (?:such )?\w+\b|\bunknown\b|\bdoes not exist\b|\binvalid\b",
    re.IGNORECASE,
)
_ONE_OF = re.compile(
    r"\b(?:one of|allowed(?: values)?(?: are)?|valid (?:values|options)(?: are)?|expected|choose from|use)\b:?\s*(.+)",
    re.I | re.S,
)
_REQUIRED = re.compile(r"\b(?:required|missing|needed|must be given)\b", re.IGNORECASE)


def corrected(one: Planned, arguments: dict[str, Any], sources: Sources) -> dict[str, Any] | None:
    """Other arguments for a step whose call has failed, or None where there is nothing better to try.

    Args:
        one: the step, with its attempts.
        arguments: what its arguments should be as far as the goal tells.
        sources: where values may come from.
    """
    tried = [attempt.arguments for attempt in one.attempts if attempt.result.name == one.offer.name]
    if len(one.attempts) >= MOST_ATTEMPTS:
        return None
    if arguments not in tried:
        return arguments
    if len(tried) > 1:
        return None
    message = one.attempts[-1].outcome.message
    for better in _corrections(one, arguments, sources, message):
        if better not in tried:
            return better
    return None


def _corrections(one: Planned, arguments: dict[str, Any], sources: Sources, message: str) -> Iterator[dict[str, Any]]:
    for key in identifying(one.offer):
        value = arguments.get(key)
        if not isinstance(value, str):
            continue
        if meant := _suggested(value, message):
            yield {**arguments, key: meant}
        if _LACKS.search(message):
            yield from ({**arguments, key: other} for other in alternatives(one.offer, sources, key) if other != value)
    for key, value in arguments.items():
        if option := _allowed(key, value, message, sources.goal):
            yield {**arguments, key: option}
        if (other := _of_another_type(key, value, message)) is not None:
            yield {**arguments, key: other}
    for key in properties_of(one.offer.tool.parameters):
        if key not in arguments and _REQUIRED.search(message) and _speaks_of(key, message):
            value = required_value(one.offer, sources, key)
            if value is not None:
                yield {**arguments, key: value}


def _suggested(value: str, message: str) -> str:
    """Another identifier of the same make that the message names: "did you mean C-128?"."""
    if not re.search(
        r"\b(?:mean|instead|use|try|replaced by|moved to|now|merged into|correct)\b", message, re.IGNORECASE
    ):
        return ""
    others = [
        name.text for name in identifiers(message) if prefix_of(name.text) == prefix_of(value) and name.text != value
    ]
    return others[-1] if others else ""


def _allowed(key: str, value: Any, message: str, goal: str) -> str:
    """Of the values that the message allows, the one that the goal names or that is most like the one sent."""
    found = _ONE_OF.search(message)
    if not isinstance(value, str) or found is None or not (_speaks_of(key, message) or value in message):
        return ""
    options = [
        option for option in re.split(r"[\s,;|/'\"()\[\].]+|\bor\b", found[1]) if option and option not in ("or", "and")
    ]
    return _likest(options, value, goal)


def _likest(options: Sequence[str], value: str, goal: str) -> str:
    said = re.sub(r"[_-]", " ", goal.lower())
    for option in options:
        if re.search(rf"\b{re.escape(re.sub(r'[_-]', ' ', option.lower()))}\b", said) and len(option) > 1:
            return option
    return next((option for option in options if option.lower()[:4] == value.strip().lower()[:4]), "")


def _of_another_type(key: str, value: Any, message: str) -> Any:
    """The value as the type that the message asks for, or in cents; None where it asks for neither."""
    if not _speaks_of(key, message):
        return None
    if isinstance(value, str) and re.search(r"\b(?:integer|int|number|numeric)\b", message, re.IGNORECASE):
        return int(value) if re.fullmatch(r"-?\d+", value.strip()) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        if re.search(r"\bin (?:euro ?)?cents\b", message, re.IGNORECASE):
            return int(value * 100)
        if re.search(r"\b(?:a|as|type) (?:string|str|text)\b", message, re.IGNORECASE):
            return str(value)
    return None


def _speaks_of(key: str, message: str) -> bool:
    words = [word for word in key.lower().split("_") if word not in ("id", "cents")]
    return any(re.search(rf"\b{re.escape(word)}", message.lower().replace("_", " ")) for word in words)
