"""Whatever the contract lets through, the reader answers, in the form that was asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.sim import Request, Simulator
from gradus.sim.reader import Reader
from gradus.sim.reader.habits import RATES
from tests.sim.protocol import check, exchange
from tests.sim.reader.asking import messages
from tests.sim.test_properties import spoilt_bodies

HABITS = tuple(RATES["sim-large-2026-09"])
TOOLS: list[dict[str, Any]] = [
    {"type": "function", "function": {"name": name, "description": f"Look up a {name}.", "parameters": parameters}}
    for name, parameters in (
        ("device", {"type": "object", "properties": {"serial": {"type": "string"}}, "required": ["serial"]}),
        ("node", {"type": "object", "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}}, "required": ["a", "b"]}),
        ("nothing", {"type": "object", "properties": {}}),
    )
]
NODE = {
    "type": "object",
    "properties": {letter: {"$ref": "#/$defs/node"} for letter in "abcdefghij"},
    "required": ["a"],
}
SCHEMAS: list[dict[str, Any]] = [
    {**NODE, "$defs": {"node": NODE}},
    {"type": "object", "properties": {"x": {"anyOf": [{"type": "null"}, {"$ref": "#"}]}}, "required": ["x"]},
    {"type": "object", "properties": {"rows": {"type": "array", "minItems": 40, "items": {"enum": [1, 2]}}}},
    {"type": "object"},
]
NOTHING = {"type": "function", "function": {"name": "nothing"}}
ASK = messages("Use the tools.", "Look up the device SN-300-0014, and then the node.")


def answered(request: Request, rates: dict[str, float]) -> int:
    sim = Simulator()
    sim.otherwise(Reader(rates=rates))
    wire = exchange(sim, request)
    assert b"script_failed" not in wire.raw, wire.raw
    assert wire.status == 200 or 400 <= wire.status < 500
    check(wire)
    return wire.status


def chat(**body: Any) -> Request:
    return Request(
        "POST", "/v1/chat/completions", body=json.dumps({"model": "sim-small", "messages": ASK, **body}).encode()
    )


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(spoilt_bodies(), st.dictionaries(st.sampled_from(HABITS), st.sampled_from([0.0, 1.0]), max_size=8))
def test_any_body_that_is_accepted_is_answered(spoilt: tuple[str, Any], rates: dict[str, float]) -> None:
    path, body = spoilt
    answered(Request("POST", f"/v1/{path}", body=json.dumps(body).encode("utf-8", "surrogatepass")), rates)


@pytest.mark.parametrize(
    "choice",
    [
        "required",
        {"type": "function", "function": {"name": "node"}},
        {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NOTHING]}},
    ],
)
def test_every_way_of_choosing_tools(choice: Any) -> None:
    assert answered(chat(tools=TOOLS, tool_choice=choice), {}) == 200


def test_only_allowed_tools_are_called() -> None:
    sim = Simulator()
    sim.otherwise(Reader(rates=dict.fromkeys(HABITS, 0.0)))
    allowed = {"mode": "required", "tools": [NOTHING]}
    wire = exchange(sim, chat(tools=TOOLS, tool_choice={"type": "allowed_tools", "allowed_tools": allowed}))
    (call,) = json.loads(wire.raw)["choices"][0]["message"]["tool_calls"]
    assert call["function"]["name"] == "nothing"


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("tools", [None, TOOLS])
def test_schemas_that_contain_themselves_come_to_an_end(schema: dict[str, Any], tools: Any) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert answered(chat(response_format=form, **({"tools": tools} if tools else {})), {}) == 200


@pytest.mark.parametrize(
    "text", ["a " * 4000, "judge " * 2000, "<a>" * 3000, "Answer A: " * 8000, "If not, " * 1500, "1," * 3000]
)
def test_long_texts_of_nothing_come_to_an_end(text: str) -> None:
    assert answered(chat(messages=messages(text, text), tools=TOOLS), {}) in (200, 400)
