"""JSON bodies, coming and going."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

JSON = "application/json"
EVENT_STREAM = "text/event-stream; charset=utf-8"


def encode(value: Any) -> bytes:
    """JSON as the API sends it: UTF-8, not escaped."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def read(body: bytes) -> dict[str, Any] | None:
    """The JSON object in a request's body, {} if it is empty, None if it is anything else."""
    if not body:
        return {}
    try:
        value = json.loads(body, parse_constant=_refuse, parse_float=_finite)
        if b"\\u" in body:
            # An escape may be half of a surrogate pair, which is JSON and no text.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _refuse(constant: str) -> NoReturn:
    # Python reads NaN and Infinity, which are not JSON.
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large")
    return number
