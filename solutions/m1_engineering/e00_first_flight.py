"""First flight: learn the loop with one small function and one call to a model.

Lesson: modules/m1_engineering/e00_first_flight.md
Grade:  make grade EX=e00
"""

from __future__ import annotations

from openai import OpenAI

MODEL = "sim-small"


def to_celsius(fahrenheit: float) -> float:
    """Convert a sensor reading from degrees Fahrenheit to degrees Celsius.

    Args:
        fahrenheit: the reading in °F. Any finite number; freezers report negative ones.

    Returns:
        The same temperature in °C, rounded to one decimal.

    Example:
        >>> to_celsius(39.2)
        4.0
    """
    return round((fahrenheit - 32) * 5 / 9, 1)


def ask(client: OpenAI, question: str) -> str:
    """Send one question to the model and return the text of its answer.

    Make one call to `client.chat.completions.create` with the model `MODEL` and one message: role "user", content
    `question` exactly as given.

    Args:
        client: an OpenAI client, ready to use.
        question: what to ask, in plain text.

    Returns:
        The text of the answer, unchanged.

    Example:
        >>> ask(client, "Which sensor model logs to 0.1 °C?")
        'The CT-210.'
    """
    completion = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": question}])
    # The content is None when a model refuses or calls a tool; neither can happen without a schema or tools.
    return completion.choices[0].message.content or ""
