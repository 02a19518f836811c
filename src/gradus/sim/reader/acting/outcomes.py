"""What became of a tool call, as far as its result tells, and which values the result holds."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..prompt import ToolResult

MOST_VALUES = 2000  # of one result: what a longer one says further on is not read

State = Literal["done", "failed", "unknown"]

_FAILED = re.compile(
    r"^\W*(?:(?:tool |internal |unexpected |fatal )?(?:error|exception|failure)\b|traceback\b|failed\b|"
    r"\w+(?:Error|Exception)\b|(?:the )?(?:request|call|tool) (?:has )?(?:failed|timed out)|time[d-]? ?out\b|timeout\b|"
    r"cannot\b|could not\b|unknown tool\b|no such tool\b)",
    re.IGNORECASE,
)
_TIMED_OUT = re.compile(
    r"\btime[d-]?[ -_]?out\b|\btimeout\b|\bno (?:answer|response|reply) (?:within|in|after)\b|\bdeadline exceeded\b|"
    r"\bmay (?:or may not )?have been (?:carried out|done|booked|executed|processed|applied)\b|\btook too long\b|"
    r"\b(?:outcome|state)\b.*\bunknown\b|\bunknown (?:outcome|state)\b|\bdid not (?:answer|respond) in time\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Found:
    """A value in a result.

    Attributes:
        key: the name of its property.
        value: a text, number or boolean.
        record: the number of the object that it stands in, over all results.
        source: the name of the tool whose result it is.
    """

    key: str
    value: Any
    record: int
    source: str


@dataclass(frozen=True)
class Outcome:
    """What a result says of its call.

    Attributes:
        state: "done", "failed", or "unknown" where it timed out.
        message: what went wrong, in the result's words, or "".
    """

    state: State
    message: str = ""


def outcome_of(output: str) -> Outcome:
    """What a result says of its call.

    Example:
        >>> outcome_of('{"error": {"code": "not_found", "message": "No device SN-1."}}').message
        'No device SN-1.'
    """
    message = _complaint(output)
    if message is None:
        return Outcome("done")
    return Outcome("unknown" if _TIMED_OUT.search(f"{message} {output[:400]}") else "failed", message)


def arguments_of(result: ToolResult) -> dict[str, Any]:
    """The arguments of a call, or {} where they are no JSON object."""
    try:
        value = json.loads(result.arguments)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _complaint(output: str) -> str | None:
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        return output.strip() if _FAILED.match(output) else None
    if isinstance(value, str):
        return value.strip() if _FAILED.match(value) else None
    if not isinstance(value, dict):
        return None
    says_no = any(value.get(name) is False for name in ("ok", "success", "succeeded"))
    failed = str(value.get("status", "")).lower() in ("error", "failed", "failure", "timeout")
    if not (value.get("error") or value.get("errors") or says_no or failed or value.get("isError") is True):
        return None
    return _words(value.get("error") or value.get("errors") or value)


def _words(error: Any) -> str:
    if isinstance(error, dict):
        said = next(
            (error[name] for name in ("message", "detail", "reason", "description", "error") if error.get(name)), None
        )
        return _words(said) if said is not None else json.dumps(error, ensure_ascii=False)
    if isinstance(error, list):
        return "; ".join(_words(part) for part in error[:5])
    return str(error).strip()


def values_in(output: str, source: str, first_record: int) -> list[Found]:
    """The values of a result that is JSON (or lines of "key: value"), in their order."""
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        lines = re.findall(r"^([A-Za-z]\w*): (.+)$", output, re.MULTILINE)
        value = dict(lines)
    return _flattened(value, source, first_record)


def _flattened(value: Any, source: str, record: int) -> list[Found]:
    found: list[Found] = []
    waiting: list[tuple[str, Any, int]] = [("", value, record)]
    while waiting and len(found) < MOST_VALUES:
        key, part, owner = waiting.pop()
        if isinstance(part, dict):
            record += 1
            waiting += [(str(name), inner, record) for name, inner in reversed(part.items())]
        elif isinstance(part, list):
            waiting += [(key, inner, owner) for inner in reversed(part)]
        elif part is not None:
            found.append(Found(key, part, owner, source))
    return found


def records_of(found: Sequence[Found]) -> dict[int, list[Found]]:
    """The values by the object that they stand in."""
    grouped: dict[int, list[Found]] = {}
    for value in found:
        grouped.setdefault(value.record, []).append(value)
    return grouped
