"""What the simulator is scripted to do for a client's program, and what the program must have got."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradus.sim import RateLimited, Reply, Step, ToolCall
from gradus.sim.turns import turns_of

READING = {"room": "A", "celsius": -18.5}
TENTH = 0.10000000149011612  # 0.1 as a float32


@dataclass(frozen=True)
class Scenario:
    """One thing that every client does in its own way.

    Args:
        steps: the script.
        result: what the program gets from it.
        statuses: of the requests that it takes, in order.
        streamed: whether the client asks for streams.
    """

    steps: Sequence[Step]
    result: Any
    statuses: Sequence[int] = (200,)
    streamed: bool = False


def lengths(texts: list[str]) -> NDArray[np.float32]:
    """A stand-in encoder: the first number is the text's length, and floats that base64 could garble follow."""
    return np.array([[len(text), 0.1, -0.0, *[1 / 3] * 381] for text in texts], dtype=np.float32)


def tool_results(body: dict[str, Any]) -> str:
    """What the tools said, as it came back from the client."""
    return " and ".join(turn.text for turn in turns_of(body) if turn.role == "tool")


def filled_in(body: dict[str, Any]) -> Reply:
    """The reading in the form that the client asked for: by a tool of its own making, or by a schema."""
    tool = _tool_of_the_client(body)
    return Reply(tool_calls=[ToolCall(tool, READING)]) if tool else Reply(json.dumps(READING))


def misfilled(body: dict[str, Any]) -> Reply:
    """The same with a temperature that is no number."""
    return Reply(tool_calls=[ToolCall(_tool_of_the_client(body), {**READING, "celsius": "cold"})])


def _tool_of_the_client(body: dict[str, Any]) -> str:
    """The tool by which the client wants its record, "" if it wants that as text."""
    names = [(tool.get("function") or tool)["name"] for tool in body.get("tools") or []]
    return next((name for name in names if name != "read_sensor"), "")


BOTH_ROOMS = Reply(tool_calls=[ToolCall("read_sensor", {"room": "A"}), ToolCall("read_sensor", {"room": "B"})])
WORDS, PIECES = "Ja: −18 °C 🧊.", ["Ja:", " −18", " °C", " 🧊."]
RATE_LIMITED = RateLimited(retry_after_ms=1)

SCENARIOS = {
    "plain": Scenario(["Yes, it is shut."], "Yes, it is shut."),
    "streamed": Scenario([WORDS], PIECES, streamed=True),
    "streamed_asynchronously": Scenario([WORDS], PIECES, streamed=True),
    "tools": Scenario([BOTH_ROOMS, tool_results], "A: -18 °C and B: 4 °C", (200, 200)),
    "streamed_tools": Scenario([BOTH_ROOMS, tool_results], "A: -18 °C and B: 4 °C", (200, 200), streamed=True),
    "structured": Scenario([filled_in], READING),
    "structured_by_tool": Scenario([filled_in], READING),
    "streamed_structured": Scenario([filled_in], [True, READING], streamed=True),
    "tools_then_structured": Scenario([BOTH_ROOMS, filled_in], READING, (200, 200)),
    "asked_again": Scenario([misfilled, filled_in], READING, (200, 200)),
    "retried": Scenario([RATE_LIMITED, "pong"], "pong", (429, 200)),
    "retried_structured": Scenario([RATE_LIMITED, filled_in], READING, (429, 200)),
    "refused": Scenario([], [400, "decimal_above_max_value", "temperature"], (400,)),
    "embeddings": Scenario([], [[5.0, TENTH, -0.0], [4.0, TENTH, -0.0]]),
}
