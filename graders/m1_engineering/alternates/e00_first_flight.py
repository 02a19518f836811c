"""First flight, solved with exact decimals and the SDK's raw response."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from openai import OpenAI

MODEL = "sim-small"


def to_celsius(fahrenheit: float) -> float:
    exact = (Decimal(str(fahrenheit)) - 32) / Decimal("1.8")
    return float(exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN))


def ask(client: OpenAI, question: str) -> str:
    request: dict[str, Any] = {"model": MODEL, "messages": [{"content": question, "role": "user"}]}
    raw = client.chat.completions.with_raw_response.create(**request)
    first, *_ = raw.parse().choices
    return str(first.message.content)
