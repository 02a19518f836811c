"""What the Python programs share: the questions, the tool, the record, and how results are handed to the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

MODEL = "sim-small"
QUESTION = "Is the valve in room A shut?"
TEMPERATURES = {"A": "-18 °C", "B": "4 °C"}
# One for all: clients keep connections open, and each of these is good for the loop that opened it.
loop = asyncio.new_event_loop()


class Reading(BaseModel):
    """What a sensor says."""

    room: str
    celsius: float


def read_sensor(room: str) -> str:
    """The temperature in a room.

    Args:
        room: its letter.
    """
    return f"{room}: {TEMPERATURES[room]}"


def report(*scenarios: Callable[[str], Any], once: tuple[Callable[[], Any], ...] = ()) -> None:
    """Run each scenario against both APIs, then those that know only one; print what they returned."""
    results = {f"{api} {scenario.__name__}": scenario(api) for api in ("chat", "responses") for scenario in scenarios}
    results.update({scenario.__name__: scenario() for scenario in once})
    print(json.dumps(results))
